"""From a question to its page for everybody, and back."""

import json

import pytest
import sqlalchemy as sa

from medportal.blueprints.content import services
from medportal.extensions import db
from medportal.models.content import Content
from medportal.models.people import Person
from medportal.models.setting import Setting
from medportal.models.trust import Review
from tests.asking import (
    ADDRESS,
    ANSWER,
    BODY,
    SECRET,
    TITLE,
    VERSION,
    Desk,
    add_consultant,
    ask,
    assigned,
    press,
    published,
    shown,
    the_question,
    user_number,
    work,
)
from tests.editing import submit

# The whole way


@pytest.mark.usefixtures("open_site")
def test_the_whole_way_by_link_in_two_browsers(visitor, owner, consultant, letters, look, lang, count):
    reader, public = visitor(), visitor()
    assert ask(reader, lang).response.headers["Location"] == f"/{lang}/consultants/ask/sent"
    [letter] = letters()
    assert (letter.to, letter.name) == (ADDRESS, "question")
    assert letter.link.startswith(f"/{lang}/questions/manage/")
    press(visitor(), letter.link, "/confirm")
    number = look(lambda q: q.id)
    desk = Desk(owner, number, lang)
    assert SECRET not in owner.get(f"/{lang}/admin/questions").html
    assert SECRET not in owner.get(desk.path).html
    desk.open()
    assert TITLE[lang] in owner.get(desk.path).text
    desk.assign(consultant.person)
    assert TITLE[lang] in consultant.get(f"/{lang}/consultants/work/questions").text
    work(consultant, number, "ar", "en")
    assert shown(public, lang) == []
    assert ANSWER[lang] not in reader.get(letter.link).text
    desk.press("send")
    assert ANSWER[lang] in reader.get(letter.link).text
    assert shown(public, lang) == []
    desk.offer("ar", "en")
    page = reader.get(letter.link)
    assert VERSION[lang][1] in page.text
    assert shown(public, lang) == []
    press(reader, letter.link, "/agree", sure="y")
    assert shown(public, lang) == []
    desk.press("publish", reviewed="y")
    assert look(lambda q: q.phase) == "published"
    assert shown(public, lang) == [*VERSION[lang], ANSWER[lang]]
    press(reader, letter.link, "/withdraw", 200)
    page = reader.send_bare(f"{letter.link}/withdraw", sure="y")
    assert page.response.headers["Location"] == f"/{lang}/questions/manage/withdrawn"
    assert count() == 0
    assert shown(public, lang) == []
    assert reader.get(letter.link, 410)


@pytest.mark.usefixtures("open_site")
def test_the_published_page_says_who_answered_and_json_ld_says_the_same(
    as_, owner, consultant, look, lang, visitor
):
    published(as_("member"), owner, consultant, look)
    entry = visitor().get(f"/{lang}/questions/").one("article.card a")
    page = visitor().get(entry["href"])
    said = {"en": ("A reader", "Dr Nuha Sample"), "ar": ("أحد القراء", "د. نهى نموذج")}[lang]
    assert all(name in page.one("dl.facts--box").get_text() for name in said)
    assert page.all(".disclaimer")
    data = json.loads(page.one("script[type='application/ld+json']").get_text())
    assert data["@type"] == ["MedicalWebPage", "QAPage"]
    thing = data["mainEntity"]
    assert (thing["@type"], thing["answerCount"]) == ("Question", 1)
    answer = thing["acceptedAnswer"]
    assert answer["text"] == ANSWER[lang]
    assert answer["author"][0]["name"] == said[1]
    assert thing["author"]["name"] == said[0]
    assert f'datetime="{answer["datePublished"]}"' in page.html
    assert "lastReviewed" in data
    assert VERSION[lang][1] == thing["text"]


def test_of_a_sample_it_is_not_said_that_anybody_asked(make_content, visitor, lang):
    make_content("question", title={"en": "Bread", "ar": "خبز"}, origin="sample")
    page = visitor().get(visitor().get(f"/{lang}/questions/").one("article.card a")["href"])
    assert not [name for name in ("A reader", "أحد القراء") if name in page.text]
    data = json.loads(page.one("script[type='application/ld+json']").get_text())
    assert "author" not in data["mainEntity"]


@pytest.mark.usefixtures("open_site")
def test_taking_the_publication_back_leaves_the_answer_to_the_asker(
    as_, owner, consultant, look, visitor, lang
):
    member = as_("member")
    number = published(member, owner, consultant, look)
    press(member, f"/en/account/questions/{number}", "/wish")
    assert look(lambda q: (q.phase, q.may_publish, q.content_id)) == ("answered", False, None)
    assert ANSWER["en"] in member.get(f"/en/account/questions/{number}").text
    assert shown(visitor(), lang) == []
    assert "does not want" in owner.get(f"/en/admin/questions/{number}").text


@pytest.mark.usefixtures("open_site")
def test_one_reply_is_answered_by_the_same_consultant_and_a_second_is_refused(as_, owner, consultant, look):
    member = as_("member")
    ask(member, publish="no")
    number = look(lambda q: q.id)
    desk, mine = Desk(owner, number), f"/en/account/questions/{number}"
    desk.open()
    desk.assign(consultant.person)
    work(consultant, number, "en")
    desk.press("send")
    assert look(lambda q: q.due_at) is None
    press(member, mine, "/reply", 422, more="")
    press(member, mine, "/reply", more="And with oliveoil on it?")
    assert look(lambda q: q.due_at) is not None
    assert "oliveoil" in consultant.get(f"/en/consultants/work/questions/{number}").text
    work(consultant, number, "en", reference=False)
    desk.press("send")
    assert len(member.get(mine).all("section[aria-labelledby^='answer-']")) == 2
    member.send(f"{mine}/reply", 409, more="And one thing more?")
    press(member, mine, "/rate", stars="5", remarks="Thank you")
    assert look(lambda q: (q.rating, q.reply_phase)) == (5, "answered")


# The desk


@pytest.mark.usefixtures("open_site")
def test_a_declined_question_says_why_and_goes_from_the_consultant(
    as_, owner, consultant, look, letters, lang
):
    member = as_("member")
    desk = assigned(member, owner, consultant, look, lang)
    number = desk.number
    desk.press("decline", 422, reason="")
    desk.press("decline", reason="Please see a dentist about this.")
    page = member.get(f"/{lang}/account/questions/{number}")
    assert "see a dentist" in page.text
    consultant.get(f"/en/consultants/work/questions/{number}", 404)
    [letter] = [one for one in letters() if "dentist" in one.text or "question" in one.name][-1:]
    assert "dentist" not in letter.text


@pytest.mark.usefixtures("open_site")
def test_personal_details_are_flagged_and_taken_out_before_the_asker_sees_the_version(
    as_, owner, consultant, look
):
    member = as_("member")
    desk = assigned(member, owner, consultant, look)
    number = desk.number
    work(consultant, number, "en")
    page = owner.get(f"{desk.path}/version")
    assert page.one("mark").get_text() == "0944 123 456"
    assert page.one("#body_en").get_text().strip() == BODY["en"]
    page = desk.offer("en", status=422, body_en=BODY["en"])
    assert page.one("#looked")["aria-invalid"] == "true"
    desk.offer("en")
    assert look(lambda q: [(t.lang, t.body) for t in q.texts]) == [("en", VERSION["en"][1])]
    assert VERSION["en"][1] in member.get(f"/en/account/questions/{number}").text


@pytest.mark.usefixtures("open_site")
def test_a_version_needs_the_language_of_the_question_and_an_answer_in_each(as_, owner, consultant, look):
    desk = assigned(as_("member"), owner, consultant, look)
    number = desk.number
    work(consultant, number, "en")
    assert desk.offer("en", "ar", status=422).one("#body_ar")["aria-invalid"] == "true"
    page = desk.offer(status=422, title_en="", body_en="")
    assert page.one("#body_en")["aria-invalid"] == "true"


@pytest.mark.usefixtures("open_site")
def test_nothing_is_published_without_the_consent_to_this_very_version(as_, owner, consultant, look):
    member = as_("member")
    ask(member)
    number = look(lambda q: q.id)
    desk, mine = Desk(owner, number), f"/en/account/questions/{number}"
    desk.open()
    desk.assign(consultant.person)
    work(consultant, number, "en")
    desk.offer("en")
    owner.send(f"{desk.path}/publish", 409, category="")
    member.send(f"{mine}/agree", 422, version="1")
    old = member.get(mine)
    desk.offer("en", title_en="Changed meanwhile?")
    assert old.one("input[name=version]")["value"] == "1"
    member.send(f"{mine}/agree", 409, version="1", sure="y")
    owner.send(f"{desk.path}/publish", 409, category="")
    press(member, mine, "/agree", sure="y")
    desk.offer("en", title_en="Changed once more?")
    owner.send(f"{desk.path}/publish", 409, category="")
    assert look(lambda q: q.content_id) is None


@pytest.mark.usefixtures("open_site")
def test_who_wants_no_publication_is_not_asked_for_it(as_, owner, consultant, look):
    desk = assigned(as_("member"), owner, consultant, look, publish="no")
    number = desk.number
    work(consultant, number, "en")
    owner.get(f"{desk.path}/version", 303)
    assert "a long text" in owner.send(f"{desk.path}/version", 409, title_en="x", body_en="a long text").text
    assert look(lambda q: q.phase) == "drafted"


@pytest.mark.usefixtures("open_site")
@pytest.mark.parametrize("lacking", ["reference", "credential", "disclosure"])
def test_the_gate_refuses_an_answer_that_says_too_little(as_, owner, look, in_app, lacking, visitor):
    consultant = as_("consultant")
    values = {"credential": {"degrees": []}, "disclosure": {"interests": None}}.get(lacking, {})
    consultant.person = in_app(lambda: add_consultant(user_number("consultant@mail.example.com"), **values))
    member = as_("member")
    desk = assigned(member, owner, consultant, look)
    number = desk.number
    work(consultant, number, "en", reference=lacking != "reference")
    desk.offer("en")
    press(member, f"/en/account/questions/{number}", "/agree", sure="y")
    page = desk.press("publish", 422)
    assert page.all(".errors")
    assert look(lambda q: (q.phase, q.content_id)) == ("offered", None)
    assert shown(visitor(), "en") == []


@pytest.mark.usefixtures("open_site")
def test_an_answer_goes_back_to_the_consultant_with_what_is_missing(as_, owner, consultant, look):
    desk = assigned(as_("member"), owner, consultant, look)
    number = desk.number
    work(consultant, number, "en")
    desk.press("back", missing="Please say something about wheat.")
    page = consultant.get(f"/en/consultants/work/questions/{number}")
    assert "about wheat" in page.text
    assert ANSWER["en"] in page.one("#body_en").get_text()


@pytest.mark.usefixtures("open_site")
def test_an_answer_in_the_askers_language_is_needed(as_, owner, consultant, look):
    ask(as_("member"), "ar")
    number = look(lambda q: q.id)
    Desk(owner, number).assign(consultant.person)
    path = f"/en/consultants/work/questions/{number}"
    page = press(consultant, path, f"/{number}", 422, hand="1", body_en="Only English")
    assert page.one("#body_ar")["aria-invalid"] == "true"
    assert look(lambda q: q.phase) == "assigned"


@pytest.mark.usefixtures("open_site")
def test_what_an_asker_agreed_to_is_not_changed_at_the_desk(as_, owner, consultant, look, visitor, lang):
    member = as_("member")
    published(member, owner, consultant, look, langs=("en",))
    content = look(lambda q: q.content_id)
    page = owner.get(f"/{lang}/admin/texts/{content}")
    for change in ({"en__question_0": "STAFFCHANGED"}, {"ar__title": "لم يُسأل عنه"}):
        answer = submit(owner, page, 422, form="main form[data-autosave], main form.edit", **change)
        assert answer.all("[data-errors]")
    assert look(lambda q: q.agreed_version) == 1
    assert "STAFFCHANGED" not in visitor().get(f"/en/d/{content}", None).html


@pytest.mark.usefixtures("open_site")
def test_a_mistake_seen_late_goes_back_to_the_consultant_and_needs_a_new_consent(
    as_, owner, consultant, look
):
    member = as_("member")
    number = published(member, owner, consultant, look)
    desk, mine = Desk(owner, number), f"/en/account/questions/{number}"
    desk.press("unpublish", 200)
    owner.send(f"{desk.path}/unpublish", sure="y")
    assert look(lambda q: (q.phase, q.content_id, q.is_agreed)) == ("answered", None, False)
    desk.press("back", missing="The dose is wrong.")
    assert ANSWER["en"] not in member.get(mine).text
    work(consultant, number, "en", reference=False)
    desk.offer("en")
    owner.send(f"{desk.path}/publish", 409, version="2", reviewed="y")
    press(member, mine, "/agree", sure="y")
    desk.press("publish", reviewed="y")
    assert look(lambda q: q.phase) == "published"


@pytest.mark.usefixtures("open_site")
def test_the_owner_publishes_the_version_and_sends_the_answer_that_was_read(as_, owner, consultant, look):
    member = as_("member")
    ask(member)
    number = look(lambda q: q.id)
    desk, mine = Desk(owner, number), f"/en/account/questions/{number}"
    desk.open()
    desk.assign(consultant.person)
    work(consultant, number, "en")
    owner.send(f"{desk.path}/send", 409, handed="2020-01-01")
    desk.offer("en")
    desk.offer("en", body_en="Quite another version, which is long.")
    press(member, mine, "/agree", sure="y")
    owner.send(f"{desk.path}/publish", 409, version="1", reviewed="y")
    assert look(lambda q: q.phase) == "offered"


@pytest.mark.usefixtures("open_site")
def test_nobody_reviews_the_own_answer(as_, owner, consultant, look, in_app):
    in_app(
        lambda: db.session.execute(
            sa.update(Setting).where(Setting.key == "questions_physician").values(value=consultant.person)
        )
    )
    published(as_("member"), owner, consultant, look, langs=("en",))
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(Review.id)))) == 0


@pytest.mark.usefixtures("open_site")
def test_names_in_the_answer_are_flagged_too(as_, owner, consultant, look):
    member = as_("member")
    desk = assigned(member, owner, consultant, look)
    number = desk.number
    path = f"/en/consultants/work/questions/{number}"
    press(
        consultant,
        path,
        f"/{number}",
        hand="1",
        body_en="Please call me on 0944 123 456.",
        title="A guideline",
    )
    page = desk.offer("en", status=422)
    assert "0944 123 456" in page.text


@pytest.mark.usefixtures("open_site")
def test_a_consultants_words_are_lost_neither_to_another_window_nor_to_a_change(as_, owner, consultant, look):
    desk = assigned(as_("member"), owner, consultant, look)
    number = desk.number
    path = f"/en/consultants/work/questions/{number}"
    first, second = consultant.get(path), consultant.get(path)
    form = f"main form[action$='/{number}']"
    submit(consultant, first, form=form, body_en="First words", title="A guideline")
    answer = submit(consultant, second, 409, form=form, body_en="Second words")
    assert answer.one("#body_en").get_text().strip() == "Second words"
    submit(consultant, answer, form=form)
    kept = look(lambda q: (q.answers[0].words("en"), len(q.answers[0].sources)))
    assert kept == ("Second words", 1)
    desk.press("decline", reason="It is an emergency.")
    assert "Third words" in submit(consultant, second, 404, form=form, body_en="Third words").text


@pytest.mark.usefixtures("open_site")
def test_a_page_that_is_erased_leaves_the_question_answered(as_, owner, consultant, look, in_app):
    published(as_("member"), owner, consultant, look)
    in_app(lambda: services.delete_content(db.session.get_one(Content, the_question().content_id), by="test"))
    assert look(lambda q: (q.phase, q.content_id)) == ("answered", None)


@pytest.mark.usefixtures("open_site")
def test_the_owner_sees_what_waits_for_somebody_who_is_gone(as_, owner, consultant, look, in_app, lang):
    assigned(as_("member"), owner, consultant, look)
    assert "state=adrift" not in owner.get(f"/{lang}/admin/").html
    in_app(lambda: db.session.execute(sa.update(Person).values(user_id=None)))
    assert "state=adrift" in owner.get(f"/{lang}/admin/").html
    assert owner.get(f"/{lang}/admin/questions?state=adrift").all(".row")

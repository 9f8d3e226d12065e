"""Questions to consultants: asked in confidence, answered, published only with consent, gone when withdrawn."""

import datetime as dt
import json
import logging
import os
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
import time_machine

from medportal import mail, retention
from medportal.blueprints.accounts import erasure
from medportal.blueprints.questions import letters as words
from medportal.blueprints.questions import queries, rules, upkeep
from medportal.extensions import db
from medportal.models.audit import Audit
from medportal.models.consultation import Question
from medportal.models.emergency import EmergencyNumber
from medportal.models.outbox import Outbox
from medportal.models.setting import Setting
from medportal.models.taxonomy import Specialty
from tests.asking import (
    ADDRESS,
    ANSWER,
    ASK,
    BODY,
    SECRET,
    TITLE,
    VERSION,
    Desk,
    add_consultant,
    ask,
    open_questions,
    press,
    the_question,
    user_number,
    work,
)

SNAPSHOTS = Path(__file__).parent / "letters"


@pytest.fixture
def open_site(in_app):
    in_app(open_questions)


@pytest.fixture
def owner(as_):
    return as_("owner")


@pytest.fixture
def consultant(as_, in_app):
    browser = as_("consultant")
    browser.person = in_app(lambda: add_consultant(user_number("consultant@mail.example.com")))
    return browser


@pytest.fixture
def look(in_app):
    """`look(lambda question: question.phase)`"""
    return lambda what: in_app(lambda: what(the_question()))


@pytest.fixture
def count(in_app):
    return lambda: in_app(lambda: db.session.scalar(sa.select(sa.func.count(Question.id))))


def in_days(days):
    return time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=days))


def everywhere(browser, lang):
    """The words of all that anybody may read where a question could stand."""
    slug = VERSION[lang][0].rstrip("?\u061f").replace(" ", "-").lower()
    found = [f"/{lang}/search?q={word}" for word in (SECRET, "barleyversion", "barleyanswer")]
    found += [f"/api/search?lang={lang}&q=barleyversion", f"/{lang}/search/suggest?q={VERSION[lang][0][:9]}"]
    found += [f"/{lang}/questions/{slug}", f"/{lang}/questions/{slug}.json", f"/{lang}/d/1"]
    lists = [f"/{lang}/", f"/{lang}/questions/", f"/{lang}/feeds/all.xml", f"/{lang}/feeds/questions.xml"]
    lists += ["/sitemap.xml", f"/{lang}/corrections", f"/{lang}/feeds/corrections.xml"]
    pages = [browser.get(path) for path in lists]
    pages += [browser.get(path, None) for path in (*found, f"/sitemap-{lang}-1.xml")]
    return " ".join(_words(page) for page in pages)


def _words(page):
    if page.response.is_json:
        return json.dumps(page.response.get_json(), ensure_ascii=False)
    return re.sub(r"<[^>]+>|[\u2066-\u2069]", "", unquote(page.html))


def shown(browser, lang):
    """Which sentences of the question, its version and its answer anybody can read."""
    told = [TITLE[lang], BODY[lang], *VERSION[lang], ANSWER[lang]]
    words = everywhere(browser, lang)
    return [sentence for sentence in told if sentence.rstrip("?.\u061f") in words]


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


def published(member, owner, consultant, look, *, langs=("ar", "en")):
    ask(member, publish="yes")
    number = look(lambda q: q.id)
    desk = Desk(owner, number)
    desk.open()
    desk.assign(consultant.person)
    work(consultant, number, *langs)
    desk.offer(*langs)
    press(member, f"/en/account/questions/{number}", "/agree", sure="y")
    desk.press("publish", reviewed="y")
    return number


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


# Who may see what


@pytest.mark.usefixtures("open_site")
def test_22_and_64_only_asker_that_consultant_and_owner_read_a_question(
    as_, visitor, owner, consultant, look, in_app, make_user
):
    member = as_("member")
    ask(member)
    number = look(lambda q: q.id)
    others = {role: as_(role, email=f"other-{role}@mail.example.com") for role in ("member", "consultant")}
    others["editor"], others["nobody"] = as_("editor"), visitor()
    in_app(lambda: add_consultant(user_number("other-consultant@mail.example.com"), "Dr Other Sample"))
    Desk(owner, number).assign(consultant.person)
    paths = {
        f"/en/account/questions/{number}": {
            "member": 404,
            "consultant": 404,
            "editor": 404,
            "nobody": 303,
        },
        f"/en/account/questions/{number}/withdraw": dict.fromkeys(others, 405),
        f"/en/consultants/work/questions/{number}": {
            "member": 403,
            "consultant": 404,
            "editor": 403,
            "nobody": 303,
        },
        f"/en/admin/questions/{number}": {"member": 403, "consultant": 403, "editor": 403, "nobody": 303},
        f"/en/admin/questions/{number}/version": {
            "member": 403,
            "consultant": 403,
            "editor": 403,
            "nobody": 303,
        },
        f"/en/questions/manage/{'x' * 44}": dict.fromkeys(others, 410),
    }
    for path, expected in paths.items():
        for who, status in expected.items():
            page = others[who].get(path, None)
            assert page.status == status, (path, who, page.status)
            assert SECRET not in page.html
    for who in ("member", "consultant", "editor"):
        for what in ("withdraw", "agree", "reply", "rate", "wish"):
            others[who].send(
                f"/en/account/questions/{number}/{what}", 404, sure="y", more="x" * 20, stars="1"
            )
        assert SECRET not in others[who].get("/en/account/questions").html
    assert SECRET not in others["consultant"].get("/en/consultants/work/questions").html
    others["consultant"].send(f"/en/consultants/work/questions/{number}", 404, body_en="x")
    assert SECRET in member.get(f"/en/account/questions/{number}").html
    assert SECRET in consultant.get(f"/en/consultants/work/questions/{number}").html


@pytest.mark.usefixtures("open_site")
def test_64_the_owner_reads_with_a_line_in_the_audit_trail_and_for_an_hour(
    as_, owner, look, in_app, make_user
):
    ask(as_("member"))
    number = look(lambda q: q.id)
    path = f"/en/admin/questions/{number}"
    lines = sa.select(Audit.actor).where(Audit.action == "question read")
    assert SECRET not in owner.get(path).html
    owner.send(f"{path}/decline", 409, reason="Not here")
    assert in_app(lambda: db.session.scalars(lines).all()) == []
    Desk(owner, number).open()
    assert SECRET in owner.get(path).html
    assert in_app(lambda: db.session.scalars(lines).all()) == ["owner 1"]
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=61)):
        assert SECRET not in owner.get(path).html
    second = as_("owner", email="second@mail.example.com")
    assert SECRET not in second.get(path).html


@pytest.mark.usefixtures("open_site")
def test_a_consultant_sees_only_what_is_assigned_and_loses_it_with_the_assignment(
    as_, owner, consultant, look, in_app, visitor
):
    ask(as_("member"))
    number = look(lambda q: q.id)
    path = f"/en/consultants/work/questions/{number}"
    consultant.get(path, 404)
    other = as_("consultant", email="other@mail.example.com")
    other.person = in_app(lambda: add_consultant(user_number("other@mail.example.com"), "Dr Other Sample"))
    desk = Desk(owner, number)
    desk.assign(consultant.person)
    press(consultant, path, f"/{number}", body_en="A draft of the first one")
    desk.assign(other.person)
    consultant.get(path, 404)
    assert "A draft of the first one" not in other.get(path).html


@pytest.mark.usefixtures("open_site")
def test_those_of_the_specialty_are_offered_first(as_, owner, consultant, look, in_app):
    def prepare():
        specialty = Specialty(slug="nutrition", name={"en": "Nutrition", "ar": "التغذية"})
        db.session.add(specialty)
        db.session.flush()
        add_consultant(user_number("other@mail.example.com"), "Dr Zeta Sample", specialties=[specialty])
        return specialty.id

    as_("consultant", email="other@mail.example.com")
    specialty = in_app(prepare)
    ask(as_("member"), specialty=str(specialty))
    page = owner.get(f"/en/admin/questions/{look(lambda q: q.id)}")
    names = [option.get_text() for option in page.all("#person option")]
    assert names == ["Please choose", "Dr Zeta Sample (this specialty)", "Dr Nuha Sample"]


@pytest.mark.usefixtures("open_site")
def test_a_reply_can_go_to_another_consultant_and_the_answer_keeps_its_author(
    as_, owner, consultant, look, in_app
):
    member = as_("member")
    ask(member, publish="no")
    number = look(lambda q: q.id)
    desk, mine = Desk(owner, number), f"/en/account/questions/{number}"
    desk.open()
    desk.assign(consultant.person)
    work(consultant, number, "en")
    desk.press("send")
    press(member, mine, "/reply", more="And with oliveoil on it?")
    other = as_("consultant", email="other@mail.example.com")
    desk.assign(in_app(lambda: add_consultant(user_number("other@mail.example.com"), "Dr Other Sample")))
    consultant.get(f"/en/consultants/work/questions/{number}", 404)
    work(other, number, "en", reference=False)
    desk.press("send")
    page = member.get(mine)
    assert "Dr Nuha Sample" in page.one("main dl.facts").get_text()
    assert ANSWER["en"] in page.text


# Asking


@pytest.mark.usefixtures("open_site")
def test_the_stop_screen_comes_first_with_the_numbers_of_the_chosen_country(in_app, visitor, lang):
    in_app(
        lambda: db.session.add_all(
            EmergencyNumber(
                country=country,
                service="crisis",
                number=f"000{n}",
                source="Sample office",
                checked_on=dt.datetime.now(dt.UTC).date(),
            )
            for n, country in enumerate(("SY", "AT"))
        )
    )
    reader = visitor()
    page = reader.get(f"/{lang}/consultants/ask")
    assert not page.all("#body")
    assert not page.all("main a[href*='on=1']")
    page = reader.get(f"/{lang}/consultants/ask?country=SY")
    assert [a["href"] for a in page.all("main a[href^='tel:']")] == ["tel:0000"]
    onward = page.one("main a[href*='on=1']")["href"]
    assert reader.get(onward).one("#body")
    assert not reader.get(f"/{lang}/consultants/ask?country=nonsense&on=1").all("#body")


@pytest.mark.usefixtures("open_site")
@pytest.mark.parametrize("missing", ["terms", "health", "title", "body", "age", "email"])
def test_consents_and_words_are_needed_and_what_was_typed_stays(visitor, missing, count, lang):
    page = ask(visitor(), lang, 422, **{missing: ""})
    assert page.one(f"#{missing}")
    assert page.all(".errors a")
    if missing != "body":
        assert BODY[lang] in page.one("#body").get_text()
    assert count() == 0


@pytest.mark.usefixtures("open_site")
def test_under_18_is_asked_together_with_a_parent(as_, look, lang):
    member = as_("member")
    page = ask(member, lang, 422, age="minor")
    assert page.all("#with_parent[aria-invalid]")
    ask(member, lang, age="minor", with_parent="y")
    assert look(lambda q: (q.age, q.lang)) == ("minor", lang)


@pytest.mark.usefixtures("open_site")
def test_no_diagnosis_is_promised_and_the_terms_stand_there(visitor, lang):
    page = visitor().get(ASK.format(lang=lang))
    said = {"en": ("no diagnosis", "Terms in English."), "ar": ("ليس تشخيصًا", "شروط بالعربية.")}[lang]
    assert all(part in page.text for part in said)


@pytest.mark.usefixtures("open_site")
def test_known_and_unknown_addresses_are_answered_alike(visitor, make_user, letters, look, in_app):
    make_user("known@mail.example.com")
    pages = [ask(visitor(), email=address) for address in ("known@mail.example.com", ADDRESS)]
    assert len({page.response.headers["Location"] for page in pages}) == 1
    assert len({letter.text.replace(letter.link, "") for letter in letters()}) == 1


@pytest.mark.usefixtures("open_site")
def test_a_question_confirmed_by_a_members_address_stands_in_the_account(as_, visitor, letters, look):
    member = as_("member")
    ask(visitor(), email="member@mail.example.com")
    assert "asked nothing" in member.get("/en/account/questions").text
    press(visitor(), letters()[0].link, "/confirm")
    assert look(lambda q: (q.user.id, q.email)) == (1, "")
    assert TITLE["en"] in member.get("/en/account/questions").text
    assert letters()[-1].link == f"/en/account/questions/{look(lambda q: q.id)}"


@pytest.mark.usefixtures("open_site")
def test_20_looking_at_the_link_sends_nothing_and_unconfirmed_questions_go_after_three_days(
    visitor, owner, letters, look, count
):
    ask(visitor())
    for method in ("get", "head"):
        getattr(visitor().client, method)(letters()[0].link)
    number = look(lambda q: (q.phase, q.id))
    assert number[0] == "waiting"
    owner.get(f"/en/admin/questions/{number[1]}", 404)
    with in_days(4):
        with owner.client.application.app_context():
            retention.clean_up()
        assert letters() == []
    assert count() == 0


@pytest.mark.usefixtures("open_site")
def test_54_one_address_asks_three_times_a_day_and_nobody_is_told(visitor, letters, count):
    for _ in range(4):
        assert ask(visitor()).response.headers["Location"] == "/en/consultants/ask/sent"
    assert (count(), len(letters())) == (3, 3)


@pytest.mark.usefixtures("open_site")
def test_many_questions_at_once_wait_for_an_owner(app, visitor, make_user, letters):
    make_user("owner@mail.example.com", "owner")
    app.config.update(SIGN_UP_BURST=1)
    try:
        for n in range(2):
            ask(visitor(), email=f"reader{n}@mail.example.com")
    finally:
        app.config.update(SIGN_UP_BURST=50)
    assert [(letter.name, letter.state) for letter in letters()] == [
        ("question", "queued"),
        ("question", "held"),
        ("sign_up_burst", "queued"),
    ]


@pytest.mark.usefixtures("open_site")
def test_a_program_that_fills_every_field_is_answered_and_forgotten(visitor, count, letters):
    assert ask(visitor(), website="x").response.headers["Location"] == "/en/consultants/ask/sent"
    assert (count(), letters()) == (0, [])


@pytest.mark.usefixtures("open_site")
def test_similar_answers_are_offered_with_and_without_javascript(visitor, make_content, lang):
    make_content("question", title={"en": "Bread and sugar", "ar": "الخبز والسكر"})
    typed = {"en": "Bread and sugar", "ar": "الخبز والسكر"}[lang]
    reader = visitor()
    page = ask(reader, lang, 200, title=typed, similar="1")
    assert page.one("#title")["value"] == typed
    assert typed in page.one("#similar").get_text()


# Open and closed


@pytest.mark.parametrize(
    "missing",
    [
        {"questions_on": False},
        {"questions_physician": None},
        {"questions_reply_days": None},
        {"questions_look_in_days": None},
        {"questions_terms": {"en": "Only English"}},
        {"questions_looked_in_at": None},
        {"questions_looked_in_at": "2020-01-01T00:00:00+00:00"},
    ],
)
def test_nothing_is_taken_until_everything_is_arranged(in_app, visitor, missing, lang, count):
    in_app(lambda: open_questions(**missing))
    page = visitor().get(ASK.format(lang=lang))
    assert not page.all("#body")
    said = {"en": "ask your own doctor", "ar": "الطبيب المعالج"}
    assert said[lang] in page.text
    page = visitor().send_bare(ASK.format(lang=lang), 409, title="x" * 10, body=BODY[lang])
    assert BODY[lang] in page.text
    assert count() == 0


@pytest.mark.usefixtures("open_site")
def test_they_close_by_themselves_and_open_when_somebody_looks_in(
    in_app, visitor, owner, consultant, letters
):
    assert in_app(rules.questions_open)
    with in_days(3):
        assert not in_app(rules.questions_open)
        assert in_app(queries.closed_count) == 1
        for _ in range(2):
            in_app(upkeep.keep)
        told = [letter for letter in letters() if letter.name == "question_work"]
        assert [(one.to, one.link) for one in told] == [("owner@mail.example.com", "/en/admin/questions")]
    for browser, path in (
        (owner, "/en/admin/questions"),
        (consultant, "/en/consultants/work/questions"),
    ):
        in_app(
            lambda: db.session.execute(
                sa.update(Setting)
                .where(Setting.key == "questions_looked_in_at")
                .values(value="2020-01-01T00:00:00+00:00")
            )
        )
        press(browser, path, "/looked-in")
        assert in_app(rules.questions_open)


@pytest.mark.usefixtures("open_site")
def test_a_late_answer_is_shown_to_the_owner_and_explained_to_the_asker_once(
    as_, owner, in_app, letters, look, lang
):
    member = as_("member")
    ask(member, lang)
    number = look(lambda q: q.id)
    mine = f"/{lang}/account/questions/{number}"
    promised = look(lambda q: q.due_at)
    assert not member.get(mine).all(".notice--warning")
    with in_days(6):
        member.sign_in("member@mail.example.com")
        owner.sign_in("owner@mail.example.com")
        for _ in range(2):
            in_app(upkeep.keep)
        late = [one for one in letters() if "late" in one.subject or "تأخر" in one.subject]
        assert [one.to for one in late] == ["member@mail.example.com"]
        notice = member.get(mine).one(".notice--warning")
        assert f'datetime="{promised.date()}"' in str(notice) or "datetime" in str(notice)
        assert in_app(queries.late_count) == 1
        assert owner.get("/en/admin/").one(".need--urgent a[href*='state=late']")
        assert len(owner.get("/en/admin/questions?state=late").all("li.row")) == 1


# The desk


@pytest.mark.usefixtures("open_site")
def test_a_declined_question_says_why_and_goes_from_the_consultant(
    as_, owner, consultant, look, letters, lang
):
    member = as_("member")
    ask(member, lang)
    number = look(lambda q: q.id)
    desk = Desk(owner, number)
    desk.open()
    desk.assign(consultant.person)
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
    ask(member)
    number = look(lambda q: q.id)
    desk = Desk(owner, number)
    desk.open()
    desk.assign(consultant.person)
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
    ask(as_("member"))
    number = look(lambda q: q.id)
    desk = Desk(owner, number)
    desk.open()
    desk.assign(consultant.person)
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
    ask(as_("member"), publish="no")
    number = look(lambda q: q.id)
    desk = Desk(owner, number)
    desk.open()
    desk.assign(consultant.person)
    work(consultant, number, "en")
    owner.get(f"{desk.path}/version", 303)
    owner.send(f"{desk.path}/version", 303, title_en="x", body_en="y")
    assert look(lambda q: q.phase) == "drafted"


@pytest.mark.usefixtures("open_site")
@pytest.mark.parametrize("lacking", ["reference", "credential", "disclosure"])
def test_the_gate_refuses_an_answer_that_says_too_little(as_, owner, look, in_app, lacking, visitor):
    consultant = as_("consultant")
    values = {"credential": {"degrees": []}, "disclosure": {"interests": None}}.get(lacking, {})
    consultant.person = in_app(lambda: add_consultant(user_number("consultant@mail.example.com"), **values))
    member = as_("member")
    ask(member)
    number = look(lambda q: q.id)
    desk = Desk(owner, number)
    desk.open()
    desk.assign(consultant.person)
    work(consultant, number, "en", reference=lacking != "reference")
    desk.offer("en")
    press(member, f"/en/account/questions/{number}", "/agree", sure="y")
    page = desk.press("publish", 422)
    assert page.all(".errors")
    assert look(lambda q: (q.phase, q.content_id)) == ("offered", None)
    assert shown(visitor(), "en") == []


@pytest.mark.usefixtures("open_site")
def test_an_answer_goes_back_to_the_consultant_with_what_is_missing(as_, owner, consultant, look):
    ask(as_("member"))
    number = look(lambda q: q.id)
    desk = Desk(owner, number)
    desk.open()
    desk.assign(consultant.person)
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


# Privacy


def everything(in_app):
    return in_app(lambda: str([db.session.execute(sa.select(t)).all() for t in db.metadata.sorted_tables]))


@pytest.mark.usefixtures("open_site")
def test_62_erasure_takes_the_questions_and_leaves_what_was_agreed_tied_to_nobody(
    as_, owner, consultant, look, in_app, visitor
):
    member = as_("member")
    number = published(member, owner, consultant, look)
    ask(member, title=f"Another {SECRET} question")
    member.send("/en/account/delete", sure="y")
    with in_days(8):
        in_app(erasure.erase_due)
    dump = everything(in_app)
    assert [trace for trace in (SECRET, "member@mail.example.com") if trace in dump] == []
    assert ANSWER["en"] in everywhere(visitor(), "en")
    assert in_app(lambda: db.session.get(Question, number)) is None


@pytest.mark.usefixtures("open_site")
def test_62_a_withdrawn_question_leaves_no_word_in_the_database(as_, owner, consultant, look, in_app):
    member = as_("member")
    number = published(member, owner, consultant, look)
    member.send(f"/en/account/questions/{number}/withdraw", sure="y")
    dump = everything(in_app)
    left = [t for t in (SECRET, "barleyversion", "arleyanswer", "Does barley bread") if t in dump]
    assert left == []


@pytest.mark.usefixtures("open_site")
def test_61_the_copy_holds_questions_and_answers(as_, owner, consultant, look, in_app):
    from medportal import privacy
    from medportal.models.user import User

    member = as_("member")
    number = published(member, owner, consultant, look)
    data = in_app(lambda: privacy.export(the_question().user))
    [row] = data["questions"]
    assert row["text"] == BODY["en"]
    assert ANSWER["en"] in row["answer"]
    theirs = in_app(
        lambda: privacy.export(db.session.get_one(User, user_number("consultant@mail.example.com")))
    )
    assert SECRET not in json.dumps(theirs)
    assert number


@pytest.mark.usefixtures("open_site")
def test_63_no_word_of_a_question_in_logs_letters_or_the_audit_trail(
    as_, visitor, owner, consultant, look, in_app, letters, monkeypatch
):
    from medportal.logs import log

    lines = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(f"{record.getMessage()} {getattr(record, 'fields', '')}")

    handler, level = Keep(), log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        member = as_("member")
        published(member, owner, consultant, look)
        ask(visitor(), similar="1", status=200)
        ask(visitor(), status=422, terms="")
        ask(visitor())
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
    trail = in_app(lambda: str([(r.actor, r.detail) for r in db.session.scalars(sa.select(Audit))]))
    queue = in_app(lambda: str([r.data for r in db.session.scalars(sa.select(Outbox))]))
    sent = "".join(f"{one.subject} {one.text} {one.html}" for one in letters())
    assert lines
    for place in ("\n".join(lines), trail, queue, sent):
        found = [t for t in (SECRET, "barleyversion", "arleyanswer", "0944") if t in place]
        assert found == []
    assert "@" not in "\n".join(lines) + trail


@pytest.mark.usefixtures("open_site")
def test_a_new_address_keeps_what_was_asked_with_the_old_one(as_, visitor, letters, look, in_app):
    from medportal.blueprints.questions import asking
    from medportal.models.user import User

    ask(visitor(), email="early@mail.example.com")
    press(visitor(), letters()[0].link, "/confirm")
    member = as_("member", email="early@mail.example.com")
    assert TITLE["en"] in member.get("/en/account/questions").text
    in_app(lambda: asking.move(db.session.get_one(User, 1), "early@mail.example.com"))
    assert look(lambda q: (q.user.id, q.email)) == (1, "")


@pytest.mark.usefixtures("open_site")
def test_43_a_question_that_looks_like_markup_is_shown_as_text(as_, owner, consultant, look):
    member = as_("member")
    ask(member, body="<script>alert(1)</script><b>is this bold?</b> and long enough")
    number = look(lambda q: q.id)
    desk = Desk(owner, number)
    desk.open()
    desk.assign(consultant.person)
    for browser, path in (
        (member, f"/en/account/questions/{number}"),
        (owner, desk.path),
        (consultant, f"/en/consultants/work/questions/{number}"),
    ):
        page = browser.get(path)
        assert "<b>is this bold" not in page.html
        assert "is this bold?" in page.text


@pytest.mark.usefixtures("open_site")
def test_no_id_stands_twice_on_a_page(as_, owner, consultant, look, lang):
    member = as_("member")
    ask(member)
    number = look(lambda q: q.id)
    desk = Desk(owner, number)
    desk.open()
    desk.assign(consultant.person)
    work(consultant, number, "en")
    pages = [owner.get(f"/{lang}/admin/questions/{number}")]
    desk.offer("en")
    pages += [member.get(f"/{lang}/account/questions/{number}"), member.get(ASK.format(lang=lang))]
    press(member, f"/en/account/questions/{number}", "/reply", more="And with oliveoil on it?")
    pages += [consultant.get(f"/{lang}/consultants/work/questions/{number}")]
    pages += [member.get(f"/{lang}/account/questions/{number}")]
    for page in pages:
        ids = [element["id"] for element in page.all("[id]")]
        assert len(ids) == len(set(ids)), sorted(one for one in ids if ids.count(one) > 1)
        assert all(page.soup.find(id=one["for"]) for one in page.all("label[for]"))


# Letters


@pytest.mark.parametrize("what", [*words.TO_ASKERS, *(f"work-{key}" for key in words.TO_WORK)])
@pytest.mark.usefixtures("open_site")
def test_letters_about_questions_read_as_their_snapshots(what, visitor, lang, in_app, letters):
    ask(visitor(), lang)

    def render():
        if what.startswith("work-"):
            return mail.fill(
                "question_work", lang, words=words.TO_WORK[what[5:]], address=f"http://localhost/{lang}/x"
            )
        return mail.fill(
            "question",
            lang,
            words=words.TO_ASKERS[what],
            address="" if what == "gone" else f"http://localhost/{lang}/LINK",
        )

    rendered = in_app(render)
    text = f"{rendered.subject}\n\n{rendered.text}"
    file = SNAPSHOTS / f"question-{what}.{lang}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
    assert SECRET not in text

"""Who may read a question, and what is left of it."""

import datetime as dt
import json
import logging

import pytest
import sqlalchemy as sa
import time_machine

from medportal import mail, privacy
from medportal.blueprints.accounts import erasure
from medportal.blueprints.questions import asking
from medportal.extensions import db
from medportal.models.audit import Audit
from medportal.models.consultation import Question
from medportal.models.outbox import Outbox
from medportal.models.taxonomy import Specialty
from medportal.models.user import User
from medportal.search import upkeep as search_upkeep
from tests.asking import (
    ANSWER,
    ASK,
    BODY,
    SECRET,
    TITLE,
    VERSION,
    Desk,
    add_consultant,
    ask,
    assigned,
    everything,
    everywhere,
    in_days,
    press,
    published,
    the_question,
    user_number,
    work,
)

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


# Privacy


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
    member = as_("member")
    number = published(member, owner, consultant, look)
    data = in_app(lambda: privacy.export(the_question().user))
    [row] = data["questions"]
    assert row["text"] == BODY["en"]
    assert ANSWER["en"] in row["answers"][0]["texts"]["en"]
    assert row["answers"][0]["references"][0]["title"] == "A guideline"
    assert (row["version"]["agreed_to"], row["version"]["texts"]["en"]["title"]) == (1, VERSION["en"][0])
    assert row["consent_terms"]["language"] == "en"
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
    desk = assigned(member, owner, consultant, look)
    number = desk.number
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


@pytest.mark.usefixtures("open_site")
def test_a_link_that_went_to_a_former_address_opens_nothing(as_, visitor, letters, in_app, look):
    ask(visitor(), email="early@mail.example.com")
    link = letters()[0].link
    press(visitor(), link, "/confirm")
    as_("member", email="early@mail.example.com")
    in_app(lambda: asking.move(db.session.get_one(User, 1), "early@mail.example.com"))
    visitor().get(link, 410)
    assert look(lambda q: q.phase) == "new"


@pytest.mark.usefixtures("open_site")
def test_what_a_stranger_wrote_in_ones_name_stays_unconfirmed(as_, visitor, in_app, look):
    ask(visitor(), email="early@mail.example.com")
    member = as_("member", email="early@mail.example.com")
    in_app(lambda: asking.move(db.session.get_one(User, 1), "early@mail.example.com"))
    assert member.get("/en/account/questions").all(".empty")
    assert look(lambda q: (q.phase, q.user_id)) == ("waiting", None)


@pytest.mark.usefixtures("open_site")
def test_62_the_index_forgets_what_was_withdrawn(as_, owner, consultant, look, in_app):
    if in_app(lambda: db.engine.dialect.name) != "sqlite":
        return  # PostgreSQL's rows are vacuumed
    stems = "SELECT group_concat(hex(block)) FROM search_section_fts_data"
    index = lambda: in_app(lambda: db.session.scalar(sa.text(stems)))  # noqa: E731
    member = as_("member")
    number = published(member, owner, consultant, look)
    word = b"barleyansw".hex().upper()
    assert word in index()
    member.send(f"/en/account/questions/{number}/withdraw", sure="y")
    in_app(search_upkeep.keep)
    assert word not in index()


@pytest.mark.usefixtures("open_site")
def test_a_number_is_never_used_again(as_, owner, consultant, look, make_content, in_app):
    member = as_("member")
    number = published(member, owner, consultant, look)
    before = look(lambda q: q.content_id)
    member.send(f"/en/account/questions/{number}/withdraw", sure="y")
    assert make_content() > before


@pytest.mark.usefixtures("open_site")
@pytest.mark.parametrize("what", ["offered", "published", "late", "declined"])
def test_no_letter_says_what_is_not_so_any_more(what, as_, in_app):
    ask(as_("member"))
    with pytest.raises(mail.NotNeeded):
        in_app(lambda: mail.MAKERS["question"]("en", what=what, question=1))

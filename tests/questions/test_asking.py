"""Asking: the stop-screen, the form, and when no question is taken."""

import datetime as dt

import pytest
import sqlalchemy as sa

from medportal import retention
from medportal.blueprints.questions import queries, rules, upkeep
from medportal.extensions import db
from medportal.models.emergency import EmergencyNumber
from medportal.models.setting import Setting
from tests.asking import (
    ADDRESS,
    ASK,
    BODY,
    TITLE,
    ask,
    in_days,
    open_questions,
    press,
)
from tests.editing import submit

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
    for n in range(4):
        assert (
            ask(visitor(), title=f"Question number {n}").response.headers["Location"]
            == "/en/consultants/ask/sent"
        )
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


@pytest.mark.usefixtures("open_site")
def test_a_button_pressed_twice_asks_once(as_, visitor, count):
    member = as_("member")
    assert ask(member).response.headers["Location"] == ask(member).response.headers["Location"]
    for _ in range(2):
        ask(visitor())
    assert count() == 2


@pytest.mark.usefixtures("open_site")
def test_who_agreed_to_other_terms_reads_the_new_ones_first(as_, in_app, count, lang):
    member = as_("member")
    form = member.get(ASK.format(lang=lang))
    in_app(
        lambda: db.session.execute(
            sa.update(Setting)
            .where(Setting.key == "questions_terms")
            .values(value={"en": "Other terms.", "ar": "شروط أخرى."})
        )
    )
    typed = {"title": TITLE[lang], "body": BODY[lang], "age": "adult", "terms": "y", "health": "y"}
    answer = submit(member, form, 422, form="main form", **typed)
    assert {"en": "Other terms.", "ar": "شروط أخرى."}[lang] in answer.text
    assert not answer.one("#terms").has_attr("checked")
    assert TITLE[lang] == answer.one("#title")["value"]
    submit(member, answer, form="main form", terms="y")
    assert count() == 1


@pytest.mark.usefixtures("open_site")
def test_a_link_pressed_after_they_closed_sends_nothing_and_keeps_the_question(
    visitor, letters, look, in_app, lang
):
    ask(visitor(), lang)

    def switch(on):
        return in_app(
            lambda: db.session.execute(
                sa.update(Setting).where(Setting.key == "questions_on").values(value=on)
            )
        )

    link = letters()[0].link
    switch(False)
    assert BODY[lang].split()[0] in press(visitor(), link, "/confirm", 409).text
    assert look(lambda q: q.phase) == "waiting"
    switch(True)
    press(visitor(), link, "/confirm")
    assert look(lambda q: q.phase) == "new"

"""Contact and reports of mistakes: stored, braked, and kind about errors."""

import pytest
import sqlalchemy as sa

from medportal.extensions import db
from medportal.models.message import Message, RateBucket
from tests.conftest import section

BODY = "رسالة طويلة بما يكفي للحفظ"


@pytest.fixture
def messages(in_app):
    return lambda: in_app(
        lambda: [(m.kind, m.lang, m.body, m.email, m.section) for m in db.session.scalars(sa.select(Message))]
    )


def test_a_message_is_stored_and_confirmed(send, read, messages, lang):
    answer = send(f"/{lang}/contact", name="ليلى", email="layla@mail.example.com", body=BODY)
    assert answer.response.headers["Location"] == f"/{lang}/contact/sent"
    assert messages() == [("contact", lang, BODY, "layla@mail.example.com", None)]
    said = {"en": "The message has been sent", "ar": "أُرسلت الرسالة"}
    assert read(f"/{lang}/contact/sent").one("h1").get_text(strip=True) == said[lang]


def test_errors_come_first_name_their_field_and_keep_what_was_typed(send, lang):
    page = send(f"/{lang}/contact", status=422, name="ليلى", email="no address", body="")
    words = {
        "en": ("There is a problem", "Error: ", "This field is required."),
        "ar": ("توجد مشكلة", "خطأ: ", "هذا الحقل مطلوب."),
    }
    heading, prefix, required = words[lang]
    assert page.one("main > .errors h2").get_text() == heading
    assert page.one("title").get_text().startswith(prefix)
    assert page.one("#name")["value"] == "ليلى"
    assert page.one("#email")["value"] == "no address"
    body = page.one("#body")
    assert body["aria-invalid"] == "true"
    assert required in page.one(f"#{body['aria-describedby'].split()[-1]}").get_text()
    assert [a["href"] for a in page.all(".errors a")] == ["#email", "#body"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("قصير", "ينبغي أن يكون عدد الأحرف بين 10 و5000."),
        ("x" * 5001, "ينبغي أن يكون عدد الأحرف بين 10 و5000."),
    ],
)
def test_lengths_are_explained_in_arabic(send, body, said):
    assert said in send("/ar/contact", status=422, body=body).text


def test_a_field_that_is_too_long_is_explained_and_not_looked_at_further(send, lang):
    page = send(f"/{lang}/contact", status=422, name="n" * 121, email="a" * 300 + "@b.example", body=BODY)
    said = {"en": "Field cannot be longer than 254 characters.", "ar": "لا يزيد طول هذا الحقل على 254 حرفًا."}
    assert said[lang] in page.text
    assert len(page.all(".field__error")) == 2


def test_blanks_around_an_address_are_forgiven(send, messages):
    send("/en/contact", email=" layla@mail.example.com ", body=BODY)
    assert messages()[0][3] == "layla@mail.example.com"


def test_terminal_commands_are_stripped_from_what_people_type(send, messages):
    send("/en/contact", body="\x1b]0;owned\x07 a message with tricks")
    assert messages()[0][2] == "]0;owned a message with tricks"


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unix:", "unknown"),
    ],
)
def test_a_network_is_what_one_household_can_vary(app, address, counted_as):
    from medportal.limits import network

    with app.test_request_context("/", environ_base={"REMOTE_ADDR": address}):
        assert network() == counted_as


def test_a_program_that_fills_every_field_is_thanked_and_forgotten(send, messages):
    send("/en/contact", body=BODY, website="https://spam.example")
    assert messages() == []


def test_the_eleventh_message_of_an_hour_waits(send, messages):
    for _ in range(10):
        send("/en/contact", body=BODY)
    page = send("/en/contact", status=429, body=BODY)
    assert page.one("h1").get_text() == "Too many messages"
    assert len(messages()) == 10


def test_9_the_brake_cannot_be_talked_round(client, send):
    for _ in range(10):
        send("/en/contact", body=BODY)
    headers = {
        "Origin": "http://localhost",
        "X-Forwarded-For": "198.51.100.9",
        "Forwarded": "for=198.51.100.9",
    }
    assert client.post("/en/contact", data={"body": BODY}, headers=headers).status_code == 429


def test_the_brake_keeps_no_address(send, in_app):
    send("/en/contact", body=BODY)
    keys = in_app(lambda: db.session.scalars(sa.select(RateBucket.key)).all())
    assert len(keys) == 1
    assert "127" not in keys[0]
    assert len(keys[0]) == 64


def test_a_mistake_is_reported_with_page_and_section(send, read, make_content, messages, lang):
    content = make_content(sections=[section("definition"), section("causes")])
    page = read(f"/{lang}/report?content={content}&section=causes")
    assert page.one("#section option[selected]")["value"] == "causes"
    send(f"/{lang}/report?content={content}", section="causes", body=BODY)
    assert messages() == [("report", lang, BODY, "", "causes")]


def test_a_report_needs_a_page_that_exists(read, send, make_content):
    make_content(langs=("en",), publish=False)
    for number in ("1", "99", "x", "", "-1", "9" * 30):
        read(f"/en/report?content={number}", status=404)
        send(f"/en/report?content={number}", status=404, body=BODY)


def test_a_report_names_only_sections_of_its_page(send, make_content):
    content = make_content(langs=("en",))
    assert (
        "Not a valid choice."
        in send(f"/en/report?content={content}", status=422, section="venue", body=BODY).text
    )


def test_the_owner_reads_messages_on_the_command_line(app, send):
    send("/ar/contact", name="Layla", body=BODY)
    output = app.test_cli_runner().invoke(args=["messages", "list"]).output
    assert BODY in output
    assert "contact (ar)" in output


def test_contact_works_before_any_page_was_written(read, lang):
    page = read(f"/{lang}/contact")
    assert page.one("form[method=post] textarea")
    assert page.one("h1").get_text() == {"en": "Contact us", "ar": "الاتصال بنا"}[lang]


# Answers from the desk


@pytest.fixture
def row(in_app):
    return lambda look: in_app(lambda: look(db.session.scalars(sa.select(Message)).one()))


ANSWER = "Thank you for writing.\n\nWe have looked at it."


def test_a_message_is_answered_by_mail_in_the_language_of_who_wrote(send, as_, letters, row, lang):
    send(f"/{lang}/contact", name="ليلى", email="layla@mail.example.com", body=BODY + " x" * 200)
    editor = as_("editor")
    link = editor.get("/en/admin/messages").one("#message-1 a[href$=answer]")["href"]
    page = editor.get(link)
    assert BODY in page.text
    assert page.one("#answer")["dir"] == "auto"
    assert not page.all("#corrected")
    editor.send(link, 422, answer="short")
    editor.send(link, answer=ANSWER)
    [letter] = [letter for letter in letters() if letter.name == "message_answer"]
    assert (letter.to, letter.subject) == (
        "layla@mail.example.com",
        {"en": "Answer to your message", "ar": "رد على رسالتك"}[lang],
    )
    assert all(words in letter.text for words in ANSWER.rstrip(".").split(".\n\n"))
    quoted = next(line for line in letter.text.splitlines() if line.startswith("> "))
    assert "رسالة" in quoted
    assert len(quoted) < 220
    state = row(lambda m: (m.state, m.answer, m.answered_by, m.answered_at is not None))
    assert state == ("answered", ANSWER, "editor 1", True)
    shown = editor.get("/en/admin/messages?state=answered").one("#message-1")
    assert "We have looked at it." in shown.get_text()
    assert not shown.select("a[href$=answer]")


def test_a_message_is_answered_once(send, as_, letters, row):
    send("/en/contact", email="layla@mail.example.com", body=BODY)
    owner = as_("owner")
    owner.send("/en/admin/messages/1/answer", answer=ANSWER)
    owner.send("/en/admin/messages/1", state="new")
    assert not owner.get("/en/admin/messages/1/answer").all("#answer")
    owner.send("/en/admin/messages/1/answer", 422, answer="Something else, later")
    assert row(lambda m: m.answer) == ANSWER
    assert len([letter for letter in letters() if letter.name == "message_answer"]) == 1


def test_without_an_address_no_answer_is_possible(send, as_, letters, lang):
    send("/en/contact", body=BODY)
    owner = as_("owner", lang=lang)
    assert not owner.get(f"/{lang}/admin/messages").all("a[href$=answer]")
    assert owner.get(f"/{lang}/admin/messages/1/answer").one(".desk .notice")
    owner.send(f"/{lang}/admin/messages/1/answer", 422, answer=ANSWER)
    assert letters() == []


def test_the_answer_to_a_report_may_say_that_the_page_was_corrected(send, as_, letters, make_content, lang):
    content = make_content()
    send(f"/{lang}/report?content={content}", section="", email="layla@mail.example.com", body=BODY)
    as_("editor").send("/en/admin/messages/1/answer", answer=ANSWER, corrected="y")
    [letter] = [letter for letter in letters() if letter.name == "message_answer"]
    assert f"http://localhost/{lang}/corrections" in letter.text
    assert f"http://localhost/{lang}/corrections" in letter.html


def test_what_stands_in_an_answer_is_no_markup(send, as_, letters):
    send("/en/contact", email="layla@mail.example.com", body="<script>alert(1)</script> is what I found")
    as_("editor").send("/en/admin/messages/1/answer", answer="<b>Thank you</b> for writing")
    html = next(letter.html for letter in letters() if letter.name == "message_answer")
    assert "<script" not in html
    assert "<b>" not in html


def test_answers_are_in_the_copy_of_ones_data_and_go_with_the_account(send, as_, row, in_app):
    from medportal import privacy
    from medportal.models.user import User
    from tests.people import MEMBER

    send("/en/contact", email=MEMBER, body=BODY)
    as_("editor").send("/en/admin/messages/1/answer", answer=ANSWER)
    as_(email=MEMBER)

    def member():
        return db.session.scalars(sa.select(User).where(User.email == MEMBER)).one()

    assert in_app(lambda: privacy.export(member())["messages"])[0]["answer"] == ANSWER
    in_app(lambda: privacy.erase(member()))
    assert row(lambda m: (m.answer, m.email, m.state)) == (None, "", "answered")
    assert "was erased" in as_("owner").get("/en/admin/messages").text

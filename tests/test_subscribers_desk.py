"""The owner's screens: when digests leave, announcements in two languages, subscribers; and reports of lost mail."""

import contextlib
import csv
import datetime as dt
import io
import mailbox as boxes
from email import message_from_string
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine

from medportal import delivery, suppressions
from medportal.digests import bounces, schedule, staging, subscribers
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.digest import Delivery, Digest
from medportal.models.outbox import Bounce
from medportal.models.subscription import Subscriber
from tests.subscribing import READER, join, mailbox, run, send, the, words

NEW = {"email": READER, "kinds": "news", "frequency": "weekly", "language": "en"}


@pytest.fixture
def owner(as_):
    return as_("owner")


# Digests


def test_the_desk_shows_when_digests_leave_and_what_left(owner, in_app, make_content, lang):
    in_app(join)
    make_content("news")
    in_app(run)
    page = owner.get(f"/{lang}/admin/digests")
    assert len(page.all("tbody tr")) == 4
    assert len(page.all(".rows .row")) == 1


def test_the_owner_sets_hour_and_day_and_nothing_leaves_because_of_it(owner, in_app, make_content):
    in_app(join)
    in_app(staging.keep)
    make_content("news")
    now = utc_now()
    owner.send("/en/admin/digests", hour=str((now.hour + 2) % 24), weekday=str(now.weekday()))
    in_app(lambda: (staging.keep(), send()))
    assert in_app(mailbox) == []
    assert in_app(lambda: schedule.choice().weekday) == now.weekday()
    owner.send("/en/admin/digests", 422, hour="25", weekday="9")


def test_all_digests_can_be_paused(owner, in_app, make_content):
    in_app(join)
    make_content("news")
    owner.send("/en/admin/digests/pause")
    in_app(run)
    assert in_app(mailbox) == []
    assert in_app(lambda: delivery.is_due(utc_now())) is False
    owner.send("/en/admin/digests/resume")
    in_app(send)
    assert len(in_app(mailbox)) == 1


def test_one_run_is_paused_goes_on_or_is_called_off(owner, in_app, make_content):
    in_app(join)
    make_content("news")
    number = in_app(lambda: (n := staging.open_run("daily", utc_now()), staging.stage(n))[0])
    owner.send(f"/en/admin/digests/{number}/pause")
    in_app(send)
    assert in_app(mailbox) == []
    owner.send(f"/en/admin/digests/{number}/resume")
    assert "1 email has not left" in owner.send(f"/en/admin/digests/{number}/cancel", 200).text
    owner.send(f"/en/admin/digests/{number}/cancel", sure="y")
    owner.send(f"/en/admin/digests/{number}/resume")
    in_app(send)
    assert in_app(mailbox) == []
    assert in_app(lambda: db.session.get_one(Digest, number).state) == "cancelled"


def test_preview_and_test_read_as_the_next_digest(owner, letters, make_content, lang):
    page = owner.get(f"/en/admin/digests/preview?occasion=weekly&text={lang}")
    assert page.all(".empty")
    owner.get(f"/en/admin/digests/preview/letter?occasion=weekly&text={lang}", 404)
    make_content("news", title={"ar": "خبر", "en": "A piece of news"})
    page = owner.get(f"/en/admin/digests/preview?occasion=weekly&text={lang}")
    assert {"ar": "خبر", "en": "A piece of news"}[lang] in page.text
    letter = owner.get(f"/en/admin/digests/preview/letter?occasion=weekly&text={lang}")
    assert "sandbox" in letter.response.headers["Content-Security-Policy"]
    owner.send(f"/en/admin/digests/test?occasion=weekly&text={lang}")
    [received] = letters()
    assert received.to == "owner@mail.example.com"
    assert {"ar": "خبر", "en": "A piece of news"}[lang] in received.text


def test_letters_kept_as_files_are_read_without_their_readers_links(owner, in_app, make_content):
    in_app(join)
    make_content("news", title="A piece of news")
    in_app(run)
    page = owner.get("/en/admin/digests/1/sent")
    read = owner.send(page.one('form[action$="/read"]')["action"], 200)
    assert "A piece of news" in read.text
    assert "/subscriptions/manage/…" in read.text


# Announcements


def test_one_announcement_goes_out_in_two_languages(owner, in_app, lang):
    in_app(
        lambda: (
            join("ar@mail.example.com", lang="ar", announcements=True),
            join("en@mail.example.com", lang="en", announcements=True),
            join("none@mail.example.com", lang="en"),
        )
    )
    written = {
        "subject_ar": "تنويه",
        "body_ar": "السطر الأول.\n\nالثاني.",
        "subject_en": "Notice",
        "body_en": "First.",
    }
    answer = owner.send(f"/{lang}/admin/mailings/new", **written)
    path = answer.response.headers["Location"].split("?")[0]
    assert owner.send(f"{path}/send", 200).all("main form")
    owner.send(f"{path}/send", sure="y")
    in_app(lambda: (staging.keep(), send()))
    letters = {letter["To"]: letter for letter in in_app(mailbox)}
    assert {to: letter["Subject"] for to, letter in letters.items()} == {
        "ar@mail.example.com": "تنويه",
        "en@mail.example.com": "Notice",
    }
    assert "First." in words(letters["en@mail.example.com"])
    owner.send(f"{path}/send", 409, sure="y")
    owner.send(path, 409, **written)


def test_an_announcement_in_one_language_reaches_others_only_if_they_allow_it(owner, in_app):
    in_app(
        lambda: (
            join("strict@mail.example.com", lang="ar", announcements=True),
            join("open@mail.example.com", lang="ar", announcements=True, other_language=True),
        )
    )
    path = owner.send("/en/admin/mailings/new", subject_en="Notice", body_en="Words.").response.headers[
        "Location"
    ]
    owner.send(path.split("?")[0] + "/send", sure="y")
    in_app(lambda: (staging.keep(), send()))
    assert [letter["To"] for letter in in_app(mailbox)] == ["open@mail.example.com"]


def test_52_one_click_in_an_announcement_stops_announcements_only(app, owner, in_app):
    in_app(lambda: join(announcements=True))
    path = owner.send("/en/admin/mailings/new", subject_en="Notice", body_en="Words.").response.headers[
        "Location"
    ]
    owner.send(path.split("?")[0] + "/send", sure="y")
    in_app(lambda: (staging.keep(), send()))
    [letter] = in_app(mailbox)
    stop = letter["List-Unsubscribe"].strip("<>").replace("http://localhost", "")
    assert app.test_client().post(stop, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert in_app(lambda: (the().state, the().announcements)) == ("active", False)


@pytest.mark.parametrize(
    "form",
    [{}, {"subject_en": "Only a subject"}, {"body_ar": "نص فقط"}, {"subject_en": "x" * 200, "body_en": "y"}],
)
def test_an_unfinished_announcement_is_kept_and_said(owner, form, lang):
    page = owner.send(f"/{lang}/admin/mailings/new", 422, **form)
    assert page.all(".errors")
    for value in form.values():
        assert value in page.html


# Subscribers


def test_the_list_is_searched_and_shows_nobodys_interests(owner, in_app, make_content, lang):
    number = make_content(title={"ar": "داء نادر", "en": "A rare disease"})
    in_app(lambda: (join(kinds=["video"], contents=[number]), join("other@mail.example.com")))
    page = owner.get(f"/{lang}/admin/subscribers?q=samira")
    assert len(page.all("tbody tr")) == 1
    assert "rare" not in page.text
    assert "نادر" not in page.text


def test_a_subscriber_is_added_with_consent_or_asked(owner, in_app, letters):
    owner.send("/en/admin/subscribers/new", 422, consent="have", **NEW)
    owner.send("/en/admin/subscribers/new", consent="have", note="Form of 3 May", **NEW)
    assert in_app(lambda: (the().consent_how, the().consent_note)) == ("owner", "Form of 3 May")
    owner.send("/en/admin/subscribers/new", consent="ask", **NEW | {"email": "other@mail.example.com"})
    assert [letter.to for letter in letters()] == ["other@mail.example.com"]


def test_who_is_here_is_left_alone_and_who_stopped_is_asked(owner, in_app, letters):
    in_app(lambda: join(kinds=["video"]))
    owner.send("/en/admin/subscribers/new", consent="have", note="x", **NEW)
    assert in_app(lambda: subscribers.wishes_of(the()).kinds) == {"video"}
    in_app(lambda: subscribers.stop(the()))
    owner.send("/en/admin/subscribers/new", consent="have", note="x", **NEW)
    assert in_app(lambda: the().state) == "stopped"
    assert len(letters()) == 1


def test_a_table_goes_out_and_comes_in_again(owner, in_app):
    in_app(lambda: (join(lang="ar", frequency="monthly", kinds=["news"]), join("+plus@mail.example.com")))
    table = owner.send("/en/admin/subscribers/export", 200).html
    rows = list(csv.DictReader(io.StringIO(table.lstrip("\ufeff"))))
    assert [row["email"] for row in rows] == [READER, "'+plus@mail.example.com"]
    in_app(lambda: db.session.execute(sa.delete(Subscriber)))
    page = owner.send("/en/admin/subscribers/import", 200, table=table, consent="have", note="Former list")
    assert "2 subscribers added" in page.text
    row, kinds = in_app(lambda: ((the().lang, the().frequency), subscribers.wishes_of(the()).kinds))
    assert row == ("ar", "monthly")
    assert kinds == {"news"}
    assert in_app(lambda: the("+plus@mail.example.com").consent_note) == "Former list"


@pytest.mark.parametrize(
    "table",
    [
        "one@mail.example.com\ntwo@mail.example.com\n",
        "email;language\none@mail.example.com;ar;more;cells\ntwo@mail.example.com\n",
    ],
)
def test_tables_of_other_programs_are_understood(owner, in_app, table):
    owner.send("/en/admin/subscribers/import", 200, table=table, consent="have", note="x")
    assert in_app(lambda: len(db.session.scalars(sa.select(Subscriber)).all())) == 2


def test_a_file_is_taken_and_bad_lines_are_named(owner, in_app):
    answer = owner.client.post(
        "/en/admin/subscribers/import",
        data={
            "csrf_token": owner.token(),
            "consent": "have",
            "note": "x",
            "table": "",
            "file": (io.BytesIO(b"email\nno address\nfine@mail.example.com\n"), "list.csv"),
        },
        content_type="multipart/form-data",
        headers=owner.headers,
    )
    assert answer.status_code == 200
    assert "Line 2" in answer.get_data(as_text=True)
    assert in_app(lambda: the("fine@mail.example.com").state) == "active"


@pytest.mark.parametrize("table", ["", "name\nx\n", "email\n" + "a@mail.example.com\n" * 5001])
def test_what_is_no_table_is_said(owner, table, lang):
    page = owner.send(f"/{lang}/admin/subscribers/import", 422, table=table, consent="ask")
    assert page.all(".errors")


def test_silent_addresses_stay_silent_whoever_adds_them(owner, in_app, make_content):
    in_app(lambda: delivery.suppress(READER, "550 5.1.1"))
    owner.send("/en/admin/subscribers/import", 200, table=READER, consent="have", note="x")
    assert in_app(lambda: the().state) == "suppressed"


def test_53_the_owner_silences_and_resumes_an_address(owner, in_app, make_content, lang):
    in_app(join)
    number = in_app(lambda: the().id)
    assert owner.send(f"/{lang}/admin/subscribers/{number}/suppress", 200).all("main form")
    owner.send(f"/{lang}/admin/subscribers/{number}/suppress", sure="y")
    make_content("news")
    in_app(run)
    assert in_app(mailbox) == []
    owner.send(f"/{lang}/admin/subscribers/{number}/resume")
    assert in_app(lambda: (the().state, suppressions.holds(READER))) == ("active", False)


def test_erasing_a_subscriber_takes_kept_letters_along(app, owner, in_app, make_content):
    in_app(join)
    make_content("news")
    in_app(run)
    assert list((Path(app.instance_path) / "mail").glob("d*.eml"))
    owner.send("/en/admin/subscribers/1/erase", sure="y")
    assert not list((Path(app.instance_path) / "mail").glob("d*.eml"))
    assert in_app(lambda: db.session.scalars(sa.select(Subscriber)).all()) == []


# Reports of lost mail

REPORT = """From: MAILER-DAEMON@mx.example
To: portal@localhost
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}

--b
Content-Type: text/rfc822-headers

Message-ID: {number}
Subject: What is new today
--b--
"""


@pytest.fixture
def bounced(app, in_app, tmp_path, make_content):
    """A digest was sent; `bounced(status=…)` is the report on it. Whether the address is silent then."""
    in_app(join)
    make_content("news")
    in_app(run)
    [letter] = in_app(mailbox)

    def report(kind="folder", address=READER, status="5.1.1", action="failed", number=None):
        text = REPORT.format(
            address=address,
            status=status,
            action=action,
            number=letter["Message-ID"] if number is None else number,
        )
        path = tmp_path / "reports"
        if kind == "mbox":
            with contextlib.closing(boxes.mbox(str(path))) as box:
                box.add(message_from_string(text))
        elif kind == "maildir":
            boxes.Maildir(str(path)).add(message_from_string(text))
        else:
            path.mkdir(exist_ok=True)
            (path / "1.eml").write_text(text)
        app.config["MAIL_BOUNCES"] = str(path)
        try:
            in_app(bounces.read)
            in_app(bounces.read)
        finally:
            app.config["MAIL_BOUNCES"] = ""
        return in_app(lambda: suppressions.holds(READER))

    return report


@pytest.mark.parametrize("kind", ["folder", "mbox", "maildir"])
def test_53_a_report_of_an_unknown_address_silences_it(bounced, in_app, kind):
    assert bounced(kind) is True
    assert in_app(lambda: the().state) == "suppressed"
    assert in_app(lambda: len(db.session.scalars(sa.select(Bounce)).all())) == 1


@pytest.mark.parametrize(
    "report",
    [
        {"status": "4.2.2"},
        {"status": "5.2.2"},
        {"status": "5.7.1"},
        {"action": "delayed"},
        {"address": "other@mail.example.com"},
        {"number": "<1.1.000000000000000000000000@localhost>"},
        {"number": "<made@up.example>"},
        {"number": ""},
    ],
)
def test_53_other_reports_silence_nobody(bounced, report):
    assert bounced(**report) is False


def test_a_late_report_says_nothing_of_whose_address_it_is_today(bounced):
    with time_machine.travel(utc_now() + dt.timedelta(days=20)):
        assert bounced() is False


def test_a_hostile_report_does_not_stop_the_next(app, in_app, tmp_path, bounced):
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "0.eml").write_bytes(
        b"Content-Type: multipart/report; boundary=b\n\n--b\n" + b"Content-Type: message/rfc822\n\n" * 1500
    )
    (folder / "00.eml").write_bytes(b"\xff\xfe\x00" * 1000)
    assert bounced() is True


# The command line


def test_a_digest_is_queued_by_hand_and_tells_nobody_twice(app, in_app, make_content):
    in_app(join)
    make_content("news")
    runner = app.test_cli_runner()
    for _ in range(2):
        said = runner.invoke(args=["digest", "queue", "--frequency", "daily"]).output
        assert said.startswith("1 digests")
    in_app(send)
    assert len(in_app(mailbox)) == 1
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(Delivery.id)))) == 1


def test_the_command_shows_the_next_digest(app, make_content, lang):
    make_content("news", title={"ar": "خبر", "en": "A piece of news"})
    said = (
        app.test_cli_runner()
        .invoke(args=["digest", "preview", "--frequency", "weekly", "--language", lang])
        .output
    )
    assert {"ar": "خبر", "en": "A piece of news"}[lang] in said
    bad = app.test_cli_runner().invoke(args=["digest", "queue", "--now", "yesterday"])
    assert bad.exit_code == 2

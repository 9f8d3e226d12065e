"""Letters: how they read, that they leave through a real SMTP server, and what happens when it refuses."""

import datetime as dt
import fcntl
import os
import re
from pathlib import Path

import html5lib
import pytest
import sqlalchemy as sa
import time_machine

from medportal import carriers, delivery, jobs, mail, queues, receipts, suppressions, tokens
from medportal.digests import staging, subscribers
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.digest import Delivery
from medportal.models.outbox import Job, MailState, Outbox, Suppression
from medportal.models.user import User
from tests.people import MEMBER
from tests.sink import smtp_sink
from tests.subscribing import join, the

SNAPSHOTS = Path(__file__).parent / "letters"
AT = "2026-11-22T09:05:00+00:00"
LETTERS = {
    "verify": {"purpose": "sign-up"},
    "already_member": {},
    "reset": {"purpose": "reset"},
    "confirm_address": {"purpose": "address"},
    "address_changed": {"new": "n…@mail.example.com"},
    "account_changed": {"what": "password", "at": AT},
    "new_sign_in": {"device": "Firefox, Windows", "at": AT},
    "erasure_planned": {"on": AT},
    "invitation": {"purpose": "invitation", "role": "editor"},
    "sign_up_burst": {},
    "review_due": {"count": 2},
    "credential_expired": {"count": 2},
    "backup_missing": {"last": AT},
    "digest_missing": {},
    "subscribe": {"purpose": "subscribe"},
    "message_answer": {
        "kind": "report",
        "answer": "Thank you.\n\nThe dose was wrong.\nIt is 5 mg.",
        "corrected": True,
        "quoted": "On the page the dose is 50 mg",
        "sent": AT,
    },
    "mail_check": {"domain": "portal.example"},
    "question": {"what": "gone", "question": 0},
    "question_work": {"what": "assigned"},
}


def put(template="account_changed", to=MEMBER, lang="en", dedupe="x", **data):
    data = data or dict(LETTERS[template])
    purpose = data.pop("purpose", None)
    token = tokens.issue(purpose, lasts=dt.timedelta(hours=1)) if purpose else None
    return mail.queue(template, to=to, lang=lang, dedupe=dedupe, token=token, **data)


@pytest.fixture
def sink(app):
    with smtp_sink() as (server, port):
        before = {
            name: app.config[name]
            for name in ("MAIL_SERVER", "MAIL_PORT", "MAIL_USE_TLS", "MAIL_TIMEOUT", "MAIL_CONNECTIONS")
        }
        app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=port, MAIL_USE_TLS=False, MAIL_TIMEOUT=5)
        app.config["MAIL_CONNECTIONS"] = 1
        carriers.init_app(app)
        yield server
        app.config.update(before)
        carriers.init_app(app)


@pytest.fixture
def states(in_app):
    return lambda: in_app(lambda: dict(db.session.execute(sa.select(Outbox.dedupe, Outbox.state)).all()))


def test_every_letter_has_a_folder_and_a_name_at_the_desk():
    folder = Path(mail.__file__).parent / "templates" / "email"
    folders = {path.name for path in folder.iterdir() if path.is_dir()}
    assert folders == set(mail.LETTERS) - {"test", "mailing_test"}
    assert folders - {"digest", "mailing"} == set(LETTERS)


@pytest.mark.parametrize("template", LETTERS)
def test_letters_read_as_their_snapshots(template, lang, in_app):
    rendered = in_app(lambda: mail.render(put(template, lang=lang)))
    text = re.sub(
        r"(/(?:verify|reset|confirm|invitation|unsubscribe)/)\S+",
        r"\1LINK",
        f"{rendered.subject}\n\n{rendered.text}",
    )
    file = SNAPSHOTS / f"{template}.{lang}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("template", LETTERS)
def test_both_parts_are_in_the_readers_language_and_ask_nobody_else(template, lang, in_app):
    rendered = in_app(lambda: mail.render(put(template, lang=lang)))
    direction = {"ar": "rtl", "en": "ltr"}[lang]
    document = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(rendered.html.strip())
    assert (document.get("lang"), document.get("dir")) == (lang, direction)
    outer = next(table for table in document.iter("table"))
    assert (outer.get("lang"), outer.get("dir")) == (lang, direction)
    assert outer.get("style")
    assert not list(document.iter("img"))
    links = [element.get("href") for element in document.iter("a")]
    assert all(link.startswith(f"http://localhost/{lang}/") for link in links)
    for link in links:
        assert link in rendered.text
    assert "prefers-color-scheme" in rendered.html


def test_links_come_from_the_settings_whatever_host_was_asked(make_app, make_user, app, in_app, visitor):
    make_user()
    for host in ("evil.example", "localhost:9"):
        browser = visitor()
        browser.client.post(
            "/en/account/forgot",
            data={"email": MEMBER, "ts": ""},
            headers={"Origin": "http://localhost", "X-Forwarded-Host": host, "Forwarded": f"host={host}"},
        )
    stamp = visitor().get("/en/account/forgot").one("input[name=ts]")["value"]
    visitor().send_bare(
        "/en/account/forgot", email=MEMBER, ts=stamp, headers={"X-Forwarded-Host": "evil.example"}
    )
    rendered = in_app(lambda: mail.render(db.session.scalars(sa.select(Outbox)).one()))
    assert "http://localhost/en/account/reset/" in rendered.text


# Sending


def test_letters_leave_as_quoted_printable_with_safe_headers(app, sink, in_app, lang):
    in_app(lambda: put("new_sign_in", lang=lang, device="Fire\r\nBcc: x@evil.example", at=AT))
    in_app(delivery.send_due)
    [(to, message)] = sink.letters
    assert to == MEMBER
    assert message["To"] == MEMBER
    assert message["From"] == "portal@localhost"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@localhost>")
    assert message["Bcc"] is None
    assert message["Subject"] == {"en": "Signed in on a new device", "ar": "تسجيل دخول من جهاز جديد"}[lang]
    parts = [part for part in message.walk() if not part.is_multipart()]
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert {part["Content-Transfer-Encoding"] for part in parts} == {"quoted-printable"}
    assert f'dir="{"rtl" if lang == "ar" else "ltr"}"' in parts[1].get_content()


def test_36_a_line_end_in_an_address_is_refused():
    from medportal.lib import addresses

    for address in ("a@b.example\r\nBcc: x@evil.example", "a\n@b.example", "a@b.example,c@d.example"):
        with pytest.raises(ValueError):
            addresses.normalise(address)


def test_49_a_letter_is_part_of_the_transaction_of_its_cause(app, in_app, states):
    with app.app_context():
        put()
        db.session.rollback()
    assert states() == {}


def test_49_requests_never_speak_to_the_mail_server(app, make_user, visitor, states):
    make_user()
    app.config.update(MAIL_SERVER="192.0.2.1")  # answers nobody
    try:
        stamp = visitor().get("/en/account/forgot").one("input[name=ts]")["value"]
        visitor().send_bare("/en/account/forgot", email=MEMBER, ts=stamp)
    finally:
        app.config.update(MAIL_SERVER="")
    assert set(states().values()) == {"queued"}


def test_a_cause_is_told_once(in_app):
    assert in_app(put) is not None
    assert in_app(put) is None


def test_a_sent_letter_keeps_no_content(sink, in_app, states):
    in_app(put)
    in_app(delivery.send_due)
    assert states() == {"x": "sent"}
    assert in_app(lambda: db.session.scalar(sa.select(Outbox.data))) == {}


def test_53_a_refused_address_is_written_to_no_more(sink, in_app, states):
    sink.refuse[MEMBER] = "550 5.1.1 no such user"
    in_app(lambda: (put(dedupe="one"), put(dedupe="other", to="samira@mail.example.com")))
    in_app(delivery.send_due)
    in_app(lambda: put(dedupe="two"))
    in_app(delivery.send_due)
    assert states() == {"one": "failed", "two": "suppressed", "other": "sent"}
    assert [to for to, _ in sink.letters] == ["samira@mail.example.com"]


def test_53_a_letter_refused_for_its_text_condemns_no_address(sink, in_app, states):
    sink.refuse_data = "554 looks like spam"
    in_app(put)
    in_app(delivery.send_due)
    assert states() == {"x": "failed"}
    assert in_app(lambda: suppressions.holds(MEMBER)) is False


def test_53_a_busy_server_is_tried_again_at_growing_distances_for_two_days(sink, in_app, states):
    sink.refuse[MEMBER] = "451 try later"
    in_app(put)
    tries = []
    start = utc_now()
    with time_machine.travel(start, tick=False) as clock:
        while states() == {"x": "queued"}:
            in_app(delivery.send_due)
            tries.append(utc_now() - start)
            clock.shift(dt.timedelta(minutes=1))
            due = in_app(lambda: db.session.scalar(sa.select(Outbox.next_at)))
            if due > utc_now():
                clock.move_to(due)
    assert states() == {"x": "failed"}
    assert len(tries) < 20
    assert dt.timedelta(days=2) <= tries[-1] <= dt.timedelta(days=2, hours=9)
    assert sink.letters == []


def test_a_server_out_of_reach_loses_nothing(app, in_app, states):
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=9, MAIL_USE_TLS=False)
    carriers.init_app(app)
    try:
        in_app(lambda: (put(dedupe="one"), put(dedupe="two")))
        with pytest.raises(delivery.OutOfReach):
            in_app(delivery.send_due)
    finally:
        app.config.update(MAIL_SERVER="", MAIL_PORT=587, MAIL_USE_TLS=True)
        carriers.init_app(app)
    assert states() == {"one": "queued", "two": "queued"}
    with time_machine.travel(utc_now() + dt.timedelta(minutes=2)):
        in_app(delivery.send_due)
    assert states() == {"one": "sent", "two": "sent"}


def test_a_link_that_was_used_meanwhile_is_not_sent(sink, in_app, states):
    in_app(lambda: put("reset"))
    in_app(lambda: db.session.execute(sa.text("UPDATE token SET used_at = created_at")))
    in_app(delivery.send_due)
    assert states() == {"x": "dropped"}
    assert sink.letters == []


@pytest.mark.parametrize(
    "answer",
    ["554 5.7.1 <layla@mail.example.com>: Relay access denied", "550 5.7.26 not authenticated", "452 full"],
)
def test_53_a_refusal_that_says_more_of_us_condemns_no_address(sink, in_app, states, answer):
    sink.refuse[MEMBER] = answer
    in_app(put)
    in_app(delivery.send_due)
    assert states() == {"x": "queued"}
    assert in_app(lambda: suppressions.holds(MEMBER)) is False


def test_a_suppression_keeps_the_servers_words_without_the_address(sink, in_app):
    sink.refuse[MEMBER] = f"550 5.1.1 <{MEMBER}>: unknown"
    in_app(put)
    in_app(delivery.send_due)
    row = in_app(lambda: db.session.execute(sa.select(Suppression.masked, Suppression.reason)).one())
    assert tuple(row) == ("l…@mail.example.com", "550 5.1.1 <l…@mail.example.com>: unknown")


def test_a_suppression_outlives_a_new_secret_key(in_app, make_app):
    in_app(lambda: delivery.suppress(MEMBER, "550 unknown"))
    rotated = make_app(
        SECRET_KEY="a new key, also long enough",
        SECRET_KEY_FALLBACKS=["a key for tests only, long enough to pass"],
    )
    with rotated.app_context():
        assert suppressions.holds(MEMBER)


def test_a_letter_that_cannot_be_made_stops_no_other(sink, in_app, states):
    in_app(lambda: (put(dedupe="broken", template="reset", link=None), put(dedupe="fine")))
    in_app(lambda: db.session.execute(sa.text("UPDATE outbox SET data = '{}' WHERE dedupe = 'broken'")))
    in_app(delivery.send_due)
    assert states() == {"broken": "queued", "fine": "sent"}


def test_the_loop_outlives_whatever_goes_wrong(app, monkeypatch):
    monkeypatch.setattr(jobs, "run_once", lambda **_kwargs: 1 / 0)
    with app.app_context():
        assert jobs.Loop(pause=0.5).round() == 0.5


def test_a_setting_changed_between_two_letters_reaches_the_second(app, in_app):
    from medportal.models.setting import Setting

    with app.app_context():
        first = mail.render(put(dedupe="one")).text
        db.session.add(Setting(key="site_name", value={"en": "Clinic of the North"}))
        db.session.flush()
        second = mail.render(put(dedupe="two")).text
        db.session.rollback()
    assert "Clinic of the North" not in first
    assert "Clinic of the North" in second


def test_certificates_of_mail_servers_are_checked(app, monkeypatch):
    import ssl

    seen = []

    class Host:
        def __init__(self, *_args, **kwargs):
            seen.append(kwargs.get("context"))

        def starttls(self, context):
            seen.append(context)

    monkeypatch.setattr(carriers.smtplib, "SMTP", Host)
    with app.app_context():
        carriers.PatientConnection(app.extensions["mail"], 5).configure_host()
    assert seen[-1].verify_mode == ssl.CERT_REQUIRED
    assert seen[-1].check_hostname


def claim():
    return queues.take(1, digests=[], cap=0)


def test_50_a_letter_in_another_loops_hands_is_left_alone_until_its_lease_ends(sink, in_app):
    in_app(put)
    assert in_app(claim)
    assert not in_app(claim)
    with time_machine.travel(utc_now() + in_app(queues.lease) + dt.timedelta(seconds=1)):
        assert in_app(claim)


def test_60_a_clock_set_back_freezes_no_letter(sink, in_app, states):
    in_app(put)
    in_app(claim)
    with time_machine.travel(utc_now() - dt.timedelta(hours=3)):
        in_app(delivery.send_due)
    assert states() == {"x": "sent"}


def test_50_who_lost_the_lease_changes_nothing_any_more(sink, in_app, states, monkeypatch):
    in_app(put)
    [hand] = in_app(claim)
    with time_machine.travel(utc_now() + in_app(queues.lease) + dt.timedelta(seconds=1)):
        monkeypatch.setattr(queues, "identity", lambda: "another loop")
        in_app(claim)
        monkeypatch.setattr(queues, "identity", lambda: "the first loop")
        in_app(lambda: queues.end(hand, delivery.MailState.FAILED, "too late"))
    assert states() == {"x": "queued"}


def test_without_a_server_letters_are_files_for_the_owner_alone(app, in_app, states):
    in_app(put)
    in_app(delivery.send_due)
    [file] = (Path(app.instance_path) / "mail").glob("*.eml")
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"Message-ID: <" in file.read_bytes()
    assert states() == {"x": "sent"}


# Several lines


@pytest.fixture
def readers(app, in_app, make_content):
    """So many subscribers, and a digest for all of them that may leave."""

    def make(count):
        in_app(lambda: [join(f"r{n}@mail.example.com") for n in range(count)])
        make_content("news")
        in_app(lambda: staging.stage(staging.open_run("daily", utc_now())))

    return make


@pytest.mark.parametrize("lines", [1, 4])
def test_lines_side_by_side_bring_everybody_one_letter(app, sink, in_app, readers, lines):
    app.config["MAIL_CONNECTIONS"] = lines
    readers(30)
    in_app(lambda: put(dedupe="first"))
    in_app(delivery.send_due)
    assert sorted(to for to, _ in sink.letters) == sorted(
        [MEMBER, *(f"r{n}@mail.example.com" for n in range(30))]
    )
    assert in_app(lambda: delivery.is_due(utc_now())) is False


@pytest.fixture
def dies_at(in_app, monkeypatch):
    """Sends what is due, as a process that is killed when it comes to this function."""

    def killed(*_args, **_more):
        raise RuntimeError("killed")

    def run(owner, name):
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, killed)
            with pytest.raises(RuntimeError, match="killed"):
                in_app(delivery.send_due)
        in_app(db.session.rollback)

    return run


@pytest.mark.parametrize("lines", [1, 3])
@pytest.mark.parametrize("moment", ["before the note", "before the mark"])
def test_50_who_dies_repeats_at_most_one_letter_a_line_and_none_that_was_noted(
    app, sink, in_app, readers, dies_at, lines, moment
):
    app.config["MAIL_CONNECTIONS"] = lines
    readers(20)
    dies_at(*((receipts.Receipts, "note") if moment == "before the note" else (queues, "note")))
    copies = lines if moment == "before the note" else 0
    assert len(sink.letters) >= 1
    with time_machine.travel(utc_now() + in_app(queues.lease) + dt.timedelta(seconds=1)):
        in_app(delivery.send_due)
    assert len({to for to, _ in sink.letters}) == 20
    assert len(sink.letters) <= 20 + copies
    assert len({letter["Message-ID"] for _, letter in sink.letters}) == 20


def test_50_what_a_killed_loop_sent_is_read_when_it_comes_back_though_nothing_else_is_due(
    sink, in_app, readers, dies_at
):
    """Another machine's loop may have sent the rest meanwhile, and takes over what seems to be left."""
    readers(3)

    dies_at(queues, "note")
    assert in_app(lambda: delivery.is_due(utc_now())) is False
    in_app(jobs.run_once)
    sent = sa.select(sa.func.count()).where(Delivery.state == MailState.SENT)
    assert in_app(lambda: db.session.scalar(sent)) == len(sink.letters) > 0


def test_an_hourly_cap_holds_digests_back_and_nothing_else(app, sink, in_app, readers):
    app.config["MAIL_PER_HOUR"] = 3
    try:
        readers(5)
        in_app(delivery.send_due)
        assert len(sink.letters) == 3
        assert in_app(lambda: delivery.is_due(utc_now())) is False
        in_app(lambda: put(dedupe="a password"))
        in_app(delivery.send_due)
        assert sink.letters[-1][0] == MEMBER
        with time_machine.travel(utc_now() + dt.timedelta(minutes=61)):
            in_app(delivery.send_due)
        assert len(sink.letters) == 6
    finally:
        app.config["MAIL_PER_HOUR"] = 0


def test_who_stops_while_letters_leave_gets_none(sink, in_app, readers):
    readers(3)
    in_app(lambda: subscribers.stop(the("r1@mail.example.com")))
    in_app(lambda: subscribers.pause(the("r2@mail.example.com"), None))
    in_app(delivery.send_due)
    assert [to for to, _ in sink.letters] == ["r0@mail.example.com"]


# Recurring work


def test_a_job_is_done_when_it_is_due_and_by_one_loop_only(in_app, monkeypatch):
    done = []
    job = jobs.Recurring("probe", dt.timedelta(hours=1), lambda: done.append(1))
    monkeypatch.setattr(jobs, "JOBS", (job,))
    for _ in range(3):
        in_app(jobs.run_once)
    assert done == [1]
    with time_machine.travel(utc_now() + dt.timedelta(minutes=61)):
        assert in_app(lambda: jobs.take(job)) is True
        assert in_app(lambda: jobs.take(job)) is False
        with time_machine.travel(utc_now() + jobs.LEASE + dt.timedelta(seconds=1)):
            assert in_app(lambda: jobs.take(job)) is True


def test_60_a_clock_set_back_freezes_no_job(in_app, monkeypatch):
    done = []
    monkeypatch.setattr(
        jobs, "JOBS", (jobs.Recurring("probe", dt.timedelta(hours=1), lambda: done.append(1)),)
    )
    in_app(jobs.run_once)
    with time_machine.travel(utc_now() - dt.timedelta(days=3)):
        in_app(jobs.run_once)
    assert done == [1, 1]


def test_a_job_that_fails_is_noted_and_tried_again_when_due(in_app, monkeypatch):
    def broken():
        raise RuntimeError("the disk is tired")

    monkeypatch.setattr(jobs, "JOBS", (jobs.Recurring("probe", dt.timedelta(hours=1), broken),))
    in_app(jobs.run_once)
    assert in_app(lambda: db.session.scalar(sa.select(Job.error))) == "RuntimeError: the disk is tired"
    with time_machine.travel(utc_now() + dt.timedelta(minutes=61)):
        assert in_app(jobs.run_once) == 1


def test_what_is_not_needed_any_more_is_thrown_away(in_app, make_user, visitor, app):
    from medportal import retention
    from medportal.models.audit import Audit, AuditNetwork
    from medportal.models.message import RateBucket
    from medportal.models.user import KnownDevice, Token, UserSession

    make_user()
    visitor().sign_in()
    visitor().sign_in(password="not the password", status=422)
    in_app(lambda: put("reset"))
    in_app(delivery.send_due)
    tables = (UserSession, KnownDevice, Token, Outbox, AuditNetwork, RateBucket)

    def rows():
        return in_app(lambda: [db.session.scalar(sa.select(sa.func.count()).select_from(t)) for t in tables])

    assert all(rows())
    in_app(retention.clean_up)
    assert all(rows())
    with time_machine.travel(utc_now() + dt.timedelta(days=366)):
        in_app(retention.clean_up)
    assert rows() == [0] * len(tables)
    assert not list((Path(app.instance_path) / "mail").glob("*.eml"))
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(Audit))) == 2
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(User))) == 1


def test_receipts_of_the_living_are_left_alone_and_a_line_cut_short_loses_nothing_else(
    app, sink, in_app, readers, dies_at
):
    readers(3)

    dies_at(queues, "note")
    (left,) = (Path(app.instance_path) / "mail-receipts").glob("*.log")
    left.write_bytes(left.read_bytes() + b'{"table": "deli')
    with left.open("rb") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        in_app(receipts.recover)
        assert left.exists()
    in_app(receipts.recover)
    assert not left.exists()
    with time_machine.travel(utc_now() + in_app(queues.lease) + dt.timedelta(seconds=1)):
        in_app(delivery.send_due)
    assert len(sink.letters) == 3

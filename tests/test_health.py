"""Health: planted faults are found with their remedy in both languages, a sound site raises no alarm, and programs
get their answers."""

import contextlib
import json
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import threading
from collections import namedtuple
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask_migrate import upgrade

from medportal import config, jobs, mail
from medportal.backups import places, records
from medportal.config import ConfigError
from medportal.extensions import db
from medportal.health import certificate, heartbeat, report
from medportal.health.findings import Level
from medportal.lib.dates import utc_now
from medportal.models.audit import Audit
from medportal.models.outbox import Job
from medportal.models.search import SearchState
from medportal.models.setting import site_version
from medportal.models.user import SecondFactor, User
from medportal.search import index
from tests.people import MEMBER

ARABIC = re.compile("[\u0600-\u06ff]")
HOST = "portal.example"
DAY = timedelta(days=1)


def _backup_of(days, app):
    """The only backup is a whole one of so many days ago."""
    at = utc_now() - days * DAY
    with app.app_context():
        folder = places.folder()
    for file in folder.iterdir():
        file.unlink()
    path = folder / f"medportal-{at:%Y%m%d-%H%M%S}.zip"
    path.write_bytes(b"x")
    told = {"made_at": at.isoformat(), "tried_at": at.isoformat()}
    path.with_suffix(".json").write_text(json.dumps(told))
    for file in folder.iterdir():
        file.chmod(0o600)


@pytest.fixture(scope="session")
def papers(tmp_path_factory):
    """A certificate for a year and its key."""
    folder = tmp_path_factory.mktemp("papers")
    options = f"-days 365 -subj /CN={HOST} -addext subjectAltName=DNS:{HOST}".split()
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out cert"
    )
    subprocess.run([*command.split(), *options], cwd=folder, check=True, capture_output=True)
    return folder / "cert", folder / "key"


@pytest.fixture
def site(papers, monkeypatch):
    """Something that answers for the host over HTTPS; `asked` is what it was asked, `answer` what it says."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*papers)
    listener = socket.create_server(("127.0.0.1", 0))
    connect, port = socket.create_connection, listener.getsockname()[1]

    class Site:
        asked: list[str] = []
        answer = "204 No Content"

    def serve():
        with contextlib.suppress(OSError):
            while True:
                plain, _ = listener.accept()
                with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as line:
                    line.settimeout(5)
                    Site.asked.append(line.recv(4000).decode().split("\r\n")[0])
                    line.sendall(f"HTTP/1.1 {Site.answer}\r\nContent-Length: 0\r\n\r\n".encode())

    threading.Thread(target=serve, daemon=True).start()
    monkeypatch.setattr(
        socket, "create_connection", lambda _address, *rest: connect(("127.0.0.1", port), *rest)
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(papers[0]))
    yield Site
    listener.close()


@pytest.fixture
def sound(app, site, make_user, in_app, monkeypatch):
    """A site as it should be: https, mail, an owner with two-step verification, the jobs program at work."""
    in_app(jobs.run_once)
    number = make_user("owner@portal.example", "owner")
    in_app(lambda: db.session.add(SecondFactor(user_id=number, seed="x", confirmed_at=utc_now())))
    settings = {
        "SITE_URL": f"https://{HOST}",
        "TRUSTED_HOSTS": [HOST, "localhost"],
        "PROXY_HOPS": 1,
        "STAFF_2FA": "required",
        "MAIL_SERVER": f"smtp.{HOST}",
        "MAIL_SENDER": f"Portal <portal@{HOST}>",
    }
    for name, value in settings.items():
        monkeypatch.setitem(app.config, name, value)
    folder = Path(app.instance_path)
    for path in folder.iterdir():
        path.chmod(0o600 if path.is_file() else 0o700)
    folder.chmod(0o700)
    _backup_of(days=0, app=app)
    migration = in_app(lambda: db.session.scalar(sa.text("SELECT version_num FROM alembic_version")))
    yield app
    back = sa.text("UPDATE alembic_version SET version_num = :it")
    in_app(lambda: db.session.execute(back, {"it": migration}))
    shutil.rmtree(folder / "backups", ignore_errors=True)
    folder.chmod(0o700)


def doctor(app, lang="en"):
    """What the command says, by key; and its exit code."""
    answer = app.test_cli_runner().invoke(args=["doctor", "--json", "--language", lang])
    told = json.loads(answer.stdout)
    assert told["sound"] == (answer.exit_code == 0)
    return {finding["key"]: finding for finding in told["findings"]}, answer.exit_code


def test_a_sound_site_raises_no_alarm(sound, lang):
    found, code = doctor(sound, lang)
    assert code == 0
    assert [f for f in found.values() if f["level"] != "ok" and f["key"] != "sqlite"] == []
    every = {check.key for check in report.CHECKS} - {"held", "heartbeat", "copy"}
    assert every - {"integrity", "sqlite"} <= found.keys()


# The planted faults: each takes a sound site and spoils one thing.


def _settings(**values):
    def plant(app, monkeypatch):
        for name, value in values.items():
            monkeypatch.setitem(app.config, name, value)

    return plant


def _stored(work):
    def plant(app, _monkeypatch):
        with app.app_context():
            work()
            db.session.commit()

    return plant


def _copy_failed(app, monkeypatch):
    _backup_of(days=0, app=app)
    monkeypatch.setitem(app.config, "BACKUP_COPY_TO", "/mnt/copies")
    with app.app_context():
        records.note(replace(records.every()[0], copied=False))


def _full_disk(_app, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: namedtuple("Usage", "free")(10_000_000))


def _open_files(app, _monkeypatch):
    folder = Path(app.instance_path)
    (folder / "config.py").touch()
    (folder / "config.py").chmod(0o644)
    folder.chmod(0o755)


def _open_folder(app, _monkeypatch):
    Path(app.instance_path).chmod(0o777)


def _debugging(app, monkeypatch):
    monkeypatch.setitem(app.config, "DEBUG", True)
    monkeypatch.setenv("FLASK_DEBUG", "1")


def _old_letter():
    letter = mail.queue("already_member", to=MEMBER, lang="en", dedupe="old")
    letter.queued_at = utc_now() - DAY


def _failed_letter():
    mail.queue("already_member", to=MEMBER, lang="en", dedupe="lost").state = "failed"


def _counted_wrongly():
    index.state().names = 7


FAULTS = {
    "migrations": (
        _stored(lambda: db.session.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))),
        "flask db upgrade",
    ),
    "disk": (_full_disk, "instance"),
    "files": (_open_files, "chmod 600"),
    "folder": (_open_folder, "chmod 700"),
    "secret_key": (_settings(SECRET_KEY="change me"), "SECRET_KEY_FALLBACKS"),
    "site_url": (_settings(SITE_URL=f"http://{HOST}"), "HTTPS"),
    "debug": (_debugging, "FLASK_DEBUG"),
    "second_factor": (_settings(STAFF_2FA="optional"), "STAFF_2FA"),
    "mail_server": (_settings(MAIL_SERVER=""), "MAIL_PASSWORD"),
    "sender": (_settings(MAIL_SENDER="me@gmail.com"), "MAIL_SENDER"),
    "queue": (_stored(_old_letter), ""),
    "failed": (_stored(_failed_letter), ""),
    "jobs": (
        _stored(lambda: db.session.execute(sa.update(Job).values(finished_at=utc_now() - DAY))),
        "systemctl restart",
    ),
    "clock": (
        _stored(lambda: db.session.add(Audit(actor="test", action="refused", at=utc_now() + DAY))),
        "timedatectl set-ntp true",
    ),
    "certificate": (lambda _app, patch: patch.delenv("SSL_CERT_FILE"), "certbot"),
    "owners": (
        _stored(lambda: db.session.execute(sa.update(User).values(disabled_at=utc_now()))),
        "flask users create-owner",
    ),
    "search": (
        _stored(lambda: db.session.execute(sa.update(SearchState).values(analysis=0))),
        "flask search reindex",
    ),
    "search_rows": (_stored(_counted_wrongly), "flask search reindex"),
    "backup": (
        lambda app, _patch: _backup_of(days=3, app=app),
        "flask backup make",
    ),
    "copy": (_copy_failed, "BACKUP_COPY_TO"),
}


@pytest.mark.parametrize("key", FAULTS)
def test_a_planted_fault_is_found_with_its_remedy(sound, monkeypatch, make_content, key, lang):
    if key == "search":
        make_content()
    plant, remedy = FAULTS[key]
    plant(sound, monkeypatch)
    found, code = doctor(sound, lang)
    finding = found[key]
    assert code == 1
    assert finding["level"] == "problem"
    assert remedy in finding["remedy"]
    for words in (finding["sentence"], finding["remedy"]):
        assert bool(ARABIC.search(words)) == (lang == "ar")
    others = {k for k, f in found.items() if f["level"] == "problem"} - {key}
    assert others <= {"queue"} if key in ("jobs", "mail_server") else not others


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", {"en": "is empty", "ar": "فارغ"}),
        (b"this is no database" * 100, {"en": "is damaged", "ar": "تالف"}),
        (None, {"en": "is missing", "ar": "مفقود"}),
    ],
)
def test_57_the_doctor_finds_a_damaged_database_and_leaves_it_alone(make_app, tmp_path, content, said, lang):
    path = tmp_path / "damaged.db"
    if content is not None:
        path.write_bytes(content)
    found, code = doctor(make_app(INSTANCE_PATH=tmp_path, DATABASE_URL=f"sqlite:///{path}"), lang)
    assert code == 1
    assert said[lang] in found["database"]["sentence"]
    assert "flask db upgrade" in found["database"]["remedy"]
    assert "migrations" not in found
    assert (path.read_bytes() if path.exists() else None) == content


@pytest.fixture
def scratch(make_app, tmp_path):
    """A site on SQLite of its own, whatever the rest runs on."""
    app = make_app(INSTANCE_PATH=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/scratch.db")
    with app.app_context():
        upgrade()
        db.session.remove()
    return app


def test_57_damage_inside_the_database_is_found(scratch, tmp_path, lang):
    path = tmp_path / "scratch.db"
    with scratch.app_context():
        db.session.execute(sa.text("SELECT 1"))
        root = db.session.execute(sa.text("SELECT rootpage FROM sqlite_master WHERE name = 'poll'")).scalar()
        db.session.remove()
        db.engine.dispose()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 4096)
    found, code = doctor(scratch, lang)
    assert (found["integrity"]["level"], code) == ("problem", 1)


def test_a_check_that_fails_is_a_finding_and_hides_no_other(sound, monkeypatch, lang):
    def refuse(_path):
        raise PermissionError

    monkeypatch.setattr(shutil, "disk_usage", refuse)
    found, code = doctor(sound, lang)
    assert found["disk"]["level"] == "problem"
    assert "PermissionError" in found["disk"]["sentence"]
    assert (found["jobs"]["level"], code) == ("ok", 1)


def test_a_certificate_that_runs_out_soon_is_told_in_time(sound):
    with sound.app_context():
        assert certificate.certificate().level == Level.OK
        with time_machine.travel(utc_now() + 360 * DAY):
            assert certificate.certificate().level == Level.PROBLEM


def test_on_ones_own_machine_nothing_is_alarming(app, in_app, make_user):
    in_app(jobs.run_once)
    make_user("owner@portal.example", "owner")
    found, code = doctor(app)
    assert [f for f in found.values() if f["level"] == "problem"] == []
    assert code == 0


def test_the_doctor_speaks_plainly(sound, lang):
    said = sound.test_cli_runner().invoke(args=["doctor", "--language", lang]).output
    assert {"en": "In order: The database answers.", "ar": "سليم: قاعدة البيانات تستجيب."}[lang] in said


# The desk


def test_the_desk_shows_what_is_wrong_and_what_to_do(as_, lang):
    page = as_("owner").get(f"/{lang}/admin/health")
    jobs_ = page.one("#jobs")
    assert page.one("#problems").parent.find(id="jobs") is jobs_
    assert "flask jobs run --loop" in [code.get_text() for code in jobs_.select('code[dir="ltr"]')]
    assert not page.all("#certificate"), "a page asks nobody outside"
    assert page.one(f'.desk-wide a[href="/{lang}/admin/health"]')["aria-current"] == "page"


def test_a_sound_site_says_so_at_the_desk(app, as_, in_app, lang):
    in_app(jobs.run_once)
    page = as_("owner").get(f"/{lang}/admin/health")
    assert page.one(".notice--done")
    assert not page.all("#problems")


def test_only_owners_see_the_health_page(as_):
    as_("editor").get("/en/admin/health", 403)


def test_an_owner_has_a_test_letter_sent_once_a_minute(as_, letters, in_app, lang):
    browser = as_("owner", lang=lang)
    with time_machine.travel(utc_now(), tick=False):
        for _ in range(2):
            answer = browser.send(f"/{lang}/admin/health/letter")
            assert answer.response.location.endswith("?done=test")
    received = [letter for letter in letters() if letter.name == "mail_check"]
    assert len(received) == 1
    assert received[0].to == "owner@mail.example.com"
    for word in ("spf=pass", "dkim=pass", "dmarc=pass", "Authentication-Results", "localhost"):
        assert word in received[0].text
    trail = in_app(lambda: db.session.scalars(sa.select(Audit.action)).all())
    assert trail.count("test letter sent") == 1
    assert browser.get(f"/{lang}/admin/health?done=test").one(".notice[role=status]")


# For programs


def test_healthz_really_writes_and_leaves_nothing(scratch, tmp_path):
    other = sqlite3.connect(tmp_path / "scratch.db")
    moved = lambda: other.execute("PRAGMA data_version").fetchone()[0]  # noqa: E731
    with scratch.app_context():
        version = site_version()
        db.session.remove()
    before, client = moved(), scratch.test_client()
    answer = client.get("/healthz")
    assert (answer.data, answer.headers["Cache-Control"]) == (b"ok\n", "no-store")
    after = moved()
    assert after != before
    assert client.get("/healthz").data == b"ok\n"
    assert moved() == after, "asked again within a second, the disk is left alone"
    with scratch.app_context():
        assert site_version() == version
        assert not db.session.execute(sa.text("SELECT * FROM setting WHERE key LIKE 'healthz%'")).all()
    other.close()


def test_56_healthz_says_in_words_that_nothing_can_be_saved(scratch):
    with scratch.app_context():
        engine = db.engine
    engine.dispose()

    def refuse(connection, _record):
        connection.execute("PRAGMA query_only=ON")

    sa.event.listen(engine, "connect", refuse)
    client = scratch.test_client()
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.headers["Cache-Control"] == "no-store"
    assert "flask doctor" in answer.text
    assert "يتعذّر الحفظ" in answer.text
    assert client.get("/en/").status_code == 200
    sa.event.remove(engine, "connect", refuse)
    engine.dispose()
    assert client.get("/healthz").status_code == 200


def test_metrics_are_for_those_who_know_the_token(app, client, in_app, monkeypatch):
    token = "a token for tests only"
    head = {"Authorization": f"Bearer {token}"}
    assert client.get("/metrics", headers=head).status_code == 404
    monkeypatch.setitem(app.config, "METRICS_TOKEN", token)
    for wrong in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {token}x"}):
        assert client.get("/metrics", headers=wrong).status_code == 404
    in_app(_old_letter)
    answer = client.get("/metrics", headers=head)
    numbers = dict(
        line.rsplit(" ", 1) for line in answer.text.splitlines() if line and not line.startswith("#")
    )
    assert numbers['medportal_letters{queue="outbox",state="queued"}'] == "1"
    assert float(numbers["medportal_oldest_letter_seconds"]) > 86000
    assert float(numbers["medportal_database_bytes"]) > 100_000
    assert MEMBER not in answer.text


def test_no_watchdog_is_called_unless_one_is_named(app, site, in_app):
    in_app(heartbeat.beat)
    assert site.asked == []


def test_the_watchdog_hears_from_the_jobs_program(app, site, in_app, monkeypatch):
    monkeypatch.setitem(app.config, "HEARTBEAT_URL", f"https://{HOST}/ping/abc?x=1")
    in_app(jobs.run_once)
    assert site.asked == ["GET /ping/abc?x=1 HTTP/1.1"]
    error = in_app(lambda: db.session.get_one(Job, "heartbeat").error)
    assert error == ""


def test_a_deaf_watchdog_is_noted_and_nothing_else_stops(app, site, in_app, monkeypatch):
    site.answer = "500 No"
    monkeypatch.setitem(app.config, "HEARTBEAT_URL", f"https://{HOST}/secret")
    in_app(jobs.run_once)
    rows = in_app(lambda: dict(db.session.execute(sa.select(Job.name, Job.error)).all()))
    assert rows.pop("heartbeat") == "Unheard: the watchdog answered 500"
    assert not any(rows.values())
    found, _ = doctor(app)
    assert "heartbeat" in found["job_errors"]["sentence"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("HEARTBEAT_URL", "http://watch.example/x"), ("HEARTBEAT_URL", "https://"), ("METRICS_TOKEN", "short")],
)
def test_a_careless_watcher_is_refused_at_start(name, value, tmp_path):
    with pytest.raises(ConfigError, match=name):
        config.load({"INSTANCE_PATH": tmp_path, "TESTING": True, name: value})

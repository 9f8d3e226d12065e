"""Backups: everything is in them and no secret; they are proved by a restore; the way back works (48, 58)."""

import datetime as dt
import json
import sqlite3
import stat
import threading
import time
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_migrate import upgrade

from medportal import jobs, mail
from medportal.backups import archive, engines, keep, manifest, nightly, places, records, waiting
from medportal.backups.records import Record
from medportal.blueprints.pages import services as messages
from medportal.demo import loader
from medportal.digests import schedule
from medportal.extensions import db
from medportal.health import mail as health
from medportal.models.audit import Audit
from medportal.models.outbox import Outbox
from medportal.models.user import Token, User, UserSession
from medportal.search import upkeep
from tests import subscribing
from tests.conftest import _worker_url

NIGHT = "2026-03-02 00:30:00+00:00"
"""Half past two or three at night in Damascus."""


@pytest.fixture
def run(app):
    def invoke(*args, of=app, code=0):
        done = of.test_cli_runner().invoke(args=list(args))
        assert done.exit_code == code, done.output
        return done.output

    return invoke


@pytest.fixture
def make(run, app):
    """A new archive, as the command makes it."""

    def now():
        run("backup", "make")
        with app.app_context():
            return places.archives()[0]

    return now


@pytest.fixture
def elsewhere(make_app, tmp_path, worker_id):
    """A portal on an empty machine."""
    return make_app(INSTANCE_PATH=tmp_path / "new", DATABASE_URL=_worker_url(f"{worker_id}_new"))


@pytest.fixture
def picture(app):
    folder = Path(app.instance_path) / "media"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "0123456789abcdef-320.webp").write_bytes(b"a picture")


@pytest.fixture
def rewritten(tmp_path):
    """A copy of an archive in which `change(name, data)` answers other data, or None to leave a file out."""

    def write(path, change=lambda name, data: data, extra=()):
        target = tmp_path / "changed.zip"
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
            for name in old.namelist():
                data = change(name, old.read(name))
                if data is not None:
                    new.writestr(name, data)
            for name, data in extra:
                new.writestr(name, data)
        return target

    return write


def test_48_an_archive_is_private_and_holds_no_session_no_link_and_no_secret(
    app, as_, in_app, make, tmp_path
):
    as_("owner")
    hashes = in_app(lambda: list(db.session.scalars(sa.select(UserSession.hash))))
    assert hashes
    path = make()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with zipfile.ZipFile(path) as packed:
        inside = {name: packed.read(name) for name in packed.namelist()}
    assert not [name for name, data in inside.items() if app.config["SECRET_KEY"].encode() in data]
    with app.app_context():
        said = manifest.read(inside["manifest.json"])
        assert {said.counts[table] for table in manifest.LEFT_OUT} == {0}
        assert said.counts["user"] == 1
    if "database.sqlite" in inside:
        assert not [value for value in hashes if value.encode() in inside["database.sqlite"]]


def test_settings_are_kept_without_passwords(make_app, tmp_path):
    other = make_app(MAIL_PASSWORD="a secret word", MAIL_SERVER="mail.example.org")
    with other.app_context():
        kept = json.loads(archive._settings())
    assert kept["MAIL_SERVER"] == "mail.example.org"
    assert "MAIL_PASSWORD" not in kept
    assert "SECRET_KEY" not in kept


def test_58_a_restore_on_an_empty_machine_shows_the_same_pages(
    app, make, make_content, make_user, picture, elsewhere, run, read, lang
):
    make_content(title="Test disease")
    make_user()
    pages = [f"/{lang}/", f"/{lang}/diseases/", f"/{lang}/diseases/test-disease", f"/{lang}/search?q=disease"]
    before = [read(page).html for page in pages]
    output = run("backup", "restore", str(make()), of=elsewhere)
    assert "1 pictures" in output
    assert "secret key" not in output
    assert [elsewhere.test_client().get(page).get_data(as_text=True) for page in pages] == before
    assert (
        Path(elsewhere.instance_path) / "media" / "0123456789abcdef-320.webp"
    ).read_bytes() == b"a picture"
    with elsewhere.app_context():
        assert db.session.scalars(sa.select(User.role)).all() == ["member"]


def test_58_a_backup_under_writes_is_whole_and_keeps_nobody_waiting(app, make, in_app):
    saved, over = [time.monotonic()], threading.Event()

    def write():
        with app.app_context():
            while not over.wait(0.01):
                messages.keep_message("contact", lang="en", body="A message that is long enough.")
                db.session.commit()
                saved.append(time.monotonic())

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(saved) < 10:
            time.sleep(0.01)
        before = len(saved) - 1
        path = make()
        during = len(saved) - 1
    finally:
        over.set()
        writer.join()
    assert in_app(lambda: records.of(path).verified)
    assert before <= in_app(lambda: archive.look(path).counts["message"]) <= during + 1
    assert during > before
    assert max(later - earlier for earlier, later in pairwise(saved)) < 5


def test_a_site_is_replaced_only_on_demand_and_kept_aside(
    app, make, make_content, make_user, run, elsewhere, in_app
):
    path = make()
    make_content()
    make_user()
    newer = make()
    run("backup", "restore", str(newer), of=elsewhere)
    assert "--replace" in run("backup", "restore", str(path), of=elsewhere, code=1)
    with elsewhere.app_context():
        assert db.session.scalar(sa.select(sa.func.count(User.id))) == 1
        db.session.remove()
        db.engine.dispose()
    output = run("backup", "restore", "--replace", str(path), of=elsewhere)
    assert "What was here before:" in output
    assert "before_" in output
    with elsewhere.app_context():
        assert db.session.scalar(sa.select(sa.func.count(User.id))) == 0


def test_an_archive_is_opened_in_another_folder(app, make, make_user, picture, run, tmp_path):
    make_user()
    path, target = make(), tmp_path / "look"
    run("backup", "restore", str(path), "--into", str(target))
    assert (target / "media" / "0123456789abcdef-320.webp").exists()
    with app.app_context():
        assert (
            target / {"sqlite": "medportal.db", "postgresql": "database.dump"}[engines.dialect()]
        ).exists()
    assert "not empty" in run("backup", "restore", str(path), "--into", str(target), code=1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            lambda name, data: data[:-1] + b"x" if name.startswith("media/") else data,
            "not what the manifest says",
        ),
        (lambda name, data: None if name.startswith("media/") else data, "does not hold what"),
        (lambda name, data: None if name == "manifest.json" else data, "no manifest"),
        (lambda name, data: b"{}" if name == "manifest.json" else data, "cannot be read"),
        (
            lambda name, data: data.replace(b'"user": 1', b'"user": 2') if name == "manifest.json" else data,
            "user: 1",
        ),
        (
            lambda name, data: (
                data.replace(b'"migration": "0', b'"migration": "9') if name == "manifest.json" else data
            ),
            "migration",
        ),
    ],
)
def test_a_damaged_archive_is_refused(make, make_user, picture, rewritten, run, elsewhere, change, why):
    make_user()
    wrong = rewritten(make(), change)
    assert why in run("backup", "verify", str(wrong), code=1)
    assert run("backup", "restore", str(wrong), of=elsewhere, code=1)
    with elsewhere.app_context():
        assert not (Path(elsewhere.instance_path) / "media").exists()


def test_a_cut_off_archive_is_refused(make, run, tmp_path):
    cut = tmp_path / "cut.zip"
    cut.write_bytes(make().read_bytes()[:-200])
    assert "cannot be read" in run("backup", "verify", str(cut), code=1)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.py",
        "/etc/evil",
        "media/../../evil.webp",
        "media/.hidden.webp",
        "media/a/b.webp",
        "media\\..\\evil.webp",
        "config.py",
        "media/",
    ],
)
def test_47_a_hostile_name_never_becomes_a_path(make, rewritten, run, elsewhere, name):
    wrong = rewritten(make(), extra=[(name, b"evil")])
    before = sorted(Path(elsewhere.instance_path).rglob("*"))
    assert "none of ours" in run("backup", "restore", str(wrong), of=elsewhere, code=1)
    assert sorted(Path(elsewhere.instance_path).rglob("*")) == before


def test_47_links_and_names_that_appear_twice_are_refused(make, rewritten, run):
    link = zipfile.ZipInfo("media/link.webp")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = make()
    assert "a link" in run("backup", "verify", str(rewritten(path, extra=[(link, b"/etc/passwd")])), code=1)
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = rewritten(path, extra=[("settings.json", b"{}")])
    assert "twice" in run("backup", "verify", str(twice), code=1)


def test_a_running_portal_is_not_restored_over(app, make, make_user, elsewhere, run):
    make_user()
    path = make()
    run("backup", "restore", str(path), of=elsewhere)
    with elsewhere.app_context():
        if engines.dialect() != "sqlite":
            return
        other = sqlite3.connect(engines.sqlite_file())
        other.execute("PRAGMA journal_mode=WAL")  # as the portal opens it
        other.execute("SELECT count(*) FROM user").fetchone()
    assert "stop the portal" in run("backup", "restore", "--replace", str(path), of=elsewhere, code=1)
    other.close()


def _wait(*states):
    """A letter in each of these states."""
    for number, state in enumerate(states):
        to = f"reader{number}@mail.example.com"
        letter = mail.queue(
            "account_changed", to=to, lang="en", dedupe=to, what="password", at="2026-03-02T00:30+00:00"
        )
        letter.state = state
    db.session.commit()


def _states():
    return list(db.session.scalars(sa.select(Outbox.state).order_by(Outbox.id)))


def test_what_waited_when_the_backup_was_made_is_not_sent_again_by_itself(app, make, in_app, run, elsewhere):
    in_app(lambda: _wait("queued", "sent", "queued"))
    in_app(subscribing.join)
    output = run("backup", "restore", str(make()), of=elsewhere)
    assert "2 letters that waited when the backup was made are held, and digests are paused" in output
    with elsewhere.app_context():
        jobs.run_once()
        assert _states() == ["held", "sent", "held"]
        assert schedule.choice().paused
        assert health.held() is None
    assert in_app(_states) == ["queued", "sent", "queued"]


def test_an_archive_opened_in_a_folder_sends_nothing_either(app, make, in_app, run, tmp_path, make_app):
    in_app(lambda: _wait("queued"))
    target = tmp_path / "look"
    assert "1 letters" in run("backup", "restore", str(make()), "--into", str(target)) or not _is_sqlite(app)
    if _is_sqlite(app):
        with make_app(INSTANCE_PATH=target, DATABASE_URL="").app_context():
            jobs.run_once()
            assert _states() == ["held"]


def _is_sqlite(app):
    with app.app_context():
        return engines.dialect() == "sqlite"


@pytest.mark.parametrize(("what", "state"), [("release", "sent"), ("discard", "dropped")])
def test_the_owner_decides_what_becomes_of_mail_after_a_restore(as_, in_app, what, state, lang):
    owner = as_("owner")
    in_app(lambda: _wait("held", "queued"))
    in_app(lambda: waiting.hold(db.session.connection()))
    today = owner.get(f"/{lang}/admin/")
    assert today.all(f'a[href="/{lang}/admin/mail?state=held"]')
    assert owner.get(f"/{lang}/admin/mail").one("section[aria-labelledby=restored]")
    owner.send(f"/{lang}/admin/mail/restored/{what}", 303 if what == "release" else 200)
    if what == "discard":
        assert in_app(_states) == ["held", "held"]
        owner.send(f"/{lang}/admin/mail/restored/{what}", sure="y")
    in_app(jobs.run_once)
    assert in_app(_states) == ["held", state]
    assert not owner.get(f"/{lang}/admin/mail").all("section[aria-labelledby=restored]")


def test_a_shared_folder_of_pictures_is_not_restored_over(make, run, elsewhere, tmp_path):
    (tmp_path / "share").mkdir()
    path, link = make(), Path(elsewhere.instance_path) / "media"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path / "share")
    assert "take it away first" in run("backup", "restore", str(path), of=elsewhere, code=1)


def test_another_secret_key_is_said(make, make_app, tmp_path, worker_id, run):
    other = make_app(
        INSTANCE_PATH=tmp_path / "key",
        DATABASE_URL=_worker_url(f"{worker_id}_new"),
        SECRET_KEY="another key " * 4,
    )
    assert "secret key is another one" in run("backup", "restore", str(make()), of=other)


# What is kept


def _backup(moment, *, verified=True):
    problem = "" if verified else "damaged"
    return Record(f"medportal-{moment:%Y%m%d-%H%M%S}.zip", moment, 1, tried_at=moment, problem=problem)


def test_seven_days_four_weeks_and_six_months_are_kept():
    first = dt.datetime(2025, 1, 1, 2, tzinfo=dt.UTC)
    kept = []
    for day in range(500):  # as it goes: every night one more, then the old ones go
        kept.append(_backup(first + dt.timedelta(days=day)))
        names = keep.chosen(kept, now=kept[-1].made_at)
        kept = [backup for backup in kept if backup.name in names]
    days = [backup.made_at.date().isoformat() for backup in reversed(kept)]
    assert days[:7] == [f"2026-05-{day:02}" for day in range(15, 8, -1)]
    assert days[7:] == [
        "2026-05-03",
        "2026-04-30",
        "2026-04-26",
        "2026-03-31",
        "2026-02-28",
        "2026-01-31",
        "2025-12-31",
    ]


def test_the_newest_and_the_newest_that_is_whole_always_stay():
    now = dt.datetime(2026, 1, 1, 2, tzinfo=dt.UTC)
    backups = [_backup(now - dt.timedelta(days=400))]
    backups += [_backup(now - dt.timedelta(hours=hours), verified=False) for hours in range(30, 230)]
    names = keep.chosen(backups, now=now)
    assert backups[0].name in names
    assert backups[1].name in names
    assert len(names) < 20


# Every night


def nights(in_app):
    in_app(nightly.work)
    return in_app(records.every)


def test_every_night_one_is_made_and_proved(make_user, in_app, time_machine):
    time_machine.move_to("2026-03-01 10:00:00+00:00")
    make_user(role="owner")
    assert nights(in_app) == []  # a new site waits for its first night
    time_machine.move_to(NIGHT)
    assert [record.verified for record in nights(in_app)] == [True]
    assert len(nights(in_app)) == 1
    time_machine.move_to("2026-03-03 00:30:00+00:00")
    assert len(nights(in_app)) == 2
    assert "backups" in [job.name for job in jobs.JOBS]


def test_owners_get_one_letter_a_day_when_it_did_not_happen(make_user, in_app, letters, time_machine):
    time_machine.move_to("2026-03-01 10:00:00+00:00")
    make_user("owner@mail.example.com", role="owner")
    make_user("editor@mail.example.com", role="editor")
    time_machine.move_to(NIGHT)
    migration = in_app(lambda: db.session.scalar(sa.text("SELECT version_num FROM alembic_version")))
    in_app(lambda: db.session.execute(sa.text("DELETE FROM alembic_version")))
    for _ in range(3):
        in_app(nightly.work)
    assert [(letter.to, letter.name) for letter in letters()] == [
        ("owner@mail.example.com", "backup_missing")
    ]
    assert "There is no backup yet" in letters()[0].text
    assert in_app(records.attempt).problem
    time_machine.move_to("2026-03-03 03:30:00+00:00")
    in_app(nightly.work)
    assert len(letters()) == 2
    in_app(lambda: db.session.execute(sa.text("INSERT INTO alembic_version VALUES (:it)"), {"it": migration}))
    time_machine.move_to("2026-03-04 00:30:00+00:00")
    assert [record.verified for record in nights(in_app)] == [True]
    assert len(letters()) == 2


def test_an_archive_that_cannot_be_restored_does_not_count(make, make_user, in_app):
    make_user()
    path = make()
    assert in_app(records.last_verified)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    record = in_app(lambda: nightly.verify(path, records.of(path)))
    assert record.problem
    assert in_app(records.last_verified) is None


def test_a_copy_goes_to_another_place_and_is_thrown_away_there_too(app, make, in_app, tmp_path, monkeypatch):
    there = tmp_path / "there"
    there.mkdir()
    monkeypatch.setitem(app.config, "BACKUP_COPY_TO", str(there))
    path = make()
    assert (there / path.name).read_bytes() == path.read_bytes()
    assert stat.S_IMODE((there / path.name).stat().st_mode) == 0o600
    make()
    assert in_app(keep.prune) == []
    assert {file.name for file in there.iterdir()} == in_app(lambda: {p.name for p in places.archives()})


def test_a_missing_folder_for_copies_is_said_and_never_made(app, run, in_app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "BACKUP_COPY_TO", str(tmp_path / "unmounted"))
    assert "BACKUP_COPY_TO failed" in run("backup", "make", code=1)
    assert not (tmp_path / "unmounted").exists()
    assert [record.copied for record in in_app(records.every)] == [False]


# At the desk


def test_owners_see_make_and_download_backups(as_, in_app, lang):
    owner = as_("owner")
    assert owner.get(f"/{lang}/admin/backups").all(".empty")
    owner.send(f"/{lang}/admin/backups/make")
    assert in_app(records.is_asked)
    in_app(nightly.work)
    page = owner.get(f"/{lang}/admin/backups")
    assert len(page.all("li.row")) == 1
    assert page.all("li.row .badge:not(.badge--warning)")
    action = page.one("li.row form")["action"]
    answer = owner.client.post(action, data={"csrf_token": owner.token()}, headers=owner.headers)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    got = answer.get_data()
    answer.close()
    assert got == in_app(places.archives)[0].read_bytes()
    actions = in_app(lambda: list(db.session.scalars(sa.select(Audit.action).order_by(Audit.id))))
    assert actions[-2:] == ["backup asked for", "backup downloaded"]


def test_the_download_asks_for_the_password_again(as_, make, time_machine):
    owner, path = as_("owner"), make()
    time_machine.move_to(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=11))
    answer = owner.client.post(
        f"/en/admin/backups/{path.name}/download", data={"csrf_token": owner.token()}, headers=owner.headers
    )
    assert answer.status_code != 200


@pytest.mark.parametrize("name", ["secret_key", "..", "medportal-20260101-000000.zip", "attempt.json"])
def test_nothing_else_is_downloaded(as_, make, name):
    make()
    owner = as_("owner")
    owner.send(f"/en/admin/backups/{name}/download", 404)


def test_today_says_that_the_last_good_backup_is_old(as_, run, time_machine, lang):
    owner = as_("owner")
    run("backup", "make")
    link = "main .desk a[href$='/admin/backups']"
    assert not owner.get(f"/{lang}/admin/").all(link)
    time_machine.move_to(dt.datetime.now(dt.UTC) + dt.timedelta(hours=37))
    owner = owner if owner.is_signed_in() else as_("owner", email="second@mail.example.com")
    assert owner.get(f"/{lang}/admin/").all(link)


# To another database


def test_everything_moves_to_another_database(make_app, tmp_path, worker_id, run):
    old = make_app(INSTANCE_PATH=tmp_path / "old", DATABASE_URL=f"sqlite:///{tmp_path}/old.db")
    new_url = _worker_url(f"{worker_id}_new") or f"sqlite:///{tmp_path}/new.db"
    with old.app_context():
        upgrade()
        loader.load(echo=lambda _: None)
        db.session.add(
            Token(purpose="reset", seed="x", hash="x", expires_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
        )
        db.session.commit()
        db.session.execute(sa.delete(Token))
        db.session.commit()
        db.session.remove()
    assert "are there as here" in run("db-copy", "--to", new_url, of=old)
    assert "not empty" in run("db-copy", "--to", new_url, of=old, code=1)
    new = make_app(INSTANCE_PATH=tmp_path / "old", DATABASE_URL=new_url)
    rows = {}
    for app in (old, new):
        with app.app_context():
            rows[app] = {
                table.name: sorted(map(repr, db.session.execute(sa.select(table)).all()))
                for table in db.metadata.sorted_tables
                if table.name != "search_state"
            }
            db.session.remove()
    assert rows[old] == rows[new]
    with new.app_context():
        upkeep.keep()
        assert upkeep.faults() == []
        if engines.dialect() == "postgresql":
            db.session.add(
                Token(purpose="reset", seed="y", hash="y", expires_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
            )
            db.session.commit()
            assert db.session.scalar(sa.select(Token.id)) == 2
    assert new.test_client().get("/en/").status_code == 200


def test_the_database_one_runs_on_is_no_target(app, run):
    assert "runs on" in run("db-copy", "--to", app.config["SQLALCHEMY_DATABASE_URI"], code=1)

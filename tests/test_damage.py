"""A database file that is damaged, empty or gone: nothing is served from it and nothing is done to it (57)."""

import sqlite3
import subprocess
import sys

import pytest
import sqlalchemy as sa
from flask_migrate import upgrade

from medportal import damage, jobs
from medportal.demo import loader
from medportal.extensions import db, reading
from medportal.health import report
from tests.conftest import ORIGIN

PAGE = 4096
LETTER = {"body": "A message that is long enough."}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scratch.db"


@pytest.fixture
def site(make_app, path):
    """A site on SQLite of its own, whatever the rest runs on."""
    app = make_app(INSTANCE_PATH=path.parent, DATABASE_URL=f"sqlite:///{path}")
    with app.app_context():
        upgrade()
        close()
        yield app
        close()


def close():
    db.session.remove()
    db.engine.dispose()


def spoil(path, table):
    """The first page of a table, as a bad disk does it. Nobody may have the file open."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()[0]
    connection.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * PAGE)
        file.write(b"\xff" * PAGE)


def test_57_an_empty_file_is_not_made_a_database(make_app, path, lang):
    path.touch()
    client = make_app(INSTANCE_PATH=path.parent, DATABASE_URL=f"sqlite:///{path}").test_client()
    assert client.get(f"/{lang}/").status_code == 503
    assert client.post(f"/{lang}/contact", data=LETTER, headers=ORIGIN).status_code == 503
    assert client.get("/healthz").status_code == 503
    assert path.read_bytes() == b""
    assert not [file for file in path.parent.iterdir() if file.name.startswith("scratch.db-")]


def test_57_a_server_that_starts_on_a_damaged_file_serves_nothing_and_touches_nothing(site, path, lang):
    spoil(path, "message")
    before = path.read_bytes()
    damage.guard()
    client = site.test_client()
    assert client.get(f"/{lang}/diseases/").status_code == 503
    refused = client.post(f"/{lang}/contact", data=LETTER, headers=ORIGIN)
    assert refused.status_code == 503
    assert {"en": "Reading works", "ar": "القراءة"}[lang] not in refused.text
    assert client.get("/healthz").status_code == 503
    with pytest.raises(sa.exc.DatabaseError, match="left alone"):
        jobs.run_once()
    assert jobs.Loop().round() == jobs.REST, "said once a minute, not every second"
    close()
    assert path.read_bytes() == before


def test_57_damage_that_shows_later_ends_the_serving(site, path, lang):
    damage.guard()
    client = site.test_client()
    assert client.get(f"/{lang}/diseases/").status_code == 200
    close()
    spoil(path, "message")
    assert client.get(f"/{lang}/diseases/").status_code == 200, "nobody has seen it yet"
    assert client.post(f"/{lang}/contact", data=LETTER, headers=ORIGIN).status_code == 503
    assert client.get(f"/{lang}/diseases/").status_code == 503


def test_57_a_spoilt_search_index_closes_no_site(site, lang):
    damage.guard()
    for statement in (
        "INSERT INTO search_section_fts(rowid, stems) VALUES (1, 'word')",
        "UPDATE search_section_fts_data SET block = zeroblob(9) WHERE id > 10",
    ):
        db.session.execute(sa.text(statement))
        db.session.commit()
    with pytest.raises(sa.exc.DatabaseError) as caught:
        db.session.execute(
            sa.text("INSERT INTO search_section_fts(search_section_fts) VALUES ('integrity-check')")
        )
    assert caught.value.orig.sqlite_errorname == "SQLITE_CORRUPT_VTAB"
    close()
    assert site.test_client().get(f"/{lang}/diseases/").status_code == 200


def test_57_looking_at_the_file_gives_up_no_lock_of_this_process(site, path):
    """Closing a plain handle on the file would: another program, the last to close it as it thinks, would then throw
    away what was written and not yet copied into the database, and damage it."""
    damage.guard()
    looked = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT * FROM setting').close()"
    with reading(), db.engine.connect() as held:
        report.examine(thorough=True)
        with db.engine.connect():
            subprocess.run([sys.executable, "-c", looked, str(path)], check=True)
            assert path.with_name(path.name + "-wal").exists()
        held.rollback()


def test_a_sound_file_is_looked_through_and_served(site, path, lang):
    loader.load()
    db.session.commit()
    assert damage.look_through(path) == ""
    damage.guard()
    assert site.test_client().get(f"/{lang}/diseases/").status_code == 200

"""Updates: on the machine of whoever tries the portal, and of the data of every former version."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_migrate import downgrade, upgrade

from medportal import extensions, update
from medportal.backups import engines
from medportal.blueprints.content.addresses import page_url
from medportal.cli import relist
from medportal.demo import cast
from medportal.extensions import db, reading
from medportal.models.listing import Listing
from tests.conftest import _worker_url

ROOT = Path(__file__).resolve().parent.parent
DIES = """
import os
from alembic import op

revision, down_revision = "{revision}", "{before}"


def upgrade():
    op.execute("UPDATE \\"user\\" SET name = 'changed by {revision}'")
    op.add_column("user", sa.Column("drill_{revision}", sa.String(10)))
    {end}
"""


@pytest.fixture
def site(make_app, tmp_path, worker_id):
    """A portal with accounts and a database of its own."""
    app = make_app(INSTANCE_PATH=tmp_path, DATABASE_URL=_worker_url(f"{worker_id}_update"))
    with app.app_context():
        upgrade()
        cast.load()
        db.session.commit()
        yield app


@pytest.fixture
def later(site, tmp_path, monkeypatch):
    """`later("", "raise RuntimeError")` gives the portal two more migrations which end so."""
    folder = tmp_path / "migrations"
    shutil.copytree(ROOT / "medportal" / "migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    for settings in (site.extensions["migrate"], extensions.migrate):
        monkeypatch.setattr(settings, "directory", str(folder))
    head = max(file.name for file in (folder / "versions").iterdir())[:4]

    def add(*ends):
        before = head
        for n, end in enumerate(ends, 9001):
            text = DIES.format(revision=n, before=before, end=end or "pass")
            (folder / "versions" / f"{n}.py").write_text(f"import sqlalchemy as sa\n{text}")
            before = n
        return str(folder)

    return add


def state():
    """Of the database: its migration, its accounts, its columns."""
    with reading(), db.engine.connect() as connection:
        columns = {column["name"] for column in sa.inspect(connection).get_columns("user")}
        return (
            connection.scalar(sa.text("SELECT version_num FROM alembic_version")),
            sorted(tuple(row) for row in connection.execute(sa.text('SELECT email, name FROM "user"'))),
            columns,
        )


def test_an_update_makes_a_backup_migrates_and_asks_for_pages(site, later, capsys):
    later("", "")
    update.run(site)
    revision, accounts, columns = state()
    assert revision == "9002"
    assert {name for _, name in accounts} == {"changed by 9002"}
    assert {"drill_9001", "drill_9002"} <= columns
    assert "Backup: " in capsys.readouterr().out


def test_a_migration_that_fails_leaves_the_old_data(site, later):
    before = state()
    later("", "raise RuntimeError('half-way')")
    with pytest.raises(update.Failed, match="The data is as before"):
        update.run(site)
    assert state() == before


ORPHAN = """op.execute('CREATE TABLE orphan (user_id integer REFERENCES "user" (id))')
    op.execute("INSERT INTO orphan VALUES (999)")"""


def test_59_a_migration_that_leaves_rows_without_parent_leaves_nothing(site, later):
    before = state()
    folder = later("", ORPHAN)
    with pytest.raises((SystemExit, sa.exc.IntegrityError)):
        upgrade(directory=folder)
    db.session.remove()
    assert state() == before


def test_when_pages_do_not_answer_the_data_comes_back_from_the_backup(site, later, monkeypatch):
    before = state()
    later("")
    monkeypatch.setattr(update, "PAGES", ("/en/", "/en/nowhere"))
    with pytest.raises(update.Failed, match="The data is as before"):
        update.run(site)
    assert state() == before


def test_nothing_is_touched_while_the_portal_runs(site, later):
    if engines.dialect() != "sqlite":
        return  # PostgreSQL moves what others have open
    before = state()
    later("")
    with engines.opened(engines.sqlite_file()) as portal:
        portal.execute("SELECT count(*) FROM user").fetchone()
        with pytest.raises(update.Failed, match="stop the portal"):
            update.run(site)
    assert state() == before


KILLED = """
import os, signal, sys
from flask_migrate import upgrade
from medportal import create_app

app = create_app({"INSTANCE_PATH": sys.argv[1], "DATABASE_URL": sys.argv[2], "TESTING": True, "SECRET_KEY": "x" * 40})
with app.app_context():
    upgrade(directory=sys.argv[3])
"""


@pytest.mark.parametrize("ends", [("KILL",), ("", "KILL"), ("KILL", "")])
def test_59_a_migration_that_is_killed_leaves_the_old_database(site, later, tmp_path, ends):
    """Also when an upgrade has several: all of them or none."""
    before = state()
    folder = later(*(end.replace("KILL", "os.kill(os.getpid(), 9)") for end in ends))
    db.session.remove()
    url = db.engine.url.render_as_string(hide_password=False)
    run = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), url, folder], cwd=ROOT, check=False)
    assert run.returncode == -9
    assert state() == before


FROZEN = sorted((ROOT / "tests" / "data" / "versions").glob("*.sql"))
CHANGED = {("message", "state")}
"""What a migration alters with intent."""


def _load(frozen):
    """The rows of a file of `tools/freeze.py`, in whatever order."""
    sql = frozen.read_text(encoding="utf-8")
    db.session.remove()
    raw = db.engine.raw_connection()
    if db.engine.dialect.name == "sqlite":
        raw.executescript(f"PRAGMA foreign_keys=OFF; DELETE FROM site_version; {sql}")
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
    else:
        with raw.cursor() as cursor:
            cursor.execute(
                "SET session_replication_role = replica; SET time zone 'UTC'; DELETE FROM site_version"
            )
            cursor.execute(sql)
        raw.commit()
    raw.detach()
    raw.close()


def _stored():
    """(table, column) → its values, by the first column."""
    found, metadata = {}, sa.MetaData()
    with reading(), db.engine.connect() as connection:
        metadata.reflect(connection, only=lambda name, _: "_fts" not in name)
        for table in metadata.tables.values():
            first = next(iter(table.columns))
            for column in table.columns:
                query = sa.select(first, column).where(column.is_not(None))
                found[table.name, column.name] = sorted(str(tuple(row)) for row in connection.execute(query))
    return found


@pytest.mark.parametrize("frozen", FROZEN, ids=lambda path: path.stem)
def test_data_of_a_former_version_is_whole_after_the_update(site, frozen):
    downgrade(revision="base")
    upgrade(revision=frozen.read_text(encoding="utf-8")[3:7])
    _load(frozen)
    before = _stored()
    assert sum(map(len, before.values())) > 1000
    upgrade()
    after = _stored()
    kept = before.keys() & after.keys() - CHANGED - {("alembic_version", "version_num")}
    assert [name for name in kept if before[name] != after[name]] == []
    relist()
    update._look(site)
    listed = db.session.scalars(sa.select(Listing)).all()
    assert len(listed) > 10
    for text in listed:
        with site.test_request_context(f"/{text.lang}/"):
            address = page_url(text.kind, text.slug, lang=text.lang)
        assert site.test_client().get(address).status_code == 200, address


def test_on_a_server_the_command_fetches_and_installs_elsewhere_it_updates_the_clone(tmp_path):
    def told(server):
        run = ["make", "--no-print-directory", "-n", "update", f"SERVER={server}"]
        return subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert "git pull --ff-only" in told(tmp_path)
    assert "bash deploy/install.sh" in told(tmp_path)
    assert "medportal.update" not in told(tmp_path)
    assert "medportal.update" in told(tmp_path / "nowhere")

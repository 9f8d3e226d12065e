"""The database: its rules, its history, and migrations that lose nothing."""

import shutil
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import request_finished
from flask_migrate import downgrade, upgrade

from medportal import audit, extensions
from medportal.blueprints.content import services
from medportal.blueprints.content.drafts import TextDraft
from medportal.changes import content_changed
from medportal.demo import cast, loader
from medportal.extensions import db, reading
from medportal.logs import log
from medportal.models.content import Content, ContentText, Part, Section, Status
from medportal.models.setting import site_version
from medportal.models.trust import Review, Revision
from medportal.search import upkeep
from tests.conftest import ORIGIN, section


@pytest.fixture
def sqlite(make_app, tmp_path):
    """An application on SQLite, whatever the rest of the suite runs on."""
    app = make_app(INSTANCE_PATH=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/scratch.db")
    with app.app_context():
        upgrade()
        yield app


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", 5000),
        ("mmap_size", 0),
        ("secure_delete", 1),
    ],
)
def test_55_sqlite_is_set_for_durability(sqlite, pragma, value):
    assert db.session.execute(sa.text(f"PRAGMA {pragma}")).scalar() == value


def test_readers_open_deferred_and_writers_immediate_transactions(sqlite):
    seen = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda _c, _u, statement, *_r: seen.append(statement))
    db.session.rollback()
    db.session.execute(sa.select(Content.id))
    db.session.rollback()
    with reading():
        db.session.execute(sa.select(Content.id))
        db.session.rollback()
    assert [s for s in seen if s.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN"]


def test_starting_the_server_creates_no_database(make_app, tmp_path):
    app = make_app(INSTANCE_PATH=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/new.db")
    assert app.test_client().get("/en/").status_code == 503
    assert not (tmp_path / "new.db").exists()


def test_57_a_damaged_database_is_said_and_left_alone(make_app, tmp_path):
    path = tmp_path / "damaged.db"
    path.write_bytes(b"this is no database " * 100)
    app = make_app(INSTANCE_PATH=tmp_path, DATABASE_URL=f"sqlite:///{path}")
    answer = app.test_client().get("/en/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert path.read_bytes() == b"this is no database " * 100


def _cut():
    """As a restart of PostgreSQL does."""
    with sa.create_engine(db.engine.url, poolclass=sa.NullPool).connect() as other:
        ours = "datname = current_database() AND pid <> pg_backend_pid()"
        other.execute(sa.text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}"))


def test_connections_that_a_restarted_postgres_has_cut_cost_nobody_a_page(app, client, make_content):
    make_content()
    with app.app_context():
        if db.engine.dialect.name != "postgresql":
            return
        assert client.get("/en/").status_code == 200
        _cut()
    assert client.get("/en/").status_code == 200
    assert client.post("/en/contact", data={"body": "short"}, headers=ORIGIN).status_code == 422


def test_a_connection_that_breaks_when_the_page_is_ready_costs_nobody_the_page(app, client, make_content):
    make_content()
    with app.app_context():
        if db.engine.dialect.name != "postgresql":
            return
    with request_finished.connected_to(lambda *_a, **_k: _cut(), app):
        assert client.get("/en/").status_code == 200
    assert client.get("/en/").status_code == 200


def test_a_database_that_is_away_fills_no_log(make_app, tmp_path, caplog):
    url = f"sqlite:///{tmp_path}/new.db"
    app = make_app(INSTANCE_PATH=tmp_path, DATABASE_URL=url, LOG_LEVEL="ERROR")
    log.addHandler(caplog.handler)
    try:
        assert app.test_client().get("/en/").status_code == 503
    finally:
        log.removeHandler(caplog.handler)
    [said] = [record for record in caplog.records if "database" in record.message]
    assert "is missing" in said.message
    assert said.exc_info is None


def test_56_while_another_process_writes_pages_are_read_and_forms_answer_kindly(sqlite, tmp_path):
    writer = sqlite3.connect(tmp_path / "scratch.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    db.session.rollback()
    db.engine.dispose()
    sa.event.listen(db.engine, "connect", lambda c, _r: c.execute("PRAGMA busy_timeout=50"))
    client = sqlite.test_client()
    try:
        assert client.get("/en/").status_code == 200
        assert client.post("/en/contact", data={"body": "short"}, headers=ORIGIN).status_code == 422
        refused = client.post("/en/contact", data={"body": "A message that is long enough."}, headers=ORIGIN)
        assert refused.status_code == 503
        assert "cannot save" in refused.get_data(as_text=True)
    finally:
        writer.rollback()
        writer.close()
    again = client.post("/en/contact", data={"body": "A message that is long enough."}, headers=ORIGIN)
    assert again.status_code == 303


def test_56_on_a_full_disk_pages_are_read_forms_answer_kindly_and_room_is_enough(sqlite, tmp_path, lang):
    db.session.remove()
    db.engine.dispose()
    with sqlite3.connect(tmp_path / "scratch.db") as connection:
        connection.execute("VACUUM")  # no page of the file is free
    connection.close()
    full = lambda connection, _record: connection.execute("PRAGMA max_page_count=1")  # noqa: E731
    letter = {"body": "A message that is long enough. " * 160}
    client = sqlite.test_client()
    db.engine.dispose()
    sa.event.listen(db.engine, "connect", full)
    assert client.get(f"/{lang}/").status_code == 200
    refused = client.post(f"/{lang}/contact", data=letter, headers=ORIGIN)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"]
    assert {"en": "Reading works", "ar": "القراءة متاحة"}[lang] in refused.text
    sa.event.remove(db.engine, "connect", full)
    db.engine.dispose()
    assert client.post(f"/{lang}/contact", data=letter, headers=ORIGIN).status_code == 303


def test_every_save_is_kept_whole(make_content, in_app, text_of):
    content = make_content(langs=("en",), sections=[section(html="<p>One.</p>")])
    draft = TextDraft(title="Test disease", sections=[section(html="<p>Two.</p>")])
    in_app(
        lambda: services.save_text(text_of(content).content, "en", draft, by="editor", note="why", minor=True)
    )
    rows = in_app(
        lambda: [
            (r.number, r.saved_by, r.minor, r.note, r.snapshot)
            for r in db.session.scalars(sa.select(Revision).order_by(Revision.number))
        ]
    )
    assert [row[:4] for row in rows] == [(1, "test", False, ""), (2, "editor", True, "why")]
    assert rows[0][4]["sections"]["definition"]["parts"] == [{"html": "<p>One.</p>"}]
    assert in_app(lambda: db.session.scalars(sa.select(Part.html)).all()) == ["<p>Two.</p>"]


def test_html_is_sanitised_on_every_write(make_content, in_app):
    make_content(langs=("en",), sections=[section(html="<p onclick=x>a</p><script>b</script>")])
    assert in_app(lambda: db.session.scalars(sa.select(Part.html)).all()) == ["<p>a</p>"]


def test_an_older_policy_is_cleaned_again(app, make_content, in_app, read):
    make_content(langs=("en",))

    def age():
        db.session.execute(sa.update(Part).values(html='<p>a</p><script>alert("x")</script>'))
        db.session.execute(sa.update(ContentText).values(policy_version=0))

    in_app(age)
    output = app.test_cli_runner().invoke(args=["content", "resanitise"]).output
    assert output == "1 texts looked at, 1 parts changed.\n"
    assert "alert" not in read("/en/diseases/test-disease").html


def test_two_texts_of_one_title_get_two_addresses(make_content, in_app):
    for _ in range(3):
        make_content(langs=("en",))
    slugs = in_app(lambda: sorted(db.session.scalars(sa.select(ContentText.slug))))
    assert slugs == ["test-disease", "test-disease-2", "test-disease-3"]


def test_a_title_without_letters_is_refused(make_content):
    with pytest.raises(ValueError, match="no address"):
        make_content(langs=("en",), title="…")


def test_the_database_itself_refuses_what_must_not_be(make_content, in_app, text_of):
    content = make_content(langs=("en",))
    text_id = in_app(lambda: text_of(content).id)
    wrong = [
        Review(
            text_id=text_id,
            person_id=None,
            reviewed_on=sa.func.current_date(),
            next_due=sa.func.current_date(),
        ),
        Section(text_id=text_id, key="outlook", state="nothing_known"),
        Section(text_id=text_id, key="outlook", state="unheard of"),
        ContentText(
            content_id=content, kind="disease", lang="ar", title="x", status=Status.PUBLISHED, slug=None
        ),
    ]
    for row in wrong:
        with pytest.raises(sa.exc.IntegrityError):
            in_app(lambda r=row: db.session.add(r))


def test_the_audit_trail_is_append_only(in_app, app):
    in_app(lambda: audit.record("test", actor="test"))
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            in_app(lambda s=statement: db.session.execute(sa.text(s)))


def test_65_publishing_and_withdrawing_leave_a_line_in_the_audit(make_content, in_app, text_of):
    from medportal.models.audit import Audit

    content = make_content(langs=("en",))
    in_app(lambda: services.withdraw(text_of(content), by="owner"))
    rows = in_app(
        lambda: [
            (a.actor, a.action, a.object_type)
            for a in db.session.scalars(sa.select(Audit).order_by(Audit.id))
        ]
    )
    assert rows == [
        ("test", "create", "Content"),
        ("test", "publish", "ContentText"),
        ("owner", "withdraw", "ContentText"),
    ]


def test_every_public_change_moves_the_version_and_calls_the_hooks(make_content, in_app, monkeypatch):
    from medportal import changes

    calls = []
    monkeypatch.setattr(changes, "HOOKS", [lambda ids: calls.append(list(ids))])
    before = in_app(site_version)
    content = make_content(langs=("en",))
    assert in_app(site_version) == before + 1
    assert calls == [[content]]


def test_a_change_that_is_rolled_back_is_seen_by_nobody(make_content, app, in_app):
    content = make_content(langs=("en",))
    before = in_app(site_version)
    with app.app_context():
        content_changed(content)
        db.session.rollback()
    assert in_app(site_version) == before


def test_a_draft_beside_a_published_text_changes_nothing_public(make_content, in_app, content_of):
    content = make_content(langs=("en",))
    before = in_app(site_version)
    in_app(lambda: services.save_text(content_of(content), "ar", TextDraft(title="مسودة"), by="test"))
    assert in_app(site_version) == before


def test_models_equal_the_migrated_schema(app):
    def include(_item, name, kind, *_rest):
        return not (kind == "table" and (name == "alembic_version" or "_fts" in name))

    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": include}
        )
        assert compare_metadata(context, db.metadata) == []


@pytest.fixture
def scratch(make_app, tmp_path, migrated):
    """An application with a database of its own, migrated; on PostgreSQL the worker's own is used and restored."""
    app = make_app(INSTANCE_PATH=tmp_path)
    with app.app_context():
        upgrade()
        yield app
        db.session.remove()
        upgrade()


def test_59_migrations_go_down_and_up_again(scratch):
    downgrade(revision="base")
    assert set(sa.inspect(db.engine).get_table_names()) <= {"alembic_version"}
    upgrade()
    assert "content_text" in sa.inspect(db.engine).get_table_names()
    assert site_version() == 1


PROBE = """
import sqlalchemy as sa
from alembic import op

revision = "probe"
down_revision = "0015"


def upgrade():
    with op.batch_alter_table("content", recreate="always" if sqlite() else "auto") as batch:
        batch.add_column(sa.Column("probe", sa.String(10), server_default="x"))


def downgrade():
    with op.batch_alter_table("content", recreate="always" if sqlite() else "auto") as batch:
        batch.drop_column("probe")


def sqlite():
    return op.get_bind().dialect.name == "sqlite"
"""


@pytest.fixture
def probe(tmp_path):
    """Our migrations with one more that copies a parent table and back."""
    folder = tmp_path / "migrations"
    shutil.copytree(Path(extensions.__file__).parent / "migrations", folder)
    (folder / "versions" / "probe.py").write_text(PROBE, encoding="utf-8")
    return str(folder)


def _rows():
    tables = [t for t in db.metadata.tables if t != "site_version"]
    counts = {t: db.session.execute(sa.text(f'SELECT count(*) FROM "{t}"')).scalar() for t in tables}
    db.session.rollback()
    return counts


def test_59_changing_a_parent_table_up_and_down_keeps_every_row_and_trigger(scratch, probe):
    """On SQLite the table is copied: with foreign keys on, all texts would go with the old copy."""
    loader.load()
    before = _rows()
    assert before["part"] > 100
    for step in (upgrade, downgrade):
        step(directory=probe, **({"revision": "-1"} if step is downgrade else {}))
        assert _rows() == before
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        db.session.execute(sa.text("DELETE FROM audit"))
    db.session.rollback()


def _of_later(table):
    """Tables that a later migration makes: the search's are written anew from the content, what there was to tell to
    subscribers and the profiles of people go with them."""
    return table.startswith(
        (
            "search_",
            "glossary_",
            "happening",
            "person_text",
            "opinion",
            "trial",
            "drug_update",
            "content_trial",
            "content_drug",
            "poll",
            "vote",
            "place",
            "question",
            "answer",
        )
    )


def test_members_come_and_go_without_touching_the_texts(scratch):
    loader.load()
    before = {table: count for table, count in _rows().items() if count and not _of_later(table)}
    cast.load()
    downgrade(revision="0001")
    tables = set(sa.inspect(db.engine).get_table_names())
    assert not {"user", "user_session", "outbox", "token"} & tables
    upgrade()
    assert {table: count for table, count in _rows().items() if count} == before
    assert upkeep.is_stale()
    cast.load()
    assert _rows()["user"] == 4


def test_59_going_down_to_nothing_and_up_again_with_rows_leaves_a_working_site(scratch):
    loader.load()
    downgrade(revision="base")
    upgrade()
    assert sum(_rows().values()) == 0
    assert loader.load() > 20

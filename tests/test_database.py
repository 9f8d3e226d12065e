"""The database: its rules, its history, and migrations that lose nothing."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask_migrate import downgrade, upgrade

from medportal import audit
from medportal.blueprints.content import services
from medportal.blueprints.content.drafts import TextDraft
from medportal.changes import content_changed, site_version
from medportal.extensions import db, reading
from medportal.models.content import Content, ContentText, Part, Section, Status
from medportal.models.trust import Review, Revision
from tests.conftest import section


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


def test_starting_the_server_creates_no_table(tmp_path, make_app):
    app = make_app(INSTANCE_PATH=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/new.db")
    assert app.test_client().get("/en/").status_code == 503
    with app.app_context():
        assert sa.inspect(db.engine).get_table_names() == []


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
        return not (kind == "table" and name == "alembic_version")

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


def test_migrations_go_down_and_up_again(scratch):
    downgrade(revision="base")
    assert set(sa.inspect(db.engine).get_table_names()) <= {"alembic_version"}
    upgrade()
    assert "content_text" in sa.inspect(db.engine).get_table_names()
    assert site_version() == 1


def test_changing_a_parent_table_keeps_its_children_and_triggers(make_content, in_app, app):
    """Batch mode copies a table on SQLite: with foreign keys on, the children would go with the old copy."""
    from medportal.models.setting import SiteVersion

    make_content()
    before = in_app(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(Part)))
    with app.app_context(), db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            raw.execute("PRAGMA foreign_keys=OFF")
        operations = Operations(MigrationContext.configure(connection))
        with connection.begin() if not connection.in_transaction() else connection.get_transaction():
            with operations.batch_alter_table("content", recreate="always" if sqlite else "auto") as batch:
                batch.add_column(sa.Column("extra", sa.String(10)))
            with operations.batch_alter_table("content", recreate="always" if sqlite else "auto") as batch:
                batch.drop_column("extra")
        if sqlite:
            assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
            raw.execute("PRAGMA foreign_keys=ON")
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(Part))) == before == 2
    assert in_app(lambda: db.session.scalar(sa.select(SiteVersion.value))) > 1


def test_the_migration_environment_switches_foreign_keys_off_and_checks_them():
    from pathlib import Path

    from medportal import extensions

    text = (Path(extensions.__file__).parent / "migrations" / "env.py").read_text(encoding="utf-8")
    assert (
        text.index("foreign_keys=OFF")
        < text.index("context.run_migrations()", text.index("run_online"))
        < text.index("foreign_key_check")
    )

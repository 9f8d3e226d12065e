"""One application and one migrated database a worker; every test starts from an empty one.

`DATABASE_URL` runs the same suite on PostgreSQL: each worker makes a database of its own there.
"""

import contextlib
import itertools
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, current_app, has_request_context, request
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy.orm import ORMExecuteState

from medportal import create_app, mail, passwords
from medportal.access import is_marked
from medportal.blueprints.accounts import services as accounts
from medportal.blueprints.content import services
from medportal.blueprints.content.drafts import ContentDraft, PartDraft, SectionDraft, TextDraft
from medportal.extensions import db
from medportal.models.content import Content, ContentText
from medportal.models.outbox import Outbox
from medportal.models.people import Person
from medportal.models.setting import SiteVersion
from medportal.models.taxonomy import Category
from medportal.models.user import User
from medportal.search.tables import Table
from tests.people import MEMBER, PASSWORD, Page, Received, Visitor
from tests.specialists import make_drug, make_trial, opine, relate, specialist  # noqa: F401  # fixtures

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
ORIGIN = {"Origin": "http://localhost"}
_VERSIONS = itertools.count(1000, 1000)


def shared(*parts: str) -> Path:
    """A file of the shared data folder, or a skip that says so."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip("shared data absent")
    return path


def _worker_url(worker: str) -> str:
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        return ""
    target = sa.make_url(url.replace("postgres://", "postgresql://", 1))
    name = f"medportal_test_{worker}"
    engine = sa.create_engine(target, isolation_level="AUTOCOMMIT", connect_args={"client_encoding": "utf8"})
    with engine.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(sa.text(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'"))
    engine.dispose()
    return target.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def base_settings(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> dict[str, Any]:
    return {
        "TESTING": True,
        "INSTANCE_PATH": tmp_path_factory.mktemp("instance"),
        "DATABASE_URL": _worker_url(worker_id),
        "SECRET_KEY": "a key for tests only, long enough to pass",
        "SITE_URL": "http://localhost",
        "TRUSTED_HOSTS": [],
        "LOG_LEVEL": "CRITICAL",
        "STAFF_2FA": "optional",
        "PASSWORD_MEMORY_KIB": 8,  # the real cost is looked at where it matters
        "PASSWORD_PASSES": 1,
        "FORM_SECONDS": 0,
        "PAGE_CACHE_EVERY": 0,
    }


@pytest.fixture(scope="session")
def migrated(base_settings: dict[str, Any]) -> Flask:
    app = create_app(base_settings)
    with app.app_context():
        upgrade()
        db.session.remove()
        if db.engine.dialect.name == "sqlite":
            with sqlite3.connect(_file(app)) as live, sqlite3.connect(_file(app, ".pristine")) as pristine:
                live.backup(pristine)
            live.close()
            pristine.close()
    return app


def _file(app: Flask, suffix: str = ".db") -> Path:
    return (Path(app.instance_path) / "medportal.db").with_suffix(suffix)


def _empty(app: Flask) -> None:
    """As after the migrations. SQLite's own copy is used, so that open connections of a test see it happen."""
    with app.app_context():
        db.session.remove()
        if db.engine.dialect.name == "sqlite":
            live, pristine = sqlite3.connect(_file(app)), sqlite3.connect(_file(app, ".pristine"))
            live.execute("PRAGMA synchronous=OFF")
            pristine.backup(live)
            live.close()
            pristine.close()
        else:
            indexes = [table.fts for table in Table]
            tables = ", ".join(f'"{name}"' for name in [*db.metadata.tables, *indexes])
            db.session.execute(sa.text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
            db.session.add(SiteVersion(id=1, value=1))
            db.session.commit()
        db.session.execute(
            sa.update(SiteVersion).values(value=next(_VERSIONS))
        )  # no page of another test is true
        db.session.commit()
    for folder in ("media", "mail", "imports", "backups"):
        shutil.rmtree(Path(app.instance_path) / folder, ignore_errors=True)


def _no_lazy_loading(execution: ORMExecuteState) -> None:
    """A kept page reads what it shows before its template is written."""
    if not execution.is_select or execution.lazy_loaded_from is None or not has_request_context():
        return
    if request.method == "GET" and is_marked(current_app, request.endpoint, "kept"):
        raise AssertionError(f"{request.path} loads {execution.lazy_loaded_from} lazily")


sa.event.listen(db.session, "do_orm_execute", _no_lazy_loading)


@pytest.fixture
def app(migrated: Flask) -> Iterator[Flask]:
    _empty(migrated)
    yield migrated
    with migrated.app_context():
        db.session.remove()
        if db.engine.dialect.name != "sqlite":
            db.engine.dispose()


@pytest.fixture
def make_app(base_settings: dict[str, Any]) -> Iterator[Callable[..., Flask]]:
    """A further application with other settings, closed after the test."""
    made: list[Flask] = []

    def make(**settings: Any) -> Flask:
        made.append(create_app({**base_settings, **settings}))
        return made[-1]

    yield make
    for other in made:
        with other.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(params=["ar", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def read(client: FlaskClient) -> Callable[..., Page]:
    """`read("/en/")` asks for a page as a browser does."""

    def ask(path: str, status: int = 200, **kwargs: Any) -> Page:
        page = Page(client.get(path, **kwargs))
        assert page.status == status, f"{path} answered {page.status}, not {status}"
        return page

    return ask


@pytest.fixture
def send(client: FlaskClient) -> Callable[..., Page]:
    """`send("/en/contact", body=…)` sends a form as one of our own pages does."""

    def post(path: str, status: int = 303, headers: dict[str, str] | None = None, **form: str) -> Page:
        page = Page(client.post(path, data=form, headers=ORIGIN if headers is None else headers))
        assert page.status == status, f"{path} answered {page.status}, not {status}"
        return page

    return post


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """In CI only absent shared data may skip: anything else that skips there hides a missing part."""
    if not os.environ.get("CI"):
        return
    hidden = [
        r for r in terminalreporter.stats.get("skipped", []) if "shared data absent" not in str(r.longrepr)
    ]
    for report in hidden:
        terminalreporter.write_line(f"skipped in CI: {report.nodeid}: {report.longrepr}", red=True)
    if hidden:
        terminalreporter._session.exitstatus = 1


TITLES = {"en": "Test disease", "ar": "مرض تجريبي"}


def section(key: str = "definition", html: str = "<p>Words.</p>", **values: Any) -> SectionDraft:
    return SectionDraft(key=key, parts=[PartDraft(html=html)] if html else [], **values)


@pytest.fixture
def make_category(app: Flask) -> Callable[..., str]:
    def make(slug: str = "heart", **names: str) -> str:
        with app.app_context():
            db.session.add(Category(slug=slug, name=names or {"en": "Heart", "ar": "القلب"}))
            db.session.commit()
        return slug

    return make


@pytest.fixture
def make_content(app: Flask) -> Callable[..., int]:
    """A published thing with a text in each language asked for; what a test does not name has a default."""

    def make(
        kind: str = "disease",
        langs: tuple[str, ...] = ("ar", "en"),
        title: dict[str, str] | str | None = None,
        sections: list[SectionDraft] | None = None,
        publish: bool = True,
        text: dict[str, Any] | None = None,
        **content: Any,
    ) -> int:
        titles = dict.fromkeys(langs, title) if isinstance(title, str) else (title or TITLES)
        with app.app_context():
            thing = services.create_content(
                ContentDraft(kind=kind, source_lang=content.pop("source_lang", langs[-1]), **content),
                by="test",
            )
            for code in langs:
                draft = TextDraft(
                    title=titles[code],
                    sections=sections if sections is not None else [section()],
                    **(text or {}),
                )
                saved = services.save_text(thing, code, draft, by="test")
                if publish:
                    services.publish(saved, by="test")
            db.session.commit()
            return thing.id

    return make


@pytest.fixture
def in_app(app: Flask) -> Callable[[Callable[[], Any]], Any]:
    """Run a function with the database, and commit: `in_app(lambda: services.…)`."""

    def run(work: Callable[[], Any]) -> Any:
        with app.app_context():
            result = work()
            db.session.commit()
            return result

    return run


@pytest.fixture
def text_of(app: Flask) -> Callable[[int, str], ContentText]:
    """The text of a thing in a language; use it inside `in_app`."""

    def find(content_id: int, lang: str = "en") -> ContentText:
        return db.session.scalars(
            sa.select(ContentText).where(ContentText.content_id == content_id, ContentText.lang == lang)
        ).one()

    return find


@pytest.fixture
def make_person() -> Callable[..., Person]:
    def make(name: str = "Dr Example", **values: Any) -> Person:
        person = Person(name={"en": name, "ar": "د. نموذج"}, **values)
        db.session.add(person)
        db.session.flush()
        return person

    return make


@pytest.fixture
def content_of() -> Callable[[int], Content]:
    return lambda content_id: db.session.get_one(Content, content_id)


@pytest.fixture
def count_queries(app: Flask) -> Callable[[Callable[[], Any]], int]:
    """How many statements a piece of work sends to the database."""

    def count(work: Callable[[], Any]) -> int:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        with app.app_context():
            engine = db.engine
        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            work()
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    return count


@pytest.fixture
def make_user(app: Flask) -> Callable[..., int]:
    """An account with a confirmed address; its number."""

    def make(email: str = MEMBER, role: str = "member", lang: str = "en", **values: Any) -> int:
        with app.app_context():
            hashed = passwords.hash_of(values.pop("password", PASSWORD))
            user = accounts.add_user(email, hashed, name=values.pop("name", ""), lang=lang, role=role)
            assert user is not None
            for name, value in values.items():
                setattr(user, name, value)
            db.session.commit()
            return user.id

    return make


@pytest.fixture
def user_of(in_app: Callable[..., Any]) -> Callable[..., Any]:
    """`user_of(number, lambda user: user.role)` looks at an account."""
    return lambda number, look: in_app(lambda: look(db.session.get_one(User, number)))


@pytest.fixture
def visitor(app: Flask) -> Callable[[], Visitor]:
    return lambda: Visitor(app)


@pytest.fixture
def as_(app: Flask, make_user: Callable[..., int]) -> Callable[..., Visitor]:
    """`as_("owner")` is a browser in which an account of that role has signed in."""

    def enter(role: str = "member", **values: Any) -> Visitor:
        email = values.pop("email", f"{role}@mail.example.com")
        make_user(email, role, **values)
        browser = Visitor(app)
        browser.sign_in(email, values.get("password", PASSWORD))
        return browser

    return enter


@pytest.fixture
def letters(app: Flask) -> Callable[[], list[Received]]:
    """What waits in the outbox and still has something to say, rendered."""

    def look() -> list[Received]:
        with app.app_context():
            rows = db.session.scalars(
                sa.select(Outbox).where(Outbox.state != "sent").order_by(Outbox.id)
            ).all()
            found = []
            for row in rows:
                with contextlib.suppress(mail.NotNeeded):
                    found.append(Received(row, mail.render(row)))
            db.session.rollback()
            return found

    return look

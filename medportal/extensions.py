"""The database and the transaction rules that everything else leans on.

SQLite: WAL, synchronous FULL, foreign keys, busy timeout 5 s, no mmap. A reader's request opens a deferred
transaction; whatever may write (unsafe methods, commands, jobs) opens BEGIN IMMEDIATE, so that two writers wait
for each other at the start instead of failing in the middle.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, before_render_template, has_request_context, request
from flask_compress import Compress
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.base import ReadOnlyColumnCollection

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_reading: ContextVar[bool] = ContextVar("reading", default=False)
_creating: ContextVar[bool] = ContextVar("creating", default=False)


class Base(DeclarativeBase):
    """Names every constraint, so that SQLite's batch migrations can find them again."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)
migrate = Migrate(directory=str(Path(__file__).parent / "migrations"), compare_type=True)
compress = Compress()


def init_app(app: Flask) -> None:
    db.init_app(app)
    migrate.init_app(app, db, render_as_batch=True)
    compress.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "do_connect", _open_sqlite)
            event.listen(db.engine, "connect", _prepare_sqlite)
            event.listen(db.engine, "begin", _begin_sqlite)
    app.before_request(_mark_safe_request)
    app.teardown_request(_unmark_request)
    app.teardown_appcontext(_end_session)
    before_render_template.connect(_render_as_reader, app)


def sqlite_file() -> Path | None:
    """None where the database is on a server or in memory."""
    name = db.engine.url.database
    return Path(name) if db.engine.dialect.name == "sqlite" and name and name != ":memory:" else None


def _open_sqlite(_dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
    """Only migrations make a database: a server whose file went missing or empty says so and leaves it alone."""
    path = str(arguments[0])
    if _creating.get() or path == ":memory:" or path.startswith("file:"):
        return
    if fault := fault_of(Path(path)):
        raise sqlite3.DatabaseError(f"the database file {path} {fault}")
    arguments[0] = f"{Path(path).absolute().as_uri()}?mode=rw"
    options["uri"] = True


def fault_of(path: Path) -> str:
    """What can be told of a database file without opening it.

    Never open it but through SQLite: closing any other handle gives up the locks that this process holds on the file,
    and another one, the last to use it as it thinks, then throws away what was not yet copied into it.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return "is missing"
    except OSError:
        return "may not be read"
    if not os.access(path, os.R_OK):
        return "may not be read"
    return "" if size else "is empty"


def is_no_passing_trouble(error: Exception) -> bool:
    """A full, locked or restarting database is an OperationalError; a damaged or missing one is not."""
    return isinstance(error, DatabaseError) and not isinstance(error, OperationalError)


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's "begin" event opens transactions, not the driver
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=5000",
        "mmap_size=0",
        "cache_size=-500",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN" if _reading.get() else "BEGIN IMMEDIATE")


def _mark_safe_request() -> None:
    _reading.set(request.method in SAFE_METHODS)


def _render_as_reader(_app: Flask, **_context: Any) -> None:
    """A page that answers a form is written like any other: whoever renders has committed or changed nothing, and
    does not keep other writers waiting meanwhile."""
    if has_request_context() and request.method not in SAFE_METHODS and not _reading.get():
        db.session.rollback()
        _reading.set(True)


def _unmark_request(_error: BaseException | None) -> None:
    _reading.set(False)


def _end_session(_error: BaseException | None) -> None:
    """Before Flask-SQLAlchemy does it: a connection that was cut when the page was ready costs nobody the page."""
    try:
        db.session.remove()
    except DBAPIError as error:
        db.session.registry.clear()
        if not error.connection_invalidated:
            raise


def columns_of(model: type[Base]) -> ReadOnlyColumnCollection[str, Any]:
    """The columns of a model's table. A statement made of them alone is no business of the ORM, which costs more than the
    asking; one mapped attribute, be it in a condition, and it is the ORM's again."""
    return sa.inspect(model).local_table.c


def ask(statement: Any, values: dict[str, Any] | None = None) -> sa.CursorResult[*tuple[Any, ...]]:
    """The rows of a statement of `columns_of`, in the session's transaction. The session's own `execute` knows the ORM as
    well, which is a third of the cost of a short statement."""
    return db.session.connection().execute(statement, values)


def insert(table: Any) -> Any:
    """An INSERT that knows ON CONFLICT, which both databases write alike and SQLAlchemy apart."""
    return (sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert)(table)


@contextmanager
def reading() -> Iterator[None]:
    """For commands that only look: a deferred transaction, so that they never wait for a writer."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


@contextmanager
def writing() -> Iterator[None]:
    """For the rare write within a reader's request: the transaction begun inside takes its turn at once."""
    token = _reading.set(False)
    try:
        yield
    finally:
        _reading.reset(token)


@contextmanager
def creating() -> Iterator[None]:
    """For migrations: the database file may be made."""
    token = _creating.set(True)
    try:
        yield
    finally:
        _creating.reset(token)

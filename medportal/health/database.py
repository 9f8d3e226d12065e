"""The database: there, whole, of this version."""

import sqlite3
import time
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_babel import lazy_gettext as _l

from medportal.damage import CORRUPT
from medportal.extensions import db, fault_of, migrate, sqlite_file
from medportal.health.findings import Finding, fine, note, problem

QUICK_CHECK_SECONDS = 60
SAFE_SQLITE = (3, 51, 3)
"""Before it, two connections could damage a database in the same instant, very rarely (the WAL-reset bug)."""


def reachable() -> Finding:
    path = sqlite_file()
    fault = fault_of(path) if path else ""
    if path and fault:
        return _fault(path, fault)
    try:
        db.session.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        if path and getattr(cause, "sqlite_errorcode", None) in CORRUPT:
            return _fault(path, "is damaged")
        return problem(
            "database",
            _l("The database cannot be reached or read (`%(error)s`).", error=type(cause).__name__),
            _l(
                "Look whether the database server runs and whether DATABASE_URL names it. If its data is damaged, stop the "
                "site and restore the newest backup."
            ),
        )
    finally:
        db.session.rollback()
    return fine("database", _l("The database answers."))


def _fault(path: Path, fault: str) -> Finding:
    if fault == "may not be read":
        return problem(
            "database",
            _l("The database file `%(path)s` may not be read.", path=path),
            _l("Give it to the account under which the site runs: `chown ACCOUNT %(path)s`", path=path),
        )
    said = {
        "is missing": _l("The database file `%(path)s` is missing.", path=path),
        "is empty": _l("The database file `%(path)s` is empty.", path=path),
        "is damaged": _l("The file `%(path)s` is damaged or is no database.", path=path),
    }
    return problem(
        "database",
        said[fault],
        _l(
            "Stop the site, put the file aside without changing it, and restore the newest backup. A new site without "
            "content gets its database from: `flask db upgrade`"
        ),
    )


def integrity() -> Finding | None:
    """SQLite's quick_check, for a minute at most. PostgreSQL looks after its pages by itself."""
    path = sqlite_file()
    if path is None:
        return None
    until = time.monotonic() + QUICK_CHECK_SECONDS
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        connection.set_progress_handler(lambda: time.monotonic() > until, 100_000)
        said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if "interrupted" in str(error):
            return note(
                "integrity",
                _l("The database is too large to be looked through within a minute."),
                _l("The nightly test of the backup looks through all of it."),
            )
        said = str(error)
    finally:
        connection.close()
    if said == "ok":
        return fine("integrity", _l("The database is whole."))
    return problem(
        "integrity",
        _l("The database is damaged: `%(said)s`", said=said[:200]),
        _l("Stop the site, keep a copy of the damaged file, and restore the newest backup."),
    )


@cache
def _newest() -> frozenset[str]:
    settings = Config()
    settings.set_main_option("script_location", migrate.directory)
    return frozenset(ScriptDirectory.from_config(settings).get_heads())


def migrations() -> Finding:
    connection: Any = db.session.connection()
    at = frozenset(MigrationContext.configure(connection).get_current_heads())
    db.session.rollback()
    if at == _newest():
        return fine("migrations", _l("The database has the tables of this version."))
    return problem(
        "migrations",
        _l(
            "The database has the tables of another version (`%(at)s` instead of `%(newest)s`).",
            at=", ".join(sorted(at)) or "–",
            newest=", ".join(sorted(_newest())),
        ),
        _l(
            "Make a backup, then: `flask db upgrade`. If the database is newer than the program, install the newer program."
        ),
    )


def sqlite_version() -> Finding | None:
    if sqlite_file() is None:
        return None
    if sqlite3.sqlite_version_info >= SAFE_SQLITE:
        return fine("sqlite", _l("SQLite %(version)s is new enough.", version=sqlite3.sqlite_version))
    return note(
        "sqlite",
        _l(
            "SQLite %(version)s is older than 3.51.3, which mended a fault that can, very rarely, damage a database.",
            version=sqlite3.sqlite_version,
        ),
        _l(
            "No hurry: keep the nightly backup, and take a newer system or PostgreSQL when you move the site."
        ),
    )

"""What differs between the two databases: taking a copy while others write, putting it somewhere, looking at it."""

import os
import secrets
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from medportal.backups import places
from medportal.backups.manifest import LEFT_OUT, Damaged
from medportal.extensions import db

ASIDE = "before_"
"""Schemas of PostgreSQL that a restore kept; they are no part of later backups."""
_LIBPQ = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "options": "PGOPTIONS",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "channel_binding": "PGCHANNELBINDING",
}


class ToolFailed(Exception):
    """pg_dump or pg_restore is missing or refuses; the message is its own, which names no password."""


def dialect() -> str:
    return db.engine.dialect.name


def sqlite_file() -> Path:
    return Path(str(db.engine.url.database)).absolute()


# Looking


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A SQLite file of uncertain origin: its own functions and views are not trusted."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
        connection.isolation_level = None
        connection.execute("PRAGMA trusted_schema=OFF")
        yield connection


def sqlite_counts(connection: sqlite3.Connection) -> dict[str, int]:
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    return {
        name: connection.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0]  # noqa: S608  # quoted
        for (name,) in names
        if not name.startswith("sqlite_") and "_fts" not in name
    }


def postgres_counts(connection: sa.Connection) -> dict[str, int]:
    return {
        name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) or 0
        for name in sorted(sa.inspect(connection).get_table_names())
    }


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


# Copying out


def copy_out(target: Path) -> dict[str, int]:
    """A copy of the database as it is at one moment, while others go on writing; answers its counts."""
    return _copy_sqlite(target) if dialect() == "sqlite" else _dump(target)


def _copy_sqlite(target: Path) -> dict[str, int]:
    """In one go: a reader of WAL keeps no writer waiting, and nothing written meanwhile begins the copy anew."""
    os.close(places.private(target))
    with opened(sqlite_file()) as live, opened(target) as copy:
        live.backup(copy)
    with opened(target) as copy:
        for pragma in ("journal_mode=DELETE", "foreign_keys=ON", "secure_delete=ON", "synchronous=OFF"):
            copy.execute(f"PRAGMA {pragma}")
        for table in LEFT_OUT:
            copy.execute(f"DELETE FROM {quoted(table)}")  # noqa: S608  # names of our own
        return sqlite_counts(copy)


def _dump(target: Path) -> dict[str, int]:
    """The counts are of the very moment that pg_dump writes down: both look at one exported snapshot."""
    os.close(places.private(target))
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.scalar(sa.text("SELECT pg_export_snapshot()"))
        counts = postgres_counts(connection) | dict.fromkeys(LEFT_OUT, 0)
        tool(
            "pg_dump",
            [
                "--format=custom",
                "--compress=1",
                "--no-owner",
                "--no-privileges",
                f"--snapshot={snapshot}",
                f"--exclude-schema={ASIDE}*",
                *(f"--exclude-table-data=public.{table}" for table in LEFT_OUT),
                f"--file={target}",
            ],
            db.engine.url,
        )
    return counts


# PostgreSQL's tools


def environment(url: sa.URL) -> dict[str, str]:
    """How libpq is told where to go: never by arguments, which every account of a machine can read."""
    parts: Mapping[str, object] = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "dbname": url.database,
    } | dict(url.query)
    return {_LIBPQ[name]: str(value) for name, value in parts.items() if value is not None and name in _LIBPQ}


def tool(name: str, arguments: Iterable[str], url: sa.URL) -> None:
    try:
        done = subprocess.run(  # noqa: S603  # fixed names, arguments of our own
            [name, "--no-password", *arguments],
            env=os.environ | environment(url),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise ToolFailed(f"{name} is not installed: apt install postgresql-client") from None
    if done.returncode:
        raise ToolFailed(f"{name}: {done.stderr.strip()[-300:]}")


def pg_restore(dump: Path, url: sa.URL) -> None:
    tool(
        "pg_restore",
        [
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--single-transaction",
            f"--dbname={url.database}",
            str(dump),
        ],
        url,
    )


@contextmanager
def scratch_database() -> Iterator[sa.Engine]:
    """A database beside the real one that is gone afterwards; its account needs the right CREATEDB."""
    name = f"medportal_trial_{secrets.token_hex(6)}"
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            connection.execute(sa.text(f"CREATE DATABASE {quoted(name)} TEMPLATE template0 ENCODING 'UTF8'"))
        except sa.exc.ProgrammingError as problem:
            raise ToolFailed(
                f"no scratch database could be made (ALTER ROLE … CREATEDB): {problem.orig}"
            ) from None
        engine = sa.create_engine(db.engine.url.set(database=name), poolclass=NullPool, hide_parameters=True)
        try:
            yield engine
        finally:
            engine.dispose()
            connection.execute(sa.text(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)"))


# Trying out


def facts_of_sqlite(path: Path) -> tuple[str, dict[str, int]]:
    """(migration, counts) of a file that is whole; Damaged when it is not."""
    try:
        with opened(path) as connection:
            said = connection.execute("PRAGMA integrity_check(5)").fetchall()
            if said != [("ok",)]:
                raise Damaged(f"the database is damaged: {said[0][0]}")
            if orphans := connection.execute("PRAGMA foreign_key_check").fetchmany(1):
                raise Damaged(f"the database has rows without their parent: {orphans[0][0]}")
            migration = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
            return str(migration), sqlite_counts(connection)
    except sqlite3.DatabaseError as problem:
        raise Damaged(f"the database is damaged: {problem}") from None


def facts_of_postgres(engine: sa.Engine) -> tuple[str, dict[str, int]]:
    with engine.connect() as connection:
        migration = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return str(migration), postgres_counts(connection)

"""To another database: every table in the order of its foreign keys, in batches, in one transaction of the target, which
must be empty. The search index is not copied: its form differs, and the jobs program builds it anew."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import command
from flask import current_app
from sqlalchemy.pool import NullPool

from medportal.extensions import db, reading
from medportal.models.search import SearchState

BATCH = 1000
Counts = dict[str, tuple[int, int]]


class Refused(Exception):
    """Why nothing was copied, in a sentence that says what to do."""


def copy(url: sa.URL, *, echo: Callable[[str], None] = lambda _: None) -> Counts:
    """Table → (rows here, rows there). All or nothing."""
    if url.set(drivername=url.get_backend_name()) == db.engine.url.set(drivername=db.engine.dialect.name):
        raise Refused("This is the database the portal runs on.")
    target = sa.create_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        _prepare(target)
        with _source() as source, target.begin() as there:
            _check_migration(source, there)
            for table in reversed(tables()):  # what the migrations themselves put there
                there.execute(sa.delete(table))
            for table in tables():
                echo(f"{table.name}: {_copy_table(source, there, table)}")
            for table in tables():
                _join_up(source, there, table)
            there.execute(sa.update(SearchState).values(analysis=0))
            _set_sequences(source, there)
            counts = {table.name: (_count(source, table), _count(there, table)) for table in tables()}
            wrong = [name for name, (here, arrived) in counts.items() if here != arrived]
            if wrong:
                raise Refused(f"Not everything arrived, nothing was kept there: {', '.join(wrong)}")
        return counts
    finally:
        target.dispose()


def tables() -> list[sa.Table]:
    return list(db.metadata.sorted_tables)


def _prepare(target: sa.Engine) -> None:
    """The tables, made by the migrations; a target that holds accounts or texts is left alone."""
    with target.connect() as connection:
        there = set(sa.inspect(connection).get_table_names())
        if "alembic_version" in there:
            filled = any(
                connection.scalar(sa.select(sa.literal(1)).select_from(db.metadata.tables[name]).limit(1))
                for name in ("user", "content")
            )
        else:
            filled = bool(there)
    if filled:
        raise Refused("The database to copy to is not empty.")
    settings = current_app.extensions["migrate"].migrate.get_config(
        current_app.extensions["migrate"].directory
    )
    settings.attributes["engine"] = target
    command.upgrade(settings, "head")


@contextmanager
def _source() -> Iterator[sa.Connection]:
    """One moment of it for all tables. Writers need not stop for that, but what they write afterwards stays behind."""
    options = {} if db.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with reading(), db.engine.connect().execution_options(**options) as connection:
        yield connection


def _check_migration(source: sa.Connection, there: sa.Connection) -> None:
    asked = sa.text("SELECT version_num FROM alembic_version")
    here, arrived = source.scalar(asked), there.scalar(asked)
    if here != arrived:
        raise Refused(
            f"This database is of migration {here}, the program of {arrived}: flask db upgrade first."
        )


def _later(table: sa.Table) -> list[sa.Column[Any]]:
    """Columns that name a row which may come later: of the same table, or of one behind it in the order."""
    place = {other.name: n for n, other in enumerate(tables())}
    return [
        column
        for column in table.columns
        if any(place[key.column.table.name] >= place[table.name] for key in column.foreign_keys)
    ]


def _copy_table(source: sa.Connection, there: sa.Connection, table: sa.Table) -> int:
    empty = dict.fromkeys([column.key for column in _later(table)])
    copied = 0
    for rows in _batches(source, sa.select(table)):
        there.execute(sa.insert(table), [{**row, **empty} for row in rows])
        copied += len(rows)
    return copied


def _join_up(source: sa.Connection, there: sa.Connection, table: sa.Table) -> None:
    """The second time round every row is there."""
    later, keys = _later(table), list(table.primary_key.columns)
    if not later:
        return
    named = [key.label(f"key_{key.name}") for key in keys]
    query = sa.select(*named, *later).where(sa.or_(*(column.is_not(None) for column in later)))
    which = [key == sa.bindparam(f"key_{key.name}", type_=key.type) for key in keys]
    for rows in _batches(source, query):
        there.execute(
            sa.update(table).where(*which).values({c.name: sa.bindparam(c.name) for c in later}), rows
        )


def _batches(source: sa.Connection, query: sa.Select[Any]) -> Iterator[list[dict[str, Any]]]:
    result = source.execute(query.execution_options(yield_per=BATCH))
    for rows in result.mappings().partitions(BATCH):
        yield [dict(row) for row in rows]


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def _set_sequences(source: sa.Connection, there: sa.Connection) -> None:
    """Numbers go on where they ended, also those of rows that are gone: a number never means something else."""
    if there.dialect.name != "postgresql":
        return
    for table in tables():
        column = table.autoincrement_column
        if column is None:
            continue
        name = there.scalar(sa.select(sa.func.pg_get_serial_sequence(f'public."{table.name}"', column.name)))
        last = max(there.scalar(sa.select(sa.func.max(column))) or 0, _last_given(source, table, column))
        if name and last:
            there.execute(sa.select(sa.func.setval(name, last)))


def _last_given(source: sa.Connection, table: sa.Table, column: sa.Column[Any]) -> int:
    if source.dialect.name == "sqlite":
        query = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return source.scalar(query, {"name": table.name}) or 0
    name = source.scalar(sa.select(sa.func.pg_get_serial_sequence(f'public."{table.name}"', column.name)))
    return (
        (source.scalar(sa.select(sa.literal_column("last_value")).select_from(sa.text(name))) or 0)
        if name
        else 0
    )

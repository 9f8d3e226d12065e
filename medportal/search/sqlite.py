"""FTS5: stems in contentless tables, so that no text is stored twice. Rows are taken out with the stems they were put
in with (SQLite before 3.43 cannot delete from such a table otherwise)."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from medportal.extensions import db
from medportal.search.tables import EVERYTHING, Found, Narrow, Phrase, Table, limits


def add(table: Table, rows: Iterable[tuple[int, str]]) -> None:
    _many(f"INSERT INTO {table.fts}(rowid, stems) VALUES (?, ?)", rows)


def remove(table: Table, rows: Iterable[tuple[int, str]]) -> None:
    _many(f"INSERT INTO {table.fts}({table.fts}, rowid, stems) VALUES ('delete', ?, ?)", rows)


def clear(table: Table) -> None:
    db.session.connection().exec_driver_sql(f"INSERT INTO {table.fts}({table.fts}) VALUES ('delete-all')")


def tidy() -> None:
    for table in Table:
        db.session.connection().exec_driver_sql(f"INSERT INTO {table.fts}({table.fts}) VALUES ('optimize')")


def check() -> str | None:
    """What is wrong with the tables; None when they are whole."""
    for table in Table:
        try:
            db.session.connection().exec_driver_sql(
                f"INSERT INTO {table.fts}({table.fts}) VALUES ('integrity-check')"
            )
        except sa.exc.DatabaseError as error:
            return f"{table.fts}: {error.orig}"
        missing = read(
            f"SELECT (SELECT count(*) FROM {table.rows} WHERE id NOT IN (SELECT id FROM {table.fts}_docsize)) "
            f"+ (SELECT count(*) FROM {table.fts}_docsize WHERE id NOT IN (SELECT id FROM {table.rows}))"
        )[0][0]
        if missing:
            return f"{table.fts}: {missing} rows without their partner"
    return None


def read(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Rows of a statement with `?` for values, straight from the driver: a search asks half a dozen small questions,
    and each would cost more in preparation than in the database."""
    driver: Any = db.session.connection().connection.driver_connection
    rows: list[tuple[Any, ...]] = driver.execute(statement, values).fetchall()
    return rows


def match(table: Table, phrases: Sequence[Phrase], limit: int, narrow: Narrow = EVERYTHING) -> list[Found]:
    """The best rows that hold any of the phrases, by BM25."""
    if not phrases:
        return []
    query = " OR ".join('"' + " ".join(phrase) + '"' for phrase in phrases)
    if narrow == EVERYTHING:
        columns = ", ".join(f"r.{column}" for column in table.columns)
        found = read(
            f"SELECT f.rowid, -f.score, {columns} FROM (SELECT rowid, bm25({table.fts}) AS score FROM {table.fts} "
            f"WHERE {table.fts} MATCH ? ORDER BY score LIMIT ?) f JOIN {table.rows} r ON r.id = f.rowid ORDER BY f.score",
            (query, limit),
        )
        return [Found(row[0], row[2], row[1], *row[3:]) for row in found]
    fts = sa.table(table.fts, sa.column("rowid"), sa.column("rank"))
    rows = sa.table(table.rows, sa.column("id"), *map(sa.column, dict.fromkeys([*table.columns, "key"])))
    select = (
        sa.select(fts.c.rowid, -fts.c.rank, *(rows.c[column] for column in table.columns))
        .join(rows, rows.c.id == fts.c.rowid)
        .where(sa.literal_column(table.fts).op("MATCH")(query), *limits(table, rows.c, narrow))
        .order_by(fts.c.rank)
        .limit(limit)
    )
    return [Found(row[0], row[2], row[1], *row[3:]) for row in db.session.execute(select)]


def _many(statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    values = list(rows)
    if values:
        db.session.connection().exec_driver_sql(statement, values)

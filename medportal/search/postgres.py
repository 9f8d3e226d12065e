"""PostgreSQL: the same stems as `tsvector` with a GIN index. `ts_rank` has no inverse document frequency, so the
database only chooses candidates; BM25 is computed here, by FTS5's formula."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from medportal.extensions import db
from medportal.models.search import SearchState, SearchTerm
from medportal.search.tables import EVERYTHING, Found, Narrow, Phrase, Table, limits

K1, B = 1.2, 0.75
CANDIDATES = 400
PRESENT = 0.15
"""What holding a stem at all counts beside `ts_rank`, when candidates are chosen."""
POSITIONS = 8_000


def add(table: Table, rows: Iterable[tuple[int, str]]) -> None:
    _many(
        f"INSERT INTO {table.fts}(id, stems, tsv) VALUES (%s, %s, %s::tsvector)",
        [(row, stems, _vector(stems)) for row, stems in rows],
    )


def remove(table: Table, rows: Iterable[tuple[int, str]]) -> None:
    _many(f"DELETE FROM {table.fts} WHERE id = %s", [(row,) for row, _stems in rows])


def clear(table: Table) -> None:
    db.session.connection().exec_driver_sql(f"TRUNCATE {table.fts}")


def tidy() -> None:
    """Nothing to do: autovacuum keeps the tables."""


def check() -> str | None:
    """What is wrong with the tables; None when they are whole."""
    for table in Table:
        missing = db.session.scalar(
            sa.text(
                f"SELECT count(*) FROM {table.rows} r FULL JOIN {table.fts} f ON f.id = r.id "
                "WHERE r.id IS NULL OR f.id IS NULL"
            )
        )
        if missing:
            return f"{table.fts}: {missing} rows without their partner"
    return None


def read(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Rows of a statement with `?` for values."""
    found = db.session.connection().exec_driver_sql(statement.replace("?", "%s"), tuple(values))
    return [tuple(row) for row in found]


def match(table: Table, phrases: Sequence[Phrase], limit: int, narrow: Narrow = EVERYTHING) -> list[Found]:
    """The best rows that hold any of the phrases, by BM25."""
    if not phrases:
        return []
    rows, average = _size(table)
    weights = _weights(table, phrases, rows)
    queries = {phrase: " <-> ".join(f"'{stem}'" for stem in phrase) for phrase in phrases}
    fts = sa.table(table.fts, sa.column("id"), sa.column("stems"), sa.column("tsv", TSVECTOR))
    rows_of = sa.table(table.rows, sa.column("id"), *map(sa.column, dict.fromkeys([*table.columns, "key"])))

    def holds(query: str) -> sa.ColumnElement[bool]:
        return fts.c.tsv.op("@@", return_type=sa.Boolean())(sa.cast(query, TSQUERY))

    rough: sa.ColumnElement[float] = sa.literal(0.0)
    for phrase, query in queries.items():
        rank = sa.func.ts_rank(fts.c.tsv, sa.cast(query, TSQUERY), 1)
        rough = rough + weights[phrase] * (rank + sa.case((holds(query), PRESENT), else_=0.0))
    select = (
        sa.select(fts.c.id, fts.c.stems, *(rows_of.c[column] for column in table.columns))
        .join(rows_of, rows_of.c.id == fts.c.id)
        .where(
            holds(" | ".join(f"({query})" for query in queries.values())), *limits(table, rows_of.c, narrow)
        )
        .order_by(rough.desc(), fts.c.id)
        .limit(max(limit, CANDIDATES))
    )
    scored = [
        Found(row[0], row[2], _bm25(row[1], phrases, weights, average), *row[3:])
        for row in db.session.execute(select)
    ]
    scored.sort(key=lambda found: (-found.score, found.row))
    return scored[:limit]


def _vector(stems: str) -> str:
    """The stems as a literal, past PostgreSQL's own parser, which would cut some of them up."""
    words = stems.split(maxsplit=POSITIONS)[:POSITIONS]
    return " ".join(f"'{stem}':{at}" for at, stem in enumerate(words, 1))


def _size(table: Table) -> tuple[int, float]:
    """Number of rows and their average length in stems."""
    names = table is Table.NAMES
    columns = (
        (SearchState.names, SearchState.name_stems)
        if names
        else (SearchState.sections, SearchState.section_stems)
    )
    rows, stems = db.session.execute(sa.select(*columns)).one_or_none() or (0, 0)
    return rows, stems / max(rows, 1)


def _weights(table: Table, phrases: Sequence[Phrase], rows: int) -> dict[Phrase, float]:
    """The inverse document frequency of each phrase; of several stems, that of the rarest (FTS5 counts the phrase)."""
    stems = {stem for phrase in phrases for stem in phrase}
    column = SearchTerm.names if table is Table.NAMES else SearchTerm.sections
    known = sa.select(SearchTerm.term, column).where(SearchTerm.term.in_([f"={stem}" for stem in stems]))
    found = {term[1:]: count for term, count in db.session.execute(known)}

    def weight(count: int) -> float:
        count = min(count, rows)  # both may have been read while somebody writes
        return max(math.log((rows - count + 0.5) / (count + 0.5)), 1e-6)

    return {phrase: weight(min(found.get(stem, 0) for stem in phrase)) for phrase in phrases}


def _bm25(stems: str, phrases: Sequence[Phrase], weights: dict[Phrase, float], average: float) -> float:
    words = stems.split()
    counts = Counter(words)
    score = 0.0
    for phrase in phrases:
        times: int = counts[phrase[0]]
        if times and len(phrase) > 1:
            first, size = phrase[0], len(phrase)
            times = sum(
                1 for at, word in enumerate(words) if word == first and tuple(words[at : at + size]) == phrase
            )
        if times:
            length = 1 - B + B * len(words) / max(average, 1)
            score += weights[phrase] * times * (K1 + 1) / (times + K1 * length)
    return score


def _many(statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    values = list(rows)
    if values:
        db.session.connection().exec_driver_sql(statement, values)

"""The two indexes and what is said about them, whatever the database."""

from collections.abc import Collection
from enum import Enum
from typing import Any, NamedTuple

import sqlalchemy as sa

Phrase = tuple[str, ...]
"""Stems that stand one after the other."""


class Found(NamedTuple):
    """A row that matched, with its BM25 score (k1 1.2, b 0.75; each table has its own frequencies and lengths).
    `words`, `key` and `kind` are known of names only."""

    row: int
    content_id: int
    score: float
    lang: str
    words: str = ""
    key: str = ""
    kind: str = ""


class Narrow(NamedTuple):
    """What may answer: `among`, a select of content ids (None: all); only sections of this key; only texts in this
    language."""

    among: sa.Select[Any] | None = None
    section: str | None = None
    lang: str | None = None


EVERYTHING = Narrow()


class Table(Enum):
    NAMES = "name"
    SECTIONS = "section"

    @property
    def rows(self) -> str:
        return f"search_{self.value}"

    @property
    def fts(self) -> str:
        return f"search_{self.value}_fts"

    @property
    def columns(self) -> tuple[str, ...]:
        """What a match says of a row beside its id and score, as the fields of `Found` follow."""
        return (
            ("content_id", "lang", "words", "key", "kind") if self is Table.NAMES else ("content_id", "lang")
        )


def marks(values: Collection[object]) -> str:
    """The `?, ?, …` of a list of values."""
    return ", ".join("?" * len(values))


def limits(table: Table, columns: Any, narrow: Narrow) -> list[sa.ColumnElement[bool]]:
    """The conditions of `narrow` on the rows of a table. A name has no section and counts in every language."""
    conditions = []
    if narrow.among is not None:
        conditions.append(columns.content_id.in_(narrow.among))
    if narrow.section and table is Table.SECTIONS:
        conditions.append(columns.key == narrow.section)
    if narrow.lang and table is Table.SECTIONS:
        conditions.append(columns.lang == narrow.lang)
    return conditions

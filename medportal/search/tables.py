"""The two indexes and what is said about them, whatever the database."""

from collections.abc import Collection
from enum import Enum
from typing import NamedTuple

Phrase = tuple[str, ...]
"""Stems that stand one after the other."""


class Found(NamedTuple):
    """A row that matched, with its BM25 score (k1 1.2, b 0.75; each table has its own frequencies and lengths).
    The rest is known of names only."""

    row: int
    content_id: int
    score: float
    words: str = ""
    key: str = ""
    kind: str = ""


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
        """What a match says of a row beside its id and score."""
        return ("content_id", "words", "key", "kind") if self is Table.NAMES else ("content_id",)


def marks(values: Collection[object]) -> str:
    """The `?, ?, …` of a list of values."""
    return ", ".join("?" * len(values))

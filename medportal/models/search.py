"""What the search reads, written by `medportal.search.index` in the transaction of the content itself.

Beside these tables stand two that only `search.sqlite` and `search.postgres` know: `search_name_fts` and
`search_section_fts`, with the stems of each row.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from medportal.extensions import Base, db
from medportal.models.types import pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

# Terms are compared by code point in every database: completion is a range of them.
TermText = sa.String(41).with_variant(sa.String(41, collation="C"), "postgresql")
KeyText = sa.String(400).with_variant(sa.String(400, collation="C"), "postgresql")


_OWN_NAME = sa.text("kind <> 'glossary'")


class SearchName(Model):
    """A name of a thing: title, synonym, title known without a text (`known`), code, or another word that the
    `glossary` has for it. `words`: folded, apart by one space; `key`: their stems. Two names with one key are one."""

    __tablename__ = "search_name"
    __table_args__ = (
        sa.Index("ix_search_name_words", "words", sqlite_where=_OWN_NAME, postgresql_where=_OWN_NAME),
    )

    id: Mapped[pk]
    content_id: Mapped[int] = mapped_column(index=True)
    lang: Mapped[str] = mapped_column(sa.String(8))
    kind: Mapped[str] = mapped_column(sa.String(10))
    text: Mapped[str] = mapped_column(sa.String(400))
    words: Mapped[str] = mapped_column(KeyText)
    key: Mapped[str] = mapped_column(KeyText, index=True)


class SearchSection(Model):
    """A piece of a published text as plain text. `key` is the section's key, or "summary" or "about" (people,
    categories, symptoms and whatever else the page names)."""

    __tablename__ = "search_section"

    id: Mapped[pk]
    content_id: Mapped[int] = mapped_column(index=True)
    lang: Mapped[str] = mapped_column(sa.String(8))
    key: Mapped[str] = mapped_column(sa.String(30))
    text: Mapped[str] = mapped_column(sa.Text)


class SearchTerm(Model):
    """How many names and how many sections hold a folded word, or a stem, which is written with "=" in front."""

    __tablename__ = "search_term"

    id: Mapped[pk]
    term: Mapped[str] = mapped_column(TermText, unique=True)
    names: Mapped[int] = mapped_column(default=0)
    sections: Mapped[int] = mapped_column(default=0)


class SearchVariant(Model):
    """A word, the word with each letter left out, and its skeleton, as 24-bit hashes: two words one error apart share
    one (after SymSpell), and so do two that sound alike."""

    __tablename__ = "search_variant"
    __table_args__ = {"sqlite_with_rowid": False}

    hash: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    term_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, index=False)


class SearchState(Model):
    """The one row about the index: the version of the analysis that wrote it, and its size in rows and stems."""

    __tablename__ = "search_state"

    id: Mapped[pk]
    analysis: Mapped[int]
    glossary: Mapped[str] = mapped_column(sa.String(64), default="")
    """Fingerprint of the shipped glossary that was loaded last."""
    names: Mapped[int] = mapped_column(default=0)
    name_stems: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    sections: Mapped[int] = mapped_column(default=0)
    section_stems: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    untidy: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Words of something deleted may still lie in the index's own pages."""


class MissedSearch(Model):
    """A search that found nothing: no digits, at most 60 characters, nobody's. `days` are the separate days."""

    __tablename__ = "missed_search"
    __table_args__ = (sa.UniqueConstraint("lang", "text"),)

    id: Mapped[pk]
    lang: Mapped[str] = mapped_column(sa.String(8))
    text: Mapped[str] = mapped_column(sa.String(60))
    times: Mapped[int] = mapped_column(default=1)
    days: Mapped[int] = mapped_column(default=1, index=True)
    last_on: Mapped[date] = mapped_column(index=True)
    dismissed: Mapped[bool] = mapped_column(default=False)

"""The glossary: concepts and the words people use for them, in every language. The search reads it, the owner edits it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from medportal.extensions import Base, db
from medportal.lib.dates import utc_now
from medportal.models.search import KeyText
from medportal.models.types import moment, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class WordKind(StrEnum):
    NAME = "name"
    LAY = "lay"
    REGIONAL = "regional"
    ABBREVIATION = "abbreviation"
    MISSPELLING = "misspelling"
    TRANSLITERATION = "transliteration"
    CODE = "code"


class GlossaryConcept(Model):
    """One meaning. `head` is its formal English name, by which shipped lists know it; `shipped` tells them from the
    owner's own."""

    __tablename__ = "glossary_concept"

    id: Mapped[pk]
    head: Mapped[str] = mapped_column(sa.String(200), unique=True)
    shipped: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[moment] = mapped_column(default=utc_now)

    words: Mapped[list[GlossaryWord]] = relationship(
        back_populates="concept",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="GlossaryWord.lang, GlossaryWord.id",
    )


class GlossaryWord(Model):
    """A word or phrase for a concept. `key`: its stems. `source` "" is unverified: our own knowledge of usage.
    `region` only for regional words. `removed`: the owner took a shipped word out, and it stays out."""

    __tablename__ = "glossary_word"
    __table_args__ = (sa.UniqueConstraint("concept_id", "lang", "text"),)

    id: Mapped[pk]
    concept_id: Mapped[int] = mapped_column(sa.ForeignKey("glossary_concept.id", ondelete="CASCADE"))
    lang: Mapped[str] = mapped_column(sa.String(8))
    text: Mapped[str] = mapped_column(sa.String(200))
    key: Mapped[str] = mapped_column(KeyText, index=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    region: Mapped[str] = mapped_column(sa.String(20), default="")
    source: Mapped[str] = mapped_column(sa.String(120), default="")
    removed: Mapped[bool] = mapped_column(default=False)

    concept: Mapped[GlossaryConcept] = relationship(back_populates="words")

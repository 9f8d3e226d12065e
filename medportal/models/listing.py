"""What lists show, kept ready: one row per language and thing that a reader of that language may see.

Written only by `content_changed`. A thing without a text in the reader's language stands behind the others (`own`
False) under its title in that language if one is known. Lists, home, categories, feeds and the sitemap read this
table alone, so they cost the same whatever the number of texts.
"""

from __future__ import annotations

from datetime import date as datetime_date
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from medportal.extensions import Base, db
from medportal.models.types import SortKey, UtcDateTime, moment, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Listing(Model):
    __tablename__ = "listing"
    __table_args__ = (
        sa.UniqueConstraint("lang", "content_id"),
        sa.Index("ix_listing_title_order", "lang", "kind", "rank", "sort_key", "content_id"),
        sa.Index("ix_listing_letter_order", "lang", "kind", "letter", "rank", "sort_key", "content_id"),
        sa.Index("ix_listing_date_order", "lang", "kind", "own", "date", "content_id"),
        sa.Index("ix_listing_year_order", "lang", "kind", "year", "own", "date", "content_id"),
        sa.Index("ix_listing_feed_order", "lang", "own", "on_home", "published_at", "content_id"),
        sa.Index("ix_listing_home_order", "lang", "kind", "on_home", "own", "date", "content_id"),
    )

    id: Mapped[pk]
    lang: Mapped[str] = mapped_column(sa.String(8))
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), index=True)
    text_id: Mapped[int] = mapped_column(sa.ForeignKey("content_text.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    own: Mapped[bool]
    rank: Mapped[int] = mapped_column(sa.SmallInteger)
    """0 a text in this language, 1 only its title is known in it, 2 nothing of it is."""
    on_home: Mapped[bool]
    indexable: Mapped[bool]
    slug: Mapped[str] = mapped_column(sa.String(80))
    title: Mapped[str] = mapped_column(sa.String(300))
    title_lang: Mapped[str] = mapped_column(sa.String(8))
    text_lang: Mapped[str] = mapped_column(sa.String(8))
    text_title: Mapped[str] = mapped_column(sa.String(300))
    summary: Mapped[str] = mapped_column(sa.Text, default="")
    origin: Mapped[str] = mapped_column(sa.String(10))
    superseded: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Something newer has taken its place."""
    sort_key: Mapped[str] = mapped_column(SortKey)
    letter: Mapped[str] = mapped_column(sa.String(1))
    date: Mapped[moment]
    """What its kind is ordered by: publication, or the start of an event."""
    ends: Mapped[datetime | None] = mapped_column(UtcDateTime)
    day: Mapped[datetime_date]
    """The day that a list shows: of publication in the site's zone, of an event at its place, of a paper."""
    year: Mapped[int]
    published_at: Mapped[moment]
    modified_at: Mapped[moment]

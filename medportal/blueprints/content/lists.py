"""What the lists of content ask: one table, a fixed number of statements, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from medportal.content_types import KINDS, ContentType
from medportal.content_types.base import Order
from medportal.extensions import db
from medportal.models.content import ContentCategory
from medportal.models.listing import Listing
from medportal.models.taxonomy import Category, CategoryAlias

OTHER_LETTER = "#"
"""Where titles stand that begin with a digit or another script."""


@dataclass(frozen=True)
class Filters:
    """What narrows a list; None is no limit. `when` is "past" for events that are over."""

    category: Category | None = None
    letter: str | None = None
    year: int | None = None
    when: str | None = None

    @property
    def any(self) -> bool:
        return any((self.category, self.letter, self.year, self.when))

    def as_query(self) -> dict[str, str]:
        """Name → value, as links write it."""
        category = self.category.slug if self.category else None
        chosen = {"category": category, "letter": self.letter, "year": self.year, "when": self.when}
        return {name: str(value) for name, value in chosen.items() if value}


def listing(kind: ContentType | None, lang: str, filters: Filters, now: datetime) -> sa.Select[Listing]:
    """The list of a kind in its order, or of all kinds together by title."""
    query = sa.select(Listing).where(Listing.lang == lang)
    if kind is not None:
        query = query.where(Listing.kind == kind.key)
    else:
        query = query.where(Listing.kind.in_([k.key for k in KINDS.values() if k.listed]))
    if filters.category is not None:
        query = query.join(ContentCategory, ContentCategory.content_id == Listing.content_id).where(
            ContentCategory.category_id == filters.category.id
        )
    if filters.letter:
        query = query.where(Listing.letter == filters.letter)
    if filters.year:
        query = query.where(Listing.year == filters.year)
    return _ordered(query, kind, filters, now)


def _ordered(query: Any, kind: ContentType | None, filters: Filters, now: datetime) -> Any:
    if kind is None or kind.order == Order.TITLE:
        return query.order_by(Listing.rank, Listing.sort_key, Listing.content_id)
    if kind.order == Order.EVENTS:
        if filters.when != "past":
            query = query.where(Listing.ends >= now)
            return query.order_by(Listing.rank, Listing.date, Listing.content_id)
        query = query.where(Listing.ends < now)
    return query.order_by(*_newest_first())


def _newest_first() -> tuple[Any, ...]:
    return Listing.own.desc(), Listing.date.desc(), Listing.content_id.desc()


def letters(kind: ContentType, lang: str) -> set[str]:
    """The letters of the A–Z that have entries."""
    query = sa.select(Listing.letter).where(Listing.lang == lang, Listing.kind == kind.key).distinct()
    return set(db.session.scalars(query))


def years(kind: ContentType, lang: str) -> list[int]:
    query = sa.select(Listing.year).where(Listing.lang == lang, Listing.kind == kind.key).distinct()
    return sorted(db.session.scalars(query), reverse=True)


def category_by_slug(slug: str) -> Category | None:
    """By its slug, or by one it had before; the slug it has now comes first."""
    before = sa.select(CategoryAlias.category_id).where(CategoryAlias.slug == slug)
    query = sa.select(Category).where(sa.or_(Category.slug == slug, Category.id.in_(before)))
    return db.session.scalar(query.order_by(sa.case((Category.slug == slug, 0), else_=1)).limit(1))


def categories_with_counts(lang: str, kind: ContentType | None = None) -> list[tuple[Category, int]]:
    """Categories in their order, with how many things a reader of `lang` finds in each; empty ones left out."""
    count = sa.func.count(Listing.id)
    query = (
        sa.select(Category, count)
        .join(ContentCategory, ContentCategory.category_id == Category.id)
        .join(Listing, Listing.content_id == ContentCategory.content_id)
        .where(Listing.lang == lang)
        .group_by(Category.id)
        .order_by(Category.position, Category.slug)
    )
    if kind is not None:
        query = query.where(Listing.kind == kind.key)
    return [(row[0], row[1]) for row in db.session.execute(query)]


def category_names(content_ids: Sequence[int]) -> dict[int, Category]:
    """The main category of each of these things."""
    query = (
        sa.select(ContentCategory.content_id, Category)
        .join(Category, Category.id == ContentCategory.category_id)
        .where(ContentCategory.content_id.in_(content_ids), ContentCategory.position == 0)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def newest(lang: str, now: datetime) -> dict[str, Sequence[Listing]]:
    """For the home page: the newest of each kind that has any; events are the coming ones."""
    found: dict[str, Sequence[Listing]] = {}
    for kind in KINDS.values():
        if not kind.on_home:
            continue
        query = sa.select(Listing).where(Listing.lang == lang, Listing.kind == kind.key, Listing.on_home)
        if kind.order == Order.EVENTS:
            query = query.where(Listing.ends >= now).order_by(Listing.rank, Listing.date)
        else:
            query = query.order_by(*_newest_first())
        entries = db.session.scalars(query.limit(kind.on_home)).all()
        if entries:
            found[kind.key] = entries
    return found


def kinds_in_category(category_id: int, lang: str) -> list[tuple[ContentType, int]]:
    """How many things of each kind a category holds for readers of `lang`."""
    rows = db.session.execute(
        sa.select(Listing.kind, sa.func.count())
        .join(ContentCategory, ContentCategory.content_id == Listing.content_id)
        .where(Listing.lang == lang, ContentCategory.category_id == category_id)
        .group_by(Listing.kind)
    )
    counts = {row[0]: row[1] for row in rows}
    return [(kind, counts[key]) for key, kind in KINDS.items() if key in counts and kind.listed]

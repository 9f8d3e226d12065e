"""What the lists of content ask: one table, a fixed number of statements, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from medportal.content_types import KINDS, ContentType
from medportal.content_types.base import Order
from medportal.extensions import ask, columns_of, db
from medportal.models.content import ContentCategory
from medportal.models.listing import Listing
from medportal.models.taxonomy import Category, CategoryAlias
from medportal.models.types import Localized
from medportal.paging import Page, asked_rows
from medportal.parts import remembered

OTHER_LETTER = "#"
"""Where titles stand that begin with a digit or another script."""


class Entry(Protocol):
    """What lists show of a row of `listing`; an entity has it, and a row of `COLUMNS`."""

    content_id: int
    kind: str
    slug: str
    title: str
    title_lang: str
    summary: str
    own: bool
    text_title: str
    text_lang: str
    day: date
    year: int
    ends: datetime | None
    superseded: bool
    origin: str


_row = columns_of(Listing)
COLUMNS: tuple[sa.ColumnElement[Any], ...] = tuple(_row[name] for name in Entry.__annotations__)
"""Of the table, not of the entity: the database is asked without the ORM, which costs more than the asking."""


class NamedCategory(NamedTuple):
    id: int
    slug: str
    name: Localized


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


def listing(kind: ContentType | None, lang: str, filters: Filters, now: datetime) -> Page:
    """The page that the query asks for, of the list of a kind in its order or of all kinds together by title: rows
    that are an `Entry`."""
    shape = kind.key if kind else None, frozenset(filters.as_query())
    values = _values(lang, filters, now)

    def rows(size: int, skip: int) -> Sequence[Any]:
        return ask(_listing(*shape), {**values, "size": size, "skip": skip}).all()

    def count() -> int:
        return db.session.scalar(_count(*shape), values) or 0

    chosen = ("total", shape[0], lang, *filters.as_query().items())
    # counted once for all readers; an event that ends is counted for a minute more
    return asked_rows(rows, total=remembered(chosen, count))


def _values(lang: str, filters: Filters, now: datetime) -> dict[str, Any]:
    category = filters.category.id if filters.category else None
    return {"lang": lang, "category": category, "letter": filters.letter, "year": filters.year, "now": now}


@cache
def _listing(kind: str | None, narrowed: frozenset[str]) -> sa.Select[Any]:
    """`narrowed`: the names of the filters that are set. Built once for each shape: building costs more than asking."""
    query = _narrowed(sa.select(*COLUMNS), kind, narrowed)
    size, skip = (sa.bindparam(name, type_=sa.Integer) for name in ("size", "skip"))
    return query.order_by(*_order(kind, narrowed)).limit(size).offset(skip)


@cache
def _count(kind: str | None, narrowed: frozenset[str]) -> sa.Select[Any]:
    return _narrowed(sa.select(sa.func.count()).select_from(_row.id.table), kind, narrowed)


def _narrowed(query: Any, kind: str | None, narrowed: frozenset[str]) -> Any:
    listed = _row.kind.in_([k.key for k in KINDS.values() if k.listed])
    query = query.where(_row.lang == sa.bindparam("lang"), listed if kind is None else _row.kind == kind)
    if "category" in narrowed:
        within = columns_of(ContentCategory)
        query = query.join(within.category_id.table, within.content_id == _row.content_id)
        query = query.where(within.category_id == sa.bindparam("category"))
    if "letter" in narrowed:
        query = query.where(_row.letter == sa.bindparam("letter"))
    if "year" in narrowed:
        query = query.where(_row.year == sa.bindparam("year"))
    if kind is not None and KINDS[kind].order == Order.EVENTS:
        now = sa.bindparam("now", type_=_row.ends.type)
        query = query.where(_row.ends < now if "when" in narrowed else _row.ends >= now)
    return query


def _order(kind: str | None, narrowed: frozenset[str]) -> tuple[Any, ...]:
    order = Order.TITLE if kind is None else KINDS[kind].order
    if order == Order.TITLE:
        return _row.rank, _row.sort_key, _row.content_id
    if order == Order.EVENTS and "when" not in narrowed:
        return _row.rank, _row.date, _row.content_id
    return _row.own.desc(), _row.date.desc(), _row.content_id.desc()


def letters(kind: ContentType, lang: str) -> frozenset[str]:
    """The letters of the A–Z that have entries."""
    return remembered(("letters", kind.key, lang), lambda: frozenset(_distinct(Listing.letter, kind, lang)))


def years(kind: ContentType, lang: str) -> list[int]:
    return remembered(
        ("years", kind.key, lang), lambda: sorted(_distinct(Listing.year, kind, lang), reverse=True)
    )


def _distinct(column: Any, kind: ContentType, lang: str) -> Iterable[Any]:
    return db.session.scalars(
        sa.select(column).where(Listing.lang == lang, Listing.kind == kind.key).distinct()
    )


def category_by_slug(slug: str) -> Category | None:
    """By its slug, or by one it had before; the slug it has now comes first."""
    return db.session.scalar(_category_by_slug(), {"slug": slug})


@cache
def _category_by_slug() -> sa.Select[Category]:
    slug: sa.BindParameter[str] = sa.bindparam("slug")
    before = sa.select(CategoryAlias.category_id).where(CategoryAlias.slug == slug)
    query = sa.select(Category).where(sa.or_(Category.slug == slug, Category.id.in_(before)))
    return query.order_by(sa.case((Category.slug == slug, 0), else_=1)).limit(1)


def categories_with_counts(lang: str, kind: ContentType | None = None) -> list[tuple[NamedCategory, int]]:
    """Categories in their order, with how many things a reader of `lang` finds in each; empty ones left out."""
    return remembered(
        ("categories", lang, kind.key if kind else None), lambda: _categories_with_counts(lang, kind)
    )


def _categories_with_counts(lang: str, kind: ContentType | None) -> list[tuple[NamedCategory, int]]:
    query = (
        sa.select(Category.id, Category.slug, Category.name, sa.func.count(Listing.id))
        .join(ContentCategory, ContentCategory.category_id == Category.id)
        .join(Listing, Listing.content_id == ContentCategory.content_id)
        .where(Listing.lang == lang)
        .group_by(Category.id)
        .order_by(Category.position, Category.slug)
    )
    if kind is not None:
        query = query.where(Listing.kind == kind.key)
    return [(NamedCategory(*row[:3]), row[3]) for row in db.session.execute(query)]


def category_names(content_ids: Sequence[int]) -> dict[int, NamedCategory]:
    """The main category of each of these things."""
    names = remembered(
        "category names",
        lambda: {
            row.id: NamedCategory(row.id, row.slug, row.name)
            for row in db.session.execute(sa.select(Category.id, Category.slug, Category.name))
        },
    )
    rows = ask(_main_categories(), {"ids": list(content_ids)})
    return {row[0]: names[row[1]] for row in rows}


@cache
def _main_categories() -> sa.Select[int, int]:
    link = columns_of(ContentCategory)
    return sa.select(link.content_id, link.category_id).where(
        link.content_id.in_(sa.bindparam("ids", expanding=True)), link.position == 0
    )


def newest(lang: str, now: datetime) -> dict[str, list[Any]]:
    """For the home page: the newest of each kind that has any, as `Entry`; events are the coming ones."""
    found: dict[str, list[Any]] = {}
    for row in ask(_newest_of_each(), {"lang": lang, "now": now}):
        found.setdefault(row.kind, []).append(row)
    for key, rows in found.items():  # databases need not keep the order of the parts of a union
        if KINDS[key].order == Order.EVENTS:
            rows.sort(key=lambda row: (row.rank, row.date, row.content_id))
        else:
            rows.sort(key=lambda row: (row.own, row.date, row.content_id), reverse=True)
    return {key: found[key] for key in KINDS if key in found}


@cache
def _newest_of_each() -> sa.CompoundSelect[Any]:
    """One statement for all kinds, made once."""
    queries = []
    for kind in KINDS.values():
        query = sa.select(*COLUMNS, _row.rank, _row.date).limit(kind.on_home)
        query = query.where(_row.lang == sa.bindparam("lang"), _row.kind == kind.key, _row.on_home)
        if kind.order == Order.EVENTS:
            query = query.where(_row.ends >= sa.bindparam("now", type_=_row.ends.type))
            query = query.order_by(_row.rank, _row.date, _row.content_id)
        else:
            query = query.order_by(_row.own.desc(), _row.date.desc(), _row.content_id.desc())
        if kind.on_home:
            queries.append(sa.select(query.subquery()))
    return sa.union_all(*queries)


def kinds_in_category(category_id: int, lang: str) -> list[tuple[ContentType, int]]:
    """How many things of each kind a category holds for readers of `lang`."""
    counts = remembered(("kinds", category_id, lang), lambda: _counts_of_kinds(category_id, lang))
    return [(kind, counts[key]) for key, kind in KINDS.items() if key in counts and kind.listed]


def _counts_of_kinds(category_id: int, lang: str) -> dict[str, int]:
    rows = db.session.execute(
        sa.select(Listing.kind, sa.func.count())
        .join(ContentCategory, ContentCategory.content_id == Listing.content_id)
        .where(Listing.lang == lang, ContentCategory.category_id == category_id)
        .group_by(Listing.kind)
    )
    return {row[0]: row[1] for row in rows}

"""What the page of one text asks. A fixed number of statements each, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from medportal.blueprints.content.extras import Extras, columns
from medportal.blueprints.content.lists import COLUMNS, Entry, NamedCategory
from medportal.content_types import ContentType
from medportal.extensions import ask, columns_of, db
from medportal.models.content import (
    Content,
    ContentCategory,
    ContentRelation,
    ContentText,
    Part,
    Redirect,
    Section,
    Status,
    Symptom,
    SymptomLink,
)
from medportal.models.digest import Happening, News
from medportal.models.listing import Listing
from medportal.models.taxonomy import Category
from medportal.models.trust import Revision
from medportal.models.types import localize
from medportal.parts import remembered

RELATED, ALIKE = 12, 3
"""How many related things a page names, and how many others of its category."""
NUMBER: sa.BindParameter[int] = sa.bindparam("number")
LANG: sa.BindParameter[str] = sa.bindparam("lang")
"""Values of the statements below, which are built once: building costs more than asking."""


class ShownPart(NamedTuple):
    """What a page shows of a `Part`."""

    heading: str | None
    urgency: str | None
    html: str
    source: str | None
    source_url: str | None
    source_date: str | None
    licence: str | None


class Newer(NamedTuple):
    """The revision of another language that a section lags behind."""

    saved_at: datetime


class ShownSection(NamedTuple):
    """What a page shows of a `Section`; a row costs a fifth of an entity."""

    key: str
    state: str
    as_of: date | None
    outdated_by: Newer | None
    parts: list[ShownPart]


class ShownContent(NamedTuple):
    """What a page shows of a `Content`."""

    id: int
    source_lang: str
    origin: str
    origin_source: str | None
    superseded_by_id: int | None


class ShownText(NamedTuple):
    """What a page shows of a published `ContentText`."""

    content: ShownContent
    id: int
    kind: str
    lang: str
    slug: str
    title: str
    summary: str
    synonyms: list[dict[str, str]]
    made: str
    published_at: datetime | None
    modified_at: datetime


class Published(NamedTuple):
    """A text that readers may see, with everything that its page shows."""

    text: ShownText
    extras: Extras
    sections: list[ShownSection]


def published_text(kind: ContentType, lang: str, slug: str) -> Published | None:
    """None for withdrawn and draft texts, too."""
    found = ask(_published(), {"kind": kind.key, "lang": lang, "slug": slug}).first()
    if found is None:
        return None
    of_content = len(ShownContent._fields)
    before_extras = of_content + len(ShownText._fields) - 1
    text = ShownText(ShownContent(*found[:of_content]), *found[of_content:before_extras])
    return Published(text, Extras(*map(bool, found[before_extras:])), _sections_of(text.id))


@cache
def _published() -> sa.Select[*tuple[Any, ...]]:
    content, text = columns_of(Content), columns_of(ContentText)
    shown = [content[name] for name in ShownContent._fields]
    shown += [text[name] for name in ShownText._fields if name != "content"]
    return (
        sa.select(*shown, *columns())
        .join(text.id.table, text.content_id == content.id)
        .where(
            text.kind == sa.bindparam("kind"),
            text.lang == LANG,
            text.slug == sa.bindparam("slug"),
            text.status == Status.PUBLISHED,
        )
    )


def _sections_of(text_id: int) -> list[ShownSection]:
    """With their parts in order, and with the revision that outdated them; one statement."""
    found: dict[int, ShownSection] = {}
    for number, key, state, as_of, newer, has_part, *part in ask(_sections(), {"text": text_id}):
        section = found.get(number)
        if section is None:
            section = ShownSection(key, state, as_of, Newer(newer) if newer else None, [])
            found[number] = section
        if has_part is not None:
            section.parts.append(ShownPart(*part))
    return list(found.values())


@cache
def _sections() -> sa.Select[Any]:
    section, part = columns_of(Section), columns_of(Part)
    revision = columns_of(Revision)
    shown = [part[name] for name in ShownPart._fields]
    return (
        sa.select(section.id, section.key, section.state, section.as_of, revision.saved_at, part.id, *shown)
        .select_from(section.id.table)
        .outerjoin(part.id.table, part.section_id == section.id)
        .outerjoin(revision.id.table, revision.id == section.outdated_by_id)
        .where(section.text_id == sa.bindparam("text"))
        .order_by(section.id, part.position)
    )


def categories_of(content_id: int) -> list[NamedCategory]:
    """The main one first."""
    return [NamedCategory(*row) for row in ask(_categories_of(), {"number": content_id})]


@cache
def _categories_of() -> sa.Select[*tuple[Any, ...]]:
    category, link = columns_of(Category), columns_of(ContentCategory)
    return (
        sa.select(category.id, category.slug, category.name)
        .where(link.category_id == category.id, link.content_id == NUMBER)
        .order_by(link.position)
    )


def texts_of(content_id: int) -> Sequence[Any]:
    """What this thing is called and where it stands in each language: rows of lang, slug, title, known_title, status."""
    return ask(_texts_of(), {"number": content_id}).all()


@cache
def _texts_of() -> sa.Select[*tuple[Any, ...]]:
    text = columns_of(ContentText)
    return (
        sa.select(text.lang, text.slug, text.title, text.known_title, text.status)
        .where(text.content_id == NUMBER)
        .order_by(text.id)
    )


def detail_of(kind: ContentType, content_id: int) -> Any:
    return db.session.get(kind.detail, content_id) if kind.detail is not None else None


@dataclass(frozen=True)
class SymptomTerm:
    name: str
    aspect: str
    frequency: str | None


def symptoms(content_id: int, lang: str) -> list[SymptomTerm]:
    rows = ask(_symptoms(), {"number": content_id})
    return [SymptomTerm(localize(row[0], lang), row[1], row[2]) for row in rows]


@cache
def _symptoms() -> sa.Select[Any]:
    symptom, link = columns_of(Symptom), columns_of(SymptomLink)
    return (
        sa.select(symptom.name, link.aspect, link.frequency)
        .where(link.symptom_id == symptom.id, link.content_id == NUMBER)
        .order_by(link.position)
    )


def related(content_id: int, lang: str) -> Sequence[Entry]:
    """What the editor linked, in either direction, in the editor's order."""
    return ask(_related(), {"number": content_id, "lang": lang}).all()


@cache
def _related() -> sa.Select[*tuple[Any, ...]]:
    link, listing = columns_of(ContentRelation), columns_of(Listing)
    linked = sa.union_all(
        sa.select(link.related_id.label("id"), link.position.label("n")).where(link.content_id == NUMBER),
        sa.select(link.content_id, 1000 + link.position).where(link.related_id == NUMBER),
    ).subquery()
    chosen = sa.select(linked.c.id, sa.func.min(linked.c.n).label("n")).group_by(linked.c.id).subquery()
    return (
        sa.select(*COLUMNS)
        .join(chosen, chosen.c.id == listing.content_id)
        .where(listing.lang == LANG)
        .order_by(chosen.c.n, listing.content_id)
        .limit(RELATED)
    )


def same_category(category_id: int | None, lang: str, without: Sequence[int]) -> Sequence[Entry]:
    """A few others of a category in this language, newest first; imported texts are left to the category's page."""
    if category_id is None:
        return []
    asked = {"number": category_id, "lang": lang}
    newest = remembered(
        ("newest in category", category_id, lang),
        lambda: ask(_newest_in_category(), asked).all(),
    )
    return [entry for entry in newest if entry.content_id not in without][:ALIKE]


@cache
def _newest_in_category() -> sa.Select[*tuple[Any, ...]]:
    """As many as a page may have named already, and a few more."""
    link, listing = columns_of(ContentCategory), columns_of(Listing)
    return (
        sa.select(*COLUMNS)
        .where(link.content_id == listing.content_id, link.category_id == NUMBER)
        .where(listing.lang == LANG, listing.own, listing.on_home)
        .order_by(listing.date.desc(), listing.content_id.desc())
        .limit(1 + RELATED + ALIKE)
    )


def corrections(content_id: int, lang: str) -> Sequence[Any]:
    """What was changed on a page and why, as far as its editors said it; the newest first. Rows of `Happening`."""
    return ask(_corrections(), {"number": content_id, "lang": lang}).all()


@cache
def _corrections() -> sa.Select[Any]:
    happening = columns_of(Happening)
    return (
        sa.select(*happening.values())
        .where(
            happening.content_id == NUMBER,
            happening.what.in_([News.CHANGED, News.SAFETY]),
            happening.lang == LANG,
            sa.or_(happening.note != "", happening.what == News.SAFETY),
        )
        .order_by(happening.id.desc())
        .limit(20)
    )


def all_corrections(lang: str) -> sa.Select[Happening, Listing]:
    return (
        sa.select(Happening, Listing)
        .join(Listing, Listing.content_id == Happening.content_id)
        .where(
            Happening.what.in_([News.CHANGED, News.SAFETY]),
            Happening.lang == lang,
            Happening.note != "",
            Listing.lang == lang,
            Listing.own,
        )
        .order_by(Happening.id.desc())
    )


def other_language_text(kind: ContentType, lang: str, slug: str) -> ContentText | None:
    """A published text of another language under this slug: the reader followed a link of the other side."""
    return db.session.scalar(
        sa.select(ContentText)
        .where(
            ContentText.kind == kind.key,
            ContentText.slug == slug,
            ContentText.lang != lang,
            ContentText.status == Status.PUBLISHED,
        )
        .order_by(ContentText.lang)
        .options(
            selectinload(ContentText.content).selectinload(Content.texts),
            selectinload(ContentText.content).selectinload(Content.categories),
        )
        .limit(1)
    )


def moved_to(kind: ContentType, lang: str, slug: str) -> str | None:
    """The present slug behind an old one."""
    return db.session.scalar(
        sa.select(ContentText.slug)
        .join(Redirect, Redirect.text_id == ContentText.id)
        .where(
            Redirect.kind == kind.key,
            Redirect.lang == lang,
            Redirect.slug == slug,
            ContentText.status == Status.PUBLISHED,  # a new name is nobody's business before that
        )
    )


def is_published(kind: ContentType, lang: str, slug: str) -> bool:
    query = sa.select(ContentText.id).where(
        ContentText.kind == kind.key,
        ContentText.lang == lang,
        ContentText.slug == slug,
        ContentText.status == Status.PUBLISHED,
    )
    return db.session.scalar(query) is not None


def is_withdrawn(kind: ContentType, slug: str) -> bool:
    """Was there a text under this slug, in whichever language, that was taken back?"""
    query = sa.select(ContentText.id).where(
        ContentText.kind == kind.key, ContentText.slug == slug, ContentText.status == Status.ARCHIVED
    )
    return db.session.scalar(query.limit(1)) is not None


def was_published(content_id: int) -> bool:
    query = sa.select(ContentText.id).where(
        ContentText.content_id == content_id, ContentText.status == Status.ARCHIVED
    )
    return db.session.scalar(query.limit(1)) is not None


def listed_many(content_ids: Collection[int]) -> dict[tuple[int, str], Listing]:
    """Entries of the lists by thing and language."""
    rows = db.session.scalars(sa.select(Listing).where(Listing.content_id.in_(content_ids)))
    return {(row.content_id, row.lang): row for row in rows}


def listed(content_id: int, lang: str) -> Listing | None:
    """Where a thing stands for readers of `lang`; None when they may not see it."""
    return db.session.scalar(sa.select(Listing).where(Listing.lang == lang, Listing.content_id == content_id))


def fixed_pages(lang: str, slugs: Sequence[str]) -> dict[str, str]:
    """slug → title of the fixed pages that exist in this language, in the order asked for."""
    rows = db.session.execute(
        sa.select(Listing.slug, Listing.title).where(
            Listing.lang == lang, Listing.kind == "page", Listing.own, Listing.slug.in_(slugs)
        )
    )
    titles = {row[0]: row[1] for row in rows}
    return {slug: titles[slug] for slug in slugs if slug in titles}

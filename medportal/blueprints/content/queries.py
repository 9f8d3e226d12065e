"""What the page of one text asks. A fixed number of statements each, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from medportal.blueprints.content.extras import Extras, columns
from medportal.content_types import ContentType
from medportal.extensions import db
from medportal.models.content import (
    Content,
    ContentCategory,
    ContentRelation,
    ContentText,
    Redirect,
    Section,
    Status,
    Symptom,
    SymptomLink,
)
from medportal.models.digest import Happening, News
from medportal.models.listing import Listing
from medportal.models.people import Person
from medportal.models.treatment import Treatment, TreatmentText
from medportal.models.trust import Credit, Review, Revision
from medportal.models.types import localize


class Published(NamedTuple):
    """A text that readers may see, with everything that its page shows."""

    text: ContentText
    extras: Extras


def published_text(kind: ContentType, lang: str, slug: str) -> Published | None:
    """None for withdrawn and draft texts, too."""
    found = db.session.execute(_published(), {"kind": kind.key, "lang": lang, "slug": slug}).first()
    if found is None:
        return None
    extras = Extras(**{name: bool(value) for name, value in found._mapping.items() if name != "id"})
    text = db.session.scalar(
        sa.select(ContentText).where(ContentText.id == found.id).options(*_whole_page(extras))
    )
    if text is None:  # withdrawn this very moment
        return None
    for collection in ("codes", "references", "credits", "treatments"):
        if not getattr(extras, collection):
            set_committed_value(text.content, collection, [])
    if not extras.reviews:
        set_committed_value(text, "reviews", [])
    return Published(text, extras)


@cache
def _published() -> sa.Select[Any]:
    return sa.select(ContentText.id, *columns()).where(
        ContentText.kind == sa.bindparam("kind"),
        ContentText.lang == sa.bindparam("lang"),
        ContentText.slug == sa.bindparam("slug"),
        ContentText.status == Status.PUBLISHED,
    )


@cache
def _whole_page(extras: Extras) -> tuple[Any, ...]:
    content = joinedload(ContentText.content, innerjoin=True)
    options: list[Any] = [
        content.selectinload(Content.texts),
        content.selectinload(Content.categories),
        selectinload(ContentText.sections).selectinload(Section.parts),
        selectinload(ContentText.sections).joinedload(Section.outdated_by).load_only(Revision.saved_at),
    ]
    if extras.codes:
        options.append(content.selectinload(Content.codes))
    if extras.references:
        options.append(content.selectinload(Content.references))
    if extras.treatments:
        options.append(content.selectinload(Content.treatments).selectinload(Treatment.references))
    people = []
    if extras.credits:
        people.append(content.selectinload(Content.credits).joinedload(Credit.person))
    if extras.reviews:
        people.append(selectinload(ContentText.reviews).joinedload(Review.person))
    for person in people:
        options += [person.selectinload(Person.specialties), person.selectinload(Person.texts)]
    return tuple(options)


def detail_of(kind: ContentType, content_id: int) -> Any:
    return db.session.get(kind.detail, content_id) if kind.detail is not None else None


def treatment_texts(content_id: int, lang: str) -> dict[int, TreatmentText]:
    query = (
        sa.select(TreatmentText)
        .join(Treatment, Treatment.id == TreatmentText.treatment_id)
        .where(Treatment.content_id == content_id, TreatmentText.lang == lang)
    )
    return {text.treatment_id: text for text in db.session.scalars(query)}


@dataclass(frozen=True)
class SymptomTerm:
    name: str
    aspect: str
    frequency: str | None


def symptoms(content_id: int, lang: str) -> list[SymptomTerm]:
    query = (
        sa.select(Symptom.name, SymptomLink.aspect, SymptomLink.frequency)
        .join(SymptomLink, SymptomLink.symptom_id == Symptom.id)
        .where(SymptomLink.content_id == content_id)
        .order_by(SymptomLink.position)
    )
    return [SymptomTerm(localize(row[0], lang), row[1], row[2]) for row in db.session.execute(query)]


def related(content_id: int, lang: str) -> Sequence[Listing]:
    """What the editor linked, in either direction, in the editor's order."""
    linked = sa.union_all(
        sa.select(ContentRelation.related_id.label("id"), ContentRelation.position.label("n")).where(
            ContentRelation.content_id == content_id
        ),
        sa.select(ContentRelation.content_id, 1000 + ContentRelation.position).where(
            ContentRelation.related_id == content_id
        ),
    ).subquery()
    chosen = sa.select(linked.c.id, sa.func.min(linked.c.n).label("n")).group_by(linked.c.id).subquery()
    query = (
        sa.select(Listing)
        .join(chosen, chosen.c.id == Listing.content_id)
        .where(Listing.lang == lang)
        .order_by(chosen.c.n, Listing.content_id)
        .limit(12)
    )
    return db.session.scalars(query).all()


def same_category(category_id: int | None, lang: str, without: Sequence[int]) -> Sequence[Listing]:
    """A few others of a category in this language, newest first; imported texts are left to the category's page."""
    if category_id is None:
        return []
    query = (
        sa.select(Listing)
        .join(ContentCategory, ContentCategory.content_id == Listing.content_id)
        .where(
            Listing.lang == lang,
            ContentCategory.category_id == category_id,
            Listing.content_id.not_in(without),
            Listing.own,
            Listing.on_home,
        )
        .order_by(Listing.date.desc(), Listing.content_id.desc())
        .limit(3)
    )
    return db.session.scalars(query).all()


def corrections(content_id: int, lang: str) -> Sequence[Happening]:
    """What was changed on a page and why, as far as its editors said it; the newest first."""
    query = (
        sa.select(Happening)
        .where(
            Happening.content_id == content_id,
            Happening.what.in_([News.CHANGED, News.SAFETY]),
            Happening.lang == lang,
            sa.or_(Happening.note != "", Happening.what == News.SAFETY),
        )
        .order_by(Happening.id.desc())
        .limit(20)
    )
    return db.session.scalars(query).all()


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

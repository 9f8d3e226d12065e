"""What feeds and sitemaps ask: texts of one language only, never a title without its text."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from medportal.content_types import KINDS, ContentType
from medportal.content_types.event import EventDetail
from medportal.digests import staging
from medportal.extensions import db
from medportal.models.content import ContentCategory
from medportal.models.digest import Edition, Happening, News
from medportal.models.listing import Listing
from medportal.models.taxonomy import Category

FEED_SIZE = 30
SITEMAP_SIZE = 2_000


def feed_entries(lang: str, kind: ContentType | None, category: Category | None = None) -> Sequence[Listing]:
    """Newest first; what was imported stays out, as it stays out of the home page."""
    query = (
        sa.select(Listing)
        .where(Listing.lang == lang, Listing.own, Listing.on_home)
        .order_by(Listing.published_at.desc(), Listing.content_id.desc())
        .limit(FEED_SIZE)
    )
    if kind is not None:
        query = query.where(Listing.kind == kind.key)
    if category is not None:
        query = query.join(ContentCategory, ContentCategory.content_id == Listing.content_id).where(
            ContentCategory.category_id == category.id
        )
    return db.session.scalars(query).all()


def digests(lang: str) -> Sequence[Edition]:
    """The newest of the archive."""
    query = staging.archived(lang).options(joinedload(Edition.digest), selectinload(Edition.items))
    return db.session.scalars(query.limit(FEED_SIZE)).unique().all()


def corrections(lang: str) -> list[tuple[Happening, Listing]]:
    """Of texts in this language, the newest first."""
    rows = db.session.execute(
        sa.select(Happening, Listing)
        .join(Listing, Listing.content_id == Happening.content_id)
        .where(Happening.what == News.SAFETY, Happening.lang == lang, Listing.lang == lang, Listing.own)
        .order_by(Happening.id.desc())
        .limit(FEED_SIZE)
    )
    return [(row[0], row[1]) for row in rows]


def coming_events(lang: str, now: datetime) -> list[tuple[Listing, EventDetail]]:
    """The coming events of a language, the next one first."""
    return _events(Listing.lang == lang, Listing.ends >= now)


def event(lang: str, slug: str) -> list[tuple[Listing, EventDetail]]:
    """One event, past or coming; empty when there is none."""
    return _events(Listing.lang == lang, Listing.slug == slug)


def _events(*conditions: sa.ColumnElement[bool]) -> list[tuple[Listing, EventDetail]]:
    rows = db.session.execute(
        sa.select(Listing, EventDetail)
        .join(EventDetail, EventDetail.content_id == Listing.content_id)
        .where(Listing.kind == "event", Listing.own, *conditions)
        .order_by(Listing.date)
        .limit(200)
    )
    return [(row[0], row[1]) for row in rows]


def sitemap_parts(lang: str) -> int:
    """How many sitemap files a language needs."""
    total = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(Listing)
        .where(Listing.lang == lang, Listing.own, Listing.indexable)
    )
    return max(1, -(-(total or 0) // SITEMAP_SIZE))


def sitemap_entries(lang: str, part: int) -> Sequence[Listing]:
    return db.session.scalars(
        sa.select(Listing)
        .where(Listing.lang == lang, Listing.own, Listing.indexable, Listing.kind.in_(list(KINDS)))
        .order_by(Listing.content_id)
        .limit(SITEMAP_SIZE)
        .offset((part - 1) * SITEMAP_SIZE)
    ).all()

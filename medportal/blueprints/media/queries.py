"""What is asked about pictures: lists, and which pages use them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import ngettext

from medportal.content_types.video import VideoDetail
from medportal.extensions import db
from medportal.i18n import LANGUAGES
from medportal.lib.arabic import fold
from medportal.models.content import Content, ContentText, Part, Section, Status
from medportal.models.media import Media, has_picture, treatment_has_picture
from medportal.models.people import Person
from medportal.models.treatment import FIELDS, Treatment, TreatmentText
from medportal.models.types import Localized

STATES = ("missing", "bin")


@dataclass(frozen=True)
class Use:
    """A page (`kind` and `slug` once readers can open it) or, with a name, a person."""

    title: str = ""
    lang: str = ""
    kind: str = ""
    slug: str = ""
    person: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> Localized:
        return dict(self.person)


def _alt(code: str) -> sa.ColumnElement[str]:
    return sa.type_coerce(Media.alt, sa.JSON)[code].as_string()


def _missing() -> sa.ColumnElement[bool]:
    """Not described in every language of the registry, and not decorative either."""
    return sa.and_(Media.decorative.is_(False), sa.or_(*[_alt(code).is_(None) for code in LANGUAGES]))


def pictures(words: str, state: str | None = None) -> sa.Select[Media]:
    """The newest first; `words` are looked for in file names, descriptions and sources."""
    binned = Media.binned_at.is_not(None)
    query = sa.select(Media).where(binned if state == "bin" else ~binned)
    if state == "missing":
        query = query.where(_missing())
    for word in fold(words).split():
        query = query.where(Media.words.contains(word, autoescape=True))
    return query.order_by(Media.id.desc())


def usable(words: str) -> sa.Select[Media]:
    """Pictures that may be put into a text."""
    return pictures(words).where(~_missing())


def missing_count() -> int:
    waiting = sa.select(sa.func.count(Media.id)).where(_missing(), Media.binned_at.is_(None))
    return db.session.scalar(waiting) or 0


def say_missing(n: int) -> str:
    return ngettext("%(n)s picture has no description.", "%(n)s pictures have no description.", n, n=n)


def next_missing() -> int | None:
    return db.session.scalar(
        sa.select(Media.id).where(_missing(), Media.binned_at.is_(None)).order_by(Media.id)
    )


def is_described(media: Media) -> bool:
    return media.decorative or all(media.alt.get(code) for code in LANGUAGES)


def same_as(fingerprint: str) -> Media | None:
    """The picture with exactly these pixels, if there is one; one that is not in the bin first."""
    query = sa.select(Media).where(Media.fingerprint == fingerprint)
    return db.session.scalars(query.order_by(Media.binned_at.is_not(None), Media.id).limit(1)).first()


def by_file(name: str) -> Media | None:
    """The picture to which a file belongs."""
    stem = name.rpartition("-")[0]
    query = sa.select(Media).where(
        sa.or_(Media.stem == stem, Media.name == name) if stem else Media.name == name
    )
    found = db.session.scalars(query.limit(1)).first()
    return found if found is not None and name in found.files.values() else None


def uses(pictures: Sequence[Media]) -> dict[int, list[Use]]:
    """Where each of these pictures is used, with a fixed number of questions."""
    found: dict[int, dict[Use, None]] = defaultdict(dict)
    marks = {media.id: f"/media/{media.stem or media.name}" for media in pictures}
    if not marks:
        return {}
    for row in _texts(list(marks.values())):
        for number, mark in marks.items():
            if mark in row.html:
                found[number][_page(row)] = None
    for poster in db.session.execute(_posters(list(marks))):
        found[poster.media_id][_page(poster)] = None
    people = sa.select(Person.photo_id, Person.name).where(Person.photo_id.in_(marks))
    for photo_id, name in db.session.execute(people):
        found[photo_id or 0][Use(person=tuple(sorted(name.items())))] = None
    return {number: list(pages) for number, pages in found.items()}


def _page(row: Any) -> Use:
    slug = row.slug if row.status == Status.PUBLISHED else ""
    return Use(title=row.title, lang=row.lang, kind=row.kind, slug=slug or "")


_PAGE = (ContentText.title, ContentText.lang, ContentText.kind, ContentText.slug, ContentText.status)


def _texts(marks: list[str]) -> list[Any]:
    """(page, html) of everything written that names one of these."""
    parts = (
        sa.select(*_PAGE, Part.html.label("html"))
        .join(Section, Section.text_id == ContentText.id)
        .join(Part, Part.section_id == Section.id)
        .where(has_picture, sa.or_(*[Part.html.contains(mark, autoescape=True) for mark in marks]))
    )
    columns = [getattr(TreatmentText, name) for name in FIELDS]
    written = columns[0]
    for column in columns[1:]:
        written = written + column
    treatments = (
        sa.select(*_PAGE, written.label("html"))
        .join(Treatment, Treatment.content_id == ContentText.content_id)
        .join(
            TreatmentText,
            sa.and_(TreatmentText.treatment_id == Treatment.id, TreatmentText.lang == ContentText.lang),
        )
        .where(treatment_has_picture, sa.or_(*[written.contains(mark, autoescape=True) for mark in marks]))
    )
    return [row for query in (parts, treatments) for row in db.session.execute(query)]


def _posters(numbers: list[int]) -> sa.Select[*tuple[Any, ...]]:
    """One line a video: its text in its own language."""
    return (
        sa.select(*_PAGE, VideoDetail.poster_id.label("media_id"))
        .join(Content, Content.id == VideoDetail.content_id)
        .join(
            ContentText,
            sa.and_(ContentText.content_id == Content.id, ContentText.lang == Content.source_lang),
        )
        .where(VideoDetail.poster_id.in_(numbers))
    )

"""Who stands in the corner, and what readers are told of them. A fixed number of statements each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import ngettext
from sqlalchemy.orm import aliased, selectinload

from medportal.blueprints.people import checks
from medportal.extensions import db
from medportal.i18n import LANGUAGES
from medportal.models.content import ContentText
from medportal.models.listing import Listing
from medportal.models.media import Media
from medportal.models.people import Person, PersonSpecialty, PersonText
from medportal.models.practice import ChangeState, CredentialCheck, ProfileChange
from medportal.models.specialist import Opinion, OpinionStatus, OpinionText
from medportal.models.taxonomy import Specialty
from medportal.models.trust import Credit, Review, Role

AT_ONCE = 6
"""So many on the home page, and of each list on a profile."""


@dataclass(frozen=True)
class Filters:
    specialty: str | None = None
    country: str | None = None
    language: str | None = None

    @property
    def any(self) -> bool:
        return bool(self.specialty or self.country or self.language)


@dataclass(frozen=True)
class Around:
    """What cards show besides the person itself, by number of the person."""

    photos: dict[int, Media] = field(default_factory=dict)
    verified: frozenset[int] = frozenset()


def _listed() -> sa.ColumnElement[bool]:
    text = aliased(PersonText)
    has_address = sa.exists().where(text.person_id == Person.id)
    return sa.and_(Person.listed, Person.form == "person", has_address)


def _name_in(lang: str) -> sa.ColumnElement[str]:
    names: list[sa.ColumnElement[str]] = [
        sa.type_coerce(Person.name, sa.JSON)[code].as_string()
        for code in sorted(LANGUAGES, key=lambda code: code != lang)
    ]
    return sa.func.lower(sa.func.coalesce(*names))


def directory(lang: str, filters: Filters) -> sa.Select[Person]:
    query = (
        sa.select(Person)
        .where(_listed())
        .options(selectinload(Person.specialties), selectinload(Person.texts))
        .order_by(_name_in(lang), Person.id)
    )
    if filters.specialty:
        query = query.where(
            sa.exists().where(
                PersonSpecialty.person_id == Person.id,
                PersonSpecialty.specialty_id == Specialty.id,
                Specialty.slug == filters.specialty,
            )
        )
    if filters.country:
        query = query.where(Person.country == filters.country)
    if filters.language:
        spoken = sa.cast(Person.languages, sa.Text)
        query = query.where(spoken.contains(f'"{filters.language}"', autoescape=True))
    return query


def on_home(lang: str) -> Sequence[Person]:
    return db.session.scalars(directory(lang, Filters()).limit(AT_ONCE)).all()


def around(people: Sequence[Person]) -> Around:
    if not people:
        return Around()
    pictures = [person.photo_id for person in people if person.photo_id]
    found = sa.select(Media).where(Media.id.in_(pictures), Media.binned_at.is_(None))
    media = {row.id: row for row in db.session.scalars(found)} if pictures else {}
    checked = sa.select(CredentialCheck.person_id).where(
        CredentialCheck.person_id.in_([person.id for person in people]), checks.holds(checks.today())
    )
    return Around(
        {person.id: media[person.photo_id] for person in people if person.photo_id in media},
        frozenset(db.session.scalars(checked)),
    )


def specialties() -> Sequence[Specialty]:
    """Those of whoever is listed."""
    query = sa.select(Specialty).where(
        sa.exists().where(
            PersonSpecialty.specialty_id == Specialty.id, PersonSpecialty.person_id == Person.id, _listed()
        )
    )
    return db.session.scalars(query.order_by(Specialty.slug)).all()


def countries() -> Sequence[str]:
    query = sa.select(Person.country).where(_listed(), Person.country.is_not(None)).distinct()
    return [code for code in db.session.scalars(query) if code]


def languages() -> set[str]:
    query = sa.select(sa.cast(Person.languages, sa.Text)).where(_listed()).distinct()
    return {code for row in db.session.scalars(query) for code in json.loads(row or "[]") or []}


def by_slug(lang: str, slug: str) -> Person | None:
    """Whose address this is in this language, or in another one where the person has none here."""
    query = (
        sa.select(Person)
        .join(PersonText, PersonText.person_id == Person.id)
        .where(_listed(), PersonText.slug == slug)
        .options(selectinload(Person.specialties), selectinload(Person.texts))
        .order_by(sa.case((PersonText.lang == lang, 0), else_=1), Person.id)
        .limit(1)
    )
    return db.session.scalars(query).first()


def in_sitemap() -> Sequence[Person]:
    query = (
        sa.select(Person)
        .where(_listed(), Person.key.is_(None))
        .options(selectinload(Person.texts))
        .order_by(Person.id)
    )
    return db.session.scalars(query.limit(2_000)).all()


def works(what: str, person_id: int, lang: str) -> sa.Select[Listing]:
    """What readers of this language can open and what bears the name, the newest first."""
    conditions: dict[str, tuple[Any, ...]] = {
        "written": (Listing.kind != "question", _credited(person_id, Role.AUTHOR, Role.WORK_GROUP)),
        "answered": (Listing.kind == "question", _credited(person_id, Role.AUTHOR)),
        "opinions": (_gave_opinion(person_id),),
        "reviewed": (sa.or_(_credited(person_id, Role.REVIEWER), _reviewed(person_id)),),
    }
    return (
        sa.select(Listing)
        .where(Listing.lang == lang, Listing.own, *conditions[what])
        .order_by(Listing.published_at.desc(), Listing.content_id.desc())
    )


def _credited(person_id: int, *roles: Role) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        Credit.content_id == Listing.content_id,
        Credit.person_id == person_id,
        Credit.role.in_(roles),
        sa.or_(Credit.lang.is_(None), Credit.lang == Listing.lang),
    )


def _gave_opinion(person_id: int) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        Opinion.content_id == Listing.content_id,
        Opinion.person_id == person_id,
        Opinion.status == OpinionStatus.PUBLISHED,
        OpinionText.opinion_id == Opinion.id,
        OpinionText.lang == Listing.lang,
    )


def _reviewed(person_id: int) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        Review.text_id == ContentText.id,
        Review.person_id == person_id,
        ContentText.id == Listing.text_id,
    )


def of_account(user_id: int) -> Person | None:
    return db.session.scalar(sa.select(Person).where(Person.user_id == user_id))


def waiting() -> sa.Select[ProfileChange]:
    return (
        sa.select(ProfileChange)
        .where(ProfileChange.state == ChangeState.WAITING)
        .options(selectinload(ProfileChange.person))
        .order_by(ProfileChange.id)
    )


def waiting_of(person_id: int) -> ProfileChange | None:
    query = waiting().where(ProfileChange.person_id == person_id)
    return db.session.scalars(query.order_by(None).order_by(ProfileChange.id.desc()).limit(1)).first()


def last_settled(person_id: int) -> ProfileChange | None:
    query = (
        sa.select(ProfileChange)
        .where(
            ProfileChange.person_id == person_id,
            ProfileChange.state.in_([ChangeState.ACCEPTED, ChangeState.DECLINED]),
        )
        .order_by(ProfileChange.id.desc())
    )
    return db.session.scalars(query.limit(1)).first()


def waiting_count() -> int:
    query = sa.select(sa.func.count(ProfileChange.id)).where(ProfileChange.state == ChangeState.WAITING)
    return db.session.scalar(query) or 0


def say_waiting(n: int) -> str:
    return ngettext(
        "%(n)s consultant has changed the own profile and waits for your answer.",
        "%(n)s consultants have changed their own profiles and wait for your answer.",
        n,
        n=n,
    )

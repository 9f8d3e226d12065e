"""Who stands behind a page: who wrote and translated it, who checked it, and whose opinions stand beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask import g

from medportal.blueprints.content.extras import Extras
from medportal.extensions import ask, columns_of
from medportal.models.people import Person, PersonSpecialty, PersonText
from medportal.models.specialist import Opinion, OpinionStatus, OpinionText
from medportal.models.taxonomy import Specialty
from medportal.models.trust import Credit, Review
from medportal.models.types import Localized
from medportal.parts import remembered


class ShownSpecialty(NamedTuple):
    name: Localized


class ShownProfile(NamedTuple):
    lang: str
    slug: str


class ShownPerson(NamedTuple):
    """What a page shows of a `Person`."""

    id: int
    key: str | None
    form: str
    listed: bool
    gender: str | None
    rank: str | None
    name: Localized
    title: Localized | None
    degrees: list[dict[str, Any]]
    interests: Localized | None
    specialties: list[ShownSpecialty]
    texts: list[ShownProfile]

    @property
    def is_sample(self) -> bool:
        return self.key is not None


class ShownCredit(NamedTuple):
    person: ShownPerson
    role: str
    lang: str | None


class ShownReview(NamedTuple):
    person: ShownPerson
    reviewed_on: date
    next_due: date


class Signed(NamedTuple):
    """An opinion with its words in the page's language; `interests` as in `Opinion`."""

    person: ShownPerson
    id: int
    origin: str
    interests: Localized | None
    given_on: date
    html: str


class Signatures(NamedTuple):
    credits: Sequence[ShownCredit] = ()
    reviews: Sequence[ShownReview] = ()
    """Of the text, the latest first."""
    opinions: Sequence[Signed] = ()


def of(content_id: int, text_id: int, lang: str, extras: Extras) -> Signatures:
    asked = {"number": content_id, "text": text_id, "lang": lang}
    credits_ = _rows(_credits(), asked) if extras.credits else ()
    reviews = _rows(_reviews(), asked) if extras.reviews else ()
    opinions = _rows(_opinions(), asked) if extras.opinions else ()
    if not (credits_ or reviews or opinions):
        return Signatures()
    who = _known(frozenset(row[0] for row in (*credits_, *reviews, *opinions)))
    return Signatures(
        [ShownCredit(who[row[0]], *row[1:]) for row in credits_ if row[0] in who],
        [ShownReview(who[row[0]], *row[1:]) for row in reviews if row[0] in who],
        [Signed(who[row[0]], *row[1:]) for row in opinions if row[0] in who],
    )


def _rows(statement: sa.Select[Any], asked: dict[str, Any]) -> Sequence[Any]:
    return ask(statement, asked).all()


@cache
def _credits() -> sa.Select[Any]:
    credit = columns_of(Credit)
    shown = sa.select(credit.person_id, credit.role, credit.lang)
    return shown.where(credit.content_id == sa.bindparam("number")).order_by(credit.position)


@cache
def _reviews() -> sa.Select[Any]:
    review = columns_of(Review)
    shown = sa.select(review.person_id, review.reviewed_on, review.next_due)
    return shown.where(review.text_id == sa.bindparam("text")).order_by(
        review.reviewed_on.desc(), review.id.desc()
    )


@cache
def _opinions() -> sa.Select[Any]:
    """The gate lets no opinion without its day be published."""
    opinion, text = columns_of(Opinion), columns_of(OpinionText)
    return (
        sa.select(
            opinion.person_id, opinion.id, opinion.origin, opinion.interests, opinion.given_on, text.html
        )
        .where(
            text.opinion_id == opinion.id,
            opinion.content_id == sa.bindparam("number"),
            opinion.status == OpinionStatus.PUBLISHED,
            text.lang == sa.bindparam("lang"),
        )
        .order_by(opinion.position, opinion.id)
    )


def _known(numbers: frozenset[int]) -> dict[int, ShownPerson]:
    """The same few sign many pages; editors see what is true now."""
    public = not g.get("session_allowed", True)
    return remembered(("persons", numbers), lambda: _persons(numbers)) if public else _persons(numbers)


def _persons(numbers: Collection[int]) -> dict[int, ShownPerson]:
    asked = {"numbers": list(numbers)}
    persons, specialties, texts = (_rows(statement, asked) for statement in _about_persons())
    fields = _grouped(ShownSpecialty, specialties)
    profiles = _grouped(ShownProfile, texts)
    return {
        row.id: ShownPerson._make((*row, fields.get(row.id, []), profiles.get(row.id, []))) for row in persons
    }


def _grouped(shown: Any, rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for person, *rest in rows:
        found.setdefault(person, []).append(shown(*rest))
    return found


@cache
def _about_persons() -> tuple[sa.Select[Any], sa.Select[Any], sa.Select[Any]]:
    numbers: sa.BindParameter[int] = sa.bindparam("numbers", expanding=True)
    person, text = columns_of(Person), columns_of(PersonText)
    link, specialty = columns_of(PersonSpecialty), columns_of(Specialty)
    columns = [person[name] for name in ShownPerson._fields if name in person]
    return (
        sa.select(*columns).where(person.id.in_(numbers)),
        sa.select(link.person_id, specialty.name)
        .where(link.specialty_id == specialty.id, link.person_id.in_(numbers))
        .order_by(link.person_id, link.position),
        sa.select(text.person_id, text.lang, text.slug).where(text.person_id.in_(numbers)).order_by(text.id),
    )

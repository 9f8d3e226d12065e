"""What the desk asks of people: who they are, and which pages bear their names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from medportal.blueprints.content.queries import listed_many
from medportal.blueprints.people import checks
from medportal.extensions import db
from medportal.i18n import LANGUAGES, current_language
from medportal.lib.arabic import fold
from medportal.models.consultation import Answer, Question
from medportal.models.content import Content, ContentText, Origin, Status
from medportal.models.listing import Listing
from medportal.models.people import Person
from medportal.models.practice import CredentialCheck, Place
from medportal.models.specialist import Opinion, OpinionStatus
from medportal.models.taxonomy import Specialty
from medportal.models.trust import Credit, Review, Role
from medportal.models.types import localize
from medportal.models.user import Role as UserRole
from medportal.models.user import User

FORMS = ("person", "organisation")
MISSING = ("credential", "disclosure", "expired", "listed")
# How people write differs in these letters; names are compared without the difference, as the search does.
_ALIKE = {
    **dict.fromkeys("\u0622\u0623\u0625\u0671", "\u0627"),
    **dict.fromkeys("\u0649\u0626", "\u064a"),
    "\u0624": "\u0648",
    "\u0629": "\u0647",
    "\u0621": "",
}


def _in(column: Any, lang: str) -> Any:
    return sa.type_coerce(column, sa.JSON)[lang].as_string()


def _alike(column: Any) -> Any:
    column = sa.func.lower(column)
    for letter, plain in _ALIKE.items():
        column = sa.func.replace(column, letter, plain)
    return column


def is_empty(column: Any) -> sa.ColumnElement[bool]:
    """JSON without a value, which the databases keep as NULL or as the word null."""
    return sa.or_(column.is_(sa.null()), sa.cast(column, sa.Text) == "null")


def pages_of(person_id: Any) -> sa.CompoundSelect[int]:
    """The content that bears this person's name, as credit, review or opinion."""
    return sa.union(
        sa.select(Credit.content_id.label("content_id")).where(Credit.person_id == person_id),
        sa.select(ContentText.content_id)
        .join(Review, Review.text_id == ContentText.id)
        .where(Review.person_id == person_id),
        sa.select(Opinion.content_id).where(Opinion.person_id == person_id),
    )


def _check_of_person(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(CredentialCheck.person_id == Person.id, *conditions)


def contents_of(person_id: int) -> sa.Select[int]:
    found = pages_of(person_id).subquery()
    return sa.select(found.c.content_id)


def page_count(person_id: int) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(pages_of(person_id).subquery())) or 0


def is_named(person_id: int) -> bool:
    """Whether pages bear the name, or questions were given to the person."""
    given = sa.or_(
        sa.exists().where(Question.person_id == person_id), sa.exists().where(Answer.person_id == person_id)
    )
    return bool(page_count(person_id) or db.session.scalar(sa.select(given)))


def people(
    words: str, form: str | None, missing: str | None, *, without: int = 0
) -> sa.Select[Person, int, int]:
    """Rows of person, credited texts, reviews; by name in the reader's language."""
    credited = (
        sa.select(sa.func.count(sa.distinct(Credit.content_id)))
        .where(Credit.person_id == Person.id)
        .scalar_subquery()
    )
    reviews = sa.select(sa.func.count(Review.id)).where(Review.person_id == Person.id).scalar_subquery()
    lang = current_language().code
    names = [_in(Person.name, code) for code in sorted(LANGUAGES, key=lambda code: code != lang)]
    query = sa.select(Person, credited.label("credited"), reviews.label("reviews")).where(
        Person.id != without
    )
    if form:
        query = query.where(Person.form == form)
    if missing == "credential":
        query = query.where(Person.form == "person", sa.cast(Person.degrees, sa.Text).in_(["[]", "null"]))
    elif missing == "disclosure":
        query = query.where(Person.form == "person", is_empty(Person.interests))
    elif missing == "expired":
        query = query.where(_check_of_person(checks.run_out(checks.today())))
    elif missing == "listed":
        query = query.where(Person.listed)
    for word in fold(words).split():
        query = query.where(sa.or_(*(_alike(name).contains(word, autoescape=True) for name in names)))
    return query.order_by(sa.func.lower(sa.func.coalesce(*names)), Person.id)


@dataclass(frozen=True)
class Bearing:
    """A page that bears the name: what it is called, and its entry in the lists when readers may see it."""

    title: str
    lang: str
    entry: Listing | None


def bearing(person_id: int, most: int = 20) -> Sequence[Bearing]:
    """The first pages of a person, in the reader's language where they have one."""
    numbers = db.session.scalars(contents_of(person_id).order_by("content_id").limit(most)).all()
    lang = current_language().code
    titles: dict[int, dict[str, str]] = {number: {} for number in numbers}
    for row in db.session.execute(
        sa.select(ContentText.content_id, ContentText.lang, ContentText.title)
        .where(ContentText.content_id.in_(numbers))
        .order_by(ContentText.id)
    ):
        titles[row.content_id][row.lang] = row.title
    entries = listed_many(numbers)
    return [
        Bearing(
            localize(names, lang),
            lang if lang in names else next(iter(names), lang),
            entries.get((number, lang)),
        )
        for number, names in titles.items()
    ]


def specialties() -> Sequence[Specialty]:
    return db.session.scalars(sa.select(Specialty).order_by(Specialty.slug)).all()


def by_number(number: int) -> Person | None:
    return db.session.get(Person, number) if number < 2**31 else None


def wrote_published(person_id: int) -> bool:
    """Whether readers see a page of the site's own by this author."""
    query = (
        sa.select(Credit.id)
        .join(Content, Content.id == Credit.content_id)
        .join(ContentText, ContentText.content_id == Content.id)
        .where(
            Credit.person_id == person_id,
            Credit.role.in_([Role.AUTHOR, Role.WORK_GROUP]),
            Content.origin == Origin.OWN,
            ContentText.status == Status.PUBLISHED,
        )
    )
    return db.session.scalar(query.limit(1)) is not None


def signed_opinion(person_id: int) -> bool:
    """Whether readers see an opinion by this person."""
    query = sa.select(Opinion.id).where(
        Opinion.person_id == person_id,
        Opinion.status == OpinionStatus.PUBLISHED,
        Opinion.origin == Origin.OWN,
    )
    return db.session.scalar(query.limit(1)) is not None


def reviewed(person_id: int) -> bool:
    return db.session.scalar(sa.select(Review.id).where(Review.person_id == person_id).limit(1)) is not None


def consultant_accounts(person_id: int) -> Sequence[User]:
    """Accounts of consultants that nobody else's profile has."""
    taken = sa.select(Person.user_id).where(Person.user_id.is_not(None), Person.id != person_id)
    query = sa.select(User).where(User.role == UserRole.CONSULTANT, User.id.not_in(taken))
    return db.session.scalars(query.order_by(User.email).limit(500)).all()


def places_of(person_id: int) -> list[Place]:
    query = sa.select(Place).where(Place.person_id == person_id).order_by(Place.position, Place.id)
    return list(db.session.scalars(query))

"""What the editor asks. A fixed number of statements for each screen."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import ngettext
from sqlalchemy.orm import aliased

from medportal.content_types import KINDS
from medportal.extensions import db
from medportal.i18n import LANGUAGES
from medportal.lib.arabic import sort_key
from medportal.lib.dates import utc_now
from medportal.models.content import (
    Content,
    ContentCategory,
    ContentText,
    Origin,
    Section,
    State,
    Status,
)
from medportal.models.people import Person
from medportal.models.taxonomy import Category
from medportal.models.trust import Credit, Review, Role
from medportal.models.types import localize
from medportal.models.user import User

SOON = timedelta(days=60)
FOUND = 1000
_WORKED_ON = (Status.DRAFT, Status.IN_REVIEW, Status.SCHEDULED, Status.PUBLISHED)


@dataclass(frozen=True)
class Filters:
    words: str = ""
    kind: str | None = None
    category: int | None = None
    state: str | None = None
    language: str | None = None
    author: int | None = None
    due: str | None = None
    origin: str | None = None


def things(filters: Filters) -> sa.Select[Content]:
    """What is not in the bin, what was worked on last first."""
    query = sa.select(Content).where(Content.binned_at.is_(None))
    if filters.kind:
        query = query.where(Content.kind == filters.kind)
    if filters.origin:
        query = query.where(Content.origin == filters.origin)
    if filters.category:
        query = query.where(
            Content.id.in_(
                sa.select(ContentCategory.content_id).where(ContentCategory.category_id == filters.category)
            )
        )
    if filters.author:
        query = query.where(
            Content.id.in_(sa.select(Credit.content_id).where(Credit.person_id == filters.author))
        )
    if filters.state:
        query = query.where(_has_text(ContentText.status == filters.state))
    if filters.words:
        query = query.where(_called(filters.words))
    for chosen, known in ((filters.language, LANGUAGE_STATES), (filters.due, DUE)):
        if chosen:
            query = query.where(known[chosen]())
    return query.order_by(Content.touched_at.desc(), Content.id.desc())


def _has_text(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return Content.id.in_(sa.select(ContentText.content_id).where(*conditions))


def _called(words: str) -> sa.ColumnElement[bool]:
    pattern = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    number = int(words) if words.isascii() and words.isdigit() and len(words) < 10 else 0
    found = sa.select(ContentText.content_id).where(ContentText.title.ilike(pattern, escape="\\"))
    # Looked up once: the list counts and then reads, and titles have no index for such a search.
    numbers = db.session.scalars(found.order_by(ContentText.id.desc()).limit(FOUND)).all()
    return Content.id.in_({number, *numbers})


def _missing() -> sa.ColumnElement[bool]:
    """Some language has no text of it, or only a title."""
    whole = (
        sa.select(sa.func.count())
        .where(ContentText.content_id == Content.id, ContentText.status != Status.TITLE_ONLY)
        .scalar_subquery()
    )
    return whole < len(LANGUAGES)


def _behind() -> sa.ColumnElement[bool]:
    texts = sa.select(Section.text_id).where(Section.outdated_by_id.is_not(None))
    return _has_text(ContentText.id.in_(texts))


def _gaps() -> sa.ColumnElement[bool]:
    texts = sa.select(Section.text_id).where(Section.state == State.NOT_YET_WRITTEN)
    return _has_text(ContentText.id.in_(texts))


LANGUAGE_STATES = {"missing": _missing, "behind": _behind, "gaps": _gaps}


def is_newest() -> sa.ColumnElement[bool]:
    """Of the reviews of its text, by the same rule as the page shows it."""
    later = aliased(Review)
    newer = sa.exists().where(
        later.text_id == Review.text_id,
        sa.or_(
            later.reviewed_on > Review.reviewed_on,
            sa.and_(later.reviewed_on == Review.reviewed_on, later.id > Review.id),
        ),
    )
    return ~newer


def _due_before(day: date) -> sa.ColumnElement[bool]:
    texts = sa.select(Review.text_id).where(Review.next_due < day, is_newest())
    return _has_text(ContentText.id.in_(texts), ContentText.status == Status.PUBLISHED)


def _never() -> sa.ColumnElement[bool]:
    medical = [kind.key for kind in KINDS.values() if kind.medical and not kind.authors_elsewhere]
    unseen = sa.exists().where(
        ContentText.content_id == Content.id,
        ContentText.status == Status.PUBLISHED,
        ~sa.exists().where(Review.text_id == ContentText.id),
    )
    return sa.and_(Content.kind.in_(medical), Content.origin == Origin.OWN, unseen)


def today() -> date:
    return utc_now().date()


DUE = {
    "overdue": lambda: _due_before(today()),
    "soon": lambda: _due_before(today() + SOON),
    "never": _never,
}


def texts_of(content_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """thing → language → (title, status, publish_at) of its texts."""
    rows = db.session.execute(
        sa.select(
            ContentText.id,
            ContentText.content_id,
            ContentText.lang,
            ContentText.title,
            ContentText.status,
            ContentText.publish_at,
            ContentText.modified_at,
        ).where(ContentText.content_id.in_(content_ids))
    )
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for row in rows:
        found[row.content_id][row.lang] = row
    return found


def behind(content_ids: Sequence[int]) -> dict[tuple[int, str], list[str]]:
    """(thing, language) → keys of its sections that are older than in another language."""
    rows = db.session.execute(
        sa.select(ContentText.content_id, ContentText.lang, Section.key)
        .join(Section, Section.text_id == ContentText.id)
        .where(ContentText.content_id.in_(content_ids), Section.outdated_by_id.is_not(None))
        .order_by(Section.id)
    )
    found: dict[tuple[int, str], list[str]] = defaultdict(list)
    for content_id, lang, key in rows:
        found[content_id, lang].append(key)
    return found


def gaps(contents: Sequence[Content]) -> dict[tuple[int, str], list[str]]:
    """(thing, language) → keys of the sections that its kind offers and nobody has written there, nor said why not."""
    rows = db.session.execute(
        sa.select(ContentText.content_id, ContentText.lang, Section.key)
        .join(Section, Section.text_id == ContentText.id)
        .where(
            ContentText.content_id.in_([content.id for content in contents]),
            Section.state != State.NOT_YET_WRITTEN,
        )
    )
    filled: dict[tuple[int, str], set[str]] = defaultdict(set)
    for content_id, lang, key in rows:
        filled[content_id, lang].add(key)
    return {
        (content.id, lang): [
            key for key in KINDS[content.kind].sections if key not in filled[content.id, lang]
        ]
        for content in contents
        if content.kind in KINDS
        for lang in LANGUAGES
    }


def reviews_of(content_ids: Sequence[int]) -> dict[tuple[int, str], date]:
    """(thing, language) → when its last review falls due again."""
    rows = db.session.execute(
        sa.select(ContentText.content_id, ContentText.lang, Review.next_due)
        .join(Review, Review.text_id == ContentText.id)
        .where(ContentText.content_id.in_(content_ids))
        .order_by(Review.reviewed_on, Review.id)
    )
    return {(content_id, lang): due for content_id, lang, due in rows}


def category_choices(lang: str) -> list[tuple[str, str]]:
    """(slug, name) in the order of the language."""
    rows = db.session.execute(sa.select(Category.slug, Category.name))
    return sorted(((slug, localize(name, lang)) for slug, name in rows), key=lambda pair: sort_key(pair[1]))


def people_choices(lang: str, *, only_people: bool = False) -> list[tuple[int, str]]:
    query = sa.select(Person.id, Person.name)
    if only_people:
        query = query.where(Person.form == "person")
    rows = db.session.execute(query)
    return sorted(((number, localize(name, lang)) for number, name in rows), key=lambda p: sort_key(p[1]))


def author_choices(lang: str) -> list[tuple[int, str]]:
    """Those who wrote something."""
    rows = db.session.execute(
        sa.select(Person.id, Person.name).where(
            Person.id.in_(sa.select(Credit.person_id).where(Credit.role == Role.AUTHOR))
        )
    )
    return sorted(((number, localize(name, lang)) for number, name in rows), key=lambda p: sort_key(p[1]))


def names_of(actors: Sequence[str]) -> dict[str, str]:
    """ "owner 3" → the name or address of the account, for those that still exist."""
    numbers = {actor: int(end) for actor in actors if (end := actor.rpartition(" ")[2]).isdigit()}
    rows = db.session.execute(sa.select(User.id, User.name, User.email).where(User.id.in_(numbers.values())))
    known = {row.id: row.name or row.email for row in rows}
    return {actor: known[number] for actor, number in numbers.items() if number in known}


# What needs somebody today


def _count(query: sa.Select[Content]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0


def overdue() -> int:
    return _count(things(Filters(due="overdue")))


def say_overdue(n: int) -> str:
    return ngettext("The review of %(n)s page is overdue.", "The reviews of %(n)s pages are overdue.", n, n=n)


def due_soon() -> int:
    return _count(things(Filters(due="soon"))) - overdue()


def say_due_soon(n: int) -> str:
    return ngettext(
        "%(n)s page is to be reviewed within 60 days.",
        "%(n)s pages are to be reviewed within 60 days.",
        n,
        n=n,
    )


def translations_behind() -> int:
    return _count(things(Filters(language="behind")))


def say_behind(n: int) -> str:
    return ngettext(
        "%(n)s page is older in one language than in the other.",
        "%(n)s pages are older in one language than in the other.",
        n,
        n=n,
    )


def handed_over() -> int:
    return _count(things(Filters(state=Status.IN_REVIEW)))


def say_handed_over(n: int) -> str:
    return ngettext("%(n)s page waits for a second person.", "%(n)s pages wait for a second person.", n, n=n)

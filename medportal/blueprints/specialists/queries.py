"""What the desk reads of opinions and of the records for specialists."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from medportal.content_types import KINDS
from medportal.extensions import db
from medportal.models.content import Content, ContentText
from medportal.models.listing import Listing
from medportal.models.people import Person
from medportal.models.specialist import STALE, ContentDrug, ContentTrial, DrugUpdate, Opinion, Trial

STATES = ("unlinked", "stale")


def opinions(content_id: int) -> Sequence[Opinion]:
    query = (
        sa.select(Opinion)
        .where(Opinion.content_id == content_id)
        .order_by(Opinion.position, Opinion.id)
        .options(
            joinedload(Opinion.person).selectinload(Person.specialties),
            selectinload(Opinion.texts),
        )
    )
    return db.session.scalars(query).all()


def opinion(content_id: int, number: int) -> Opinion | None:
    query = sa.select(Opinion).where(Opinion.content_id == content_id, Opinion.id == number)
    return db.session.scalar(query) if number < 2**31 else None


def trials(words: str, state: str | None, today: date) -> sa.Select[Trial, int]:
    """(trial, how many pages show it), the newest work first."""
    pages = _pages(ContentTrial.trial_id, Trial.id)
    query = sa.select(Trial, pages.label("pages"))
    for word in words.split():
        query = query.where(
            sa.or_(
                *(_holds(column, word) for column in (Trial.number, Trial.title)),
                sa.cast(Trial.conditions, sa.Text).icontains(word, autoescape=True),
            )
        )
    if state == "unlinked":
        query = query.where(pages == 0)
    elif state == "stale":
        query = query.where(sa.or_(Trial.status_as_of.is_(None), Trial.status_as_of < today - STALE))
    return query.order_by(Trial.touched_at.desc(), Trial.id.desc())


def drugs(words: str, state: str | None) -> sa.Select[DrugUpdate, int]:
    pages = _pages(ContentDrug.drug_id, DrugUpdate.id)
    query = sa.select(DrugUpdate, pages.label("pages"))
    for word in words.split():
        columns = (DrugUpdate.name, DrugUpdate.generic, DrugUpdate.issuer)
        query = query.where(sa.or_(*(_holds(column, word) for column in columns)))
    if state == "unlinked":
        query = query.where(pages == 0)
    return query.order_by(DrugUpdate.touched_at.desc(), DrugUpdate.id.desc())


def _holds(column: Any, word: str) -> Any:
    return column.icontains(word, autoescape=True)


def _pages(link: Any, number: Any) -> Any:
    return sa.select(sa.func.count()).where(link == number).scalar_subquery()


def trial_by_number(number: str) -> Trial | None:
    return db.session.scalar(sa.select(Trial).where(Trial.number == number).order_by(Trial.id).limit(1))


def same_trial(register: str, number: str, *, besides: int | None) -> bool:
    query = sa.select(Trial.id).where(Trial.register == register, Trial.number == number)
    found = db.session.scalar(query)
    return found is not None and found != besides


def titles(content_ids: Collection[int], lang: str) -> dict[int, tuple[str, str]]:
    """content id → (title, its language), in this language where there is one."""
    rows = db.session.execute(
        sa.select(ContentText.content_id, ContentText.title, ContentText.lang)
        .where(ContentText.content_id.in_(content_ids))
        .order_by(sa.case((ContentText.lang == lang, 1), else_=0), ContentText.id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def takes_records(content_id: int) -> bool:
    """Whether there is such a page, and it shows records for specialists."""
    kind = db.session.scalar(
        sa.select(Content.kind).where(Content.id == content_id, Content.binned_at.is_(None))
    )
    return kind in KINDS and KINDS[kind].for_specialists


def suggestions(trials: Collection[Trial]) -> dict[int, Listing]:
    """trial id → the page whose title is a condition of that trial, in whichever language."""
    names = {name.casefold() for trial in trials for name in trial.conditions}
    if not names:
        return {}
    kinds = [kind.key for kind in KINDS.values() if kind.for_specialists]
    rows = db.session.scalars(
        sa.select(Listing).where(
            Listing.kind.in_(kinds), Listing.own, sa.func.lower(Listing.title).in_(names)
        )
    )
    pages = {row.title.casefold(): row for row in rows}
    found = {}
    for trial in trials:
        page = next((pages[n] for name in trial.conditions if (n := name.casefold()) in pages), None)
        if page is not None:
            found[trial.id] = page
    return found

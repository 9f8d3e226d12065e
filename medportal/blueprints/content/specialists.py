"""What stands beside the evidence of a page: opinions, and the records for specialists. A fixed number of questions,
whatever the number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache

import sqlalchemy as sa
from flask import url_for
from sqlalchemy.orm import aliased, joinedload

from medportal.blueprints.content.extras import Extras
from medportal.blueprints.content.queries import LANG, NUMBER
from medportal.content_types.abstract import AbstractDetail
from medportal.content_types.guideline import GuidelineDetail
from medportal.extensions import db
from medportal.lib.html import to_text
from medportal.models.content import Content, ContentRelation, Part, Section, State
from medportal.models.listing import Listing
from medportal.models.people import Person
from medportal.models.specialist import (
    ContentDrug,
    ContentTrial,
    DrugUpdate,
    Opinion,
    OpinionStatus,
    OpinionText,
    Trial,
)

MOST = 50
"""Of each kind of record on one page, the newest first."""
LONGEST_SUMMARY = 400


@dataclass(frozen=True)
class Signed:
    """An opinion with its words in the page's language."""

    opinion: Opinion
    html: str

    @property
    def person(self) -> Person:
        return self.opinion.person

    @property
    def given_on(self) -> date:
        assert self.opinion.given_on is not None, "the gate asks for it"
        return self.opinion.given_on


@dataclass(frozen=True)
class Guideline:
    entry: Listing
    detail: GuidelineDetail
    successor: Listing | None


@dataclass(frozen=True)
class Abstract:
    """`summary` in plain language, in the language `entry.text_lang`; "" when there is none."""

    entry: Listing
    detail: AbstractDetail
    summary: str


@dataclass(frozen=True)
class Records:
    trials: Sequence[Trial] = ()
    drugs: Sequence[DrugUpdate] = ()
    guidelines: Sequence[Guideline] = ()
    abstracts: Sequence[Abstract] = ()
    pages: frozenset[int] = field(default_factory=frozenset)
    """The numbers of the guidelines and abstracts, which need not be named among the related pages again."""

    def __bool__(self) -> bool:
        return bool(self.trials or self.drugs or self.guidelines or self.abstracts)


def opinions(content_id: int, lang: str) -> list[Signed]:
    rows = db.session.execute(_opinions(), {"number": content_id, "lang": lang})
    return [Signed(row[0], row[1]) for row in rows]


@cache
def _opinions() -> sa.Select[Opinion, str]:
    return (
        sa.select(Opinion, OpinionText.html)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .where(
            Opinion.content_id == NUMBER,
            Opinion.status == OpinionStatus.PUBLISHED,
            OpinionText.lang == LANG,
        )
        .order_by(Opinion.position, Opinion.id)
        .options(
            joinedload(Opinion.person).selectinload(Person.specialties),
            joinedload(Opinion.person).selectinload(Person.texts),
        )
    )


def records(content_id: int, lang: str, extras: Extras) -> Records:
    guidelines = _guidelines(content_id, lang) if extras.relations else []
    abstracts = _abstracts(content_id, lang) if extras.relations else []
    return Records(
        trials=trials(content_id) if extras.trials else (),
        drugs=drugs(content_id) if extras.drugs else (),
        guidelines=guidelines,
        abstracts=abstracts,
        pages=frozenset(
            [*(g.entry.content_id for g in guidelines), *(a.entry.content_id for a in abstracts)]
        ),
    )


def trials(content_id: int) -> Sequence[Trial]:
    query = (
        sa.select(Trial)
        .join(ContentTrial, ContentTrial.trial_id == Trial.id)
        .where(ContentTrial.content_id == content_id)
        .order_by(sa.nulls_last(Trial.status_as_of.desc()), Trial.id)
    )
    return db.session.scalars(query.limit(MOST)).all()


def drugs(content_id: int) -> Sequence[DrugUpdate]:
    query = (
        sa.select(DrugUpdate)
        .join(ContentDrug, ContentDrug.drug_id == DrugUpdate.id)
        .where(ContentDrug.content_id == content_id)
        .order_by(sa.nulls_last(DrugUpdate.issued_on.desc()), DrugUpdate.id)
    )
    return db.session.scalars(query.limit(MOST)).all()


def _linked() -> sa.ColumnElement[bool]:
    """What an editor related to it, in either direction."""
    there = sa.select(ContentRelation.related_id).where(ContentRelation.content_id == NUMBER)
    back = sa.select(ContentRelation.content_id).where(ContentRelation.related_id == NUMBER)
    return sa.or_(Listing.content_id.in_(there), Listing.content_id.in_(back))


def _guidelines(content_id: int, lang: str) -> list[Guideline]:
    """Those in force first."""
    rows = db.session.execute(_related_guidelines(), {"number": content_id, "lang": lang})
    return [Guideline(row[0], row[1], row[2]) for row in rows]


@cache
def _related_guidelines() -> sa.Select[Listing, GuidelineDetail, Listing]:
    newer = aliased(Listing)
    return (
        sa.select(Listing, GuidelineDetail, newer)
        .join(GuidelineDetail, GuidelineDetail.content_id == Listing.content_id)
        .join(Content, Content.id == Listing.content_id)
        .outerjoin(newer, sa.and_(newer.content_id == Content.superseded_by_id, newer.lang == LANG))
        .where(Listing.lang == LANG, Listing.kind == "guideline", _linked())
        .order_by(Listing.superseded, GuidelineDetail.year.desc(), Listing.content_id)
        .limit(MOST)
    )


def _abstracts(content_id: int, lang: str) -> list[Abstract]:
    rows = db.session.execute(_related_abstracts(), {"number": content_id, "lang": lang}).all()
    words = _lay_summaries([row[0].text_id for row in rows])
    return [Abstract(row[0], row[1], words.get(row[0].text_id, "")) for row in rows]


@cache
def _related_abstracts() -> sa.Select[Listing, AbstractDetail]:
    return (
        sa.select(Listing, AbstractDetail)
        .join(AbstractDetail, AbstractDetail.content_id == Listing.content_id)
        .where(Listing.lang == LANG, Listing.kind == "abstract", _linked())
        .order_by(Listing.date.desc(), Listing.content_id)
        .limit(MOST)
    )


def _lay_summaries(text_ids: Sequence[int]) -> dict[int, str]:
    """text id → the first words of its summary in plain language."""
    if not text_ids:
        return {}
    query = (
        sa.select(Section.text_id, Part.html)
        .join(Part, Part.section_id == Section.id)
        .where(Section.text_id.in_(text_ids), Section.key == "lay_summary", Section.state == State.WRITTEN)
        .order_by(Part.position)
    )
    found: dict[int, str] = {}
    for text_id, html in db.session.execute(query):
        found.setdefault(text_id, _short(to_text(html)))
    return found


def _short(words: str) -> str:
    return words if len(words) <= LONGEST_SUMMARY else words[: LONGEST_SUMMARY - 1].rsplit(" ", 1)[0] + "…"


def profile_of(person: Person, lang: str) -> str | None:
    """The address of the person's profile in the consultants' corner; None where there is none in this language."""
    if not person.listed:
        return None
    slug = next((text.slug for text in person.texts if text.lang == lang), None)
    return url_for("consultants.profile", slug=slug) if slug else None

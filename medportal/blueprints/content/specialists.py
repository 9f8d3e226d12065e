"""What stands beside the evidence of a page: the records for specialists. A fixed number of questions,
whatever the number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from medportal.blueprints.content.extras import Extras
from medportal.blueprints.content.lists import COLUMNS, Entry
from medportal.blueprints.content.queries import LANG, NUMBER
from medportal.content_types.abstract import AbstractDetail
from medportal.content_types.guideline import GuidelineDetail
from medportal.extensions import ask, columns_of, db
from medportal.lib.html import to_text
from medportal.models.content import Content, ContentRelation, Part, Section, State
from medportal.models.listing import Listing
from medportal.models.specialist import ContentDrug, ContentTrial, DrugUpdate, Trial
from medportal.models.types import Localized

_listed = columns_of(Listing)
MOST = 50
"""Of each kind of record on one page, the newest first."""
LONGEST_SUMMARY = 400


class Successor(NamedTuple):
    """The guideline that replaced another."""

    slug: str
    title: str
    title_lang: str


class Guideline(NamedTuple):
    """`year` and `version` as in `GuidelineDetail`."""

    entry: Entry
    issuer: Localized
    year: int
    version: str | None
    successor: Successor | None


class Abstract(NamedTuple):
    """`published` as in `AbstractDetail`; `summary` in plain language, in the language `entry.text_lang`, "" when there
    is none."""

    entry: Entry
    journal: str
    published: str
    doi: str | None
    pmid: str | None
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
    return db.session.scalars(_trials(), {"number": content_id}).all()


@cache
def _trials() -> sa.Select[Trial]:
    query = sa.select(Trial).join(ContentTrial, ContentTrial.trial_id == Trial.id)
    return (
        query.where(ContentTrial.content_id == NUMBER)
        .order_by(sa.nulls_last(Trial.status_as_of.desc()), Trial.id)
        .limit(MOST)
    )


def drugs(content_id: int) -> Sequence[DrugUpdate]:
    return db.session.scalars(_drugs(), {"number": content_id}).all()


@cache
def _drugs() -> sa.Select[DrugUpdate]:
    query = sa.select(DrugUpdate).join(ContentDrug, ContentDrug.drug_id == DrugUpdate.id)
    return (
        query.where(ContentDrug.content_id == NUMBER)
        .order_by(sa.nulls_last(DrugUpdate.issued_on.desc()), DrugUpdate.id)
        .limit(MOST)
    )


def _linked() -> sa.ColumnElement[bool]:
    """What an editor related to it, in either direction."""
    link = columns_of(ContentRelation)
    there = sa.select(link.related_id).where(link.content_id == NUMBER)
    back = sa.select(link.content_id).where(link.related_id == NUMBER)
    return sa.or_(_listed.content_id.in_(there), _listed.content_id.in_(back))


def _guidelines(content_id: int, lang: str) -> list[Guideline]:
    """Those in force first."""
    rows = ask(_related_guidelines(), {"number": content_id, "lang": lang})
    return [
        Guideline(row, row.issuer, row.edition, row.version, Successor(*row[-3:]) if row[-3] else None)
        for row in rows
    ]


@cache
def _related_guidelines() -> sa.Select[Any]:
    detail, content = columns_of(GuidelineDetail), columns_of(Content)
    newer = _listed.slug.table.alias()
    shown = (*COLUMNS, detail.issuer, detail.year.label("edition"), detail.version)
    successor = (newer.c[name].label(f"newer_{name}") for name in Successor._fields)
    replaced = sa.and_(newer.c.content_id == content.superseded_by_id, newer.c.lang == LANG)
    return (
        sa.select(*shown, *successor)
        .join(detail.year.table, detail.content_id == _listed.content_id)
        .join(content.id.table, content.id == _listed.content_id)
        .outerjoin(newer, replaced)
        .where(_listed.lang == LANG, _listed.kind == "guideline", _linked())
        .order_by(_listed.superseded, detail.year.desc(), _listed.content_id)
        .limit(MOST)
    )


def _abstracts(content_id: int, lang: str) -> list[Abstract]:
    rows = ask(_related_abstracts(), {"number": content_id, "lang": lang}).all()
    words = _lay_summaries([row.text_id for row in rows])
    return [
        Abstract(row, row.journal, row.published, row.doi, row.pmid, words.get(row.text_id, ""))
        for row in rows
    ]


@cache
def _related_abstracts() -> sa.Select[Any]:
    detail = columns_of(AbstractDetail)
    shown = (*COLUMNS, _listed.text_id, detail.journal, detail.published, detail.doi, detail.pmid)
    return (
        sa.select(*shown)
        .join(detail.journal.table, detail.content_id == _listed.content_id)
        .where(_listed.lang == LANG, _listed.kind == "abstract", _linked())
        .order_by(_listed.date.desc(), _listed.content_id)
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

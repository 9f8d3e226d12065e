"""Changes of opinions and of the records for specialists. Services flush; the caller commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from medportal import audit
from medportal.changes import content_changed
from medportal.extensions import db
from medportal.lib.bidi import strip_controls
from medportal.lib.dates import utc_now
from medportal.lib.html import POLICY_VERSION, as_html, sanitise, to_text
from medportal.models.content import Content, Origin
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
from medportal.models.types import Localized

Record = Trial | DrugUpdate
_LINKS: dict[type[Record], tuple[type[ContentTrial] | type[ContentDrug], str]] = {
    Trial: (ContentTrial, "trial_id"),
    DrugUpdate: (ContentDrug, "drug_id"),
}
_WORDS = {Trial: "trial", DrugUpdate: "medicine"}


class Fault(StrEnum):
    """What an opinion lacks before readers may see it."""

    SAMPLE = "sample"
    CREDENTIAL = "credential"
    SPECIALTY = "specialty"
    DATE = "date"
    INTERESTS = "interests"
    TEXT = "text"


class Closed(Exception):
    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(", ".join(faults))
        self.faults = list(faults)


@dataclass(frozen=True, kw_only=True)
class OpinionFacts:
    """`interests`: {} for none to declare, None for not asked yet. `texts`: language → HTML or plain text as typed."""

    person: Person
    given_on: date | None
    interests: Localized | None
    texts: Mapping[str, str]


def faults(opinion: Opinion) -> list[Fault]:
    person = opinion.person
    missing = {
        Fault.SAMPLE: person.is_sample and opinion.origin == Origin.OWN,
        Fault.CREDENTIAL: not (person.degrees or person.title or person.rank),
        Fault.SPECIALTY: not person.specialties,
        Fault.DATE: opinion.given_on is None,
        Fault.INTERESTS: opinion.interests is None,
        Fault.TEXT: not any(to_text(text.html) for text in opinion.texts),
    }
    return [fault for fault, is_missing in missing.items() if is_missing]


def add_opinion(
    content: Content, facts: OpinionFacts, *, by: str, key: str | None = None, origin: str = Origin.OWN
) -> Opinion:
    last = db.session.scalar(sa.select(sa.func.max(Opinion.position)).where(Opinion.content_id == content.id))
    position = 0 if last is None else last + 1
    opinion = Opinion(content_id=content.id, key=key, origin=origin, position=position, texts=[])
    opinion.status = OpinionStatus.DRAFT
    _fill(opinion, facts)
    db.session.add(opinion)
    db.session.flush()
    audit.record("opinion added", opinion, actor=by, page=content.id, person=facts.person.id)
    return opinion


def change_opinion(opinion: Opinion, facts: OpinionFacts, *, by: str) -> None:
    """Closed when readers see it and it would lose what it must say; nothing is to be committed then. It becomes the
    site's own, unless who signs it is a sample."""
    _fill(opinion, facts)
    if not facts.person.is_sample:
        opinion.origin, opinion.key = Origin.OWN, None
    _still_complete(opinion)
    audit.record("opinion changed", opinion, actor=by, page=opinion.content_id)
    _seen(opinion)


def _fill(opinion: Opinion, facts: OpinionFacts) -> None:
    opinion.person, opinion.given_on, opinion.interests = facts.person, facts.given_on, facts.interests
    opinion.touched_at = utc_now()
    clean = {lang: sanitise(as_html(typed)) for lang, typed in facts.texts.items()}
    told = {lang: html for lang, html in clean.items() if to_text(html)}
    kept = {text.lang: text for text in opinion.texts if text.lang in told}
    for lang, html in told.items():
        text = kept.setdefault(lang, OpinionText(lang=lang))
        text.html, text.policy_version = html, POLICY_VERSION
    opinion.texts = list(kept.values())


def _still_complete(opinion: Opinion) -> None:
    missing = faults(opinion) if opinion.is_published else []
    if missing:
        raise Closed(missing)


def _seen(opinion: Opinion) -> None:
    """Readers see the change."""
    db.session.flush()
    if opinion.is_published:
        content_changed(opinion.content_id)


def publish_opinion(opinion: Opinion, *, by: str) -> None:
    """Closed when something is missing."""
    missing = faults(opinion)
    if missing:
        raise Closed(missing)
    opinion.status, opinion.touched_at = OpinionStatus.PUBLISHED, utc_now()
    audit.record("opinion published", opinion, actor=by, page=opinion.content_id)
    _seen(opinion)


def withdraw_opinion(opinion: Opinion, *, by: str) -> None:
    opinion.status, opinion.touched_at = OpinionStatus.DRAFT, utc_now()
    audit.record("opinion withdrawn", opinion, actor=by, page=opinion.content_id)
    db.session.flush()
    content_changed(opinion.content_id)


def delete_opinion(opinion: Opinion, *, by: str) -> None:
    audit.record("opinion deleted", opinion, actor=by, page=opinion.content_id)
    number, was_seen = opinion.content_id, opinion.is_published
    db.session.delete(opinion)
    db.session.flush()
    if was_seen:
        content_changed(number)


def save_record(row: Record, values: Mapping[str, Any], *, by: str, origin: str = Origin.OWN) -> None:
    """Add a record, or change one; `values` are its columns. What a person changes is no sample or import any more."""
    is_new = row.id is None
    for name, value in values.items():
        setattr(row, name, strip_controls(value) if isinstance(value, str) else value)
    row.origin, row.touched_at = origin, utc_now()
    db.session.add(row)
    db.session.flush()
    audit.record(f"{_WORDS[type(row)]} {'added' if is_new else 'changed'}", row, actor=by)
    renew(row)


def delete_record(row: Record, *, by: str) -> None:
    audit.record(f"{_WORDS[type(row)]} deleted", row, actor=by, name=name_of(row))
    numbers = linked_pages(row)
    db.session.delete(row)
    db.session.flush()
    content_changed(*numbers) if numbers else None


def link(row: Record, content_id: int, *, by: str) -> bool:
    """Show a record on a page; False when it is there already."""
    model, column = _LINKS[type(row)]
    if db.session.get(model, {"content_id": content_id, column: row.id}) is not None:
        return False
    db.session.add(model(**{"content_id": content_id, column: row.id}))
    db.session.flush()
    audit.record(f"{_WORDS[type(row)]} linked", row, actor=by, page=content_id)
    content_changed(content_id)
    return True


def unlink(row: Record, content_id: int, *, by: str) -> bool:
    model, column = _LINKS[type(row)]
    found = db.session.get(model, {"content_id": content_id, column: row.id})
    if found is None:
        return False
    db.session.delete(found)
    db.session.flush()
    audit.record(f"{_WORDS[type(row)]} unlinked", row, actor=by, page=content_id)
    content_changed(content_id)
    return True


def linked_pages(row: Record) -> Sequence[int]:
    model, column = _LINKS[type(row)]
    return db.session.scalars(
        sa.select(model.content_id).where(getattr(model, column) == row.id).order_by(model.content_id)
    ).all()


def renew(row: Record) -> None:
    """Its pages show it anew."""
    numbers = linked_pages(row)
    if numbers:
        content_changed(*numbers)


def name_of(row: Record) -> str:
    return row.number if isinstance(row, Trial) else row.name

"""Records of what somebody saw of a person's papers. Nothing is ever deleted: a wrong one is withdrawn, and the audit
trail keeps what stood there before. Services flush; the caller commits."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import ngettext

from medportal import audit
from medportal.changes import site_changed
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.people import Person
from medportal.models.practice import CredentialCheck
from medportal.models.types import Localized
from medportal.templating import site_day


@dataclass(frozen=True, kw_only=True)
class CheckFacts:
    kind: str
    what: Localized
    issued_by: Localized
    number: str
    seen_on: date
    valid_until: date | None


def today() -> date:
    """As the site's own clock has it."""
    return site_day(utc_now())


def is_valid(check: CredentialCheck, on: date) -> bool:
    """Whether a record holds on this day; its last day is one of them."""
    if check.withdrawn_on is not None or check.seen_on > on:
        return False
    return check.valid_until is None or on <= check.valid_until


def is_over(check: CredentialCheck, on: date) -> bool:
    return check.valid_until is not None and check.valid_until < on


def holds(on: date) -> sa.ColumnElement[bool]:
    """`is_valid` for the database."""
    return sa.and_(
        CredentialCheck.withdrawn_on.is_(None),
        CredentialCheck.seen_on <= on,
        sa.or_(CredentialCheck.valid_until.is_(None), CredentialCheck.valid_until >= on),
    )


def run_out(on: date) -> sa.ColumnElement[bool]:
    return sa.and_(CredentialCheck.withdrawn_on.is_(None), CredentialCheck.valid_until < on)


def add(person: Person, facts: CheckFacts, *, seen_by: str, by: str) -> CredentialCheck:
    check = CredentialCheck(person_id=person.id, seen_by=seen_by)
    _fill(check, facts)
    db.session.add(check)
    db.session.flush()
    audit.record("credential checked", person, actor=by, **_told(check))
    site_changed()
    return check


def change(check: CredentialCheck, facts: CheckFacts, *, seen_by: str, by: str) -> None:
    """Whoever changes the record has looked anew, and stands for it. A new last day is told anew when it is over."""
    before = _told(check)
    if facts.valid_until != check.valid_until:
        check.expiry_told_at = None
    check.seen_by = seen_by
    _fill(check, facts)
    db.session.flush()
    audit.record("credential check changed", check.person, actor=by, before=before, **_told(check))
    site_changed()


def withdraw(check: CredentialCheck, note: str, *, by: str) -> None:
    check.withdrawn_on, check.withdrawal = today(), note
    db.session.flush()
    audit.record("credential check withdrawn", check.person, actor=by, note=note, **_told(check))
    site_changed()


def _fill(check: CredentialCheck, facts: CheckFacts) -> None:
    for name, value in asdict(facts).items():
        setattr(check, name, value)


def _told(check: CredentialCheck) -> dict[str, Any]:
    """What the audit trail keeps, without the number on it and the name of who saw it."""
    return {
        "check": check.id,
        "kind": check.kind,
        "what": dict(check.what),
        "issued_by": dict(check.issued_by),
        "seen_on": check.seen_on.isoformat(),
        "valid_until": check.valid_until.isoformat() if check.valid_until else None,
    }


def of_person(number: int) -> Sequence[CredentialCheck]:
    """The newest first."""
    query = sa.select(CredentialCheck).where(CredentialCheck.person_id == number)
    return db.session.scalars(query.order_by(CredentialCheck.seen_on.desc(), CredentialCheck.id.desc())).all()


def run_out_count() -> int:
    query = sa.select(sa.func.count()).select_from(CredentialCheck).where(run_out(today()))
    return db.session.scalar(query) or 0


def say_run_out(n: int) -> str:
    return ngettext(
        "%(n)s check of credentials has run out.", "%(n)s checks of credentials have run out.", n, n=n
    )

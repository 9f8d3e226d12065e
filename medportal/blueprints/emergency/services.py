"""Changes of emergency numbers. Services flush; the caller commits."""

from dataclasses import dataclass
from datetime import date

from medportal import audit
from medportal.changes import site_changed
from medportal.extensions import db
from medportal.models.emergency import EmergencyNumber
from medportal.models.types import Localized


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a number; without source or day it is kept and not shown."""

    country: str
    service: str
    number: str
    note: Localized | None
    source: str
    source_url: str | None
    checked_on: date | None


def add(facts: Facts, *, by: str) -> EmergencyNumber:
    row = EmergencyNumber()
    db.session.add(row)
    _fill(row, facts)
    audit.record("emergency number added", row, actor=by)
    return row


def change(row: EmergencyNumber, facts: Facts, *, by: str) -> None:
    _fill(row, facts)
    audit.record("emergency number changed", row, actor=by)


def _fill(row: EmergencyNumber, facts: Facts) -> None:
    for name, value in vars(facts).items():
        setattr(row, name, value)
    db.session.flush()
    site_changed()


def checked(row: EmergencyNumber, on: date, *, by: str) -> None:
    """Somebody looked at the source: it still says so."""
    row.checked_on = on
    audit.record("emergency number checked", row, actor=by)
    site_changed()


def delete(row: EmergencyNumber, *, by: str) -> None:
    audit.record(
        "emergency number deleted", row, actor=by, country=row.country, service=row.service, number=row.number
    )
    db.session.delete(row)
    db.session.flush()
    site_changed()

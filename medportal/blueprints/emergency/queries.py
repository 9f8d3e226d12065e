"""Which emergency numbers there are, and which of them readers see."""

import re
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from medportal.extensions import db
from medportal.lib.countries import countries
from medportal.lib.dates import utc_now
from medportal.models.emergency import EmergencyNumber, Service
from medportal.templating import site_day

HOLDS = timedelta(days=365)
"""After this long without a look a number is shown no more."""
WARNS = timedelta(days=30)

SERVICES = {
    Service.AMBULANCE: _l("Ambulance"),
    Service.EMERGENCY: _l("All emergencies"),
    Service.POISON: _l("Poison centre"),
    Service.CRISIS: _l("Help line for mental crises"),
}
STATES = {
    "shown": _l("Shown to readers"),
    "soon": _l("To be checked again"),
    "hidden": _l("Not shown"),
}


def today() -> date:
    """As the site's own clock has it."""
    return site_day(utc_now())


def dial(number: str) -> str:
    """The address that a telephone calls; a hash sign would end it."""
    return "tel:" + re.sub(r"[^\d*#+]", "", number).replace("#", "%23")


def _is_shown(on: date) -> sa.ColumnElement[bool]:
    return sa.and_(
        EmergencyNumber.source != "",
        EmergencyNumber.checked_on.is_not(None),
        EmergencyNumber.checked_on >= on - HOLDS,
        EmergencyNumber.checked_on <= on,
    )


def _is_due(on: date) -> sa.ColumnElement[bool]:
    return sa.and_(EmergencyNumber.checked_on.is_not(None), EmergencyNumber.checked_on < on - HOLDS + WARNS)


def is_shown(row: EmergencyNumber, on: date) -> bool:
    return bool(row.source) and row.checked_on is not None and on - HOLDS <= row.checked_on <= on


def is_due(row: EmergencyNumber, on: date) -> bool:
    return row.checked_on is not None and row.checked_on < on - HOLDS + WARNS


def _by_country(lang: str) -> tuple[Any, ...]:
    """Countries by their names in this language, services in their order."""
    place = {code: n for n, code in enumerate(countries(lang))}
    return (
        sa.case(place, value=EmergencyNumber.country, else_=len(place)),
        sa.case({service.value: n for n, service in enumerate(Service)}, value=EmergencyNumber.service),
        EmergencyNumber.id,
    )


def shown(on: date, lang: str) -> dict[str, list[EmergencyNumber]]:
    """What readers see on this day: country → its numbers, in the order of the countries' names."""
    found: dict[str, list[EmergencyNumber]] = {}
    for row in db.session.scalars(sa.select(EmergencyNumber).where(_is_shown(on))):
        found.setdefault(row.country, []).append(row)
    place, services = {code: n for n, code in enumerate(countries(lang))}, list(Service)
    for rows in found.values():
        rows.sort(key=lambda row: (services.index(Service(row.service)), row.id))
    return dict(sorted(found.items(), key=lambda pair: place.get(pair[0], len(place))))


def numbers(lang: str, on: date, state: str | None) -> sa.Select[EmergencyNumber]:
    query = sa.select(EmergencyNumber).order_by(*_by_country(lang))
    conditions = {"shown": _is_shown(on), "soon": _is_due(on), "hidden": ~_is_shown(on)}
    return query.where(sa.func.coalesce(conditions[state], sa.true())) if state else query


def same(country: str, service: str, number: str, *, besides: int | None) -> EmergencyNumber | None:
    query = sa.select(EmergencyNumber).where(
        EmergencyNumber.country == country,
        EmergencyNumber.service == service,
        EmergencyNumber.number == number,
        EmergencyNumber.id != (besides or 0),
    )
    return db.session.scalar(query)


def due_count() -> int:
    """Numbers that nobody sees any more, or that go within 30 days."""
    return (
        db.session.scalar(sa.select(sa.func.count()).select_from(EmergencyNumber).where(_is_due(today())))
        or 0
    )


def say_due(n: int) -> str:
    return ngettext(
        "%(n)s emergency number has to be checked again, or readers see it no more.",
        "%(n)s emergency numbers have to be checked again, or readers see them no more.",
        n,
        n=n,
    )

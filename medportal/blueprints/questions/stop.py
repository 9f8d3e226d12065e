"""The screen before the form: help that cannot wait for an answer, in the country that the reader names."""

from collections.abc import Sequence

from flask import request

from medportal.blueprints.emergency import queries as emergency
from medportal.lib.countries import countries
from medportal.models.emergency import EmergencyNumber

ELSEWHERE = "other"
"""Who names no country goes on too."""


def asked_country(lang: str) -> str | None:
    """The chosen country's code, `ELSEWHERE`, or None when nothing was chosen."""
    chosen = request.args.get("country", "")
    return chosen if chosen == ELSEWHERE or chosen in countries(lang) else None


def numbers_for(country: str | None, lang: str) -> Sequence[EmergencyNumber]:
    """What somebody checked within a year; the ambulance and the help line for crises among them."""
    return emergency.shown(emergency.today(), lang).get(country or "", [])

"""Clinical trials from ClinicalTrials.gov: JSON of its second interface, one study or {"studies": […]}.

The registry's records are in the public domain. Facts only: number, title, status and its day, phase, conditions, countries.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from medportal.blueprints.content.specialist_labels import REGISTER
from medportal.extensions import db
from medportal.importers.base import Record
from medportal.importers.facts import FactsImporter, part, read_json, word_list, words
from medportal.lib.countries import countries
from medportal.lib.dates import utc_now
from medportal.models.specialist import NCT, Trial, TrialStatus

_DAY = re.compile(r"\d{4}-\d{2}(-\d{2})?", re.ASCII)
_OTHER_NAMES = {
    "czech republic": "CZ",
    "iran, islamic republic of": "IR",
    "korea, republic of": "KR",
    "russian federation": "RU",
    "syrian arab republic": "SY",
    "turkey": "TR",
    "viet nam": "VN",
}
"""Countries that the registry calls otherwise than Unicode's tables."""
_LEGACY = "the old interface's FullStudiesResponse, shut in 2024; please download the studies anew as JSON"


class TrialsImporter(FactsImporter):
    name = "trials"
    day = "status_as_of"
    attribution = (
        "Source: ClinicalTrials.gov, U.S. National Library of Medicine. Records change; see their dates."
    )

    def read(self, path: Path, broken: Callable[[int, str], None]) -> Iterator[Record]:
        data = read_json(path, broken)
        if data is None:
            return
        for number, study in enumerate(_studies(data, broken), 1):
            values = _values(study)
            if isinstance(values, str):
                broken(number, values)
            else:
                yield Record(external_id=values["number"], group=values["number"], data=values)

    def found(self, external_id: str) -> Trial | None:
        return db.session.scalar(
            sa.select(Trial).where(Trial.register == REGISTER, Trial.number == external_id)
        )

    def new(self) -> Trial:
        return Trial()


def _studies(data: Any, broken: Callable[[int, str], None]) -> list[Any]:
    if isinstance(data, dict) and "FullStudiesResponse" in data:
        broken(1, _LEGACY)
    elif isinstance(data, dict) and "protocolSection" in data:
        return [data]
    elif isinstance(data, dict) and isinstance(data.get("studies"), list):
        return data["studies"]
    elif isinstance(data, list):
        return data
    else:
        broken(1, "neither a study nor a list of studies of ClinicalTrials.gov")
    return []


def _values(study: Any) -> dict[str, Any] | str:
    """The columns of a trial, or what is wrong with the record."""
    protocol = part(study, "protocolSection")
    number = words(part(protocol, "identificationModule", "nctId"), 40).upper()
    if not NCT.fullmatch(number):
        return "no number of ClinicalTrials.gov (NCT and eight digits)"
    names = part(protocol, "identificationModule")
    title = words(part(names, "briefTitle"), 400) or words(part(names, "officialTitle"), 400)
    if not title:
        return f"{number} has no title"
    status, as_of = _status(part(protocol, "statusModule"))
    return {
        "register": REGISTER,
        "number": number,
        "title": title,
        "status": status,
        "status_as_of": as_of,
        "phase": "/".join(
            phase for phase in word_list(part(protocol, "designModule", "phases"), 3, 12) if phase != "NA"
        ),
        "conditions": word_list(part(protocol, "conditionsModule", "conditions"), 20, 120),
        "countries": _countries(part(protocol, "contactsLocationsModule", "locations")),
        "url": f"https://clinicaltrials.gov/study/{number}",
        "source": REGISTER,
    }


def _status(module: Any) -> tuple[str | None, str | None]:
    """The status, and the day on which the record was last renewed."""
    told = words(part(module, "overallStatus"), 40).lower()
    status = told if told in set(TrialStatus) else None
    days = (part(module, "lastUpdateSubmitDate"), part(module, "lastUpdatePostDateStruct", "date"))
    found = next((day for day in map(_day, days) if day), None)
    return status, found


def _day(value: Any) -> str | None:
    """ "2019-11" is the first of that month: a status is rather older than newer. A day to come is none."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        found = date.fromisoformat((value + "-01")[:10])
        return found.isoformat() if found <= utc_now().date() else None
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    return {name.casefold(): code for code, name in countries("en").items()} | _OTHER_NAMES


def _countries(locations: Any) -> list[str]:
    """Codes where we know the registry's name of a country, else the name."""
    places = locations if isinstance(locations, list) else []
    names = word_list([part(place, "country") for place in places[:5000]], 60, 60)
    return list(dict.fromkeys(_codes().get(name.casefold(), name) for name in names))

"""Labels of medicines from openFDA (drug/label), whose data are CC0: name, generic name, who issued it, on which day.

The words of a label are left where they are: its address leads to them.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from medportal.extensions import db
from medportal.importers.base import Record
from medportal.importers.facts import FactsImporter, first, part, read_json, words
from medportal.lib.dates import utc_now
from medportal.models.specialist import DrugNews, DrugUpdate

SOURCE = "openFDA drug label"
_SET_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class OpenFdaImporter(FactsImporter):
    name = "openfda"
    day = "issued_on"
    attribution = (
        "Source: openFDA (CC0), U.S. Food and Drug Administration. Not for clinical use; labels change."
    )

    def read(self, path: Path, broken: Callable[[int, str], None]) -> Iterator[Record]:
        data = read_json(path, broken)
        if data is None:
            return
        for number, label in enumerate(_labels(data, broken), 1):
            values = _values(label)
            if isinstance(values, str):
                broken(number, values)
            else:
                yield Record(external_id=values["external_id"], group=values["external_id"], data=values)

    def found(self, external_id: str) -> DrugUpdate | None:
        return db.session.scalar(sa.select(DrugUpdate).where(DrugUpdate.external_id == external_id))

    def new(self) -> DrugUpdate:
        return DrugUpdate()


def _labels(data: Any, broken: Callable[[int, str], None]) -> list[Any]:
    if isinstance(data, dict) and isinstance(data.get("results"), list):
        return data["results"]
    if isinstance(data, dict) and "error" in data:
        said = words(part(data, "error", "message"), 120) or "no reason given"
        broken(1, f"openFDA answered with an error: {said}")
    elif isinstance(data, dict) and "$schema" in data:
        broken(1, "a description of the format, not data")
    else:
        broken(1, "no answer of openFDA's drug/label")
    return []


def _values(label: Any) -> dict[str, Any] | str:
    """The columns of a piece of news, or what is wrong with the record."""
    facts = part(label, "openfda")
    set_id = words(part(label, "set_id"), 80).lower() or first(part(facts, "spl_set_id"), 80).lower()
    if not _SET_ID.fullmatch(set_id):
        return "no set id of a label"
    name = first(part(facts, "brand_name"), 200) or first(part(facts, "generic_name"), 200)
    if not name:
        return f"the label {set_id} names no medicine"
    issuer = first(part(facts, "manufacturer_name"), 200)
    if not issuer:
        return f"the label {set_id} does not say who issued it"
    issued = _day(part(label, "effective_time"))
    if issued is None:
        return f"the label {set_id} has no date"
    if issued > utc_now().date().isoformat():
        return f"the label {set_id} is dated in the future"
    return {
        "external_id": set_id,
        "name": name,
        "generic": first(part(facts, "generic_name"), 200),
        "kind": DrugNews.LABEL.value,
        "issuer": issuer,
        "issued_on": issued,
        "source": SOURCE,
        "url": f"https://dailymed.nlm.nih.gov/dailymed/drugInfo.cfm?setid={set_id}",
    }


def _day(value: Any) -> str | None:
    """ "20121114" as a day."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{8}", value, re.ASCII):
        return None
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:])).isoformat()
    except ValueError:
        return None

"""The sample site's opinions, which nobody gave and which say so, and records of trials and medicines that are real."""

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from medportal import samples
from medportal.blueprints.specialists import services
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.content import Content, Origin
from medportal.models.people import Person
from medportal.models.specialist import DrugUpdate, Opinion, Trial

_FOLDER = Path(__file__).parent


def load(ids: Mapping[str, int]) -> int:
    """Add what is missing on the sample texts (key → number); how many were added. Flushes."""
    return _opinions(ids) + _records(ids)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))


def _opinions(ids: Mapping[str, int]) -> int:
    here = set(db.session.scalars(sa.select(Opinion.key).where(Opinion.key.is_not(None))))
    people = {p.key: p for p in db.session.scalars(sa.select(Person).where(Person.key.is_not(None)))}
    added = 0
    for facts in _read("opinions.toml")["opinion"]:
        person, number = people.get(facts["by"]), ids.get(facts["page"])
        if facts["key"] in here or person is None or number is None:
            continue
        opinion = services.add_opinion(
            db.session.get_one(Content, number),
            services.OpinionFacts(
                person=person,
                given_on=(utc_now() - timedelta(days=facts["days_ago"])).date(),
                interests={},
                texts=facts["text"],
            ),
            by=samples.BY,
            key=facts["key"],
            origin=Origin.SAMPLE,
        )
        services.publish_opinion(opinion, by=samples.BY)
        added += 1
    return added


def _records(ids: Mapping[str, int]) -> int:
    added = 0
    found = _read("records.toml")
    for facts in found["trial"]:
        row = db.session.scalar(sa.select(Trial).where(Trial.number == facts["number"]).limit(1))
        added += _record(Trial(), facts, ids) if row is None else 0
    for facts in found["drug"]:
        known = sa.select(DrugUpdate).where(DrugUpdate.external_id == facts["external_id"])
        added += _record(DrugUpdate(), facts, ids) if db.session.scalar(known) is None else 0
    return added


def _record(row: Trial | DrugUpdate, facts: dict[str, Any], ids: Mapping[str, int]) -> int:
    pages = [ids[key] for key in facts["pages"] if key in ids]
    values = {name: value for name, value in facts.items() if name != "pages"}
    services.save_record(row, values, by=samples.BY, origin=Origin.SAMPLE)
    for number in pages:
        services.link(row, number, by=samples.BY)
    return 1

"""The sample site's consultants, who do not exist and say so."""

import tomllib
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from medportal import taxonomy
from medportal.blueprints.people import profiles
from medportal.extensions import db
from medportal.lib.html import POLICY_VERSION
from medportal.models.people import Person, PersonSpecialty, PersonText
from medportal.models.taxonomy import Specialty
from medportal.models.user import User

_FILE = Path(__file__).parent / "consultants.toml"


def load() -> int:
    """Add whoever is not there; how many were added. Flushes."""
    here = set(db.session.scalars(sa.select(Person.key).where(Person.key.is_not(None))))
    query = sa.select(Specialty.slug, Specialty.id)
    specialties = {row.slug: row.id for row in db.session.execute(query)}
    missing = [facts for facts in _all() if facts["key"] not in here]
    for facts in missing:
        _add(facts, specialties)
    db.session.flush()
    return len(missing)


def by_key(key: str) -> Person:
    return db.session.scalars(sa.select(Person).where(Person.key == key)).one()


def _all() -> list[dict[str, Any]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))["consultant"]


def _add(facts: dict[str, Any], specialties: dict[str, int]) -> None:
    names = ("key", "name", "gender", "rank", "country", "languages", "degrees")
    own = {name: facts[name] for name in names}
    person = Person(listed=True, interests={}, **own)
    person.texts = [
        PersonText(
            lang=lang,
            slug=slug,
            biography=profiles.clean(facts["biography"][lang]),
            policy_version=POLICY_VERSION,
        )
        for lang, slug in facts["slug"].items()
    ]
    db.session.add(person)
    db.session.flush()
    place = {"address": {}, "city": {}, "country": facts["country"], "phone": "", "url": None}
    profiles.set_places(person, [place | row for row in facts["places"]])
    for n, key in enumerate(facts["specialties"]):
        number = specialties[taxonomy.slug_of(key)]
        db.session.add(PersonSpecialty(person_id=person.id, specialty_id=number, position=n))


def link(user: User, key: str = "consultant-cardiology") -> None:
    """The sample account of a consultant signs in as one of them, if nobody was linked since. Flushes."""
    person = db.session.scalar(sa.select(Person).where(Person.key == key))
    taken = db.session.scalar(sa.select(Person.id).where(Person.user_id == user.id))
    if person is not None and person.user_id is None and taken is None:
        person.user_id = user.id
        db.session.flush()

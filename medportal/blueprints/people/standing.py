"""What published pages rest on: nobody takes it away from under them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from medportal.blueprints.people import queries
from medportal.extensions import db
from medportal.models.people import Person


class Needed(Exception):
    """Pages that readers see rest on what would be taken away."""


@dataclass(frozen=True)
class _Standing:
    """What the gate of texts and that of opinions ask of whoever signs."""

    form: str
    credential: bool
    asked: bool
    specialty: bool


def _of(person: Person) -> _Standing:
    return _Standing(
        person.form,
        bool(person.degrees or person.title or person.rank),
        person.interests is not None,
        bool(person.specialties),
    )


@contextmanager
def kept(person: Person) -> Iterator[None]:
    """Around a change of a person: Needed when the credential or the disclosure of an author of published pages went,
    when somebody who reviewed a page became an organisation, or when an opinion lost what it must say of its giver.
    Flushes; the caller takes back."""
    before = _of(person)
    yield
    db.session.flush()
    now = _of(person)
    if now == before:
        return
    lost = (before.credential and not now.credential) or (before.asked and not now.asked)
    if lost and queries.wrote_published(person.id):
        raise Needed
    if now.form != before.form and queries.reviewed(person.id):
        raise Needed
    may_sign = now.form == "person" and now.credential and now.specialty
    if not may_sign and queries.signed_opinion(person.id):
        raise Needed

"""Changes of people and organisations. Services flush; the caller commits. What concerns their profiles alone is in
profiles.py and checks.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from medportal import audit
from medportal.blueprints.people import merging, queries, standing
from medportal.changes import site_changed
from medportal.extensions import db
from medportal.models.consultation import Answer, Question
from medportal.models.people import Person, PersonSpecialty
from medportal.models.specialist import Opinion
from medportal.models.subscription import Follow
from medportal.models.trust import Credit, Review
from medportal.models.types import Localized
from medportal.renewals import renew


class InUse(Exception):
    """Pages bear this name."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """`interests`: None was never asked, {} has none to declare. `specialties` are numbers, in their order."""

    form: str
    name: Localized
    title: Localized | None
    degrees: list[dict[str, Any]]
    country: str | None
    interests: Localized | None
    specialties: Sequence[int]


def add_person(facts: Facts, *, by: str) -> Person:
    person = Person()
    _fill(person, facts)
    db.session.add(person)
    db.session.flush()
    _set_specialties(person, facts.specialties)
    audit.record("person added", person, actor=by)
    return person


def change_person(person: Person, facts: Facts, *, by: str) -> None:
    """Every page that shows the person says it anew. `standing.Needed` when published pages rest on what would go.
    An organisation has no place in the corner."""
    with standing.kept(person):
        _fill(person, facts)
        person.listed = person.listed and person.form == "person"
        db.session.flush()
        _set_specialties(person, facts.specialties)
    audit.record("person changed", person, actor=by)
    renew(queries.contents_of(person.id))


def _fill(person: Person, facts: Facts) -> None:
    person.form, person.name, person.country = facts.form, facts.name, facts.country
    person.degrees = facts.degrees
    person.title = facts.title or sa.null()  # not the word null of JSON
    person.interests = sa.null() if facts.interests is None else facts.interests


def _set_specialties(person: Person, numbers: Sequence[int]) -> None:
    db.session.execute(sa.delete(PersonSpecialty).where(PersonSpecialty.person_id == person.id))
    rows = [
        {"person_id": person.id, "specialty_id": number, "position": n}
        for n, number in enumerate(dict.fromkeys(numbers))
    ]
    if rows:
        db.session.execute(sa.insert(PersonSpecialty), rows)
    db.session.expire(person)


def merge_people(gone: Person, kept: Person, *, by: str) -> None:
    """Two entries for one person: credits, reviews and followers go to `kept`, and what it does not say itself is taken
    over. ValueError when they cannot be one (`merging.may_become`)."""
    if not merging.may_become(gone, kept):
        raise ValueError("not two entries for one person")
    taken = [row.specialty_id for row in _specialty_rows(kept)] or [
        row.specialty_id for row in _specialty_rows(gone)
    ]
    for name in ("title", "degrees", "country", "photo_id", "gender", "rank", "languages"):
        if not getattr(kept, name) and getattr(gone, name):
            setattr(kept, name, getattr(gone, name))
    if not kept.interests and gone.interests is not None:  # a declared interest counts for more than none
        kept.interests = gone.interests
    db.session.flush()
    _set_specialties(kept, taken)
    _move_credits(gone, kept)
    _move_follows(gone, kept)
    db.session.execute(sa.update(Review).where(Review.person_id == gone.id).values(person_id=kept.id))
    merging.take_profile(gone, kept)
    db.session.execute(sa.update(Opinion).where(Opinion.person_id == gone.id).values(person_id=kept.id))
    for model in (Question, Answer):
        db.session.execute(sa.update(model).where(model.person_id == gone.id).values(person_id=kept.id))
    audit.record("people merged", kept, actor=by, gone=gone.id)
    db.session.expire_all()
    db.session.delete(gone)
    renew(queries.contents_of(kept.id))


def _specialty_rows(person: Person) -> Sequence[PersonSpecialty]:
    query = sa.select(PersonSpecialty).where(PersonSpecialty.person_id == person.id)
    return db.session.scalars(query.order_by(PersonSpecialty.position)).all()


def _move_credits(gone: Person, kept: Person) -> None:
    """Named twice on one page for the same work, the person stays named once."""
    other = aliased(Credit)
    named = (
        sa.select(other.id)
        .where(
            other.person_id == kept.id,
            other.content_id == Credit.content_id,
            other.role == Credit.role,
            other.lang.is_not_distinct_from(Credit.lang),
        )
        .exists()
    )
    quietly = {"synchronize_session": False}
    db.session.execute(sa.delete(Credit).where(Credit.person_id == gone.id, named), execution_options=quietly)
    db.session.execute(
        sa.update(Credit).where(Credit.person_id == gone.id).values(person_id=kept.id),
        execution_options=quietly,
    )


def _move_follows(gone: Person, kept: Person) -> None:
    """Who follows both keeps one of the two."""
    both = sa.select(Follow.subscriber_id).where(Follow.person_id == kept.id)
    quietly = {"synchronize_session": False}
    db.session.execute(
        sa.delete(Follow).where(Follow.person_id == gone.id, Follow.subscriber_id.in_(both)),
        execution_options=quietly,
    )
    db.session.execute(
        sa.update(Follow).where(Follow.person_id == gone.id).values(person_id=kept.id),
        execution_options=quietly,
    )


def delete_person(person: Person, *, by: str) -> None:
    if queries.page_count(person.id):
        raise InUse
    audit.record("person deleted", person, actor=by)
    db.session.delete(person)
    db.session.flush()
    site_changed()

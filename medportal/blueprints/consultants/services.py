"""What a consultant proposes for the own profile, and what becomes of it. Services flush; the caller commits."""

from typing import Any

from medportal import audit
from medportal.blueprints.people import profiles
from medportal.blueprints.people import queries as people
from medportal.blueprints.people import services as desk
from medportal.blueprints.people.labels import PARTS
from medportal.blueprints.people.profile_forms import as_rows
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.people import Person
from medportal.models.practice import ChangeState, ProfileChange


def present(person: Person) -> dict[str, Any]:
    """What readers are told now, in the shape of a proposal."""
    return {
        "title": dict(person.title or {}),
        "degrees": [
            {"abbr": row["abbr"], "meaning": dict(row.get("meaning") or {})} for row in person.degrees or []
        ],
        "languages": list(person.languages or []),
        "interests": None if person.interests is None else dict(person.interests),
        "biography": {text.lang: text.biography for text in person.texts if text.biography},
        "places": as_rows(people.places_of(person.id)),
    }


def propose(person: Person, wished: dict[str, Any], *, user_id: int, by: str) -> ProfileChange | None:
    """Only the parts that differ from what is public wait; None when there are none. An earlier proposal that waits
    is replaced by a new row, so that nobody accepts what was not on the screen."""
    now = present(person)
    changed = {part: wished[part] for part in PARTS if not _same(part, wished[part], now[part])}
    profiles.take_back(person)
    if not changed:
        return None
    change = ProfileChange(person_id=person.id, user_id=user_id, proposed=changed)
    db.session.add(change)
    db.session.flush()
    audit.record("profile change sent", person, actor=by, change=change.id, parts=list(changed))
    return change


def _same(part: str, one: Any, other: Any) -> bool:
    return sorted(one) == sorted(other) if part == "languages" else bool(one == other)


def take_back(person: Person, *, by: str) -> None:
    if profiles.take_back(person):
        audit.record("profile change taken back", person, actor=by)


def accept(change: ProfileChange, *, by: str) -> None:
    """What was proposed is public. `people.standing.Needed` when published pages rest on what would go."""
    person = change.person
    wished = present(person) | change.proposed
    facts = desk.Facts(
        form=person.form,
        name=person.name,
        title=wished["title"] or None,
        degrees=wished["degrees"],
        country=person.country,
        interests=wished["interests"],
        specialties=[specialty.id for specialty in person.specialties],
    )
    person.languages = wished["languages"]
    if "biography" in change.proposed:
        profiles.write_biographies(person, wished["biography"])
    if "places" in change.proposed:
        profiles.set_places(person, wished["places"])
    desk.change_person(person, facts, by=by)  # renews every page that shows the person
    _settle(change, ChangeState.ACCEPTED, by=by)


def decline(change: ProfileChange, note: str, *, by: str) -> None:
    change.note = note
    _settle(change, ChangeState.DECLINED, by=by)


def _settle(change: ProfileChange, state: ChangeState, *, by: str) -> None:
    change.state, change.settled_at = state, utc_now()
    db.session.flush()
    audit.record(f"profile change {state}", change.person, actor=by, change=change.id)

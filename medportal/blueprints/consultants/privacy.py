"""The profile of a member, to take along and to erase."""

from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from medportal import privacy
from medportal.blueprints.consultants import queries, services
from medportal.blueprints.people import profiles
from medportal.blueprints.people import queries as people
from medportal.changes import site_changed
from medportal.extensions import db
from medportal.models.practice import ProfileChange
from medportal.models.user import User


def _export(user: User) -> dict[str, Any]:
    person = queries.of_account(user.id)
    sent = db.session.scalars(sa.select(ProfileChange).where(ProfileChange.user_id == user.id))
    return {
        "profile": {"name": dict(person.name), **services.present(person)} if person is not None else None,
        "proposed": [
            {"sent": row.sent_at.isoformat(), "state": row.state, "note": row.note, "parts": row.proposed}
            for row in sent
        ],
    }


def _erase(user: User) -> None:
    """Who signs texts stays named there, with title and degrees; the profile leaves the corner with its biography, its
    places and the records of checks. Who signs nothing is gone whole. A person of the samples only loses the account."""
    person = queries.of_account(user.id)
    db.session.execute(sa.delete(ProfileChange).where(ProfileChange.user_id == user.id))
    if person is None:
        return
    person.user_id = None
    if not person.is_sample:
        person.listed, person.photo_id, person.country, person.languages = False, None, None, []
        profiles.drop(person)
        if not people.is_named(person.id):
            db.session.delete(person)
        site_changed()
    db.session.flush()


privacy.add(privacy.Part("profile", _l("Your profile, and what you proposed to change"), _export, _erase))

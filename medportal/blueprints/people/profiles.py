"""Changes of profiles: the place in the corner, its texts, and where people work. Services flush; the caller commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from medportal import audit
from medportal.blueprints.people import queries, standing
from medportal.extensions import db
from medportal.i18n import LANGUAGES
from medportal.lib.dates import utc_now
from medportal.lib.html import POLICY_VERSION, as_html, sanitise
from medportal.lib.slugs import numbered, slugify
from medportal.models.people import Person, PersonText
from medportal.models.practice import ChangeState, CredentialCheck, Place, ProfileChange
from medportal.models.types import localize
from medportal.renewals import renew


@dataclass(frozen=True, kw_only=True)
class ProfileFacts:
    """`slugs` and `biographies` by language; a language without a slug gets one made of the name."""

    listed: bool
    gender: str | None
    rank: str | None
    languages: Sequence[str]
    slugs: Mapping[str, str]
    biographies: Mapping[str, str]
    user_id: int | None
    photo_id: int | None


def change_profile(person: Person, facts: ProfileFacts, *, by: str) -> None:
    """`standing.Needed` when published pages rest on the rank that would go. What one account proposed is nothing for
    the next."""
    if facts.user_id != person.user_id:
        take_back(person)
    with standing.kept(person):
        person.listed = facts.listed and person.form == "person"
        person.gender, person.rank, person.languages = facts.gender, facts.rank, list(facts.languages)
        person.user_id, person.photo_id = facts.user_id, facts.photo_id
    for code in LANGUAGES:
        _write(person, code, facts.slugs.get(code, ""), facts.biographies.get(code, ""))
    db.session.flush()
    audit.record("profile changed", person, actor=by)
    renew(queries.contents_of(person.id))


def take_back(person: Person) -> bool:
    """What waits of the person's own proposals waits no longer; whether there was any."""
    done = db.session.execute(
        sa.update(ProfileChange)
        .where(ProfileChange.person_id == person.id, ProfileChange.state == ChangeState.WAITING)
        .values(state=ChangeState.TAKEN_BACK, settled_at=utc_now())
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def write_biographies(person: Person, biographies: Mapping[str, str]) -> None:
    """Of every language; one that is missing here is empty from now on."""
    slugs = {text.lang: text.slug for text in person.texts}
    for code in LANGUAGES:
        _write(person, code, slugs.get(code, ""), biographies.get(code, ""))
    db.session.flush()


def _write(person: Person, lang: str, slug: str, biography: str) -> None:
    text = next((text for text in person.texts if text.lang == lang), None)
    if text is None:
        text = PersonText(lang=lang)
        person.texts.append(text)
    text.slug = slug or text.slug or free_slug(person, lang)
    text.biography, text.policy_version = clean(biography), POLICY_VERSION


def clean(typed: str) -> str:
    """A biography as it is stored."""
    return sanitise(as_html(typed)) if typed.strip() else ""


def free_slug(person: Person, lang: str) -> str:
    """An address made of the name that nobody else has in this language."""
    wanted, n = slugify(localize(person.name, lang)) or "profile", 1
    while slug_taken(lang, numbered(wanted, n), besides=person.id):
        n += 1
    return numbered(wanted, n)


RESERVED = ("work", "ask")
"""What stands at such an address is no profile."""


def slug_taken(lang: str, slug: str, *, besides: int | None) -> bool:
    if slug in RESERVED:
        return True
    query = sa.select(PersonText.id).where(
        PersonText.lang == lang, PersonText.slug == slug, PersonText.person_id != (besides or 0)
    )
    with db.session.no_autoflush:
        return db.session.scalar(query) is not None


def set_places(person: Person, places: Sequence[Mapping[str, Any]]) -> None:
    db.session.execute(sa.delete(Place).where(Place.person_id == person.id))
    db.session.add_all(Place(person_id=person.id, position=n, **place) for n, place in enumerate(places))
    db.session.flush()


def change_places(person: Person, places: Sequence[Mapping[str, Any]], *, by: str) -> None:
    set_places(person, places)
    audit.record("places changed", person, actor=by)
    renew(queries.contents_of(person.id))


def drop(person: Person) -> None:
    """Texts, places, records of checks and proposals go; the person stays as a name. Flushes."""
    for model in (PersonText, Place, CredentialCheck, ProfileChange):
        db.session.execute(sa.delete(model).where(model.person_id == person.id))
    db.session.flush()
    db.session.expire(person, ["texts"])

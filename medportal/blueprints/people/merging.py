"""What a profile brings along when two entries become one."""

import sqlalchemy as sa

from medportal.extensions import db
from medportal.models.people import Person, PersonText
from medportal.models.practice import CredentialCheck, Place, ProfileChange


def may_become(gone: Person, kept: Person) -> bool:
    """Nobody is a duplicate of an organisation, and nobody real one of the samples, whom removing them takes along."""
    return gone.id != kept.id and gone.form == kept.form and gone.is_sample == kept.is_sample


def take_profile(gone: Person, kept: Person) -> None:
    """Checks and proposals move; account, place in the corner, texts and places are taken over where `kept` has none.
    Flushes."""
    user, listed = gone.user_id, gone.listed
    gone.user_id = None  # at first: no two people have one account
    db.session.flush()
    if kept.user_id is None:
        kept.user_id = user
    kept.listed = kept.listed or listed
    _move(CredentialCheck, gone, kept)
    if kept.user_id == user:
        _move(ProfileChange, gone, kept)
    if not _has(Place, kept):
        _move(Place, gone, kept)
    _take_texts(gone, kept)
    db.session.flush()


def _move(model: type[CredentialCheck | Place | ProfileChange], gone: Person, kept: Person) -> None:
    db.session.execute(
        sa.update(model).where(model.person_id == gone.id).values(person_id=kept.id),
        execution_options={"synchronize_session": False},
    )


def _has(model: type[Place], person: Person) -> bool:
    return db.session.scalar(sa.select(model.id).where(model.person_id == person.id).limit(1)) is not None


def _take_texts(gone: Person, kept: Person) -> None:
    mine = {text.lang: text for text in kept.texts}
    for text in db.session.scalars(sa.select(PersonText).where(PersonText.person_id == gone.id)):
        own = mine.get(text.lang)
        if own is None:
            text.person_id = kept.id
        elif not own.biography:
            own.biography, own.policy_version = text.biography, text.policy_version

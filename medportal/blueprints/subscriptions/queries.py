"""What subscriptions ask."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext
from sqlalchemy.orm import joinedload

from medportal.content_types import KINDS
from medportal.digests import schedule
from medportal.extensions import db
from medportal.models.digest import Delivery, Digest, Stage
from medportal.models.listing import Listing
from medportal.models.outbox import MailState
from medportal.models.people import Person, PersonText
from medportal.models.subscription import Standing, Subscriber
from medportal.models.taxonomy import Category
from medportal.models.types import localize


def categories() -> Sequence[Category]:
    return db.session.scalars(sa.select(Category).order_by(Category.position, Category.slug)).all()


def categories_of(numbers: Iterable[int]) -> Sequence[Category]:
    return db.session.scalars(
        sa.select(Category).where(Category.id.in_(list(numbers))).order_by(Category.position, Category.slug)
    ).all()


def pages_of(numbers: Iterable[int], lang: str) -> Sequence[Listing]:
    """Followed pages under the titles by which readers of `lang` know them."""
    return db.session.scalars(
        sa.select(Listing)
        .where(Listing.lang == lang, Listing.content_id.in_(list(numbers)))
        .order_by(Listing.sort_key)
    ).all()


def page(number: int, lang: str) -> Listing | None:
    found = db.session.scalar(sa.select(Listing).where(Listing.lang == lang, Listing.content_id == number))
    return found if found is not None and KINDS[found.kind].listed else None


def person(number: int) -> Person | None:
    """Somebody who can be followed."""
    found = db.session.get(Person, number)
    return found if found is not None and found.listed else None


@dataclass(frozen=True)
class Followed:
    """A followed person; `address` of the profile, None for who left the corner."""

    person: Person
    address: str | None


def people_of(numbers: Iterable[int], lang: str) -> list[Followed]:
    """By their names in this language."""
    profile = sa.and_(PersonText.person_id == Person.id, PersonText.lang == lang)
    rows = db.session.execute(
        sa.select(Person, PersonText.slug)
        .outerjoin(PersonText, profile)
        .where(Person.id.in_(list(numbers)))
        .order_by(Person.id)
    )
    found = [
        Followed(row.Person, url_for("consultants.profile", slug=row.slug))
        if row.slug and row.Person.listed
        else Followed(row.Person, None)
        for row in rows
    ]
    return sorted(found, key=lambda one: localize(one.person.name, lang))


def profiles() -> dict[str, int]:
    """The people of the corner by what their addresses end with, in any language."""
    rows = db.session.execute(
        sa.select(PersonText.slug, PersonText.person_id)
        .join(Person, Person.id == PersonText.person_id)
        .where(Person.listed)
        .order_by(PersonText.id.desc())
    )
    return {row.slug: row.person_id for row in rows}


def deliveries_of(subscriber: Subscriber) -> list[dict[str, Any]]:
    """What was sent, for the copy of one's data."""
    rows = db.session.execute(
        sa.select(Delivery.sent_at, Delivery.state, Digest.occasion)
        .join(Digest, Digest.id == Delivery.digest_id)
        .where(Delivery.subscriber_id == subscriber.id)
        .order_by(Delivery.id)
    )
    return [
        {
            "occasion": row.occasion,
            "state": row.state,
            "sent": row.sent_at.isoformat() if row.sent_at else None,
        }
        for row in rows
    ]


# The desk


def subscribers(words: str, state: str | None, frequency: str | None) -> sa.Select[Subscriber]:
    """Newest first; `words` are looked for in addresses."""
    query = sa.select(Subscriber).order_by(Subscriber.id.desc())
    if state:
        query = query.where(Subscriber.state == state)
    if frequency:
        query = query.where(Subscriber.frequency == frequency)
    if words:
        pattern = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").casefold()
        query = query.where(Subscriber.email_key.like(f"%{pattern}%", escape="\\"))
    return query


def counts() -> dict[tuple[str, str], int]:
    """How many active subscribers by frequency and language."""
    rows = db.session.execute(
        sa.select(Subscriber.frequency, Subscriber.lang, sa.func.count())
        .where(Subscriber.state == Standing.ACTIVE)
        .group_by(Subscriber.frequency, Subscriber.lang)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def progress(digests: Sequence[Digest]) -> dict[int, dict[str, int]]:
    """Of each run, how many deliveries by state."""
    found: dict[int, dict[str, int]] = {digest.id: {} for digest in digests}
    for row in db.session.execute(
        sa.select(Delivery.digest_id, Delivery.state, sa.func.count())
        .where(Delivery.digest_id.in_(list(found)))
        .group_by(Delivery.digest_id, Delivery.state)
    ):
        found[row[0]][row[1]] = row[2]
    return found


def deliveries(digest: Digest, *, sent: bool) -> sa.Select[Delivery]:
    """What of a run was sent, or could not be delivered."""
    states = [MailState.SENT] if sent else [MailState.FAILED, MailState.SUPPRESSED]
    return (
        sa.select(Delivery)
        .where(Delivery.digest_id == digest.id, Delivery.state.in_(states))
        .options(joinedload(Delivery.subscriber))
        .order_by(Delivery.id)
    )


def runs() -> sa.Select[Digest]:
    return sa.select(Digest).order_by(Digest.id.desc())


def paused() -> int:
    """Digests that wait for the owner's word; 1 as well while all are paused."""
    held = sa.select(sa.func.count()).select_from(Digest).where(Digest.state == Stage.PAUSED)
    return (db.session.scalar(held) or 0) + schedule.choice().paused


def say_paused(_n: int) -> str:
    return gettext("Digests are paused: emails wait until you let them go.")


def audience() -> dict[str, tuple[int, int]]:
    """For a mailing: by language, how many asked for announcements, and how many of them read other languages too."""
    rows = db.session.execute(
        sa.select(
            Subscriber.lang,
            sa.func.count(),
            sa.func.sum(sa.case((Subscriber.other_language, 1), else_=0)),
        )
        .where(Subscriber.state == Standing.ACTIVE, Subscriber.announcements)
        .group_by(Subscriber.lang)
    )
    return {row[0]: (int(row[1]), int(row[2] or 0)) for row in rows}

"""Subscribers: found, made, changed, silenced; and the links that open their preferences without signing in.

A link is the subscriber's random seed and what only SECRET_KEY can make of it for one purpose: who reads the database
has no usable link, and a link goes with its subscriber.
"""

import base64
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from medportal import suppressions, tokens
from medportal.content_types import KINDS
from medportal.digests import happenings
from medportal.extensions import db, insert
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.models.content import Content
from medportal.models.digest import Delivery, Happening
from medportal.models.outbox import Outbox, Suppression
from medportal.models.people import Person
from medportal.models.subscription import Follow, Frequency, Standing, Subscriber, What, target_of
from medportal.models.taxonomy import Category
from medportal.models.user import User

CONSENT_VERSION = 1
"""Of the sentence above the button that subscribes; raise it when the sentence changes its meaning."""

MANAGE = "manage"
STOP_ALL = "all"
STOP_ANNOUNCEMENTS = "news"
LINK_LENGTH = 44
_SEED = 22


@dataclass(frozen=True)
class Wishes:
    """What somebody wants, as plain values: kinds by key, categories, contents and people by number.

    `within` narrows the kinds to categories; none means all. `categories`: everything in them, whatever the kind.
    `people`: everything they wrote, as long as they stand in the consultants' corner.
    """

    kinds: frozenset[str] = frozenset()
    within: frozenset[int] = frozenset()
    categories: frozenset[int] = frozenset()
    contents: frozenset[int] = frozenset()
    people: frozenset[int] = frozenset()
    announcements: bool = False

    def __bool__(self) -> bool:
        return bool(self.kinds or self.categories or self.contents or self.people or self.announcements)

    def __add__(self, more: "Wishes") -> "Wishes":
        """Both: nothing that came before is narrowed, and who asks for a kind without narrowing it gets all of it."""
        wide = any(one.kinds and not one.within for one in (self, more))
        return Wishes(
            kinds=self.kinds | more.kinds,
            within=frozenset() if wide else self.within | more.within,
            categories=self.categories | more.categories,
            contents=self.contents | more.contents,
            people=self.people | more.people,
            announcements=self.announcements or more.announcements,
        )


@dataclass(frozen=True)
class Manner:
    """How somebody wants it."""

    lang: str
    frequency: str = Frequency.WEEKLY
    other_language: bool = False
    named: bool = False


@dataclass(frozen=True)
class Consent:
    """When and how it was given, in which language the sentence was read; `note`: where the owner has it from."""

    lang: str
    how: str
    note: str = ""
    at: datetime = field(default_factory=utc_now)


# Links


def new_seed() -> str:
    return secrets.token_urlsafe(16)


def link(seed: str, purpose: str) -> str:
    """What stands in the subscriber's address for `purpose`; always LINK_LENGTH letters, digits, hyphens."""
    return seed + _proof(tokens.secret_keys()[0], seed, purpose)


def _proof(key: str, seed: str, purpose: str) -> str:
    return base64.urlsafe_b64encode(tokens.derive(key, f"subscriber:{purpose}:{seed}")).decode()[:_SEED]


def seed_of(made: str, purpose: str) -> str | None:
    """The seed of a link that we made for this purpose, whether or not its subscriber still exists; else None."""
    seed, proof = made[:_SEED], made[_SEED:]
    known = (_proof(key, seed, purpose) for key in tokens.secret_keys())
    return seed if any(tokens.same(proof, one) for one in known) else None


def of_link(made: str, purpose: str, *, lock: bool = False) -> Subscriber | None:
    seed = seed_of(made, purpose)
    query = sa.select(Subscriber).where(Subscriber.seed == seed)
    return db.session.scalar(query.with_for_update() if lock else query) if seed else None


# Finding


def of_address(email: str, *, lock: bool = False) -> Subscriber | None:
    """`lock`: two changes of one subscription stand in line."""
    query = sa.select(Subscriber).where(Subscriber.email_key == addresses.key(email))
    return db.session.scalar(query.with_for_update() if lock else query)


def of_user(user: User, *, lock: bool = False) -> Subscriber | None:
    query = sa.select(Subscriber).where(Subscriber.user_id == user.id)
    return db.session.scalar(query.with_for_update() if lock else query)


def wishes_of(subscriber: Subscriber) -> Wishes:
    return wishes_from(subscriber.follows, announcements=subscriber.announcements)


def wishes_from(follows: Iterable[Any], *, announcements: bool = False) -> Wishes:
    """Of rows with `what`, `kind`, `category_id`, `content_id`, `person_id`."""
    found: dict[str, set[Any]] = {what: set() for what in What}
    for row in follows:
        found[row.what].add(target_of(row))
    return Wishes(
        kinds=frozenset(found[What.KIND]),
        within=frozenset(found[What.WITHIN]),
        categories=frozenset(found[What.CATEGORY]),
        contents=frozenset(found[What.CONTENT]),
        people=frozenset(found[What.PERSON]),
        announcements=announcements,
    )


# Changing


def subscribe(
    email: str, wishes: Wishes, manner: Manner, consent: Consent, *, user: User | None = None
) -> Subscriber:
    """Add these wishes to what the address has already, in the manner it has already. Who stands in the consultants'
    corner can be followed; who left it stays followed, in case of a return.

    An address that is new or had stopped begins anew, and is told of what happens from now on; a pause goes on.
    """
    row = of_address(email, lock=True)
    if row is None or row.state == Standing.STOPPED:
        row = _begin(row or _new(email, manner, consent), manner)
    user = user or db.session.scalar(sa.select(User).where(User.email_key == row.email_key))
    if user is not None:
        row.user_id = user.id
    for name, value in _columns(consent).items():
        setattr(row, name, value)
    db.session.flush()
    there = _existing(Person.id, wishes.people, Person.listed)
    set_wishes(row, wishes_of(row) + replace(wishes, people=frozenset(there)))
    return row


def _begin(row: Subscriber, manner: Manner) -> Subscriber:
    row.state = Standing.SUPPRESSED if suppressions.holds(row.email) else Standing.ACTIVE
    row.stopped_at = row.paused_until = None
    row.told_until = happenings.latest()
    _set_manner(row, manner)
    set_wishes(row, Wishes())
    return row


def _new(email: str, manner: Manner, consent: Consent) -> Subscriber:
    """Made by whoever is first, if the same address confirms twice at one moment."""
    db.session.execute(
        insert(Subscriber)
        .values(
            seed=new_seed(),
            email=email,
            email_key=addresses.key(email),
            lang=manner.lang,
            told_until=happenings.latest(),
            **_columns(consent),
        )
        .on_conflict_do_nothing(index_elements=["email_key"])
    )
    return db.session.scalars(sa.select(Subscriber).where(Subscriber.email_key == addresses.key(email))).one()


def _columns(consent: Consent) -> dict[str, Any]:
    return {
        "consent_at": consent.at,
        "consent_version": CONSENT_VERSION,
        "consent_lang": consent.lang,
        "consent_how": consent.how,
        "consent_note": consent.note[:200],
    }


def set_wishes(row: Subscriber, wishes: Wishes) -> None:
    """Exactly these. What does not exist (any more) is left out."""
    row.announcements = wishes.announcements
    categories = _existing(Category.id, wishes.within | wishes.categories)
    contents = _existing(Content.id, wishes.contents)
    people = _existing(Person.id, wishes.people)
    wanted: dict[tuple[str, Any], dict[str, Any]] = {
        (What.KIND, kind): {"kind": kind} for kind in sorted(wishes.kinds) if kind in KINDS
    }
    for what, numbers in ((What.WITHIN, wishes.within), (What.CATEGORY, wishes.categories)):
        wanted |= {(what, n): {"category_id": n} for n in sorted(numbers & categories)}
    wanted |= {(What.CONTENT, n): {"content_id": n} for n in sorted(wishes.contents & contents)}
    wanted |= {(What.PERSON, n): {"person_id": n} for n in sorted(wishes.people & people)}
    for follow in list(row.follows):
        if wanted.pop((follow.what, target_of(follow)), None) is None:
            row.follows.remove(follow)
    db.session.flush()
    row.follows += [Follow(what=what, **target) for (what, _), target in wanted.items()]
    db.session.flush()


def _existing(column: Any, numbers: frozenset[int], *also: Any) -> set[int]:
    return set(db.session.scalars(sa.select(column).where(column.in_(numbers), *also))) if numbers else set()


def _set_manner(row: Subscriber, manner: Manner) -> None:
    row.lang, row.frequency = manner.lang, manner.frequency
    row.other_language, row.named = manner.other_language, manner.named


def change(row: Subscriber, wishes: Wishes, manner: Manner) -> None:
    _set_manner(row, manner)
    set_wishes(row, wishes)


def pause(row: Subscriber, until: datetime | None) -> None:
    """Nothing is sent, and what happens meanwhile is not sent later. `until` None: until `resume`."""
    if row.state == Standing.ACTIVE:
        row.state = Standing.PAUSED
    row.paused_until = until
    db.session.flush()


def resume(row: Subscriber) -> None:
    """After a pause or a stop; not where the address itself refuses mail."""
    if row.state in (Standing.PAUSED, Standing.STOPPED):
        row.state, row.told_until = Standing.ACTIVE, happenings.latest()
    row.paused_until = row.stopped_at = None
    db.session.flush()


def resume_due(now: datetime) -> None:
    """Whose pause is over; they are told of what happened since its end."""
    over = (Subscriber.state == Standing.PAUSED, Subscriber.paused_until <= now)
    missed = (
        sa.select(sa.func.coalesce(sa.func.max(Happening.id), 0))
        .where(Happening.at <= Subscriber.paused_until)
        .scalar_subquery()
    )
    db.session.execute(
        sa.update(Subscriber)
        .where(*over)
        .values(
            state=Standing.ACTIVE,
            paused_until=None,
            told_until=sa.case((Subscriber.told_until > missed, Subscriber.told_until), else_=missed),
        )
        .execution_options(synchronize_session=False)
    )


def stop(row: Subscriber) -> None:
    """No more mail, also of what is queued; what was chosen is kept for second thoughts (see `retention`)."""
    if row.state != Standing.SUPPRESSED:
        row.state = Standing.STOPPED
    row.stopped_at = row.stopped_at or utc_now()
    row.paused_until = None
    db.session.flush()


def stop_announcements(row: Subscriber) -> None:
    row.announcements = False
    db.session.flush()


def files_of(row: Subscriber) -> list[str]:
    """The letters to this subscriber, where letters are kept as files."""
    digests = db.session.scalars(sa.select(Delivery.id).where(Delivery.subscriber_id == row.id))
    return [*(f"d{number}.eml" for number in digests), *(f"{number}.eml" for number in _letters_to(row))]


def _letters_to(row: Subscriber) -> Sequence[int]:
    """Of the outbox, but for those of an account."""
    return db.session.scalars(
        sa.select(Outbox.id).where(Outbox.recipient_key == row.email_key, Outbox.user_id.is_(None))
    ).all()


def erase(row: Subscriber) -> list[str]:
    """The address and all that hangs on it, also queued mail. Answers the files to forget once this is committed."""
    files = files_of(row)
    db.session.execute(sa.delete(Outbox).where(Outbox.id.in_(_letters_to(row))))
    db.session.delete(row)
    db.session.flush()
    return files


def silence(email: str) -> None:
    """The address refuses mail."""
    db.session.execute(
        sa.update(Subscriber)
        .where(Subscriber.email_key == addresses.key(email))
        .values(state=Standing.SUPPRESSED)
        .execution_options(synchronize_session="fetch")
    )


def unsilence_of(suppression: Suppression) -> None:
    """The address takes mail again; a subscriber who stopped stays stopped. Only its hash is known."""
    for row in db.session.scalars(sa.select(Subscriber).where(Subscriber.state == Standing.SUPPRESSED)):
        if suppression.hash in tokens.keyed_with_all("address", row.email_key):
            unsilence(row)


def unsilence(row: Subscriber) -> None:
    row.state = Standing.STOPPED if row.stopped_at else Standing.ACTIVE
    row.told_until = happenings.latest()
    db.session.flush()


# Accounts


def adopt(user: User) -> None:
    """The subscription of an address that now has an account."""
    row = of_address(user.email)
    if row is not None and row.user_id is None:
        row.user_id = user.id
        db.session.flush()


def move(user: User) -> None:
    """An account's subscription follows it to its new address; one that the new address had before is merged."""
    mine, there = of_user(user), of_address(user.email)
    if mine is None:
        if there is not None:
            there.user_id = user.id
        db.session.flush()
        return
    if there is not None and there.id != mine.id:
        more = wishes_of(there) if there.state in (Standing.ACTIVE, Standing.PAUSED) else Wishes()
        erase(there)
        set_wishes(mine, wishes_of(mine) + more)
    mine.email, mine.email_key = user.email, addresses.key(user.email)
    if suppressions.holds(mine.email):
        mine.state = Standing.SUPPRESSED
    elif mine.state == Standing.SUPPRESSED:
        unsilence(mine)
    db.session.flush()

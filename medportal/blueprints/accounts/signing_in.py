"""Is this the password? The same way, the same cost and the same commits for known and unknown addresses (10, 11)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

import sqlalchemy as sa

from medportal import audit, limits, mail, passwords
from medportal.blueprints.accounts.recovery import tell
from medportal.extensions import db
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.models.user import User, UserSession

QUARTER = int(timedelta(minutes=15).total_seconds())
DAY = int(timedelta(days=1).total_seconds())


class Outcome(Enum):
    RIGHT = auto()
    WRONG = auto()
    TOO_MANY = auto()


@dataclass(frozen=True)
class Checked:
    """`password_hash`: the one that was compared; whoever acts on it asks `still_right` in the same transaction."""

    outcome: Outcome
    user_id: int | None = None
    password_hash: str = ""


def check_password(
    email: str,
    password: str,
    *,
    network: str,
    device_of: Callable[[int | None], str | None],
    actor: str = "visitor",
) -> Checked:
    """At most ten wrong ones an account (or known device) and forty a network in 15 minutes.

    Commits twice: the try is counted before the costly comparison, so that parallel tries cannot overtake the limit,
    and while it runs no transaction is open. `device_of`: the hash of the browser's known device of that user.
    """
    key = addresses.key(email)
    found = db.session.execute(
        sa.select(User.id, User.password_hash, User.disabled_at).where(User.email_key == key)
    ).one_or_none()
    device = device_of(found.id if found else None)
    hits = [limits.spend("password", device or key, limit=10, seconds=QUARTER)]
    if device is None and hits[0] is not None:  # a neighbour's tries must not lock out whoever is known here
        hits.append(limits.spend("password-network", network, limit=40, seconds=QUARTER))
    db.session.commit()
    if None in hits:
        return Checked(Outcome.TOO_MANY)
    right = passwords.matches(found.password_hash if found else None, password)
    if found is None or not right or found.disabled_at is not None:
        audit.record_refusal("sign in refused", actor=actor)
        db.session.commit()
        return Checked(Outcome.WRONG)
    better = passwords.hash_of(password) if passwords.is_outdated(found.password_hash) else None
    for hit in hits:
        assert hit is not None
        limits.give_back(hit)
    if better:
        db.session.execute(
            sa.update(User)
            .where(User.id == found.id, User.password_hash == found.password_hash)
            .values(password_hash=better)
        )
    db.session.commit()
    return Checked(Outcome.RIGHT, found.id, better or found.password_hash)


def still_right(checked: Checked) -> User | None:
    """The account, locked, if neither its password nor its right to sign in changed since the comparison."""
    return db.session.scalar(
        sa.select(User)
        .where(
            User.id == checked.user_id,
            User.password_hash == checked.password_hash,
            User.disabled_at.is_(None),
        )
        .with_for_update(of=User)
        .execution_options(populate_existing=True)
    )


def signed_in(user: User, session: UserSession, *, known: bool, network: str) -> None:
    """Note it; tell the member of a device they have not used before."""
    first = user.signed_in_at is None
    user.signed_in_at = utc_now()
    audit.record("sign in", user, actor=audit.actor_name(user.role, user.id), network=network)
    if not known and not first and limits.allow("notice", str(user.id), limit=20, seconds=DAY):
        mail.queue(
            "new_sign_in",
            to=user.email,
            lang=user.lang,
            user=user,
            dedupe=f"new-sign-in:{session.hash[:32]}",
            device=session.device,
            at=utc_now().isoformat(timespec="minutes"),
        )


def spend_code(user_id: int, device: str | None) -> list[limits.Hit] | None:
    """The tries that one code costs, or None when there were too many: ten in 15 minutes, on devices that are not
    known forty a day. To be given back if the code is right."""
    hits = [limits.spend("code", device or str(user_id), limit=10, seconds=QUARTER)]
    if device is None:
        hits.append(limits.spend("code-day", str(user_id), limit=40, seconds=DAY))
    spent = [hit for hit in hits if hit is not None]
    return spent if len(spent) == len(hits) else None


def code_refused(user: User) -> None:
    """After the fifth wrong code of a day the member is told: somebody has the password."""
    audit.record_refusal("code refused", user, actor=audit.actor_name(user.role, user.id))
    fifth = not limits.allow("code-refused", str(user.id), limit=4, seconds=DAY)
    if fifth and limits.allow("code-refused-told", str(user.id), limit=1, seconds=DAY):
        tell(user, "codes_refused")

"""What owners do to accounts and letters. Every change leaves a line in the audit trail; what changes an account's rights
is told to its member."""

import sqlalchemy as sa

from medportal import audit, tokens
from medportal.backups import waiting
from medportal.blueprints.accounts import second_factor
from medportal.blueprints.accounts.recovery import shut_out, tell
from medportal.blueprints.accounts.services import LASTS
from medportal.blueprints.profile import queries as profile_queries
from medportal.changes import site_changed
from medportal.digests import subscribers
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.outbox import MailState, Outbox, Suppression
from medportal.models.setting import Setting
from medportal.models.user import Token, User


class LastOwner(Exception):
    """The site would have no owner any more."""


def _guard(user: User) -> None:
    if profile_queries.is_last_owner(user, deciding=True):
        raise LastOwner


def _drop(user: User) -> None:
    """Sessions, links, and invitations that this account gave while it might."""
    shut_out(user)
    tokens.void("invitation", Token.user_id == user.id)


def change_role(user: User, role: str, *, by: str) -> None:
    """LastOwner when nobody would own the site. The member's sessions end (15)."""
    if role == user.role:
        return
    _guard(user)
    audit.record("role changed", user, actor=by, before=user.role, after=role)
    user.role = role
    _drop(user)
    tell(user, "role")


def disable(user: User, *, by: str) -> None:
    _guard(user)
    user.disabled_at = utc_now()
    _drop(user)
    audit.record("account disabled", user, actor=by)
    subscription = subscribers.of_user(user)
    if subscription is not None:
        subscribers.stop(subscription)
    tell(user, "disabled")
    if user.shown_publicly:
        site_changed()


def enable(user: User, *, by: str) -> None:
    user.disabled_at = None
    audit.record("account enabled", user, actor=by)
    tell(user, "enabled")
    if user.shown_publicly:
        site_changed()


def end_sessions(user: User, *, by: str) -> None:
    shut_out(user)
    audit.record("sessions ended", user, actor=by)


def reset_second_factor(user: User, *, by: str) -> None:
    """For a lost phone without recovery codes; the password stays, and the member is told."""
    second_factor.remove(user)
    shut_out(user)
    audit.record("second factor off", user, actor=by)
    tell(user, "second_factor_off")


def show_latest_members(shown: bool, *, by: str) -> None:
    row = db.session.get(Setting, "latest_members") or Setting(key="latest_members")
    row.value = shown
    db.session.add(row)
    audit.record("setting changed", actor=by, latest_members=shown)
    site_changed()


def release_held(*, by: str) -> int:
    """Send the sign-up letters after all; their links run from now."""
    rows = db.session.scalars(
        sa.select(Outbox).where(Outbox.state == MailState.HELD, Outbox.error != waiting.REASON)
    ).all()
    numbers = [row.data["token"] for row in rows if "token" in row.data]
    db.session.execute(sa.update(Token).where(Token.id.in_(numbers)).values(expires_at=utc_now() + LASTS))
    for row in rows:
        _requeue(row)
    audit.record("held letters released", actor=by, count=len(rows))
    return len(rows)


def discard_held(*, by: str) -> int:
    """They were an attack: nobody is written to, and the sign-ups lapse without their letters."""
    gone = db.session.execute(
        sa.delete(Outbox).where(Outbox.state == MailState.HELD, Outbox.error != waiting.REASON)
    )
    count: int = gone.rowcount  # type: ignore[attr-defined]
    audit.record("held letters discarded", actor=by, count=count)
    return count


def release_restored(*, by: str) -> int:
    """Send what waited when the backup was made. Links are not in a backup: letters that need one drop out."""
    rows = db.session.scalars(
        sa.select(Outbox).where(Outbox.state == MailState.HELD, Outbox.error == waiting.REASON)
    ).all()
    for row in rows:
        _requeue(row)
    audit.record("held letters released", actor=by, count=len(rows))
    return len(rows)


def put_restored_aside(*, by: str) -> int:
    """They were sent before the restore, or nobody needs them. Their rows stay: the same cause writes no second one."""
    aside = db.session.execute(
        sa.update(Outbox)
        .where(Outbox.state == MailState.HELD, Outbox.error == waiting.REASON)
        .values(state=MailState.DROPPED, data={})
        .execution_options(synchronize_session=False)
    )
    count: int = aside.rowcount  # type: ignore[attr-defined]
    audit.record("held letters discarded", actor=by, count=count)
    return count


def _requeue(row: Outbox) -> None:
    row.state, row.attempts, row.error = MailState.QUEUED, 0, ""
    row.next_at = row.queued_at = utc_now()


def try_again(letter: Outbox, *, by: str) -> None:
    _requeue(letter)
    audit.record("letter sent again", letter, actor=by)


def put_aside(letter: Outbox, *, by: str) -> None:
    """It failed, and nothing more is to be done about it."""
    letter.state, letter.data = MailState.DROPPED, {}
    audit.record("letter put aside", letter, actor=by)


def lift(suppression: Suppression, *, by: str) -> None:
    """The address works again: write to it."""
    audit.record("suppression lifted", suppression, actor=by)
    subscribers.unsilence_of(suppression)
    db.session.delete(suppression)

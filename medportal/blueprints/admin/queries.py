"""What the desk asks."""

from datetime import timedelta

import sqlalchemy as sa
from flask_babel import ngettext

from medportal.backups import waiting
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.audit import Audit, AuditNetwork
from medportal.models.outbox import Job, MailState, Outbox, Suppression
from medportal.models.user import User

STUCK = timedelta(minutes=30)


def _letters(*conditions: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Outbox).where(*conditions)) or 0


def held_count() -> int:
    """Of sign-ups."""
    return _letters(Outbox.state == MailState.HELD, Outbox.error != waiting.REASON)


def restored_count() -> int:
    """Held since a backup was restored."""
    return _letters(Outbox.state == MailState.HELD, Outbox.error == waiting.REASON)


def say_restored(n: int) -> str:
    return ngettext(
        "%(n)s email is held back: it waited when the backup was made, and may have been sent since.",
        "%(n)s emails are held back: they waited when the backup was made, and may have been sent since.",
        n,
        n=n,
    )


def say_put_aside(n: int) -> str:
    return ngettext("%(n)s email will never be sent.", "%(n)s emails will never be sent.", n, n=n)


def say_held(n: int) -> str:
    return ngettext(
        "%(n)s sign-up email is held back: there were unusually many sign-ups.",
        "%(n)s sign-up emails are held back: there were unusually many sign-ups.",
        n,
        n=n,
    )


def say_discard(n: int) -> str:
    return ngettext(
        "%(n)s email will never be sent, and its sign-up lapses.",
        "%(n)s emails will never be sent, and their sign-ups lapse.",
        n,
        n=n,
    )


def failed_count() -> int:
    since = utc_now() - timedelta(days=7)
    return _letters(Outbox.state == MailState.FAILED, Outbox.created_at > since)


def say_failed(n: int) -> str:
    return ngettext(
        "%(n)s email of the last 7 days could not be delivered.",
        "%(n)s emails of the last 7 days could not be delivered.",
        n,
        n=n,
    )


def stuck_count() -> int:
    return _letters(Outbox.state == MailState.QUEUED, Outbox.queued_at < utc_now() - STUCK)


def say_stuck(n: int) -> str:
    return ngettext(
        "%(n)s email has waited for more than half an hour.",
        "%(n)s emails have waited for more than half an hour.",
        n,
        n=n,
    )


def letters(state: str | None) -> sa.Select[Outbox]:
    query = sa.select(Outbox).order_by(Outbox.id.desc())
    return query.where(Outbox.state == state) if state else query


def suppressions() -> sa.Select[Suppression]:
    return sa.select(Suppression).order_by(Suppression.id.desc())


def jobs() -> list[Job]:
    return list(db.session.scalars(sa.select(Job).order_by(Job.name)))


def users(words: str, role: str | None) -> sa.Select[User]:
    """Accounts, newest first; `words` are looked for in addresses and names."""
    query = sa.select(User).order_by(User.id.desc())
    if role:
        query = query.where(User.role == role)
    if words:
        pattern = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(
            sa.or_(
                User.email_key.like(pattern.casefold(), escape="\\"),
                User.name.ilike(pattern, escape="\\"),
                User.display_name.ilike(pattern, escape="\\"),
            )
        )
    return query


def trail(action: str | None) -> sa.Select[Audit, str]:
    """What happened, newest first, with the network it came from while that is kept."""
    query = (
        sa.select(Audit, AuditNetwork.network)
        .outerjoin(AuditNetwork, AuditNetwork.audit_id == Audit.id)
        .order_by(Audit.id.desc())
    )
    return query.where(Audit.action == action) if action else query


def names_of(actors: list[str]) -> dict[str, str]:
    """ "owner 3" → the account's address, for accounts that still exist."""
    numbers = {actor: int(end) for actor in actors if (end := actor.rpartition(" ")[2]).isdigit()}
    rows = db.session.execute(sa.select(User.id, User.email).where(User.id.in_(numbers.values())))
    emails = {row.id: row.email for row in rows}
    return {actor: emails[number] for actor, number in numbers.items() if number in emails}

"""What My account asks; always through its member."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from medportal import sessions
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.audit import Audit
from medportal.models.user import Role, User, UserSession


def sessions_of(user_id: int) -> list[UserSession]:
    """Where a member is signed in, the one used last first."""
    rows = db.session.scalars(
        sa.select(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.waits_for.is_(None),
            UserSession.ends_at > utc_now(),
        )
        .options(joinedload(UserSession.user))
        .order_by(UserSession.seen_at.desc(), UserSession.id.desc())
    )
    return [row for row in rows if sessions.is_alive(row)]


def session_of(user_id: int, number: int) -> UserSession | None:
    return db.session.scalar(
        sa.select(UserSession).where(UserSession.id == number, UserSession.user_id == user_id)
    )


def events_of(user_id: int) -> sa.Select[Audit]:
    return (
        sa.select(Audit)
        .where(Audit.object_type == User.__name__, Audit.object_id == user_id)
        .order_by(Audit.id.desc())
    )


def is_last_owner(user: User, *, deciding: bool = False) -> bool:
    """Whether the site would have no owner without this one; sample owners do not count beside real ones.

    `deciding`: something hangs on it, so two owners who drop each other at the same time stand in line.
    """
    if user.role != Role.OWNER:
        return False
    query = (
        sa.select(User)
        .where(User.role == Role.OWNER, User.disabled_at.is_(None), User.delete_after.is_(None))
        .order_by(User.id)
        .execution_options(populate_existing=True)
    )
    owners = db.session.scalars(query.with_for_update(of=User) if deciding else query).all()
    return not [other for other in owners if other.id != user.id and (user.sample or not other.sample)]


def latest_members(limit: int = 8) -> list[str]:
    """Display names of those who asked to be shown, newest first; nothing else about them leaves the table."""
    return list(
        db.session.scalars(
            sa.select(User.display_name)
            .where(User.shown_publicly, User.display_name != "", User.disabled_at.is_(None))
            .order_by(User.created_at.desc(), User.id.desc())
            .limit(limit)
        )
    )

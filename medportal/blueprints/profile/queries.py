"""What My account asks; always through its member."""

import sqlalchemy as sa

from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.audit import Audit
from medportal.models.user import Role, User, UserSession


def sessions_of(user_id: int) -> sa.Select[UserSession]:
    return (
        sa.select(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.waits_for.is_(None),
            UserSession.ends_at > utc_now(),
        )
        .order_by(UserSession.seen_at.desc(), UserSession.id.desc())
    )


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


def is_last_owner(user: User) -> bool:
    if user.role != Role.OWNER:
        return False
    others = sa.select(User.id).where(
        User.role == Role.OWNER,
        User.id != user.id,
        User.disabled_at.is_(None),
        User.delete_after.is_(None),
    )
    return db.session.scalar(others.limit(1)) is None


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

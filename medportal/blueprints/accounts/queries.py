"""What the door asks."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from medportal import tokens
from medportal.extensions import db
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.models.outbox import Outbox
from medportal.models.user import Role, Token, User

CANDIDATES = 5


def user_of(email: str) -> User | None:
    return db.session.scalar(sa.select(User).where(User.email_key == addresses.key(email)))


def subject_of(email: str) -> str:
    """Under which the links to one address are found again, without storing it."""
    return tokens.keyed("address", addresses.key(email))


def subjects_of(email: str) -> list[str]:
    """As `subject_of`, under former secret keys too."""
    return tokens.keyed_with_all("address", addresses.key(email))


def open_tokens(purpose: str, subjects: Sequence[str]) -> sa.Select[Token]:
    return (
        sa.select(Token)
        .where(
            Token.purpose == purpose,
            Token.subject.in_(subjects),
            Token.used_at.is_(None),
            Token.expires_at > utc_now(),
        )
        .order_by(Token.id.desc())
        .limit(CANDIDATES)
    )


def owners() -> sa.Select[User]:
    return sa.select(User).where(User.role == Role.OWNER, User.disabled_at.is_(None)).order_by(User.id)


def recent_sign_up_letters() -> int:
    """How many were written in the last hour, held ones too; but for those that the owner caused."""
    since = utc_now() - timedelta(hours=1)
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Outbox)
            .where(
                sa.or_(
                    Outbox.template.in_(["verify", "subscribe"]),
                    sa.and_(Outbox.template == "question", Outbox.dedupe.like("question:%:confirm:")),
                ),
                ~Outbox.dedupe.startswith("own:"),
                Outbox.created_at > since,
            )
        )
        or 0
    )


def open_invitations() -> sa.Select[Token]:
    return (
        sa.select(Token)
        .where(Token.purpose == "invitation", Token.used_at.is_(None), Token.expires_at > utc_now())
        .order_by(Token.id.desc())
    )

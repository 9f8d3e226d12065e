"""Members: accounts, their sessions, known devices, single-use links and second factors.

An account exists only once its address was confirmed; until then a sign-up lives in its link (`Token.data`).
Nothing here can be used by who merely reads the database: cookies and recovery codes are stored hashed, and links
and authenticator secrets are derived from a random seed and the site's secret key.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_login import UserMixin
from sqlalchemy.orm import Mapped, mapped_column, relationship

from medportal.extensions import Base, db
from medportal.lib.dates import utc_now
from medportal.models.types import moment, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Role(StrEnum):
    MEMBER = "member"
    CONSULTANT = "consultant"
    EDITOR = "editor"
    OWNER = "owner"


STAFF = frozenset({Role.EDITOR, Role.OWNER})
"""Who runs the site: shorter sessions, longer passwords, a second factor."""


class User(UserMixin, Model):
    """`email` as its holder writes it; `email_key` is the same address as everybody compares it, and unique."""

    __tablename__ = "user"
    __table_args__ = (
        sa.CheckConstraint("role IN ('member', 'consultant', 'editor', 'owner')", name="role"),
        sa.Index("ix_user_shown_since", "shown_publicly", "created_at"),
        {"sqlite_autoincrement": True},  # the audit trail's pseudonyms must never mean somebody else
    )

    id: Mapped[pk]
    email: Mapped[str] = mapped_column(sa.String(254))
    email_key: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    display_name: Mapped[str] = mapped_column(sa.String(40), default="")
    lang: Mapped[str] = mapped_column(sa.String(8))
    role: Mapped[str] = mapped_column(sa.String(12), default=Role.MEMBER)
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    shown_publicly: Mapped[bool] = mapped_column(default=False)
    """Ticked by the member: the display name may stand among the latest members."""
    sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[moment] = mapped_column(default=utc_now, index=True)
    signed_in_at: Mapped[moment | None]
    disabled_at: Mapped[moment | None]
    delete_after: Mapped[moment | None] = mapped_column(index=True)
    """When the account is erased, because its holder asked for it; None: never asked."""

    second_factor: Mapped[SecondFactor | None] = relationship(
        back_populates="user", passive_deletes=True, cascade="all, delete-orphan"
    )

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    @property
    def has_second_factor(self) -> bool:
        return self.second_factor is not None and self.second_factor.confirmed_at is not None


class UserSession(Model):
    """One signed-in browser. The cookie holds a random value, the table its SHA-256.

    `waits_for`: None, or what is still missing before the session opens anything: "code" (the second factor).
    """

    __tablename__ = "user_session"

    id: Mapped[pk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    csrf: Mapped[str] = mapped_column(sa.String(64))
    device: Mapped[str] = mapped_column(sa.String(80), default="")
    lasting: Mapped[bool] = mapped_column(default=False)
    waits_for: Mapped[str | None] = mapped_column(sa.String(10))
    short_password: Mapped[bool] = mapped_column(default=False)
    """Signed in with a password that is long enough for members, not for staff."""
    second_factor_at: Mapped[moment | None]
    password_at: Mapped[moment] = mapped_column(default=utc_now)
    """When the password was last given; changes to the account ask for it again after ten minutes."""
    created_at: Mapped[moment] = mapped_column(default=utc_now)
    """Of the first sign-in: a renewed session keeps it, so that its absolute limit holds."""
    seen_at: Mapped[moment] = mapped_column(default=utc_now)
    ends_at: Mapped[moment] = mapped_column(index=True)

    user: Mapped[User] = relationship()


class KnownDevice(Model):
    """A browser in which this member once signed in: wrong passwords tried elsewhere do not lock it out."""

    __tablename__ = "known_device"
    __table_args__ = (sa.UniqueConstraint("hash", "user_id"),)

    id: Mapped[pk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    hash: Mapped[str] = mapped_column(sa.String(64))
    seen_at: Mapped[moment] = mapped_column(default=utc_now, index=True)


class Token(Model):
    """A link that works once. `data` is what its purpose needs (a sign-up: address, password hash, name, language)."""

    __tablename__ = "token"
    __table_args__ = (
        sa.Index("ix_token_purpose_subject", "purpose", "subject"),
        {"sqlite_autoincrement": True},  # letters name their link by number
    )

    id: Mapped[pk]
    purpose: Mapped[str] = mapped_column(sa.String(12))
    subject: Mapped[str] = mapped_column(sa.String(64), default="")
    """Keyed hash of the address the link was sent to."""
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    seed: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    data: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    created_at: Mapped[moment] = mapped_column(default=utc_now)
    expires_at: Mapped[moment] = mapped_column(index=True)
    used_at: Mapped[moment | None]

    user: Mapped[User | None] = relationship()


class SecondFactor(Model):
    """An authenticator app. `last_step` is the newest 30-second step whose code was taken: each code counts once."""

    __tablename__ = "second_factor"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    seed: Mapped[str] = mapped_column(sa.String(64))
    last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    created_at: Mapped[moment] = mapped_column(default=utc_now)
    confirmed_at: Mapped[moment | None]

    user: Mapped[User] = relationship(back_populates="second_factor")


class RecoveryCode(Model):
    __tablename__ = "recovery_code"

    id: Mapped[pk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    hash: Mapped[str] = mapped_column(sa.String(64))
    used_at: Mapped[moment | None]

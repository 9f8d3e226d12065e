"""Who gets what by mail: subscribers, with or without an account, and what they follow."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from medportal.extensions import Base, db
from medportal.lib.dates import utc_now
from medportal.models.types import moment, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Frequency(StrEnum):
    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Standing(StrEnum):
    """Whether mail goes to a subscriber. Nobody stands here before the address was confirmed."""

    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"
    """By the subscriber; the address is kept a little while, for second thoughts."""
    SUPPRESSED = "suppressed"
    """The address refuses mail, or the owner decided so."""


class What(StrEnum):
    """What a follow follows. WITHIN narrows the kinds to a category; CATEGORY is all of one, whatever the kind; PERSON is
    what a consultant writes."""

    KIND = "kind"
    WITHIN = "within"
    CATEGORY = "category"
    CONTENT = "content"
    PERSON = "person"


class Subscriber(Model):
    """A confirmed address and how it wants its mail.

    `seed` stands in the subscriber's links, beside what only our secret key can make of it (see `subscribers.link`).
    `told_until`: the happening up to which this subscriber was told of, or does not need to be told of, everything.
    """

    __tablename__ = "subscriber"
    __table_args__ = (
        sa.CheckConstraint("frequency IN ('at_once', 'daily', 'weekly', 'monthly')", name="frequency"),
        sa.CheckConstraint("state IN ('active', 'paused', 'stopped', 'suppressed')", name="state"),
        sa.Index("ix_subscriber_frequency_id", "frequency", "id"),
        sa.Index("ix_subscriber_state_paused_until", "state", "paused_until"),
        {"sqlite_autoincrement": True},  # deliveries and the audit trail name them by number
    )

    id: Mapped[pk]
    seed: Mapped[str] = mapped_column(sa.String(22), unique=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), unique=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    email_key: Mapped[str] = mapped_column(sa.String(254), unique=True)
    lang: Mapped[str] = mapped_column(sa.String(8))
    frequency: Mapped[str] = mapped_column(sa.String(8), default=Frequency.WEEKLY)
    other_language: Mapped[bool] = mapped_column(default=False)
    """Also what exists in another language only, marked as such."""
    named: Mapped[bool] = mapped_column(default=False)
    """The subject may name what the mail is about. Off by default: telephones are looked at by families."""
    announcements: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(sa.String(10), default=Standing.ACTIVE)
    paused_until: Mapped[moment | None]
    """None while paused: until the subscriber resumes."""
    told_until: Mapped[int] = mapped_column(default=0)
    consent_at: Mapped[moment]
    consent_version: Mapped[int]
    consent_lang: Mapped[str] = mapped_column(sa.String(8))
    consent_how: Mapped[str] = mapped_column(sa.String(10))
    """form (confirmed by mail), account (an address confirmed before), owner (entered at the desk)."""
    consent_note: Mapped[str] = mapped_column(sa.String(200), default="")
    """Where the owner has the consent from."""
    created_at: Mapped[moment] = mapped_column(default=utc_now)
    stopped_at: Mapped[moment | None] = mapped_column(index=True)

    follows: Mapped[list[Follow]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Follow.id"
    )


class Follow(Model):
    __tablename__ = "follow"
    __table_args__ = (
        sa.CheckConstraint(
            "(what = 'kind' AND kind IS NOT NULL) OR (what IN ('within', 'category') AND category_id IS NOT NULL)"
            " OR (what = 'content' AND content_id IS NOT NULL) OR (what = 'person' AND person_id IS NOT NULL)",
            name="target",
        ),
        sa.UniqueConstraint("subscriber_id", "kind"),
        sa.UniqueConstraint("subscriber_id", "what", "category_id"),
        sa.UniqueConstraint("subscriber_id", "content_id"),
        sa.UniqueConstraint("subscriber_id", "person_id"),
    )

    id: Mapped[pk]
    subscriber_id: Mapped[int] = mapped_column(sa.ForeignKey("subscriber.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(sa.String(10))
    kind: Mapped[str | None] = mapped_column(sa.String(20))
    category_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("category.id", ondelete="CASCADE"), index=True
    )
    content_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("content.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)


def target_of(row: Any) -> Any:
    """Of a row with the columns of `Follow`."""
    return row.kind or row.category_id or row.content_id or row.person_id

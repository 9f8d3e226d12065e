"""Mail on its way, addresses that refuse it, and recurring work."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from medportal.extensions import Base, db
from medportal.lib.dates import utc_now
from medportal.models.types import moment, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class MailState(StrEnum):
    QUEUED = "queued"
    HELD = "held"
    """Waits for the owner's word: too many sign-ups at once."""
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    """Not sent, because the address refused mail before."""
    DROPPED = "dropped"
    """Not needed any more: its link was used or has expired, or an owner put it aside."""


class Posted:
    """A letter on its way: when it is tried, who has it in hand, how it went.

    Who takes it holds a lease; a lease that ran out is free for others.
    """

    state: Mapped[str] = mapped_column(sa.String(10), default=MailState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[moment] = mapped_column(default=utc_now)
    lease_until: Mapped[moment | None]
    leased_by: Mapped[str | None] = mapped_column(sa.String(80))
    queued_at: Mapped[moment] = mapped_column(default=utc_now)
    """Since when it is to be delivered: later than it was written if it was held back or tried again by hand."""
    sent_at: Mapped[moment | None]
    error: Mapped[str] = mapped_column(sa.String(300), default="")


class Outbox(Posted, Model):
    """One letter to one address, written in the transaction of its cause and rendered when it is sent.

    `data` is what the template needs; links are derived from it only then, so that no usable link is stored.
    `dedupe` makes a cause send once. `message_id` stays the same over all tries: receivers can merge a second copy.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        sa.CheckConstraint(
            "state IN ('queued', 'held', 'sent', 'failed', 'suppressed', 'dropped')", name="state"
        ),
        sa.Index("ix_outbox_state_next_at_id", "state", "next_at", "id"),
        sa.Index("ix_outbox_template_created_at", "template", "created_at"),
        sa.Index("ix_outbox_sent_at", "sent_at"),
        {"sqlite_autoincrement": True},  # files of letters are named by it
    )

    id: Mapped[pk]
    dedupe: Mapped[str] = mapped_column(sa.String(80), unique=True)
    message_id: Mapped[str] = mapped_column(sa.String(200), unique=True)
    template: Mapped[str] = mapped_column(sa.String(40))
    lang: Mapped[str] = mapped_column(sa.String(8))
    recipient: Mapped[str] = mapped_column(sa.String(254))
    recipient_key: Mapped[str] = mapped_column(sa.String(254), index=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    created_at: Mapped[moment] = mapped_column(default=utc_now)


class Suppression(Model):
    """An address that refused mail for good: its keyed hash, a masked form, and the server's words without it."""

    __tablename__ = "suppression"

    id: Mapped[pk]
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    masked: Mapped[str] = mapped_column(sa.String(80))
    reason: Mapped[str] = mapped_column(sa.String(300))
    at: Mapped[moment] = mapped_column(default=utc_now)


class Bounce(Model):
    """A report that a letter came back (RFC 3464), read once: `fingerprint` is of the whole message.

    `hard`: the address does not exist or refuses for good. `ours`: it names a letter that we did send there; nobody
    shall silence an address by sending us reports of letters that never were.
    """

    __tablename__ = "bounce"

    id: Mapped[pk]
    fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    masked: Mapped[str] = mapped_column(sa.String(80), default="")
    status: Mapped[str] = mapped_column(sa.String(20), default="")
    hard: Mapped[bool] = mapped_column(default=False)
    ours: Mapped[bool] = mapped_column(default=False)
    at: Mapped[moment] = mapped_column(default=utc_now, index=True)


class Job(Model):
    """Recurring work: who holds it and until when, when it is next due, and how it went last."""

    __tablename__ = "job"

    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    due_at: Mapped[moment]
    lease_until: Mapped[moment | None]
    leased_by: Mapped[str | None] = mapped_column(sa.String(80))
    finished_at: Mapped[moment | None]
    error: Mapped[str] = mapped_column(sa.String(300), default="")

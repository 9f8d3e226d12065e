"""Messages from readers, and the brake on how many one address may send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from medportal.extensions import Base, db
from medportal.lib.dates import utc_now
from medportal.models.types import moment, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Message(Model):
    """`kind` contact, or report (a mistake on a page, with the page and the section it concerns)."""

    __tablename__ = "message"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('contact', 'report')", name="kind"),
        sa.Index("ix_message_state_sent_at", "state", "sent_at"),
    )

    id: Mapped[pk]
    kind: Mapped[str] = mapped_column(sa.String(10))
    lang: Mapped[str] = mapped_column(sa.String(8))
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    body: Mapped[str] = mapped_column(sa.Text)
    content_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("content.id", ondelete="SET NULL"), index=True
    )
    section: Mapped[str | None] = mapped_column(sa.String(30))
    state: Mapped[str] = mapped_column(sa.String(10), default="new")
    """new, done, or answered (by mail from the desk)."""
    sent_at: Mapped[moment] = mapped_column(default=utc_now)
    answer: Mapped[str | None] = mapped_column(sa.Text)
    answered_at: Mapped[moment | None]
    answered_by: Mapped[str | None] = mapped_column(sa.String(40))
    """As the audit trail names accounts."""


class RateBucket(Model):
    """How often a keyed thing happened in a slot of time. The key is a salted hash, never an address."""

    __tablename__ = "rate_bucket"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    slot: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    n: Mapped[int] = mapped_column(default=1)
    expires: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    """Seconds since 1970 after which the row says nothing any more."""

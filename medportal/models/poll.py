"""Polls: a question with a few answers, one tally for all languages, one vote a person.

The ballot is secret. `Vote` says that somebody has voted, so that nobody does so twice; what was chosen is only added
to `PollChoice.votes`. So no row, copy or backup says who chose what, not even to the owner.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from medportal.extensions import Base, db
from medportal.lib.dates import utc_now
from medportal.models.types import Localized, LocalizedType, moment, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Stage(StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


class Poll(Model):
    __tablename__ = "poll"
    __table_args__ = (
        sa.CheckConstraint("shown_as IN ('planned', 'open', 'closed')", name="shown_as"),
        {"sqlite_autoincrement": True},  # an address never leads to another poll
    )

    id: Mapped[pk]
    key: Mapped[str | None] = mapped_column(sa.String(80), unique=True)
    """Names a poll of the samples for software; None for everybody else's."""
    question: Mapped[Localized] = mapped_column(LocalizedType)
    opens_at: Mapped[moment] = mapped_column(index=True)
    closes_at: Mapped[moment | None] = mapped_column(index=True)
    """None: it stays open."""
    shown_as: Mapped[str] = mapped_column(sa.String(8), default=Stage.PLANNED)
    """The stage that kept pages were told of; the clock alone says which one it is (`stage`)."""
    sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[moment] = mapped_column(default=utc_now)

    choices: Mapped[list[PollChoice]] = relationship(
        order_by="PollChoice.position, PollChoice.id", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def stage(self) -> Stage:
        now = utc_now()
        if now < self.opens_at:
            return Stage.PLANNED
        return Stage.OPEN if self.closes_at is None or now < self.closes_at else Stage.CLOSED

    @property
    def is_open(self) -> bool:
        return self.stage is Stage.OPEN

    @property
    def total(self) -> int:
        return sum(choice.votes for choice in self.choices)


class PollChoice(Model):
    __tablename__ = "poll_choice"

    id: Mapped[pk]
    poll_id: Mapped[int] = mapped_column(sa.ForeignKey("poll.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    label: Mapped[Localized] = mapped_column(LocalizedType)
    votes: Mapped[int] = mapped_column(default=0)
    """Counted up in the transaction of each vote."""


class Vote(Model):
    """Somebody has voted: a member, a browser, or a member in a browser. `voter` is a keyed hash of the browser's
    cookie and of the poll, so that nobody is recognised from one poll to the next. Neither is left once an account was
    erased."""

    __tablename__ = "vote"
    __table_args__ = (sa.UniqueConstraint("poll_id", "user_id"), sa.UniqueConstraint("poll_id", "voter"))

    id: Mapped[pk]
    poll_id: Mapped[int] = mapped_column(sa.ForeignKey("poll.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"), index=True)
    voter: Mapped[str | None] = mapped_column(sa.String(64))
    day: Mapped[date]
    """No moment, which would tie the votes of one evening together."""

"""Where people of the corner work, what somebody has seen of their papers, and what they wish to change themselves."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from medportal.extensions import Base, db
from medportal.lib.dates import utc_now
from medportal.models.people import Person
from medportal.models.types import Localized, LocalizedType, UtcDateTime, moment, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Place(Model):
    """Where a person sees patients. `hours` are in words: they are read by people only."""

    __tablename__ = "place"

    id: Mapped[pk]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[Localized] = mapped_column(LocalizedType)
    address: Mapped[Localized] = mapped_column(LocalizedType, default=dict)
    city: Mapped[Localized] = mapped_column(LocalizedType, default=dict)
    hours: Mapped[Localized] = mapped_column(LocalizedType, default=dict)
    country: Mapped[str | None] = mapped_column(sa.String(2))
    phone: Mapped[str] = mapped_column(sa.String(30), default="")
    url: Mapped[str | None] = mapped_column(sa.String(500))


class CheckKind(StrEnum):
    DEGREE = "degree"
    LICENCE = "licence"
    MEMBERSHIP = "membership"
    EMPLOYMENT = "employment"


class CredentialCheck(Model):
    """Somebody saw a paper with their own eyes. `number` is what stands on it, for the desk only; `valid_until` is the
    last day on which it holds, None when it does not run out. A withdrawn one counts for nothing and stays on record."""

    __tablename__ = "credential_check"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('degree', 'licence', 'membership', 'employment')", name="kind"),
    )

    id: Mapped[pk]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    what: Mapped[Localized] = mapped_column(LocalizedType)
    issued_by: Mapped[Localized] = mapped_column(LocalizedType)
    number: Mapped[str] = mapped_column(sa.String(80), default="")
    seen_by: Mapped[str] = mapped_column(sa.String(120))
    """The name of whoever saw it, as it was at the time."""
    seen_on: Mapped[date]
    valid_until: Mapped[date | None] = mapped_column(index=True)
    withdrawn_on: Mapped[date | None]
    withdrawal: Mapped[str] = mapped_column(sa.String(500), default="")
    """Why it was withdrawn, for the desk."""
    expiry_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the owners were told by mail that it ran out."""

    person: Mapped[Person] = relationship()


class ChangeState(StrEnum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TAKEN_BACK = "taken_back"


class ProfileChange(Model):
    """What a consultant wishes to change of the own profile: nothing of it is public before somebody of the desk
    accepted it. `proposed` holds the changed parts only; at most one row of a person waits."""

    __tablename__ = "profile_change"
    __table_args__ = (
        sa.CheckConstraint("state IN ('waiting', 'accepted', 'declined', 'taken_back')", name="state"),
        sa.Index("ix_profile_change_state", "state", "id"),
    )

    id: Mapped[pk]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    proposed: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    state: Mapped[str] = mapped_column(sa.String(12), default=ChangeState.WAITING)
    note: Mapped[str] = mapped_column(sa.String(1000), default="")
    """Why it was declined, for the consultant."""
    sent_at: Mapped[moment] = mapped_column(default=utc_now)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    person: Mapped[Person] = relationship()

"""Telephone numbers for emergencies, by country. None is shipped: the owner enters and checks them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from medportal.extensions import Base, db
from medportal.models.types import Localized, LocalizedType, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Service(StrEnum):
    """Whom a number reaches, in the order in which they are shown."""

    AMBULANCE = "ambulance"
    EMERGENCY = "emergency"
    POISON = "poison"
    CRISIS = "crisis"


class EmergencyNumber(Model):
    """`country` is ISO 3166; `checked_on` the day on which somebody last saw that the source says so. Without a source
    or a day the number is shown to nobody."""

    __tablename__ = "emergency_number"
    __table_args__ = (
        sa.CheckConstraint("service IN ('ambulance', 'emergency', 'poison', 'crisis')", name="service"),
        sa.UniqueConstraint("country", "service", "number"),
    )

    id: Mapped[pk]
    country: Mapped[str] = mapped_column(sa.String(2))
    service: Mapped[str] = mapped_column(sa.String(10))
    number: Mapped[str] = mapped_column(sa.String(30))
    note: Mapped[Localized | None] = mapped_column(LocalizedType)
    source: Mapped[str] = mapped_column(sa.String(200), default="")
    source_url: Mapped[str | None] = mapped_column(sa.String(500))
    checked_on: Mapped[date | None] = mapped_column(index=True)

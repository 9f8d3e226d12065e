"""People and organisations who write, review and translate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from medportal.extensions import Base, db
from medportal.models.taxonomy import Specialty
from medportal.models.types import Localized, LocalizedType, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class PersonSpecialty(Model):
    __tablename__ = "person_specialty"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    specialty_id: Mapped[int] = mapped_column(
        sa.ForeignKey("specialty.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(default=0)


class Person(Model):
    """A person, or an organisation that signs as one. `degrees`: `[{"abbr": "MD", "meaning": {"ar": …, "en": …}}]`;
    `interests` is the conflict-of-interest statement; None means it was never asked, which is not "none"."""

    __tablename__ = "person"
    __table_args__ = (sa.CheckConstraint("form IN ('person', 'organisation')", name="form"),)

    id: Mapped[pk]
    form: Mapped[str] = mapped_column(sa.String(12), default="person")
    name: Mapped[Localized] = mapped_column(LocalizedType)
    title: Mapped[Localized | None] = mapped_column(LocalizedType)
    degrees: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    country: Mapped[str | None] = mapped_column(sa.String(2))
    interests: Mapped[Localized | None] = mapped_column(LocalizedType)
    photo_id: Mapped[int | None] = mapped_column(sa.ForeignKey("media.id", ondelete="SET NULL"), index=True)

    specialties: Mapped[list[Specialty]] = relationship(
        secondary="person_specialty", order_by="PersonSpecialty.position"
    )

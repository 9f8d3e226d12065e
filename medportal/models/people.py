"""People and organisations who write, review and translate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from medportal.extensions import Base, db
from medportal.models.types import Localized, LocalizedType, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


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
    specialty_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("specialty.id", ondelete="SET NULL"), index=True
    )

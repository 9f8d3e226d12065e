"""Treatments as records, shaped after what DISCERN asks of information on treatment choices."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from medportal.extensions import Base, db
from medportal.models.trust import Reference
from medportal.models.types import pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

FIELDS = ("how_it_works", "benefit", "risk", "without_it", "quality_of_life", "uncertainty")


class TreatmentKind(StrEnum):
    DRUG = "drug"
    SURGERY = "surgery"
    PROCEDURE = "procedure"
    PHYSICAL_THERAPY = "physical_therapy"
    SPEECH_THERAPY = "speech_therapy"
    PSYCHOTHERAPY = "psychotherapy"
    DIET_LIFESTYLE = "diet_lifestyle"
    SELF_CARE = "self_care"


class TreatmentReference(Model):
    __tablename__ = "treatment_reference"

    treatment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("treatment.id", ondelete="CASCADE"), primary_key=True
    )
    reference_id: Mapped[int] = mapped_column(
        sa.ForeignKey("reference.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Treatment(Model):
    """One treatment of one disease."""

    __tablename__ = "treatment"
    __table_args__ = (sa.UniqueConstraint("content_id", "key"),)

    id: Mapped[pk]
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(60))
    kind: Mapped[str] = mapped_column(sa.String(20))
    position: Mapped[int] = mapped_column(default=0)

    texts: Mapped[list[TreatmentText]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    references: Mapped[list[Reference]] = relationship(
        secondary="treatment_reference", order_by=Reference.position
    )


class TreatmentText(Model):
    """A treatment in one language; every field is sanitised HTML, "" where nothing is stated."""

    __tablename__ = "treatment_text"
    __table_args__ = (sa.UniqueConstraint("treatment_id", "lang"),)

    id: Mapped[pk]
    treatment_id: Mapped[int] = mapped_column(sa.ForeignKey("treatment.id", ondelete="CASCADE"))
    lang: Mapped[str] = mapped_column(sa.String(8))
    name: Mapped[str] = mapped_column(sa.String(200))
    how_it_works: Mapped[str] = mapped_column(sa.Text, default="")
    benefit: Mapped[str] = mapped_column(sa.Text, default="")
    risk: Mapped[str] = mapped_column(sa.Text, default="")
    without_it: Mapped[str] = mapped_column(sa.Text, default="")
    quality_of_life: Mapped[str] = mapped_column(sa.Text, default="")
    uncertainty: Mapped[str] = mapped_column(sa.Text, default="")

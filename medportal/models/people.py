"""People and organisations who write, review and translate."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from medportal.extensions import Base, db
from medportal.models.taxonomy import Specialty
from medportal.models.types import Localized, LocalizedType, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Rank(StrEnum):
    """What a person is by profession. How it is said follows the person's own form (see `Person.gender`)."""

    PHYSICIAN = "physician"
    SPECIALIST = "specialist"
    CONSULTANT = "consultant"
    PROFESSOR = "professor"
    DENTIST = "dentist"
    PHARMACIST = "pharmacist"
    PSYCHOLOGIST = "psychologist"
    NURSE = "nurse"


class Gender(StrEnum):
    """The grammatical form in which a person is spoken of, as chosen by that person."""

    FEMININE = "feminine"
    MASCULINE = "masculine"


class PersonSpecialty(Model):
    __tablename__ = "person_specialty"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    specialty_id: Mapped[int] = mapped_column(
        sa.ForeignKey("specialty.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(default=0)


class Standing(Protocol):
    """What somebody's rank and address follow from; an entity has it, and a row."""

    @property
    def listed(self) -> bool: ...
    @property
    def gender(self) -> str | None: ...
    @property
    def rank(self) -> str | None: ...
    @property
    def texts(self) -> Sequence[Any]: ...


class Person(Model):
    """A person, or an organisation that signs as one. `degrees`: `[{"abbr": "MD", "meaning": {"ar": …, "en": …}}]`;
    `interests` is the conflict-of-interest statement; None means it was never asked, which is not "none".
    `title` is a position in the person's own words, beside the `rank`."""

    __tablename__ = "person"
    __table_args__ = (
        sa.CheckConstraint("form IN ('person', 'organisation')", name="form"),
        sa.CheckConstraint("gender IN ('feminine', 'masculine')", name="gender"),
    )

    id: Mapped[pk]
    key: Mapped[str | None] = mapped_column(sa.String(80), unique=True)
    """Names a person of the samples for software; None for everybody else."""
    form: Mapped[str] = mapped_column(sa.String(12), default="person")
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"), unique=True)
    """The account with which this person signs in."""
    listed: Mapped[bool] = mapped_column(default=False, server_default=sa.false(), index=True)
    """Has a place, and a profile, in the consultants' corner."""
    gender: Mapped[str | None] = mapped_column(sa.String(10))
    rank: Mapped[str | None] = mapped_column(sa.String(20))
    languages: Mapped[list[str]] = mapped_column(sa.JSON, default=list, server_default="[]")
    """Codes of the languages spoken with patients, such as "ar" or "fr"."""
    name: Mapped[Localized] = mapped_column(LocalizedType)
    title: Mapped[Localized | None] = mapped_column(LocalizedType)
    degrees: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    country: Mapped[str | None] = mapped_column(sa.String(2))
    interests: Mapped[Localized | None] = mapped_column(LocalizedType)
    photo_id: Mapped[int | None] = mapped_column(sa.ForeignKey("media.id", ondelete="SET NULL"), index=True)

    specialties: Mapped[list[Specialty]] = relationship(
        secondary="person_specialty", order_by="PersonSpecialty.position"
    )
    texts: Mapped[list[PersonText]] = relationship(cascade="all, delete-orphan", passive_deletes=True)

    @property
    def is_sample(self) -> bool:
        return self.key is not None


class PersonText(Model):
    """The profile of a person in one language: its address and the biography (sanitised HTML, "" when unwritten)."""

    __tablename__ = "person_text"
    __table_args__ = (sa.UniqueConstraint("person_id", "lang"), sa.UniqueConstraint("lang", "slug"))

    id: Mapped[pk]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    lang: Mapped[str] = mapped_column(sa.String(8))
    slug: Mapped[str] = mapped_column(sa.String(80))
    biography: Mapped[str] = mapped_column(sa.Text, default="")
    policy_version: Mapped[int] = mapped_column(default=0)

"""Categories (a tree) and medical specialties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from medportal.extensions import Base, db
from medportal.models.types import Localized, LocalizedType, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Category(Model):
    """`slug` is the same in every language, so that the language switch needs no look-up."""

    __tablename__ = "category"

    id: Mapped[pk]
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    name: Mapped[Localized] = mapped_column(LocalizedType)
    parent_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("category.id", ondelete="SET NULL"), index=True
    )
    position: Mapped[int] = mapped_column(default=0)
    icd10_range: Mapped[str | None] = mapped_column(sa.String(60))


class CategoryAlias(Model):
    """A slug that a category had before, or that was merged into it. Without a category: deleted, and neither an update
    nor a sample brings it back."""

    __tablename__ = "category_alias"

    slug: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    category_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("category.id", ondelete="SET NULL"), index=True
    )


class Specialty(Model):
    """`schema_org` is the member of schema.org's MedicalSpecialty, where one fits."""

    __tablename__ = "specialty"

    id: Mapped[pk]
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    name: Mapped[Localized] = mapped_column(LocalizedType)
    parent_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("specialty.id", ondelete="SET NULL"), index=True
    )
    schema_org: Mapped[str | None] = mapped_column(sa.String(60))

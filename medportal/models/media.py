"""Pictures that belong to content. Files lie in `instance/media` under names of our own making."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from medportal.extensions import Base, db
from medportal.lib.dates import utc_now
from medportal.models.types import Localized, LocalizedType, moment, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Media(Model):
    """`alt` per language; an empty label means decorative."""

    __tablename__ = "media"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    mime: Mapped[str] = mapped_column(sa.String(40))
    width: Mapped[int]
    height: Mapped[int]
    alt: Mapped[Localized] = mapped_column(LocalizedType)
    source: Mapped[str] = mapped_column(sa.String(200), default="")
    licence: Mapped[str] = mapped_column(sa.String(80), default="")
    created_at: Mapped[moment] = mapped_column(default=utc_now)

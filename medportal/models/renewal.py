"""Content that readers find under words which changed elsewhere, and that waits to be listed and indexed anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from medportal.extensions import Base, db

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Renewal(Model):
    __tablename__ = "renewal"

    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)

"""Who did what. Rows are only ever added: triggers in the migrations refuse UPDATE and DELETE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from medportal.extensions import Base, db
from medportal.lib.dates import utc_now
from medportal.models.types import moment, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Audit(Model):
    """`actor` is a role or account name of the site ("command line", "import"), never an address."""

    __tablename__ = "audit"
    __table_args__ = (
        sa.Index("ix_audit_object", "object_type", "object_id"),
        sa.Index("ix_audit_action_id", "action", "id"),
        sa.Index("ix_audit_actor", "actor"),
    )

    id: Mapped[pk]
    at: Mapped[moment] = mapped_column(default=utc_now, index=True)
    actor: Mapped[str] = mapped_column(sa.String(80))
    action: Mapped[str] = mapped_column(sa.String(40))
    object_type: Mapped[str] = mapped_column(sa.String(40), default="")
    object_id: Mapped[int | None]
    detail: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)


class AuditNetwork(Model):
    """From which network (/24, /48) something recorded came. A table of its own, since it is erased after 90 days."""

    __tablename__ = "audit_network"

    audit_id: Mapped[int] = mapped_column(sa.ForeignKey("audit.id", ondelete="CASCADE"), primary_key=True)
    network: Mapped[str] = mapped_column(sa.String(60))
    at: Mapped[moment] = mapped_column(default=utc_now, index=True)

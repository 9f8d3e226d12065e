"""Imports that owners started at the desk: what was brought, how far it is, what came of it."""

from __future__ import annotations

from enum import StrEnum
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


class ImportState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    CHECKED = "checked"
    """The files were read and counted; nothing was saved, and a person decides."""
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDOING = "undoing"
    UNDONE = "undone"


ACTIVE = (ImportState.QUEUED, ImportState.RUNNING, ImportState.UNDOING)


class ImportRun(Model):
    """One import. `files`: [{"name": as its owner called it, "file": as we do, "size": bytes, "index": true for the companion}] in
    `instance/imports/<folder>`; `options`: {"dry_run", "publish"}.

    `position` of `total` pages were looked at, or removed while it is undone. `made`, `merged` and `published` only grow while the run goes on, batch
    by batch, so that one that was killed counts right when it is continued; `removed` and `kept` belong to undoing it.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'checked', 'done', 'failed', 'cancelled', 'undoing', 'undone')",
            name="state",
        ),
        sa.Index("ix_import_run_state_id", "state", "id"),
    )

    id: Mapped[pk]
    source: Mapped[str] = mapped_column(sa.String(40))
    folder: Mapped[str] = mapped_column(sa.String(40), unique=True)
    files: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    options: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    state: Mapped[str] = mapped_column(sa.String(10), default=ImportState.QUEUED)
    total: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    read: Mapped[int] = mapped_column(default=0)
    made: Mapped[int] = mapped_column(default=0)
    merged: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    broken: Mapped[int] = mapped_column(default=0)
    published: Mapped[int] = mapped_column(default=0)
    removed: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)
    messages: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    error: Mapped[str] = mapped_column(sa.String(300), default="")
    started_by: Mapped[str] = mapped_column(sa.String(80))
    created_at: Mapped[moment] = mapped_column(default=utc_now)
    started_at: Mapped[moment | None]
    finished_at: Mapped[moment | None]

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def is_dry(self) -> bool:
        return bool(self.options.get("dry_run"))

"""Why a text may be believed: who wrote it, on which evidence, who checked it, and how it changed."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from medportal.extensions import Base, db
from medportal.lib.dates import utc_now
from medportal.models.people import Person
from medportal.models.types import moment, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Role(StrEnum):
    AUTHOR = "author"
    REVIEWER = "reviewer"
    TRANSLATOR = "translator"
    WORK_GROUP = "work_group"


class Credit(Model):
    """Who did what for a thing; `lang` only where the work concerns one language (a translator)."""

    __tablename__ = "credit"
    __table_args__ = (
        sa.UniqueConstraint("content_id", "person_id", "role", "lang"),
        sa.CheckConstraint("role IN ('author', 'reviewer', 'translator', 'work_group')", name="role"),
    )

    id: Mapped[pk]
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="RESTRICT"), index=True)
    role: Mapped[str] = mapped_column(sa.String(12))
    lang: Mapped[str | None] = mapped_column(sa.String(8))
    position: Mapped[int] = mapped_column(default=0)

    person: Mapped[Person] = relationship()


class Reference(Model):
    """A numbered source of a page. `position` is its number and never changes by itself: texts link to it.
    `year` is text as found ("2021", "2019–2020"); `checked_on` is when somebody last looked."""

    __tablename__ = "reference"
    __table_args__ = (sa.UniqueConstraint("content_id", "position"),)

    id: Mapped[pk]
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"))
    position: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(500))
    issuer: Mapped[str] = mapped_column(sa.String(200), default="")
    year: Mapped[str] = mapped_column(sa.String(20), default="")
    url: Mapped[str | None] = mapped_column(sa.String(500))
    doi: Mapped[str | None] = mapped_column(sa.String(200), index=True)
    pmid: Mapped[str | None] = mapped_column(sa.String(20), index=True)
    checked_on: Mapped[date | None]
    retracted: Mapped[bool] = mapped_column(default=False)


class Review(Model):
    """Somebody checked the whole page in one language. Without a named person there is no review and no date."""

    __tablename__ = "review"
    __table_args__ = (sa.CheckConstraint("next_due > reviewed_on", name="next_due_after_review"),)

    id: Mapped[pk]
    text_id: Mapped[int] = mapped_column(sa.ForeignKey("content_text.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="RESTRICT"), index=True)
    reviewed_on: Mapped[date]
    next_due: Mapped[date] = mapped_column(index=True)
    reminded_at: Mapped[moment | None]
    """When the owner was told by mail that it falls due."""

    person: Mapped[Person] = relationship()


class Revision(Model):
    """A text as it was after one save, whole. Rows are only ever added; they go when the text itself is deleted."""

    __tablename__ = "revision"
    __table_args__ = (sa.UniqueConstraint("text_id", "number"),)

    id: Mapped[pk]
    text_id: Mapped[int] = mapped_column(sa.ForeignKey("content_text.id", ondelete="CASCADE"))
    number: Mapped[int]
    saved_at: Mapped[moment] = mapped_column(default=utc_now)
    saved_by: Mapped[str] = mapped_column(sa.String(120))
    minor: Mapped[bool] = mapped_column(default=False)
    safety: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    snapshot: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class WorkingCopy(Model):
    """What somebody typed and has not saved: a form as it was sent, kept while they work. Nobody else sees it.

    `bases`: language → number of the revision that was on the screen. `version` grows with every keeping; who keeps
    an older one (a second window) is told.
    """

    __tablename__ = "working_copy"
    __table_args__ = (sa.UniqueConstraint("content_id", "user_id"),)

    id: Mapped[pk]
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    bases: Mapped[dict[str, int]] = mapped_column(sa.JSON, default=dict)
    form: Mapped[dict[str, list[str]]] = mapped_column(sa.JSON, default=dict)
    kept_at: Mapped[moment] = mapped_column(default=utc_now, index=True)

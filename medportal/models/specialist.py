"""What stands beside the evidence of a page: opinions of experts, and records for specialists."""

from __future__ import annotations

import re
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from medportal.extensions import Base, db
from medportal.lib.dates import utc_now
from medportal.models.content import Origin
from medportal.models.people import Person
from medportal.models.types import Localized, LocalizedType, moment, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

NCT = re.compile(r"NCT\d{8}", re.ASCII)
STALE = timedelta(days=180)
"""After this long the status of a trial may have changed."""


class OpinionStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"


class TrialStatus(StrEnum):
    """As ClinicalTrials.gov has them; other registries are told in these words."""

    NOT_YET_RECRUITING = "not_yet_recruiting"
    RECRUITING = "recruiting"
    ENROLLING_BY_INVITATION = "enrolling_by_invitation"
    ACTIVE_NOT_RECRUITING = "active_not_recruiting"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    AVAILABLE = "available"
    NO_LONGER_AVAILABLE = "no_longer_available"
    TEMPORARILY_NOT_AVAILABLE = "temporarily_not_available"
    APPROVED_FOR_MARKETING = "approved_for_marketing"
    WITHHELD = "withheld"
    UNKNOWN = "unknown"


class DrugNews(StrEnum):
    LABEL = "label"
    APPROVAL = "approval"
    WARNING = "warning"
    RECALL = "recall"
    OTHER = "other"


class Opinion(Model):
    """What an expert thinks, signed. `interests` was stated for this opinion at its time: {} means "none to declare",
    None that it was not asked yet. It is shown in the languages that it has a text in."""

    __tablename__ = "opinion"
    __table_args__ = (
        sa.CheckConstraint("status IN ('draft', 'published')", name="status"),
        sa.CheckConstraint("origin IN ('own', 'sample')", name="origin"),
        sa.Index("ix_opinion_content_id_position", "content_id", "position"),
    )

    id: Mapped[pk]
    key: Mapped[str | None] = mapped_column(sa.String(80), unique=True)
    """Names an opinion of the samples for software; None for every other."""
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="RESTRICT"), index=True)
    given_on: Mapped[date | None]
    interests: Mapped[Localized | None] = mapped_column(LocalizedType)
    status: Mapped[str] = mapped_column(sa.String(10), default=OpinionStatus.DRAFT)
    origin: Mapped[str] = mapped_column(sa.String(10), default=Origin.OWN)
    position: Mapped[int] = mapped_column(default=0)
    touched_at: Mapped[moment] = mapped_column(default=utc_now)

    person: Mapped[Person] = relationship()
    texts: Mapped[list[OpinionText]] = relationship(cascade="all, delete-orphan", passive_deletes=True)

    @property
    def is_published(self) -> bool:
        return self.status == OpinionStatus.PUBLISHED


class OpinionText(Model):
    """An opinion in one language, as sanitised HTML."""

    __tablename__ = "opinion_text"
    __table_args__ = (sa.UniqueConstraint("opinion_id", "lang"),)

    id: Mapped[pk]
    opinion_id: Mapped[int] = mapped_column(sa.ForeignKey("opinion.id", ondelete="CASCADE"))
    lang: Mapped[str] = mapped_column(sa.String(8))
    html: Mapped[str] = mapped_column(sa.Text)
    policy_version: Mapped[int] = mapped_column(default=0, index=True)


class ContentTrial(Model):
    __tablename__ = "content_trial"

    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    trial_id: Mapped[int] = mapped_column(
        sa.ForeignKey("trial.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Trial(Model):
    """A clinical trial as its registry has it. `title` and `conditions` are in the registry's own words; `countries` are
    ISO codes, or names where no code is known. `status` None: the registry's record does not say."""

    __tablename__ = "trial"
    __table_args__ = (
        sa.UniqueConstraint("register", "number"),
        sa.CheckConstraint("origin IN ('own', 'sample', 'imported')", name="origin"),
    )

    id: Mapped[pk]
    register: Mapped[str] = mapped_column(sa.String(60))
    number: Mapped[str] = mapped_column(sa.String(40), index=True)
    title: Mapped[str] = mapped_column(sa.String(400))
    status: Mapped[str | None] = mapped_column(sa.String(30))
    status_as_of: Mapped[date | None]
    phase: Mapped[str] = mapped_column(sa.String(40), default="")
    conditions: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    countries: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    url: Mapped[str] = mapped_column(sa.String(500))
    source: Mapped[str] = mapped_column(sa.String(80), default="")
    origin: Mapped[str] = mapped_column(sa.String(10), default=Origin.OWN)
    touched_at: Mapped[moment] = mapped_column(default=utc_now, index=True)

    def is_stale(self, today: date) -> bool:
        return self.status_as_of is None or today - self.status_as_of > STALE


class ContentDrug(Model):
    __tablename__ = "content_drug"

    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    drug_id: Mapped[int] = mapped_column(
        sa.ForeignKey("drug_update.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class DrugUpdate(Model):
    """News of a medicine: `name` as issued, `external_id` as its source numbers it (the set id of a label)."""

    __tablename__ = "drug_update"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('label', 'approval', 'warning', 'recall', 'other')", name="kind"),
        sa.CheckConstraint("origin IN ('own', 'sample', 'imported')", name="origin"),
    )

    id: Mapped[pk]
    external_id: Mapped[str | None] = mapped_column(sa.String(80), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    generic: Mapped[str] = mapped_column(sa.String(200), default="")
    kind: Mapped[str] = mapped_column(sa.String(10), default=DrugNews.LABEL)
    issuer: Mapped[str] = mapped_column(sa.String(200))
    issued_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(sa.String(80), default="")
    url: Mapped[str] = mapped_column(sa.String(500))
    summary: Mapped[Localized | None] = mapped_column(LocalizedType)
    origin: Mapped[str] = mapped_column(sa.String(10), default=Origin.OWN)
    touched_at: Mapped[moment] = mapped_column(default=utc_now, index=True)

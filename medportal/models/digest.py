"""What happened to texts, and the mail that tells of it: digests, their editions, and one delivery a subscriber."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from medportal.extensions import Base, db
from medportal.lib.dates import utc_now
from medportal.models.outbox import Posted
from medportal.models.subscription import Subscriber
from medportal.models.types import Localized, LocalizedType, moment, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class News(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAFETY = "safety"
    """A correction that matters to somebody's safety."""


class Happening(Model):
    """Something readers may want to be told: a text came, came back, or changed in an important way.

    Numbers grow in the order in which the transactions commit, since each first takes the row of `site_version`:
    whoever was told up to a number missed nothing before it.
    """

    __tablename__ = "happening"
    __table_args__ = (
        sa.CheckConstraint("what IN ('new', 'changed', 'safety')", name="what"),
        sa.Index("ix_happening_content_id_what_id", "content_id", "what", "id"),
        sa.Index("ix_happening_what_id", "what", "id"),
        {"sqlite_autoincrement": True},  # a number that was told is never given again
    )

    id: Mapped[pk]
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"))
    lang: Mapped[str] = mapped_column(sa.String(8))
    what: Mapped[str] = mapped_column(sa.String(8))
    at: Mapped[moment] = mapped_column(default=utc_now)
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    """What the editor said of the change."""


class Occasion(StrEnum):
    """Why a digest is sent: a frequency's time has come, a safety correction, or a mailing of the owner."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    SAFETY = "safety"
    MAILING = "mailing"


class Stage(StrEnum):
    """STAGING: its deliveries are being written, none leaves. RELEASED: they leave."""

    STAGING = "staging"
    RELEASED = "released"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


class Digest(Model):
    """One run. It tells subscribers what happened up to `upto`.

    Deliveries are written in batches, subscriber by subscriber up to `cursor`; whoever is killed meanwhile goes on
    there. One UPDATE of `state` releases them all.
    """

    __tablename__ = "digest"
    __table_args__ = (
        sa.CheckConstraint("state IN ('staging', 'released', 'paused', 'done', 'cancelled')", name="state"),
        sa.Index("ix_digest_state_id", "state", "id"),
        sa.Index("ix_digest_occasion_id", "occasion", "id"),
        {"sqlite_autoincrement": True},  # deliveries' Message-IDs are made of it
    )

    id: Mapped[pk]
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    """What makes it this run and no other: occasion and time, the happening, or the mailing."""
    occasion: Mapped[str] = mapped_column(sa.String(10))
    due_at: Mapped[moment]
    upto: Mapped[int]
    state: Mapped[str] = mapped_column(sa.String(10), default=Stage.STAGING)
    cursor: Mapped[int] = mapped_column(default=0)
    happening_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("happening.id", ondelete="CASCADE"), index=True
    )
    mailing_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("mailing.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[moment] = mapped_column(default=utc_now)
    released_at: Mapped[moment | None]
    done_at: Mapped[moment | None]


class Mailing(Model):
    """A letter of the owner to those who asked for announcements, in every language it was written in."""

    __tablename__ = "mailing"

    id: Mapped[pk]
    subject: Mapped[Localized] = mapped_column(LocalizedType)
    body: Mapped[Localized] = mapped_column(LocalizedType)
    """Plain text in paragraphs, by language."""
    written_by: Mapped[str] = mapped_column(sa.String(40))
    created_at: Mapped[moment] = mapped_column(default=utc_now)
    changed_at: Mapped[moment] = mapped_column(default=utc_now)


class Edition(Model):
    """What one digest says to all who are told the same in the same language; made when its first letter leaves.

    `version` moves with every change of its texts: letters that have not left yet are made anew. If a text was taken
    back meanwhile, they leave with the `successor`, without it.
    """

    __tablename__ = "edition"
    __table_args__ = (sa.UniqueConstraint("digest_id", "key"),)

    id: Mapped[pk]
    digest_id: Mapped[int] = mapped_column(sa.ForeignKey("digest.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(64))
    lang: Mapped[str] = mapped_column(sa.String(8))
    named: Mapped[bool] = mapped_column(default=False)
    other_language: Mapped[bool] = mapped_column(default=False)
    archived: Mapped[bool] = mapped_column(default=False)
    """Everything of the week in one language, for the archive on the site."""
    version: Mapped[int] = mapped_column(default=0)
    successor_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("edition.id", ondelete="SET NULL"), index=True
    )

    digest: Mapped[Digest] = relationship()
    items: Mapped[list[EditionItem]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="EditionItem.position"
    )


class EditionItem(Model):
    __tablename__ = "edition_item"

    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id", ondelete="CASCADE"), primary_key=True)
    content_id: Mapped[int] = mapped_column(
        sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    happening_id: Mapped[int] = mapped_column(sa.ForeignKey("happening.id", ondelete="CASCADE"), index=True)
    what: Mapped[str] = mapped_column(sa.String(8))
    position: Mapped[int]


class Delivery(Posted, Model):
    """One letter of a digest to one subscriber. Its address is the subscriber's own when it leaves."""

    __tablename__ = "delivery"
    __table_args__ = (
        sa.UniqueConstraint("digest_id", "subscriber_id"),
        sa.Index("ix_delivery_order", "digest_id", "state", "next_at", "edition_id", "id"),
        sa.Index("ix_delivery_sent_at", "sent_at"),
        {"sqlite_autoincrement": True},  # files of letters are named by it
    )

    id: Mapped[pk]
    digest_id: Mapped[int] = mapped_column(sa.ForeignKey("digest.id", ondelete="CASCADE"))
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id", ondelete="CASCADE"), index=True)
    subscriber_id: Mapped[int] = mapped_column(sa.ForeignKey("subscriber.id", ondelete="CASCADE"), index=True)

    digest: Mapped[Digest] = relationship()
    subscriber: Mapped[Subscriber] = relationship()

"""Questions of readers to consultants. Nothing here is content: readers see a question only once its asker agreed to a
version of it and the owner published that as a `Content` of the kind "question"."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from medportal.extensions import Base, db
from medportal.lib.dates import utc_now
from medportal.models.people import Person
from medportal.models.taxonomy import Specialty
from medportal.models.types import moment, pk
from medportal.models.user import User

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Phase(StrEnum):
    """Where a question stands. What its asker withdraws is deleted, so there is no phase for it."""

    WAITING = "waiting"
    """For its asker to confirm the address; nobody reads it before."""
    NEW = "new"
    ASSIGNED = "assigned"
    DRAFTED = "drafted"
    """The consultant handed an answer over to the owner."""
    ANSWERED = "answered"
    """The asker has the answer, and nobody else."""
    OFFERED = "offered"
    """A version for everybody waits for the asker's consent, or has it and waits for the owner."""
    PUBLISHED = "published"
    DECLINED = "declined"


class Reply(StrEnum):
    """Where the asker's one further question stands."""

    NEW = "new"
    DRAFTED = "drafted"
    ANSWERED = "answered"


class Age(StrEnum):
    ADULT = "adult"
    MINOR = "minor"
    """Asks together with a parent."""


class Question(Model):
    """`seed` makes the link of its letters (see `links`); `reference` names it in conversation. `user_id` None: asked
    with an address alone, `email`. `due_at`: until when the asker was told to expect an answer; None when none is owed.
    `agreed_version` is the version for everybody that the asker agreed to, of those counted by `offered_version`."""

    __tablename__ = "question"
    __table_args__ = (
        sa.CheckConstraint(
            "phase IN ('waiting', 'new', 'assigned', 'drafted', 'answered', 'offered', 'published', 'declined')",
            name="phase",
        ),
        sa.CheckConstraint("reply_phase IN ('new', 'drafted', 'answered')", name="reply_phase"),
        sa.CheckConstraint("age IN ('adult', 'minor')", name="age"),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        sa.Index("ix_question_phase_created_at", "phase", "created_at"),
        {"sqlite_autoincrement": True},  # the audit trail and letters name them by number
    )

    id: Mapped[pk]
    reference: Mapped[str] = mapped_column(sa.String(12), unique=True)
    seed: Mapped[str] = mapped_column(sa.String(22), unique=True)
    phase: Mapped[str] = mapped_column(sa.String(10))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    email_key: Mapped[str] = mapped_column(sa.String(254), default="", index=True)

    lang: Mapped[str] = mapped_column(sa.String(8))
    title: Mapped[str] = mapped_column(sa.String(150))
    body: Mapped[str] = mapped_column(sa.Text)
    age: Mapped[str] = mapped_column(sa.String(10))
    specialty_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("specialty.id", ondelete="SET NULL"), index=True
    )
    consent_at: Mapped[moment]
    consent_lang: Mapped[str] = mapped_column(sa.String(8))
    consent_terms: Mapped[str] = mapped_column(sa.String(64))
    """A hash of the terms as they stood above the button."""
    may_publish: Mapped[bool] = mapped_column(default=False)
    """The asker's wish; publication asks for the consent to a version besides."""

    created_at: Mapped[moment] = mapped_column(default=utc_now)
    received_at: Mapped[moment | None]
    due_at: Mapped[moment | None] = mapped_column(index=True)
    late_told_at: Mapped[moment | None]
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"), index=True)
    assigned_at: Mapped[moment | None]
    note: Mapped[str] = mapped_column(sa.Text, default="")
    """From the owner to the consultant."""
    declined_at: Mapped[moment | None]
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    """Why it was declined, as the asker reads it."""

    offered_at: Mapped[moment | None]
    offered_version: Mapped[int] = mapped_column(default=0)
    agreed_at: Mapped[moment | None]
    agreed_version: Mapped[int | None]
    published_at: Mapped[moment | None]
    content_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("content.id", ondelete="SET NULL"), unique=True
    )

    reply: Mapped[str] = mapped_column(sa.Text, default="")
    reply_phase: Mapped[str | None] = mapped_column(sa.String(10))
    replied_at: Mapped[moment | None]
    rating: Mapped[int | None]
    rating_words: Mapped[str] = mapped_column(sa.Text, default="")

    user: Mapped[User | None] = relationship()
    person: Mapped[Person | None] = relationship()
    specialty: Mapped[Specialty | None] = relationship()
    texts: Mapped[list[QuestionText]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    answers: Mapped[list[Answer]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Answer.follow"
    )

    def answer(self, *, follow: bool = False) -> Answer | None:
        """The answer, or the one to the reply."""
        return next((one for one in self.answers if one.follow is follow), None)

    @property
    def is_agreed(self) -> bool:
        """The asker agreed to this very version."""
        return self.may_publish and self.agreed_version == self.offered_version > 0

    @property
    def has_answer(self) -> bool:
        """The asker can read one."""
        answer = self.answer()
        return answer is not None and answer.sent_at is not None

    @property
    def is_late(self) -> bool:
        return self.due_at is not None and self.due_at < utc_now()


class QuestionText(Model):
    """The question in one language as everybody would read it, without what could tell who asked."""

    __tablename__ = "question_text"
    __table_args__ = (sa.UniqueConstraint("question_id", "lang"),)

    id: Mapped[pk]
    question_id: Mapped[int] = mapped_column(sa.ForeignKey("question.id", ondelete="CASCADE"))
    lang: Mapped[str] = mapped_column(sa.String(8))
    title: Mapped[str] = mapped_column(sa.String(150))
    body: Mapped[str] = mapped_column(sa.Text)


class Answer(Model):
    """`sources`: `[{"title": …, "issuer": …, "year": …, "url": …, "doi": …, "pmid": …}]`, as a page has them.
    `follow`: to the asker's reply. The asker reads it from `sent_at` on."""

    __tablename__ = "answer"
    __table_args__ = (sa.UniqueConstraint("question_id", "follow"),)

    id: Mapped[pk]
    question_id: Mapped[int] = mapped_column(sa.ForeignKey("question.id", ondelete="CASCADE"))
    follow: Mapped[bool] = mapped_column(default=False)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"), index=True)
    sources: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    begun_at: Mapped[moment] = mapped_column(default=utc_now)
    handed_at: Mapped[moment | None]
    sent_at: Mapped[moment | None]

    person: Mapped[Person | None] = relationship()
    texts: Mapped[list[AnswerText]] = relationship(cascade="all, delete-orphan", passive_deletes=True)

    def words(self, lang: str) -> str:
        return next((text.body for text in self.texts if text.lang == lang), "")


class AnswerText(Model):
    __tablename__ = "answer_text"
    __table_args__ = (sa.UniqueConstraint("answer_id", "lang"),)

    id: Mapped[pk]
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answer.id", ondelete="CASCADE"))
    lang: Mapped[str] = mapped_column(sa.String(8))
    body: Mapped[str] = mapped_column(sa.Text)

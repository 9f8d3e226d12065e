"""What is published: one `Content` per thing, one `ContentText` per language, sections and their parts."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from medportal.extensions import Base, db
from medportal.lib.dates import utc_now
from medportal.models.types import UtcDateTime, moment, pk

if TYPE_CHECKING:
    from medportal.models.taxonomy import Category
    from medportal.models.treatment import Treatment
    from medportal.models.trust import Credit, Reference, Review, Revision

    Model = Base
else:
    Model = db.Model


class Status(StrEnum):
    """Where a text stands. TITLE_ONLY names the thing in a language that has no text of it yet."""

    TITLE_ONLY = "title_only"
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Origin(StrEnum):
    OWN = "own"
    SAMPLE = "sample"
    IMPORTED = "imported"


class Made(StrEnum):
    """How a text came about; shown to readers."""

    WRITTEN = "written"
    TRANSLATED = "translated"
    MACHINE_DRAFTED = "machine_drafted"
    IMPORTED = "imported"


class State(StrEnum):
    """Why a section says what it says. A section without a row is simply absent from the page."""

    WRITTEN = "written"
    NOTHING_KNOWN = "nothing_known"
    DOES_NOT_APPLY = "does_not_apply"
    NOT_YET_WRITTEN = "not_yet_written"


class Urgency(StrEnum):
    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"


def _one_of(column: str, values: type[StrEnum]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{v.value}'" for v in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


class ContentCategory(Model):
    """`position` 0 is the main category."""

    __tablename__ = "content_category"

    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    category_id: Mapped[int] = mapped_column(
        sa.ForeignKey("category.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(default=0)


class ContentRelation(Model):
    """An editor's "see also"; read in both directions."""

    __tablename__ = "content_relation"

    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    related_id: Mapped[int] = mapped_column(
        sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(default=0)


class Content(Model):
    """One thing of one kind, without language. `key` names it for software (samples), None for everything else."""

    __tablename__ = "content"
    __table_args__ = (
        _one_of("origin", Origin),
        sa.Index("ix_content_kind_touched_at", "kind", "touched_at"),
        {"sqlite_autoincrement": True},  # a short address never leads to another page
    )

    id: Mapped[pk]
    kind: Mapped[str] = mapped_column(sa.String(20), index=True)
    key: Mapped[str | None] = mapped_column(sa.String(80), unique=True)
    source_lang: Mapped[str] = mapped_column(sa.String(8))
    origin: Mapped[str] = mapped_column(sa.String(10), default=Origin.OWN)
    origin_source: Mapped[str | None] = mapped_column(sa.String(80))
    superseded_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("content.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[moment] = mapped_column(default=utc_now)
    touched_at: Mapped[moment] = mapped_column(default=utc_now, index=True)
    """When anybody last worked on it; the desk's lists run by it."""
    binned_at: Mapped[moment | None] = mapped_column(index=True)
    binned_texts: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    """How each language stood when it went to the bin: `{"en": {"status": …, "known_title": …}}`."""

    texts: Mapped[list[ContentText]] = relationship(
        back_populates="content", cascade="all, delete-orphan", passive_deletes=True
    )
    category_links: Mapped[list[ContentCategory]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by=ContentCategory.position
    )
    categories: Mapped[list[Category]] = relationship(
        secondary="content_category", order_by=ContentCategory.position, viewonly=True
    )
    codes: Mapped[list[Code]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    symptoms: Mapped[list[SymptomLink]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="SymptomLink.position"
    )
    credits: Mapped[list[Credit]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Credit.position"
    )
    references: Mapped[list[Reference]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Reference.position"
    )
    treatments: Mapped[list[Treatment]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Treatment.position"
    )


class ContentText(Model):
    """A thing in one language. `kind` repeats the content's, since a slug is unique per kind and language."""

    __tablename__ = "content_text"
    __table_args__ = (
        sa.UniqueConstraint("content_id", "lang"),
        sa.UniqueConstraint("kind", "lang", "slug"),
        _one_of("status", Status),
        _one_of("made", Made),
        sa.CheckConstraint("status = 'title_only' OR slug IS NOT NULL", name="slug_unless_title_only"),
    )

    id: Mapped[pk]
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(sa.String(20))
    lang: Mapped[str] = mapped_column(sa.String(8))
    slug: Mapped[str | None] = mapped_column(sa.String(80))
    title: Mapped[str] = mapped_column(sa.String(300))
    known_title: Mapped[str | None] = mapped_column(sa.String(300))
    """What readers may know the thing by while this text is not published; None means nothing."""
    summary: Mapped[str] = mapped_column(sa.Text, default="")
    synonyms: Mapped[list[dict[str, str]]] = mapped_column(sa.JSON, default=list)
    status: Mapped[str] = mapped_column(sa.String(12), default=Status.DRAFT, index=True)
    made: Mapped[str] = mapped_column(sa.String(20), default=Made.WRITTEN)
    policy_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[moment] = mapped_column(default=utc_now)
    modified_at: Mapped[moment] = mapped_column(default=utc_now)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    publish_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    content: Mapped[Content] = relationship(back_populates="texts")
    sections: Mapped[list[Section]] = relationship(
        back_populates="text", cascade="all, delete-orphan", passive_deletes=True
    )
    reviews: Mapped[list[Review]] = relationship(
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="Review.reviewed_on.desc(), Review.id.desc()",
    )


class Section(Model):
    """One keyed section of a text. `as_of` belongs to NOTHING_KNOWN; `outdated_by_id` is the revision of another
    language that changed this section there and not here; None means current."""

    __tablename__ = "section"
    __table_args__ = (
        sa.UniqueConstraint("text_id", "key"),
        _one_of("state", State),
        sa.CheckConstraint("state <> 'nothing_known' OR as_of IS NOT NULL", name="nothing_known_has_date"),
    )

    id: Mapped[pk]
    text_id: Mapped[int] = mapped_column(sa.ForeignKey("content_text.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(30))
    state: Mapped[str] = mapped_column(sa.String(20), default=State.WRITTEN)
    as_of: Mapped[date | None]
    outdated_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("revision.id", ondelete="SET NULL"), index=True
    )

    text: Mapped[ContentText] = relationship(back_populates="sections")
    outdated_by: Mapped[Revision | None] = relationship()
    parts: Mapped[list[Part]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Part.position"
    )


class Part(Model):
    """A piece of a section, in order; `html` is sanitised. Imported parts keep their source, address and licence."""

    __tablename__ = "part"
    __table_args__ = (sa.UniqueConstraint("section_id", "position"), _one_of("urgency", Urgency))

    id: Mapped[pk]
    section_id: Mapped[int] = mapped_column(sa.ForeignKey("section.id", ondelete="CASCADE"))
    position: Mapped[int]
    heading: Mapped[str | None] = mapped_column(sa.String(200))
    urgency: Mapped[str | None] = mapped_column(sa.String(10))
    html: Mapped[str] = mapped_column(sa.Text)
    source: Mapped[str | None] = mapped_column(sa.String(200))
    source_url: Mapped[str | None] = mapped_column(sa.String(500))
    source_date: Mapped[str | None] = mapped_column(sa.String(40))
    licence: Mapped[str | None] = mapped_column(sa.String(80))


class Code(Model):
    """A code of a classification: ICD-10, ICD-11, MeSH, SNOMED, UMLS."""

    __tablename__ = "code"
    __table_args__ = (
        sa.UniqueConstraint("content_id", "system", "value"),
        sa.Index("ix_code_value_system", "value", "system"),
    )

    id: Mapped[pk]
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"))
    system: Mapped[str] = mapped_column(sa.String(20))
    value: Mapped[str] = mapped_column(sa.String(40))


class Symptom(Model):
    """A symptom term shared by diseases. `key` is its folded English name."""

    __tablename__ = "symptom"

    id: Mapped[pk]
    key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    name: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class SymptomLink(Model):
    """`frequency` as the source prints it ("90%", "3/8"); None where it gives none. `aspect`: symptom or course."""

    __tablename__ = "content_symptom"
    __table_args__ = (sa.CheckConstraint("aspect IN ('symptom', 'course')", name="aspect"),)

    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    symptom_id: Mapped[int] = mapped_column(
        sa.ForeignKey("symptom.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    aspect: Mapped[str] = mapped_column(sa.String(10), default="symptom")
    frequency: Mapped[str | None] = mapped_column(sa.String(40))
    source: Mapped[str | None] = mapped_column(sa.String(200))
    position: Mapped[int] = mapped_column(default=0)

    symptom: Mapped[Symptom] = relationship()


class Redirect(Model):
    """A slug that a text had before; it answers 301 for ever."""

    __tablename__ = "redirect"
    __table_args__ = (sa.UniqueConstraint("kind", "lang", "slug"),)

    id: Mapped[pk]
    kind: Mapped[str] = mapped_column(sa.String(20))
    lang: Mapped[str] = mapped_column(sa.String(8))
    slug: Mapped[str] = mapped_column(sa.String(80))
    text_id: Mapped[int] = mapped_column(sa.ForeignKey("content_text.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[moment] = mapped_column(default=utc_now)


class ImportItem(Model):
    """One record of one source, so that a second run changes nothing."""

    __tablename__ = "import_item"
    __table_args__ = (sa.UniqueConstraint("source", "external_id"),)

    id: Mapped[pk]
    source: Mapped[str] = mapped_column(sa.String(40))
    external_id: Mapped[str] = mapped_column(sa.String(255))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    content_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("content.id", ondelete="SET NULL"), index=True
    )
    run_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("import_run.id", ondelete="SET NULL"), index=True
    )
    """The import of the desk that brought it; None for the command line."""
    imported_at: Mapped[moment] = mapped_column(default=utc_now)

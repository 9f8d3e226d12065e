"""A text as plain values: to keep it whole after every save, to change it, to compare and restore it."""

from typing import Any

import sqlalchemy as sa

from medportal.blueprints.content.drafts import PartDraft, SectionDraft, TextDraft
from medportal.extensions import db
from medportal.models.content import ContentText
from medportal.models.trust import Revision

PART_FIELDS = ("heading", "urgency", "html", "source", "source_url", "source_date", "licence")


def draft_of(text: ContentText) -> TextDraft:
    """A text as it is, ready to be changed and saved again."""
    return TextDraft(
        title=text.title,
        slug=text.slug or "",
        summary=text.summary,
        synonyms=text.synonyms,
        made=text.made,
        sections=[
            SectionDraft(
                key=section.key,
                state=section.state,
                as_of=section.as_of,
                parts=[
                    PartDraft(**{name: getattr(part, name) for name in PART_FIELDS}) for part in section.parts
                ],
            )
            for section in text.sections
        ],
    )


def snapshot(text: ContentText) -> dict[str, Any]:
    """The whole text as plain values, enough to compare and to restore."""
    return {
        "title": text.title,
        "slug": text.slug,
        "summary": text.summary,
        "synonyms": text.synonyms,
        "made": text.made,
        "sections": {
            section.key: {
                "state": section.state,
                "as_of": section.as_of.isoformat() if section.as_of else None,
                "parts": [
                    {name: value for name in PART_FIELDS if (value := getattr(part, name)) is not None}
                    for part in section.parts
                ],
            }
            for section in text.sections
        },
    }


def last_snapshot(text: ContentText) -> dict[str, Any] | None:
    """The text as it was last saved; None before the first time."""
    return db.session.scalar(
        sa.select(Revision.snapshot)
        .where(Revision.text_id == text.id)
        .order_by(Revision.number.desc())
        .limit(1)
    )


def keep_revision(text: ContentText, *, by: str, note: str, minor: bool, safety: bool) -> None:
    last = db.session.scalar(sa.select(sa.func.max(Revision.number)).where(Revision.text_id == text.id))
    db.session.add(
        Revision(
            text_id=text.id,
            number=(last or 0) + 1,
            saved_by=by,
            note=note,
            minor=minor,
            safety=safety,
            snapshot=snapshot(text),
        )
    )

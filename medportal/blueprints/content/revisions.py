"""A text as plain values: to keep it whole after every save, to change it, to compare and restore it."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from medportal.blueprints.content.drafts import PartDraft, SectionDraft, TextDraft
from medportal.content_types import KINDS
from medportal.extensions import db
from medportal.lib.bidi import strip_controls
from medportal.lib.html import sanitise
from medportal.models.content import ContentText, State
from medportal.models.treatment import FIELDS, Treatment, TreatmentText
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


def draft_from(stored: dict[str, Any]) -> TextDraft:
    """A text as it was when a snapshot was taken."""
    return TextDraft(
        title=stored["title"],
        slug=stored["slug"] or "",
        summary=stored["summary"],
        synonyms=stored["synonyms"],
        made=stored["made"],
        sections=[
            SectionDraft(
                key=key,
                state=section["state"],
                as_of=date.fromisoformat(section["as_of"]) if section["as_of"] else None,
                parts=[PartDraft(**part) for part in section["parts"]],
            )
            for key, section in stored["sections"].items()
        ],
        treatments=stored.get("treatments"),
    )


def snapshot(text: ContentText) -> dict[str, Any]:
    """The whole text as plain values, enough to compare and to restore."""
    has_treatments = text.kind in KINDS and "treatment" in KINDS[text.kind].sections
    return ({"treatments": _treatments(text)} if has_treatments else {}) | {
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


def same_words(draft: TextDraft, stored: dict[str, Any]) -> bool:
    """Whether saving the draft would leave the text as the snapshot has it. Treatments are not looked at."""
    mine = {
        "title": strip_controls(draft.title).strip(),
        "summary": strip_controls(draft.summary).strip(),
        "synonyms": list(draft.synonyms),
        "made": draft.made,
        "sections": {section.key: _plain_section(section) for section in draft.sections},
    }
    return all(mine[name] == stored[name] for name in mine) and draft.slug in ("", stored["slug"])


def _plain_section(section: SectionDraft) -> dict[str, Any]:
    as_of = section.as_of if section.state == State.NOTHING_KNOWN else None
    parts = [
        {name: value for name in PART_FIELDS if (value := getattr(part, name)) is not None}
        | {"html": sanitise(part.html)}
        for part in section.parts
    ]
    return {"state": str(section.state), "as_of": as_of.isoformat() if as_of else None, "parts": parts}


def _treatments(text: ContentText) -> dict[str, dict[str, str]]:
    rows = db.session.execute(
        sa.select(Treatment.key, Treatment.kind, TreatmentText)
        .join(TreatmentText, TreatmentText.treatment_id == Treatment.id)
        .where(Treatment.content_id == text.content_id, TreatmentText.lang == text.lang)
        .order_by(Treatment.position)
    )
    return {
        row.key: {"kind": row.kind} | {name: getattr(row.TreatmentText, name) for name in ("name", *FIELDS)}
        for row in rows
    }


def last_snapshot(text: ContentText) -> dict[str, Any] | None:
    """The text as it was last saved; None before the first time."""
    return db.session.scalar(
        sa.select(Revision.snapshot)
        .where(Revision.text_id == text.id)
        .order_by(Revision.number.desc())
        .limit(1)
    )


def last_number(text_id: int) -> int:
    """0 before the first save."""
    return db.session.scalar(sa.select(sa.func.max(Revision.number)).where(Revision.text_id == text_id)) or 0


def keep_revision(
    text: ContentText, stored: dict[str, Any], *, by: str, note: str, minor: bool, safety: bool
) -> Revision:
    revision = Revision(
        text_id=text.id,
        number=last_number(text.id) + 1,
        saved_by=by,
        note=note[:500],
        minor=minor,
        safety=safety,
        snapshot=stored,
    )
    db.session.add(revision)
    db.session.flush()
    return revision

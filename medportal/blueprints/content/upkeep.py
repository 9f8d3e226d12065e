"""Work on many texts at once that changes no meaning."""

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from medportal.changes import content_changed
from medportal.extensions import db
from medportal.lib.html import POLICY_VERSION, sanitise
from medportal.models.content import ContentText, Part, Section
from medportal.models.treatment import FIELDS, Treatment, TreatmentText


def resanitise() -> tuple[int, int]:
    """Clean again what an older policy let pass; (texts looked at, pieces changed). The caller commits per call."""
    old = db.session.scalars(
        sa.select(ContentText)
        .where(ContentText.policy_version < POLICY_VERSION)
        .options(selectinload(ContentText.sections).selectinload(Section.parts))
        .order_by(ContentText.id)
        .limit(50)
    ).all()
    changed = 0
    for text in old:
        for section in text.sections:
            changed += sum(_clean_again(part, "html") for part in section.parts)
        treatments = db.session.scalars(
            sa.select(TreatmentText)
            .join(Treatment, Treatment.id == TreatmentText.treatment_id)
            .where(Treatment.content_id == text.content_id, TreatmentText.lang == text.lang)
        )
        changed += sum(_clean_again(treatment, name) for treatment in treatments for name in FIELDS)
        text.policy_version = POLICY_VERSION
    db.session.flush()
    if changed:
        content_changed(*[text.content_id for text in old])
    return len(old), changed


def _clean_again(row: Part | TreatmentText, name: str) -> bool:
    before = getattr(row, name)
    clean = sanitise(before)
    if clean != before:
        setattr(row, name, clean)
    return clean != before

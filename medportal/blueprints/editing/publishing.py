"""A text on its way to readers, and back: handed to a second person, planned, published, withdrawn; and its reviews."""

from datetime import date, datetime

import sqlalchemy as sa

from medportal import audit, choices
from medportal.blueprints.content import gate
from medportal.blueprints.content import services as content_services
from medportal.blueprints.content.revisions import last_number
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.logs import log
from medportal.models.content import ContentText, Status
from medportal.models.people import Person
from medportal.models.trust import Review, Revision

PLANNER = "planned publication"


class SecondPersonNeeded(Exception):
    """Here a text is published by somebody else than who wrote it last."""


def _last_saved_by(text: ContentText) -> str | None:
    return db.session.scalar(
        sa.select(Revision.saved_by).where(
            Revision.text_id == text.id, Revision.number == last_number(text.id)
        )
    )


def _check(text: ContentText, *, by: str) -> None:
    gate.check(text)
    if choices.needs_second_person() and _last_saved_by(text) == by:
        raise SecondPersonNeeded


def publish(text: ContentText, *, by: str) -> None:
    """gate.Closed when something is missing; SecondPersonNeeded where two are wanted."""
    _check(text, by=by)
    text.publish_at = None
    content_services.publish(text, by=by)


def plan(text: ContentText, at: datetime, *, by: str) -> None:
    """Publish it then; what is missing is said now, and looked at again when the time has come."""
    _check(text, by=by)
    text.status, text.publish_at = Status.SCHEDULED, at
    audit.record("plan", text, actor=by, at=at.isoformat(timespec="minutes"))
    db.session.flush()


def hand_over(text: ContentText, *, by: str) -> None:
    text.status, text.publish_at = Status.IN_REVIEW, None
    audit.record("hand over", text, actor=by)
    db.session.flush()


def back_to_draft(text: ContentText, *, by: str) -> None:
    text.status, text.publish_at = Status.DRAFT, None
    audit.record("back to draft", text, actor=by)
    db.session.flush()


def publish_due() -> int:
    """Planned texts whose time has come; those that lost something they must have become drafts. Commits each."""
    due = db.session.scalars(
        sa.select(ContentText.id).where(
            ContentText.status == Status.SCHEDULED, ContentText.publish_at <= utc_now()
        )
    ).all()
    db.session.rollback()
    for number in due:
        text = db.session.get(ContentText, number)
        if text is not None and text.status == Status.SCHEDULED and text.content.binned_at is None:
            _publish_planned(text)
        db.session.commit()
    return len(due)


def _publish_planned(text: ContentText) -> None:
    try:
        gate.check(text)
    except gate.Closed as closed:
        log.warning("a planned text is not published: %s", closed)
        back_to_draft(text, by=PLANNER)
    else:
        text.publish_at = None
        content_services.publish(text, by=PLANNER)


def review(text: ContentText, person: Person, *, on: date, next_due: date, by: str) -> Review:
    return content_services.record_review(text, person, on=on, next_due=next_due, by=by)

"""What the pages around the content ask."""

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from medportal.extensions import db
from medportal.models.content import ContentText, Status
from medportal.models.message import Message


def text_of(content_id: int, lang: str) -> ContentText | None:
    """The published text of a thing in a language, with its sections."""
    return db.session.scalar(
        sa.select(ContentText)
        .where(
            ContentText.content_id == content_id,
            ContentText.lang == lang,
            ContentText.status == Status.PUBLISHED,
        )
        .options(selectinload(ContentText.sections))
    )


def messages() -> sa.Select[Message]:
    return sa.select(Message).order_by(Message.sent_at.desc(), Message.id.desc())

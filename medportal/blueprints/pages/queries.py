"""What the pages around the content ask."""

import sqlalchemy as sa
from flask_babel import ngettext
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


def messages(*, kind: str | None = None, state: str | None = None) -> sa.Select[Message]:
    """Messages and reports, newest first."""
    query = sa.select(Message).order_by(Message.sent_at.desc(), Message.id.desc())
    if kind:
        query = query.where(Message.kind == kind)
    return query.where(Message.state == state) if state else query


def _new(kind: str) -> int:
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Message)
            .where(Message.kind == kind, Message.state == "new")
        )
        or 0
    )


def new_contacts() -> int:
    return _new("contact")


def new_reports() -> int:
    return _new("report")


def say_contacts(n: int) -> str:
    return ngettext("%(n)s new message from a reader.", "%(n)s new messages from readers.", n, n=n)


def say_reports(n: int) -> str:
    return ngettext("%(n)s report of a mistake on a page.", "%(n)s reports of mistakes on pages.", n, n=n)

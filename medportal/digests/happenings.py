"""What there is to tell: written down when a text comes, comes back, or changes in an important way."""

import sqlalchemy as sa

from medportal.content_types import KINDS
from medportal.extensions import db
from medportal.models.content import Content, ContentText, Origin
from medportal.models.digest import Happening, News


def record(text: ContentText, what: News, *, note: str = "") -> None:
    """Call after `content_changed`, in the same transaction: its lock gives happenings their order.

    What an import brings is no news; a later change of it is, to those who follow that very page.
    """
    origin = db.session.scalar(sa.select(Content.origin).where(Content.id == text.content_id))
    if not KINDS[text.kind].listed or (what == News.NEW and origin == Origin.IMPORTED):
        return
    db.session.add(Happening(content_id=text.content_id, lang=text.lang, what=what, note=note[:500]))
    db.session.flush()


def latest() -> int:
    """The number of the newest happening; 0 before the first."""
    return db.session.scalar(sa.select(sa.func.max(Happening.id))) or 0

"""One letter to each owner when the review of a page falls due within two months; never a second one for that review."""

import sqlalchemy as sa

from medportal import mail
from medportal.blueprints.editing.queries import SOON, is_newest, today
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.content import Content, ContentText, Status
from medportal.models.trust import Review


def remind() -> int:
    """How many reviews the owners are told of. Commits."""
    due = db.session.scalars(
        sa.select(Review)
        .join(ContentText, ContentText.id == Review.text_id)
        .join(Content, Content.id == ContentText.content_id)
        .where(
            is_newest(),
            Review.reminded_at.is_(None),
            Review.next_due <= today() + SOON,
            ContentText.status == Status.PUBLISHED,
            Content.binned_at.is_(None),
        )
        .order_by(Review.id)
        .limit(200)
    ).all()
    if due:
        last = max(row.id for row in due)
        mail.queue_for_owners("review_due", occasion=f"review:{last}", count=len(due))
        db.session.execute(
            sa.update(Review).where(Review.id.in_([row.id for row in due])).values(reminded_at=utc_now())
        )
    db.session.commit()
    return len(due)

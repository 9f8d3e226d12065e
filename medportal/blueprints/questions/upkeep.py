"""What time brings: answers that are late, and questions that nobody looks after."""

import sqlalchemy as sa

from medportal.blueprints.accounts import queries as accounts
from medportal.blueprints.questions import letters, rules
from medportal.blueprints.questions.rules import Why
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.consultation import Phase, Question


def keep() -> int:
    """How many askers were told that their answer is late; each is told once. Commits."""
    late = db.session.scalars(
        sa.select(Question)
        .where(Question.due_at < utc_now(), Question.late_told_at.is_(None), Question.phase != Phase.WAITING)
        .order_by(Question.id)
        .limit(200)
    ).all()
    for question in late:
        letters.tell(question, "late", once=str(question.reply_phase or ""))
        question.late_told_at = utc_now()
    if rules.whys() == [Why.NOT_LOOKED_IN]:
        _tell_owners()
    db.session.commit()
    return len(late)


def _tell_owners() -> None:
    """Once for each time that they close."""
    looked = rules.looked_in_at()
    for owner in db.session.scalars(accounts.owners()):
        letters.tell_worker(owner, "closed", once=f"{looked:%Y%m%d%H%M}" if looked else "never")

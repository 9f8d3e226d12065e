"""Questions in a member's copy of their data, and in the erasure of the account."""

from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from medportal import privacy
from medportal.blueprints.questions import asking
from medportal.blueprints.questions.labels import PHASES
from medportal.extensions import db
from medportal.models.consultation import Answer, Phase, Question
from medportal.models.people import Person
from medportal.models.user import User


def _questions(user: User) -> list[dict[str, Any]]:
    rows = db.session.scalars(sa.select(Question).where(asking.own(user)).order_by(Question.id))
    return [
        {
            "written": row.created_at.isoformat(),
            "title": row.title,
            "text": row.body,
            "phase": str(PHASES[Phase(row.phase)]),
            "may_publish": row.may_publish,
            "consent_at": row.consent_at.isoformat(),
            "reply": row.reply,
            "rating": row.rating,
            "rating_words": row.rating_words,
            "answer": "\n\n".join(
                text.body for answer in row.answers if answer.sent_at for text in answer.texts
            ),
        }
        for row in rows
    ]


def _answers(user: User) -> list[dict[str, Any]]:
    """What a consultant wrote, without the questions: those are others'."""
    rows = db.session.scalars(
        sa.select(Answer)
        .join(Person, Person.id == Answer.person_id)
        .where(Person.user_id == user.id)
        .order_by(Answer.id)
    )
    return [
        {"written": row.begun_at.isoformat(), "text": "\n\n".join(text.body for text in row.texts)}
        for row in rows
    ]


privacy.add(privacy.Part("questions", _l("Questions you asked consultants"), _questions, asking.forget))
privacy.add(privacy.Part("answers", _l("Answers you wrote as a consultant"), _answers))

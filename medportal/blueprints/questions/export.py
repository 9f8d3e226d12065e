"""Questions in a member's copy of their data, and in the erasure of the account."""

from datetime import datetime
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
            "number": row.reference,
            "language": row.lang,
            "age": row.age,
            "specialty": dict(row.specialty.name) if row.specialty else None,
            "phase": str(PHASES[Phase(row.phase)]),
            "arrived": _day(row.received_at),
            "answer_expected_by": _day(row.due_at),
            "declined": row.reason,
            "may_publish": row.may_publish,
            "consent_at": row.consent_at.isoformat(),
            "consent_terms": {"language": row.consent_lang, "sha256": row.consent_terms},
            "version": {
                "number": row.offered_version,
                "texts": {text.lang: {"title": text.title, "text": text.body} for text in row.texts},
                "agreed_to": row.agreed_version,
                "agreed_at": _day(row.agreed_at),
                "published_at": _day(row.published_at),
            },
            "reply": row.reply,
            "rating": row.rating,
            "rating_words": row.rating_words,
            "answers": [
                {
                    "to_the_reply": answer.follow,
                    "sent": _day(answer.sent_at),
                    "texts": {text.lang: text.body for text in answer.texts},
                    "references": answer.sources,
                }
                for answer in row.answers
                if answer.sent_at
            ],
        }
        for row in rows
    ]


def _day(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


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

"""What is read of questions. The desk's lists hold no word of them: opening one leaves a line in the audit trail."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload, load_only

from medportal.blueprints.questions import rules
from medportal.blueprints.questions.labels import PHASES
from medportal.extensions import db
from medportal.lib.arabic import sort_key
from medportal.lib.dates import utc_now
from medportal.models.audit import Audit
from medportal.models.consultation import Phase, Question, Reply
from medportal.models.people import Person
from medportal.models.types import localize
from medportal.models.user import Role, User

STAYS_OPEN = timedelta(hours=1)
STATES = {
    "late": _l("late"),
    "adrift": _l("with nobody who could answer"),
    "reply": _l("with a reply"),
    "agreed": _l("the asker agreed to publication"),
    **{phase.value: name for phase, name in PHASES.items() if phase != Phase.WAITING},
}


def _late() -> sa.ColumnElement[bool]:
    return sa.and_(Question.due_at < utc_now(), Question.phase != Phase.WAITING)


def _agreed() -> sa.ColumnElement[bool]:
    return sa.and_(
        Question.phase == Phase.OFFERED,
        Question.may_publish,
        Question.agreed_version == Question.offered_version,
    )


def _with_reply() -> sa.ColumnElement[bool]:
    return Question.reply_phase.in_([Reply.NEW, Reply.DRAFTED])


def _condition(state: str) -> sa.ColumnElement[bool]:
    special = {"late": _late, "reply": _with_reply, "agreed": _agreed, "adrift": _adrift}
    return special[state]() if state in special else Question.phase == state


def for_desk(state: str | None) -> sa.Select[Question]:
    """The late first, then by the day on which an answer was promised; those that owe nothing last, newest first."""
    query = (
        sa.select(Question)
        .where(Question.phase != Phase.WAITING)
        .options(
            load_only(
                Question.phase,
                Question.reference,
                Question.lang,
                Question.due_at,
                Question.received_at,
                Question.reply_phase,
                Question.may_publish,
                Question.offered_version,
                Question.agreed_version,
            ),
            joinedload(Question.person).load_only(Person.name),
            joinedload(Question.specialty),
        )
        .order_by(Question.due_at.is_(None), Question.due_at, Question.received_at.desc(), Question.id.desc())
    )
    return query.where(_condition(state)) if state else query


def of_consultant(user: User) -> sa.Select[Question]:
    """Assigned to this account's person and not declined; what waits for an answer first."""
    waits = sa.or_(Question.phase == Phase.ASSIGNED, Question.reply_phase == Reply.NEW)
    return (
        sa.select(Question)
        .join(Person, Person.id == Question.person_id)
        .where(Person.user_id == user.id, Question.phase.not_in([Phase.WAITING, Phase.NEW, Phase.DECLINED]))
        .order_by(sa.case((waits, 0), else_=1), Question.due_at.is_(None), Question.due_at, Question.id)
    )


def has_opened(question: Question, actor: str) -> bool:
    """Whether this owner asked to read it within the last hour."""
    query = sa.select(Audit.id).where(
        Audit.object_type == Question.__name__,
        Audit.object_id == question.id,
        Audit.action == "question read",
        Audit.actor == actor,
        Audit.at > utc_now() - STAYS_OPEN,
    )
    return db.session.scalar(query.limit(1)) is not None


def candidates(specialty_id: int | None, lang: str) -> list[tuple[Person, bool]]:
    """Listed consultants with an account of their own, and whether it is their specialty; those first."""
    people: Sequence[Person] = db.session.scalars(
        sa.select(Person)
        .join(User, User.id == Person.user_id)
        .where(Person.listed, User.role == Role.CONSULTANT, User.disabled_at.is_(None))
    ).all()
    found = [(person, specialty_id in {one.id for one in person.specialties}) for person in people]
    return sorted(found, key=lambda pair: (not pair[1], sort_key(localize(pair[0].name, lang))))


def has_worker() -> sa.ColumnElement[bool]:
    """Whether the person to whom it was given can sign in and answer."""
    return sa.exists().where(
        Person.id == Question.person_id,
        User.id == Person.user_id,
        User.role == Role.CONSULTANT,
        User.disabled_at.is_(None),
    )


def _adrift() -> sa.ColumnElement[bool]:
    waits = sa.or_(Question.phase == Phase.ASSIGNED, Question.reply_phase == Reply.NEW)
    return sa.and_(waits, sa.not_(has_worker()))


# What needs the owner


def _count(*conditions: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Question).where(*conditions)) or 0


def late_count() -> int:
    return _count(_late())


def new_count() -> int:
    return _count(Question.phase == Phase.NEW)


def drafted_count() -> int:
    return _count(sa.or_(Question.phase == Phase.DRAFTED, Question.reply_phase == Reply.DRAFTED))


def agreed_count() -> int:
    return _count(_agreed())


def adrift_count() -> int:
    return _count(_adrift())


def closed_count() -> int:
    """1 when questions closed by themselves."""
    return int(rules.whys() == [rules.Why.NOT_LOOKED_IN])


def say_late(n: int) -> str:
    return ngettext("%(n)s question is answered late.", "%(n)s questions are answered late.", n, n=n)


def say_new(n: int) -> str:
    return ngettext(
        "%(n)s new question waits for a consultant.", "%(n)s new questions wait for a consultant.", n, n=n
    )


def say_adrift(n: int) -> str:
    return ngettext(
        "%(n)s question waits for a consultant who cannot answer any more.",
        "%(n)s questions wait for consultants who cannot answer any more.",
        n,
        n=n,
    )


def say_drafted(n: int) -> str:
    return ngettext("%(n)s answer waits to be sent.", "%(n)s answers wait to be sent.", n, n=n)


def say_agreed(n: int) -> str:
    return ngettext(
        "%(n)s answered question may be published: the asker agreed.",
        "%(n)s answered questions may be published: the askers agreed.",
        n,
        n=n,
    )


def say_closed(n: int) -> str:
    return gettext("Questions to consultants closed by themselves: nobody has looked in.")

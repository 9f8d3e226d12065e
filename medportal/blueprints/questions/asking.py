"""What askers do: ask, confirm, wish, agree, reply, rate, withdraw. Services flush; the caller commits.

Their actions stand in the audit trail without a name: what a question is about must not be tied to a member there."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from medportal import audit, limits
from medportal.blueprints.accounts import queries as accounts
from medportal.blueprints.accounts.bursts import are_many, tell_owners
from medportal.blueprints.questions import letters, publication, rules
from medportal.blueprints.questions.links import new_seed
from medportal.extensions import db
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.models.consultation import Phase, Question, Reply
from medportal.models.user import User

ASKER = "asker"
DAY = 24 * 3600
A_DAY = 3
"""Questions that one person, or one address, may ask in 24 hours."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the form says. `consent_lang` and `consent_terms`: in which language the terms were read, and their hash."""

    lang: str
    title: str
    body: str
    age: str
    specialty_id: int | None
    may_publish: bool
    consent_lang: str
    consent_terms: str


def ask(asked: Asked, user: User) -> Question | None:
    """Of a member, whose address is known to be theirs. None when there were too many today."""
    if not limits.allow("question-member", str(user.id), limit=A_DAY, seconds=DAY):
        return None
    before = _sent_before(asked, Question.user_id == user.id)
    if before is not None:
        return before
    question = _new(asked, user=user)
    _receive(question)
    return question


def ask_by_mail(asked: Asked, email: str, *, burst: int) -> None:
    """Without an account: it waits until the owner of the address says so. Whoever asks, all looks the same."""
    if not limits.allow("question-address", accounts.subject_of(email), limit=A_DAY, seconds=DAY):
        return
    if _sent_before(asked, Question.email_key == addresses.key(email)) is not None:
        return
    question = _new(asked, email=email, email_key=addresses.key(email))
    held = are_many(burst)
    letters.tell(question, "confirm", held=held)
    if held:
        tell_owners()


def _sent_before(asked: Asked, who: sa.ColumnElement[bool]) -> Question | None:
    """The same words of the same person, just now: a button pressed twice."""
    return db.session.scalar(
        sa.select(Question)
        .where(who, Question.title == asked.title, Question.body == asked.body)
        .where(Question.created_at > utc_now() - timedelta(hours=1))
        .limit(1)
    )


def _new(asked: Asked, **who: object) -> Question:
    question = Question(
        reference=secrets.token_hex(4).upper(),
        seed=new_seed(),
        phase=Phase.WAITING,
        consent_at=utc_now(),
        answers=[],
        texts=[],
        **vars(asked),
        **who,
    )
    db.session.add(question)
    db.session.flush()
    return question


def confirm(question: Question) -> bool:
    """The address said yes: the question is the account's from now on, if there is one. False when it was not waiting,
    or nobody takes questions any more."""
    if question.phase != Phase.WAITING or not rules.questions_open():
        return False
    user = accounts.user_of(question.email)
    if user is not None:
        question.user, question.email, question.email_key = user, "", ""
    _receive(question)
    return True


def _receive(question: Question) -> None:
    now = utc_now()
    question.phase, question.received_at = Phase.NEW, now
    question.due_at = now + timedelta(days=rules.reply_days())
    db.session.flush()
    audit.record("question asked", question, actor=ASKER)
    letters.tell(question, "received")


def wish(question: Question, may_publish: bool) -> None:
    """Whether it may be published at all. A "no" takes back what was agreed to, and what was published."""
    question.may_publish = may_publish
    if not may_publish and question.phase in (Phase.OFFERED, Phase.PUBLISHED):
        publication.take_back(question, by=ASKER)
        question.phase = Phase.ANSWERED
        question.agreed_at = question.agreed_version = None
    audit.record("question wish", question, actor=ASKER, may_publish=may_publish)
    db.session.flush()


def agree(question: Question, version: int) -> bool:
    """To the version that was on the screen; False when there is another one by now."""
    if question.phase != Phase.OFFERED or version != question.offered_version:
        return False
    question.may_publish = True
    question.agreed_at, question.agreed_version = utc_now(), version
    audit.record("question consent", question, actor=ASKER, version=version)
    db.session.flush()
    return True


def can_reply(question: Question) -> bool:
    return question.has_answer and question.reply_phase is None and question.phase != Phase.DECLINED


def reply(question: Question, words: str) -> None:
    """While questions are closed no time is promised for its answer."""
    now = utc_now()
    question.reply, question.reply_phase, question.replied_at = words, Reply.NEW, now
    due = now + timedelta(days=rules.reply_days()) if rules.questions_open() else None
    question.due_at, question.late_told_at = due, None
    db.session.flush()
    audit.record("question reply", question, actor=ASKER)
    person = question.person
    worker = db.session.get(User, person.user_id) if person and person.user_id else None
    if worker is not None:
        letters.tell_worker(worker, "replied", once=str(question.id))


def rate(question: Question, stars: int, words: str) -> None:
    question.rating, question.rating_words = stars, words
    db.session.flush()


def withdraw(question: Question) -> None:
    """Everything goes, what was published too: out of lists, search, feeds and all else in this transaction."""
    publication.take_back(question, by=ASKER)
    audit.record("question withdrawn", question, actor=ASKER)
    letters.tell(question, "gone")
    db.session.delete(question)
    db.session.flush()


# Accounts


def own(user: User) -> sa.ColumnElement[bool]:
    """Asked with the account, or confirmed with its address before there was one."""
    by_address = Question.email_key == user.email_key
    return sa.and_(sa.or_(Question.user_id == user.id, by_address), Question.phase != Phase.WAITING)


def move(user: User, old: str) -> None:
    """An account has a new address: what was asked and confirmed with the old one alone stays its own, and no link that
    went to the old one opens anything any more."""
    by_address = sa.and_(Question.email_key == addresses.key(old), Question.user_id.is_(None))
    mine = sa.and_(sa.or_(Question.user_id == user.id, by_address), Question.phase != Phase.WAITING)
    for question in db.session.scalars(sa.select(Question).where(mine)):
        question.user_id, question.email, question.email_key = user.id, "", ""
        question.seed = new_seed()
    db.session.flush()


def forget(user: User) -> None:
    """The account is erased. What its holder agreed to publish stays as everybody reads it, tied to nobody; all else
    goes."""
    waiting = sa.and_(Question.email_key == user.email_key, Question.email_key != "")
    for question in db.session.scalars(sa.select(Question).where(sa.or_(own(user), waiting))):
        if question.phase != Phase.PUBLISHED:
            publication.take_back(question, by=ASKER)
        db.session.delete(question)
    db.session.flush()

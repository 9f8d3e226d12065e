"""What the desk and consultants do with a question until its asker has the answer. Services flush; the caller commits.
Each of these actions says that somebody looked in."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from medportal import audit
from medportal.blueprints.questions import letters, rules
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.consultation import Answer, AnswerText, Phase, Question, Reply
from medportal.models.people import Person
from medportal.models.user import User

OPEN = (Phase.NEW, Phase.ASSIGNED, Phase.DRAFTED)
"""Nothing was sent to the asker yet."""


def _done(action: str, question: Question, by: str, **detail: Any) -> None:
    rules.look_in()
    audit.record(action, question, actor=by, **detail)
    db.session.flush()


def opened(question: Question, *, by: str) -> None:
    """The owner reads it: every time leaves a line (64)."""
    _done("question read", question, by)


def can_assign(question: Question) -> bool:
    return question.phase in OPEN or question.reply_phase in (Reply.NEW, Reply.DRAFTED)


def assign(question: Question, person: Person, note: str, *, by: str) -> None:
    """To this consultant. What another one had drafted goes: it was theirs. What was sent stays theirs too."""
    answer = question.answer(follow=is_follow(question))
    if answer is not None and answer.person_id != person.id:
        question.answers.remove(answer)
    if is_follow(question):
        question.reply_phase = Reply.NEW
    else:
        question.phase = Phase.ASSIGNED
    question.person, question.note, question.assigned_at = person, note, utc_now()
    _done("question assigned", question, by, person=person.id)
    worker = db.session.get(User, person.user_id) if person.user_id else None
    if worker is not None:
        once = f"{question.id}:{question.assigned_at:%Y%m%d%H%M%S}"
        letters.tell_worker(worker, "assigned", once=once)


def can_give_back(question: Question) -> bool:
    """Also what was sent already, for a mistake that is seen late; not what everybody reads."""
    sent = question.phase in (Phase.ANSWERED, Phase.OFFERED) and question.reply_phase is None
    return can_send(question) or sent


def give_back(question: Question, note: str, *, by: str) -> None:
    """To the consultant once more, with what is missing. What was sent is not shown to the asker until it is sent anew,
    and a consent to it counts for nothing."""
    question.note = note
    if question.reply_phase == Reply.DRAFTED:
        question.reply_phase = Reply.NEW
    else:
        if question.phase != Phase.DRAFTED:
            question.due_at = utc_now() + timedelta(days=rules.reply_days() or 1)
            question.agreed_at = question.agreed_version = None
        for answer in question.answers:
            answer.sent_at = None
        question.phase = Phase.ASSIGNED
    _done("question returned", question, by)


def decline(question: Question, reason: str, *, by: str) -> None:
    question.phase, question.reason = Phase.DECLINED, reason
    question.declined_at, question.due_at = utc_now(), None
    question.answers = []
    _done("question declined", question, by)
    letters.tell(question, "declined")


# The consultant


def is_to_write(question: Question) -> bool:
    """Whether the consultant has something to answer now."""
    return question.phase == Phase.ASSIGNED or question.reply_phase == Reply.NEW


def is_follow(question: Question) -> bool:
    """Whether what is worked on is the answer to the reply."""
    return question.reply_phase is not None


def draft_of(question: Question) -> Answer:
    follow = is_follow(question)
    answer = question.answer(follow=follow)
    if answer is None:
        answer = Answer(follow=follow, person_id=question.person_id, sources=[], texts=[])
        question.answers.append(answer)
        db.session.flush()
    return answer


def saved(question: Question) -> str:
    """Names the words of the draft as they were saved last; "" before the first time."""
    answer = question.answer(follow=is_follow(question))
    words = sorted((text.lang, text.body) for text in answer.texts) if answer is not None else []
    return hashlib.sha256(repr(words).encode()).hexdigest()[:16] if words else ""


def save_draft(question: Question, words: Mapping[str, str], *, by: str) -> None:
    answer = draft_of(question)
    kept = {text.lang: text for text in answer.texts}
    answer.texts = [text for lang, text in kept.items() if words.get(lang)]
    for lang, body in words.items():
        if body and lang in kept:
            kept[lang].body = body
        elif body:
            answer.texts.append(AnswerText(lang=lang, body=body))
    _done("answer saved", question, by)


def add_reference(question: Question, reference: dict[str, str | None], *, by: str) -> None:
    answer = draft_of(question)
    answer.sources = [*answer.sources, reference]
    _done("answer saved", question, by)


def remove_reference(question: Question, position: int, *, by: str) -> None:
    answer = draft_of(question)
    answer.sources = [row for n, row in enumerate(answer.sources, 1) if n != position]
    _done("answer saved", question, by)


def hand_over(question: Question, *, by: str) -> None:
    draft_of(question).handed_at = utc_now()
    if is_follow(question):
        question.reply_phase = Reply.DRAFTED
    else:
        question.phase = Phase.DRAFTED
    _done("answer handed over", question, by)


# The owner


def can_send(question: Question) -> bool:
    return question.phase == Phase.DRAFTED or question.reply_phase == Reply.DRAFTED


def handed(question: Question) -> str:
    """Names what the consultant handed over last, so that nobody sends another answer than the one that was read."""
    answer = question.answer(follow=is_follow(question))
    return answer.handed_at.isoformat() if answer is not None and answer.handed_at is not None else ""


def send(question: Question, *, by: str) -> None:
    """To the asker, and nobody else."""
    follow = is_follow(question)
    deliver(question)
    if follow:
        question.reply_phase = Reply.ANSWERED
    else:
        question.phase = Phase.ANSWERED
    _done("answer sent", question, by)
    letters.tell(question, "answered", once=handed(question))


def deliver(question: Question) -> None:
    """The asker reads the answer from now on; nothing is owed any more."""
    answer = question.answer(follow=is_follow(question))
    assert answer is not None
    answer.sent_at = answer.sent_at or utc_now()
    question.due_at = question.late_told_at = None

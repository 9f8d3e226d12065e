"""Letters about questions. They hold a link and no word of the question: telephones are looked at by families (63)."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for
from flask_babel import lazy_gettext as _l

from medportal import mail
from medportal.blueprints.questions.links import link
from medportal.extensions import db
from medportal.models.consultation import Phase, Question
from medportal.models.user import User
from medportal.templating import absolute


@dataclass(frozen=True)
class Words:
    """`before` stands above the link, `after` below it."""

    subject: Any
    before: tuple[Any, ...]
    button: Any = ""
    after: tuple[Any, ...] = ()


TO_ASKERS = {
    "confirm": Words(
        _l("Confirm your question"),
        (
            _l(
                "Somebody, probably you, wrote a question to a consultant on this site and gave this address. "
                "It is sent only when you open the link and press the button:"
            ),
        ),
        _l("Look at it and send it"),
        (
            _l(
                "If it was not you, nothing needs to be done: without the button nobody reads it, and it is "
                "erased after three days."
            ),
        ),
    ),
    "received": Words(
        _l("Your question has arrived"),
        (
            _l(
                "The page of your question says when an answer can be expected. There it can also be withdrawn:"
            ),
        ),
        _l("To the question"),
        (
            _l(
                "In an emergency do not wait for it: call the local emergency number. "
                "Keep this email to yourself: whoever has its link can read the question."
            ),
        ),
    ),
    "answered": Words(
        _l("There is an answer for you"),
        (_l("A consultant has answered your question. Only you can read it, here:"),),
        _l("Read the answer"),
    ),
    "offered": Words(
        _l("Something waits for your consent"),
        (
            _l(
                "A consultant has answered your question, and there is a version of it for everybody, without "
                "your name. Nothing is published unless you look at it and agree:"
            ),
        ),
        _l("Look at it"),
    ),
    "published": Words(
        _l("It has been published"),
        (
            _l(
                "The version that you agreed to can now be read by everybody. You can take it back at any time, "
                "here:"
            ),
        ),
        _l("To the question"),
    ),
    "late": Words(
        _l("Your answer is late"),
        (
            _l(
                "We have not kept the time that we named, and ask your pardon. Your question is not forgotten. "
                "If you cannot wait, please see a doctor."
            ),
            _l("The page of your question says how things stand; there it can also be withdrawn:"),
        ),
        _l("To the question"),
    ),
    "declined": Words(
        _l("Your question will not be answered here"),
        (_l("The page of your question says why, and what can be done instead:"),),
        _l("To the question"),
    ),
    "gone": Words(
        _l("Your question has been erased"),
        (_l("It was withdrawn. The question, the answers and what was published of them are erased."),),
    ),
}
TO_WORK = {
    "assigned": Words(
        _l("A question waits for you"),
        (_l("The owner of the site has assigned a reader's question to you. It can be read here only:"),),
        _l("To the questions"),
    ),
    "replied": Words(
        _l("A reader has replied to you"),
        (_l("Somebody whose question you answered has asked one thing more. It can be read here only:"),),
        _l("To the questions"),
    ),
    "closed": Words(
        _l("No questions are taken any more"),
        (
            _l(
                "Nobody has looked in within the time that readers are told. Questions to consultants have "
                "closed by themselves, and open again as soon as somebody looks in:"
            ),
        ),
        _l("To the questions"),
    ),
}


def tell(question: Question, what: str, *, once: str = "", held: bool = False) -> None:
    """A letter to who asked, in the language of the question. `once`: what makes it another letter of this kind."""
    user = question.user
    to = user.email if user is not None else question.email
    number = 0 if what == "gone" else question.id
    mail.queue(
        "question",
        to=to,
        lang=question.lang,
        user=user,
        dedupe=f"question:{question.id}:{what}:{once}",
        held=held,
        what=what,
        question=number,
    )


def tell_worker(user: User, what: str, *, once: str) -> None:
    dedupe = f"question-work:{what}:{once}:{user.id}"
    mail.queue("question_work", to=user.email, lang=user.lang, user=user, dedupe=dedupe, what=what)


def _to_asker(lang: str, *, what: str, question: int) -> mail.Rendered:
    row = db.session.get(Question, question)
    if what != "gone" and (row is None or not _is_true(what, row)):
        raise mail.NotNeeded
    return mail.fill("question", lang, words=TO_ASKERS[what], address=_address(lang, row) if row else "")


def _is_true(what: str, row: Question) -> bool:
    """Whether the question still stands as the letter would say."""
    conditions = {
        "confirm": row.phase == Phase.WAITING,
        "answered": row.has_answer,
        "offered": row.phase == Phase.OFFERED and not row.is_agreed,
        "published": row.phase == Phase.PUBLISHED,
        "late": row.is_late,
        "declined": row.phase == Phase.DECLINED,
    }
    return conditions.get(what, row.phase != Phase.WAITING)


def _address(lang: str, row: Question) -> str:
    with mail.language(current_app._get_current_object(), lang):  # type: ignore[attr-defined]
        if row.user_id is not None:
            return absolute(url_for("questions.mine_one", number=row.id))
        return absolute(url_for("questions.manage", token=link(row)))


def _to_worker(lang: str, *, what: str) -> mail.Rendered:
    with mail.language(current_app._get_current_object(), lang):  # type: ignore[attr-defined]
        endpoint = "questions.admin_questions" if what == "closed" else "questions.work"
        address = absolute(url_for(endpoint))
    return mail.fill("question_work", lang, words=TO_WORK[what], address=address)


mail.MAKERS["question"] = _to_asker
mail.MAKERS["question_work"] = _to_worker

"""The page of a question for who asked it: by the link of a letter, or in the account."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import abort, redirect, render_template, request, url_for
from wtforms import Form

from medportal.access import anyone, members
from medportal.blueprints.accounts import erasure
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.questions import asking, rules
from medportal.blueprints.questions.forms import AgreeForm, RateForm, ReplyForm
from medportal.blueprints.questions.labels import FOR_ASKER
from medportal.blueprints.questions.links import link, of_link
from medportal.blueprints.questions.views import bp
from medportal.extensions import db
from medportal.i18n import current_language
from medportal.models.consultation import Phase, Question
from medportal.models.listing import Listing
from medportal.paging import asked_page
from medportal.sessions import member

Done = str | None
"""The key of what was done; None when it cannot be done any more."""


@bp.get("/<lang:lang>/questions/manage/<token>")
@anyone
def manage(token: str) -> Answer:
    question = of_link(token)
    return _gone() if question is None else _page(question, by_link=True)


@bp.post("/<lang:lang>/questions/manage/<token>/<any(confirm, wish, agree, reply, rate, withdraw):what>")
@anyone
def manage_act(token: str, what: str) -> Answer:
    question = of_link(token, lock=True)
    return _gone() if question is None else _act(question, what, by_link=True)


@bp.get("/<lang:lang>/account/questions")
@members
def mine() -> str:
    query = sa.select(Question).where(asking.own(member())).order_by(Question.id.desc())
    return render_template("questions/mine.html", page=asked_page(query), phases=FOR_ASKER)


@bp.get("/<lang:lang>/account/questions/<int:number>")
@members
def mine_one(number: int) -> Answer:
    return _page(_own(number), by_link=False)


@bp.post("/<lang:lang>/account/questions/<int:number>/<any(wish, agree, reply, rate, withdraw):what>")
@members
def mine_act(number: int, what: str) -> Answer:
    return _act(_own(number, lock=True), what, by_link=False)


def _own(number: int, *, lock: bool = False) -> Question:
    """Through its owner: another member's does not exist (22)."""
    query = sa.select(Question).where(asking.own(member()), Question.id == number)
    question = db.session.scalar(query.with_for_update() if lock else query) if number < 2**31 else None
    if question is None:
        abort(404)
    return question


def _gone() -> Answer:
    return render_template("questions/gone.html"), 410


def _page(question: Question, *, by_link: bool, status: int = 200, **forms: Form) -> Answer:
    form = next(iter(forms.values()), None)
    page = render_template(
        "questions/manage.html",
        layout="accounts/layout.html" if by_link else "profile/layout.html",
        question=question,
        state=FOR_ASKER[Phase(question.phase)],
        answers=[answer for answer in question.answers if answer.sent_at is not None],
        published=_published(question),
        can_reply=asking.can_reply(question),
        look_in_days=rules.look_in_days(),
        takes=rules.questions_open(),
        by_link=by_link,
        here=_address(question, by_link=by_link),
        act=lambda what: _address(question, by_link=by_link, what=what),
        there=lambda lang: _address(question, by_link=by_link, lang=lang),
        form=form,
        agree=forms.get("agree") or AgreeForm(formdata=None),
        reply=forms.get("reply") or ReplyForm(formdata=None),
        rate=forms.get("rate") or _rate_form(question),
    )
    return page, status


def _rate_form(question: Question) -> RateForm:
    known = {"stars": str(question.rating or ""), "remarks": question.rating_words}
    return RateForm(formdata=None, data=known)


def _published(question: Question) -> Listing | None:
    if question.content_id is None:
        return None
    query = sa.select(Listing).where(
        Listing.content_id == question.content_id, Listing.lang == current_language().code
    )
    return db.session.scalar(query)


def _address(question: Question, *, by_link: bool, what: str = "", **values: Any) -> str:
    """The page, or for `what` is to be done the address of its form."""
    endpoint = "questions.manage" if by_link else "questions.mine_one"
    if what:
        endpoint = "questions.manage_act" if by_link else "questions.mine_act"
    named: dict[str, Any] = {"token": link(question)} if by_link else {"number": question.id}
    return url_for(endpoint, **named | ({"what": what} if what else {}) | values)


def _act(question: Question, what: str, *, by_link: bool) -> Answer:
    if what == "withdraw":
        return _withdraw(question, by_link=by_link)
    form_of: dict[str, type[Form]] = {"agree": AgreeForm, "reply": ReplyForm, "rate": RateForm}
    form = form_of[what]() if what in form_of else None
    if form is not None and not form.validate():
        return _page(question, by_link=by_link, status=422, **{what: form})
    if what == "confirm" and not rules.questions_open():
        return render_template("questions/closed.html", kept=question.body, waits=True), 409
    done = ACTS[what](question, form)
    if done is None:
        abort(409)
    here = _address(question, by_link=by_link, done=done)
    db.session.commit()
    return redirect(here, 303)


def _withdraw(question: Question, *, by_link: bool) -> Answer:
    if not request.form.get("sure"):
        return render_template(
            "questions/withdraw.html",
            layout="accounts/layout.html" if by_link else "profile/layout.html",
            question=question,
            by_link=by_link,
            here=_address(question, by_link=by_link),
            there=lambda lang: _address(question, by_link=by_link, lang=lang),
        )
    asking.withdraw(question)
    db.session.commit()
    erasure.scrub_file()
    return redirect(url_for("questions.withdrawn"), 303)


@bp.get("/<lang:lang>/questions/manage/withdrawn")
@anyone
def withdrawn() -> str:
    return render_template("questions/withdrawn.html")


def _confirm(question: Question, _form: Form | None) -> Done:
    return "arrived" if asking.confirm(question) else None


def _wish(question: Question, _form: Form | None) -> Done:
    may = request.form.get("publish") == "yes"
    asking.wish(question, may)
    return "wish" if may else "private"


def _agree(question: Question, _form: Form | None) -> Done:
    version = request.form.get("version", "")
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
    return "agreed" if asking.agree(question, number) else None


def _reply(question: Question, form: Form | None) -> Done:
    if form is None or not asking.can_reply(question):
        return None
    asking.reply(question, form["more"].data)
    return "replied"


def _rate(question: Question, form: Form | None) -> Done:
    if form is None or not question.has_answer:
        return None
    asking.rate(question, int(form["stars"].data), form["remarks"].data or "")
    return "rated"


ACTS: dict[str, Callable[[Question, Form | None], Done]] = {
    "confirm": _confirm,
    "wish": _wish,
    "agree": _agree,
    "reply": _reply,
    "rate": _rate,
}

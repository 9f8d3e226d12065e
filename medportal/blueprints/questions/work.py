"""The consultant's screens: what was assigned to this consultant, and nothing else."""

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext

from medportal.access import consultants
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.questions import answering, queries, rules
from medportal.blueprints.questions.forms import SourceForm, draft_form
from medportal.blueprints.questions.views import bp, lost
from medportal.desk import me
from medportal.extensions import db
from medportal.localized import spread
from medportal.models.consultation import Question
from medportal.paging import asked_page
from medportal.sessions import member

WHERE = "/<lang:lang>/consultants/work/questions"


@bp.get(WHERE)
@consultants
def work() -> str:
    return render_template(
        "questions/work.html",
        page=asked_page(queries.of_consultant(member())),
        is_to_write=answering.is_to_write,
        look_in_days=rules.look_in_days(),
        looked_in_at=rules.looked_in_at(),
    )


@bp.post(f"{WHERE}/looked-in")
@consultants
def work_look_in() -> Answer:
    rules.look_in()
    db.session.commit()
    return redirect(url_for("questions.work", done="looked"), 303)


def _mine(number: int) -> Question:
    """Through the consultant: what was assigned to somebody else does not exist."""
    query = queries.of_consultant(member()).where(Question.id == number)
    if request.method == "POST":
        query = query.with_for_update(of=Question)
    question = db.session.scalar(query) if number < 2**31 else None
    if question is None:
        abort(404)
    return question


def _still_to_write(number: int) -> Question | None:
    query = queries.of_consultant(member()).where(Question.id == number).with_for_update(of=Question)
    question = db.session.scalar(query) if number < 2**31 else None
    return question if question is not None and answering.is_to_write(question) else None


def _to_write(number: int) -> Question:
    question = _mine(number)
    if not answering.is_to_write(question):
        abort(409)
    return question


@bp.route(f"{WHERE}/<int:number>", methods=["GET", "POST"])
@consultants
def work_one(number: int) -> Answer:
    """The answer and one more reference are saved together, so that neither loses the other."""
    if request.method != "POST":
        return _page(_mine(number))
    draft, source = draft_form()(), SourceForm()
    question = _still_to_write(number)
    if question is None:
        return lost(
            {code: (text,) for code, text in draft.localized("body").items()}, url_for("questions.work"), 404
        )
    if request.form.get("base", "") != answering.saved(question):
        draft.form_errors = [gettext("It was saved in another window meanwhile. Saving now replaces that.")]
        return _page(question, draft=draft, source=source, status=409)
    hands_over, adds = "hand" in request.form, source.is_begun and not answering.is_follow(question)
    fine = [draft.validate(), not adds or source.validate()]
    if not all(fine) or (hands_over and not draft.fits(question.lang)):
        return _page(question, draft=draft, source=source, status=422)
    answering.save_draft(question, draft.localized("body"), by=me())
    if adds:
        answering.add_reference(question, source.values(), by=me())
    if hands_over:
        answering.hand_over(question, by=me())
    db.session.commit()
    done = "handed" if hands_over else "added" if adds else "saved"
    return redirect(url_for("questions.work_one", number=number, done=done), 303)


def _page(
    question: Question, *, draft: Any = None, source: SourceForm | None = None, status: int = 200
) -> Answer:
    answer = question.answer(follow=answering.is_follow(question))
    words = {text.lang: text.body for text in answer.texts} if answer else {}
    page = render_template(
        "questions/work_one.html",
        question=question,
        answer=answer,
        is_follow=answering.is_follow(question),
        is_to_write=answering.is_to_write(question),
        base=answering.saved(question),
        form=source if source is not None and source.errors else draft,
        draft=draft or draft_form()(formdata=None, data=spread("body", words)),
        source=source or SourceForm(formdata=None),
    )
    return page, status


@bp.post(f"{WHERE}/<int:number>/references/<int:position>/remove")
@consultants
def work_remove_reference(number: int, position: int) -> Answer:
    question = _to_write(number)
    draft = draft_form()()
    if request.form.get("base", "") == answering.saved(question) and draft.validate():
        answering.save_draft(
            question, draft.localized("body"), by=me()
        )  # its words come along and are not lost
    answering.remove_reference(question, position, by=me())
    db.session.commit()
    return redirect(url_for("questions.work_one", number=number, done="removed", _anchor="references"), 303)

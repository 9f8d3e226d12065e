"""The desk's screens for questions, for owners alone: editors do not read what readers ask in confidence.

A question's words are shown for an hour after its button was pressed, and each time leaves a line in the audit trail
(64): a page that is merely looked at changes nothing."""

from datetime import timedelta
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext
from wtforms import Form

from medportal import choices
from medportal.access import owners
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.content import gate
from medportal.blueprints.editing.labels import FAULTS
from medportal.blueprints.editing.publishing import SecondPersonNeeded
from medportal.blueprints.questions import answering, publication, queries, rules
from medportal.blueprints.questions.forms import (
    AssignForm,
    DeclineForm,
    NoteForm,
    PublishForm,
    offer_form,
)
from medportal.blueprints.questions.labels import FINDINGS
from medportal.blueprints.questions.views import bp, lost
from medportal.desk import me, row_or_404
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.lib.personal import find
from medportal.localized import spread
from medportal.models.consultation import Answer as Written
from medportal.models.consultation import Phase, Question
from medportal.models.people import Person
from medportal.paging import asked_one_of, asked_page
from medportal.templating import site_day

WHERE = "/<lang:lang>/admin/questions"


@bp.get(WHERE)
@owners
def admin_questions() -> str:
    state = asked_one_of("state", list(queries.STATES))
    return render_template(
        "admin/questions.html",
        page=asked_page(queries.for_desk(state)),
        state=state,
        states=queries.STATES,
        whys=[rules.WHY[why] for why in rules.whys()],
        looked_in_at=rules.looked_in_at(),
        look_in_days=rules.look_in_days(),
    )


@bp.post(f"{WHERE}/looked-in")
@owners
def admin_look_in() -> Answer:
    rules.look_in()
    db.session.commit()
    return redirect(url_for("questions.admin_questions", done="looked"), 303)


def _question(number: int) -> Question:
    """What changes it stands in line: nothing is published twice, or while its asker withdraws it."""
    question = row_or_404(Question, number)
    if request.method == "POST":
        db.session.refresh(question, with_for_update=True)
    if question.phase == Phase.WAITING:
        abort(404)
    return question


def _open(number: int) -> Question:
    """For what shows or decides: asked to read it within the hour."""
    question = _question(number)
    if not queries.has_opened(question, me()):
        abort(409)
    return question


@bp.get(f"{WHERE}/<int:number>")
@owners
def admin_question(number: int) -> Answer:
    return _page(_question(number))


def _page(question: Question, status: int = 200, **forms: Form) -> Answer:
    is_open = queries.has_opened(question, me())
    form = next(iter(forms.values()), None)
    page = render_template(
        "admin/question.html",
        question=question,
        is_open=is_open,
        can_assign=answering.can_assign(question),
        can_decline=question.phase in answering.OPEN,
        can_send=answering.can_send(question),
        handed=answering.handed(question),
        can_offer=publication.can_offer(question),
        can_publish=publication.can_publish(question),
        can_give_back=answering.can_give_back(question),
        physician=None if _wrote(rules.physician(), question.answer()) else rules.physician(),
        form=form,
        assign=forms.get("assign") or _assign_form(question, filled=False),
        back=forms.get("back") or NoteForm(formdata=None),
        decline=forms.get("decline") or DeclineForm(formdata=None),
        publish=forms.get("publish") or _publish_form(filled=False),
    )
    return page, status


def _wrote(person: Person | None, answer: Written | None) -> bool:
    """Nobody reviews the own answer."""
    return person is not None and answer is not None and answer.person_id == person.id


def _assign_form(question: Question, *, filled: bool) -> AssignForm:
    form = AssignForm() if filled else AssignForm(formdata=None, data={"person": question.person_id})
    form.offer(question.specialty_id)
    return form


def _publish_form(*, filled: bool) -> PublishForm:
    form = PublishForm() if filled else PublishForm(formdata=None)
    form.offer()
    return form


def _done(question: Question, done: str) -> Answer:
    number = question.id
    db.session.commit()
    return redirect(url_for("questions.admin_question", number=number, done=done), 303)


@bp.post(f"{WHERE}/<int:number>/open")
@owners
def admin_open(number: int) -> Answer:
    question = _question(number)
    answering.opened(question, by=me())
    return _done(question, "opened")


@bp.post(f"{WHERE}/<int:number>/assign")
@owners
def admin_assign(number: int) -> Answer:
    """The words need not be read for it: the specialty will do."""
    question = _question(number)
    if not answering.can_assign(question):
        abort(409)
    form = _assign_form(question, filled=True)
    if not form.validate():
        return _page(question, 422, assign=form)
    answering.assign(question, row_or_404(Person, form.person.data), form.note.data or "", by=me())
    return _done(question, "assigned")


@bp.post(f"{WHERE}/<int:number>/back")
@owners
def admin_give_back(number: int) -> Answer:
    question = _open(number)
    if not answering.can_give_back(question):
        abort(409)
    form = NoteForm()
    if not form.validate():
        return _page(question, 422, back=form)
    answering.give_back(question, form.missing.data or "", by=me())
    return _done(question, "returned")


@bp.post(f"{WHERE}/<int:number>/decline")
@owners
def admin_decline(number: int) -> Answer:
    question = _open(number)
    if question.phase not in answering.OPEN:
        abort(409)
    form = DeclineForm()
    if not form.validate():
        return _page(question, 422, decline=form)
    answering.decline(question, form.reason.data or "", by=me())
    return _done(question, "declined")


@bp.post(f"{WHERE}/<int:number>/send")
@owners
def admin_send(number: int) -> Answer:
    question = _open(number)
    if not answering.can_send(question) or request.form.get("handed") != answering.handed(question):
        abort(409)
    answering.send(question, by=me())
    return _done(question, "sent")


# Publication


@bp.route(f"{WHERE}/<int:number>/version", methods=["GET", "POST"])
@owners
def admin_offer(number: int) -> Answer:
    """The version for everybody: the asker's words, with what could tell who asked taken out by hand."""
    question = _question(number)
    if not publication.can_offer(question) or not queries.has_opened(question, me()):
        if request.method == "POST":
            return lost(offer_form()().versions(), url_for("questions.admin_question", number=number))
        return redirect(url_for("questions.admin_question", number=number), 303)
    answer = question.answer()
    answered = [text.lang for text in answer.texts] if answer else []
    if request.method != "POST":
        return _offer_page(question, offer_form()(formdata=None, data=_version_of(question)))
    form = offer_form()()
    fine = form.validate() and form.fits(question.lang, answered)
    found = _findings(form, answer)
    if fine and found and not form.looked.data:
        form.looked.errors = [gettext("Please look at what was found below, and tick this if it may stay.")]
        fine = False
    if not fine:
        return _offer_page(question, form)
    publication.offer(question, form.versions(), by=me())
    return _done(question, "offered")


def _version_of(question: Question) -> dict[str, str]:
    """What was offered before, else the asker's own words."""
    if not question.texts:
        own = {question.lang: question.title}, {question.lang: question.body}
        return spread("title", own[0]) | spread("body", own[1])
    titles = {text.lang: text.title for text in question.texts}
    return spread("title", titles) | spread("body", {text.lang: text.body for text in question.texts})


def _findings(form: Any, answer: Written | None) -> list[tuple[str, str, str]]:
    """What may tell who asked, in the version or in the answer: language, kind, and the words themselves."""
    found = []
    for code, words in form.versions().items():
        for text in (*words, answer.words(code) if answer is not None else ""):
            found += [
                (code, str(FINDINGS.get(one.kind, one.kind)), text[one.start : one.end])
                for one in find(text, code)
            ]
    return found


def _offer_page(question: Question, form: Any) -> Answer:
    status = 422 if form.is_submitted() else 200
    page = render_template(
        "admin/question_version.html",
        question=question,
        form=form,
        findings=_findings(form, question.answer()),
    )
    return page, status


@bp.post(f"{WHERE}/<int:number>/unpublish")
@owners
def admin_unpublish(number: int) -> Answer:
    question = _question(number)
    if question.phase != Phase.PUBLISHED:
        abort(409)
    if not request.form.get("sure"):
        return render_template(
            "admin/check.html",
            heading=gettext("Take it back from publication"),
            sentence=gettext(
                "Readers cannot read it any more. Its asker keeps the answer, and a new version may be offered."
            ),
            back=url_for("questions.admin_question", number=number),
        )
    publication.unpublish(question, by=me())
    return _done(question, "unpublished")


@bp.post(f"{WHERE}/<int:number>/publish")
@owners
def admin_publish(number: int) -> Answer:
    question = _open(number)
    if not publication.can_publish(question):
        abort(409)
    form = _publish_form(filled=True)
    if form.version.data != question.offered_version:  # another one was agreed to than the owner has read
        abort(409)
    if not form.validate():
        return _page(question, 422, publish=form)
    answer, physician = question.answer(), rules.physician()
    reviews = form.reviewed.data and physician is not None and not _wrote(physician, answer)
    today = site_day(utc_now())
    try:
        publication.publish(
            question,
            categories=[form.category.data] if form.category.data else [],
            reviewer=physician if reviews else None,
            on=today,
            due=today + timedelta(days=round(choices.review_months() * 30.44)),
            by=me(),
        )
    except gate.Closed as closed:
        db.session.rollback()
        form.form_errors = [str(FAULTS[fault]) for fault in closed.faults]
        return _page(question, 422, publish=form)
    except SecondPersonNeeded:
        db.session.rollback()
        form.form_errors = [gettext("Somebody else than who wrote the answer has to publish it.")]
        return _page(question, 422, publish=form)
    return _done(question, "published")

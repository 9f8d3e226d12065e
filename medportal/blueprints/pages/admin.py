"""The desk's screen for messages and reports from readers."""

from collections.abc import Sequence

from flask import abort, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from medportal import htmx
from medportal.access import staff
from medportal.blueprints.content import queries as content_queries
from medportal.blueprints.pages import queries, services
from medportal.blueprints.pages.forms import AnswerForm
from medportal.blueprints.pages.views import bp
from medportal.content_types.sections import SECTIONS
from medportal.desk import me, row_or_404
from medportal.extensions import db
from medportal.models.message import Message
from medportal.paging import asked_one_of, asked_page
from medportal.redirects import own_path

KINDS = ("contact", "report")
STATES = ("new", "answered", "done")
NAMES = {"new": _l("new"), "answered": _l("answered"), "done": _l("settled")}
SETTLED = ("new", "done")
"""What the button of a message sets; it is answered by a letter only."""


@bp.get("/<lang:lang>/admin/messages")
@staff
def admin_messages() -> str:
    kind, state = asked_one_of("kind", KINDS), asked_one_of("state", STATES)
    page = asked_page(queries.messages(kind=kind, state=state))
    return htmx.render(
        "admin/messages.html",
        "admin/_messages.html",
        page=page,
        kind=kind,
        state=state,
        about=_about(page.entries),
    )


def _about(messages: Sequence[Message]) -> dict[int, object]:
    """The page that each report is about, in the report's language; one question for all of them."""
    numbers = {message.content_id for message in messages if message.content_id is not None}
    entries = content_queries.listed_many(numbers)
    return {
        message.id: entries[message.content_id, message.lang]
        for message in messages
        if message.content_id is not None and (message.content_id, message.lang) in entries
    }


@bp.post("/<lang:lang>/admin/messages/<int:number>")
@staff
def admin_settle_message(number: int) -> Response | str:
    message = row_or_404(Message, number)
    state = request.form.get("state", "")
    if state not in SETTLED:
        abort(400)
    services.settle_message(message, state, by=me())
    db.session.commit()
    if htmx.wants_fragment():
        return render_template("admin/_message.html", message=message, about=_about([message]))
    back = own_path(request.form.get("next")) or url_for("pages.admin_messages")
    joiner = "&" if "?" in back else "?"
    return redirect(f"{back}{joiner}done={'settled' if state == 'done' else 'reopened'}", 303)


@bp.route("/<lang:lang>/admin/messages/<int:number>/answer", methods=["GET", "POST"])
@staff
def admin_answer_message(number: int) -> Response | str | tuple[str, int]:
    """By mail, in the language of who wrote. Without an address, or after an answer, there is nothing to write."""
    message, form = row_or_404(Message, number), AnswerForm()
    if message.kind != "report":
        del form.corrected
    possible = bool(message.email) and message.answered_at is None
    if not possible or not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        values = {"message": message, "about": _about([message]), "possible": possible}
        return render_template("admin/message_answer.html", form=form, **values), status
    corrected = "corrected" in form and form.corrected.data
    if not services.answer_message(message, form.answer.data or "", corrected=corrected, by=me()):
        db.session.rollback()
        abort(409)
    db.session.commit()
    return redirect(url_for("pages.admin_messages", done="answered"), 303)


@bp.app_context_processor
def _sections() -> dict[str, object]:
    return {"section_names": SECTIONS, "message_states": NAMES}

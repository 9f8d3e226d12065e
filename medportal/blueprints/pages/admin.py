"""The desk's screen for messages and reports from readers."""

from collections.abc import Sequence

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from medportal import audit, htmx
from medportal.access import staff
from medportal.blueprints.content import queries as content_queries
from medportal.blueprints.pages import queries, services
from medportal.blueprints.pages.views import bp
from medportal.content_types.sections import SECTIONS
from medportal.extensions import db
from medportal.models.message import Message
from medportal.paging import asked_one_of, asked_page
from medportal.redirects import own_path
from medportal.sessions import member

KINDS = ("contact", "report")
STATES = ("new", "done")


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
    message = db.session.get(Message, number) if number < 2**31 else None
    if message is None:
        abort(404)
    state = request.form.get("state", "")
    if state not in STATES:
        abort(400)
    services.settle_message(message, state, by=audit.actor_name(member().role, member().id))
    db.session.commit()
    if htmx.wants_fragment():
        return render_template("admin/_message.html", message=message, about=_about([message]))
    back = own_path(request.form.get("next")) or url_for("pages.admin_messages")
    joiner = "&" if "?" in back else "?"
    return redirect(f"{back}{joiner}done={'settled' if state == 'done' else 'reopened'}", 303)


@bp.app_context_processor
def _sections() -> dict[str, object]:
    return {"section_names": SECTIONS}

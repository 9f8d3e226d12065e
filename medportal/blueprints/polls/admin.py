"""The desk's screens for polls."""

from typing import Any

from flask import Response as FlaskResponse
from flask import redirect, render_template, request, url_for
from flask_babel import force_locale, gettext, ngettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from medportal import htmx
from medportal.access import owners, staff
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.polls import queries, services
from medportal.blueprints.polls.forms import MOST, poll_form
from medportal.blueprints.polls.views import bp
from medportal.desk import me, row_or_404
from medportal.extensions import db
from medportal.i18n import LANGUAGES, current_language
from medportal.lib import sheets
from medportal.lib.dates import utc_now
from medportal.models.poll import Poll, Stage
from medportal.models.types import localize
from medportal.paging import asked_one_of, asked_page
from medportal.templating import digits, site_day

DONE = {
    "added": _l("The poll has been added."),
    "saved": _l("The poll has been saved."),
    "closed": _l("The poll is closed."),
    "deleted": _l("The poll has been deleted."),
}
STAGES = {
    Stage.PLANNED: _l("planned"),
    Stage.OPEN: _l("open"),
    Stage.CLOSED: _l("closed"),
}


@bp.app_context_processor
def _names() -> dict[str, object]:
    return {"poll_stages": STAGES, "poll_share": share}


def share(votes: int, total: int) -> int:
    """Whole per cent."""
    return round(100 * votes / total) if total else 0


@bp.get("/<lang:lang>/admin/polls")
@staff
def admin_polls() -> str:
    stage = asked_one_of("state", [stage.value for stage in Stage])
    return htmx.render(
        "admin/polls.html",
        "admin/_polls.html",
        page=asked_page(queries.polls(stage)),
        state=stage,
        polls_done=DONE,
    )


@bp.route("/<lang:lang>/admin/polls/new", methods=["GET", "POST"])
@staff
def admin_new_poll() -> Answer:
    form = poll_form(None, utc_now(), _sent())
    if not _is_to_be_saved() or not form.validate():
        return _page(form, None)
    poll = services.add(form.facts(), by=me())
    db.session.commit()
    return redirect(url_for("polls.admin_poll", number=poll.id, done="added"), 303)


@bp.route("/<lang:lang>/admin/polls/<int:number>", methods=["GET", "POST"])
@staff
def admin_poll(number: int) -> Answer:
    poll = _held(number) if request.method == "POST" else row_or_404(Poll, number)
    form = poll_form(poll, utc_now(), _sent())
    if not _is_to_be_saved() or not form.validate():
        return _page(form, poll)
    services.change(poll, form.facts(), by=me())
    db.session.commit()
    return redirect(url_for("polls.admin_poll", number=number, done="saved"), 303)


def _held(number: int) -> Poll:
    """Nobody votes in it while its answers are changed."""
    poll = row_or_404(Poll, number)
    db.session.refresh(poll, with_for_update=True)
    return poll


def _sent() -> Any:
    return request.form if request.method == "POST" else None


def _is_to_be_saved() -> bool:
    """`more`: only further rows were asked for."""
    return request.method == "POST" and "more" not in request.form


def _page(form: Any, poll: Poll | None) -> Answer:
    status = 422 if _is_to_be_saved() else 200
    return render_template("admin/poll.html", form=form, poll=poll, most=MOST, polls_done=DONE), status


@bp.post("/<lang:lang>/admin/polls/<int:number>/close")
@staff
def admin_close_poll(number: int) -> Response:
    poll = _held(number)
    if poll.is_open:
        services.close(poll, by=me())
        db.session.commit()
    return redirect(url_for("polls.admin_poll", number=number, done="closed"), 303)


@bp.post("/<lang:lang>/admin/polls/<int:number>/delete")
@staff
def admin_delete_poll(number: int) -> Answer | Response:
    poll = _held(number)
    if not request.form.get("sure"):
        return render_template(
            "admin/check.html",
            heading=gettext("Delete the poll"),
            sentence=gettext(
                "“%(question)s” goes with its result, %(votes)s. This cannot be undone.",
                question=localize(poll.question, current_language().code),
                votes=ngettext("%(n)s vote", "%(n)s votes", poll.total, n=digits(poll.total)),
            ),
            back=url_for("polls.admin_poll", number=number),
        )
    services.delete(poll, by=me())
    db.session.commit()
    return redirect(url_for("polls.admin_polls", done="deleted"), 303)


@bp.get("/<lang:lang>/admin/polls/<int:number>.csv")
@owners
def admin_poll_table(number: int) -> FlaskResponse:
    """The result for other programs, in every language."""
    poll = row_or_404(Poll, number)
    rows: list[list[object]] = [
        [*(choice.label.get(code, "") for code in LANGUAGES), choice.votes, share(choice.votes, poll.total)]
        for choice in poll.choices
    ]
    rows.append([*(_in(code, lambda: gettext("All votes")) for code in LANGUAGES), poll.total, ""])
    asked = [poll.question.get(code, "") for code in LANGUAGES]
    heads = [_in_all(lambda: gettext("Votes")), _in_all(lambda: gettext("Per cent"))]
    file = f"poll-{poll.id}-{site_day(utc_now()).isoformat()}.csv"
    return FlaskResponse(
        sheets.MARK + sheets.lines([[*asked, *heads], *rows]),
        mimetype="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file}"'},
    )


def _in(code: str, say: Any) -> str:
    with force_locale(LANGUAGES[code].locale):
        return str(say())


def _in_all(say: Any) -> str:
    return " / ".join(_in(code, say) for code in LANGUAGES)

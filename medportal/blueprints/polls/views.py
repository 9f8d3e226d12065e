"""Polls for readers: the list, a poll with its result, and voting."""

import threading

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from medportal import htmx, limits, sessions
from medportal.access import anyone, kept, public
from medportal.blueprints.content.json_ld import list_json_ld
from medportal.blueprints.polls import queries, services, voters
from medportal.blueprints.polls.forms import VoteForm
from medportal.desk import row_or_404
from medportal.extensions import db, reading
from medportal.models.poll import Poll, Stage
from medportal.paging import asked_one_of, asked_page

bp = Blueprint("polls", __name__)

VOTED = {
    "1": _l("Thank you, the vote has been counted."),
    "already": _l(
        "There is a vote of yours in this poll already. Each person votes once, in whichever language."
    ),
    "closed": _l("This poll is closed. No more votes are counted."),
    "later": _l("Very many votes came from this network within an hour. Please try again later."),
}
HOURLY = 300
"""Votes from one network: a whole hospital may stand behind one address."""
_one_at_a_time = threading.Lock()
"""SQLite lets one write, and whom it keeps waiting it asks at random: in a crowd, some would wait for ever."""


@bp.app_context_processor
def _for_home() -> dict[str, object]:
    return {"vote_form": VoteForm.of, "open_poll": queries.current}


@bp.get("/<lang:lang>/polls/")
@public
@kept
def index() -> str:
    json_ld = list_json_ld(gettext("Polls"), url_for("polls.index"))
    return render_template("polls/list.html", page=asked_page(queries.public_polls()), json_ld=json_ld)


def _shown(number: int) -> Poll:
    poll = row_or_404(Poll, number)
    if poll.stage is Stage.PLANNED:
        abort(404)
    return poll


@bp.get("/<lang:lang>/polls/<int:number>")
@public
def poll(number: int) -> AnyResponse:
    """Every vote changes this page, and only this one: it is asked for anew each time and kept by no cache of ours."""
    response = make_response(_page(_shown(number), asked_one_of("voted", list(VOTED))))
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _page(poll: Poll, said: str | None = None, form: VoteForm | None = None) -> str:
    """`form` None: a new one, unless the reader just voted."""
    if form is None and poll.is_open and said in (None, "later"):
        form = VoteForm.of(poll)
    return htmx.render(
        "polls/poll.html",
        "polls/_block.html",
        poll=poll,
        said=said,
        sentence=VOTED.get(said or ""),
        form=form,
    )


@bp.post("/<lang:lang>/polls/<int:number>/vote")
@anyone
def vote(number: int) -> AnyResponse | tuple[str, int]:
    """All is looked at before the writer's turn is asked for, and nothing after it but what htmx shows: many vote in
    the same minute, and each turn is as short as can be."""
    known = voters.of_request()
    browser = known or voters.new()
    with reading():
        poll, member = _shown(number), sessions.signed_in_user()
        user_id, own = member.id if member else None, voters.hashes(number, browser)
        form = VoteForm.of(poll, request.form)
        if not poll.is_open:
            return _said(number, "closed")
        if queries.has_voted(number, user_id, own if known else []):
            return _said(number, "already")
        if not form.validate():
            return _page(poll, form=form), 422
        db.session.rollback()
    said = _count(number, form.choice.data, user_id, own[0])
    with reading():
        if said == "gone":
            return _page(_shown(number)), 422
        if said == "later":
            return _page(_shown(number), said), 422 if htmx.wants_fragment() else 429
        response = _said(number, said)
    if said == "1" and not known:
        voters.remember(response, browser)
    return response


def _count(number: int, choice: int, user_id: int | None, voter: str) -> str:
    """What came of it, as `VOTED` has it; "gone": the answer was taken away meanwhile. Commits."""
    with _one_at_a_time:
        if not limits.allow("vote", limits.network(), limit=HOURLY, seconds=3600):
            db.session.rollback()
            return "later"
        try:
            counted = services.vote(number, choice, user_id=user_id, voter=voter)
        except LookupError:
            db.session.rollback()
            return "gone"
        except services.Over:
            db.session.rollback()
            return "closed"
        db.session.commit()
        return "1" if counted else "already"


def _said(number: int, said: str) -> Response:
    """Nothing is asked of the database for a plain form."""
    if htmx.wants_fragment():
        return make_response(_page(_shown(number), said))
    return make_response(redirect(url_for("polls.poll", number=number, voted=said), 303))

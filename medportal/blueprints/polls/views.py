"""Polls for readers: the list, a poll with its result, and voting."""

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from medportal import htmx, limits, sessions
from medportal.access import anyone, public
from medportal.blueprints.polls import queries, services, voters
from medportal.blueprints.polls.forms import VoteForm
from medportal.desk import row_or_404
from medportal.extensions import db
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


@bp.app_context_processor
def _for_home() -> dict[str, object]:
    return {"vote_form": VoteForm.of}


@bp.get("/<lang:lang>/polls/")
@public
def index() -> str:
    return render_template("polls/list.html", page=asked_page(queries.public_polls()))


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
    poll, member = _shown(number), sessions.signed_in_user()
    form, known = VoteForm.of(poll, request.form), voters.of_request()
    user_id, browser = member.id if member else None, known or voters.new()
    if not poll.is_open:
        return _said(poll, "closed")
    if queries.has_voted(poll, user_id, voters.hashes(poll, known) if known else []):
        return _said(poll, "already")
    if not form.validate():
        return _page(poll, form=form), 422
    if not limits.allow("vote", limits.network(), limit=HOURLY, seconds=3600):
        return _page(poll, "later"), 422 if htmx.wants_fragment() else 429
    try:
        voter = voters.hashes(poll, browser)[0]
        counted = services.vote(poll, form.choice.data, user_id=user_id, voter=voter)
    except LookupError:
        db.session.rollback()
        return _page(poll, form=VoteForm.of(poll)), 422
    db.session.commit()
    response = _said(poll, "1" if counted else "already")
    if counted and not known:
        voters.remember(response, browser)
    return response


def _said(poll: Poll, said: str) -> Response:
    if htmx.wants_fragment():
        return make_response(_page(poll, said))
    return make_response(redirect(url_for("polls.poll", number=poll.id, voted=said), 303))

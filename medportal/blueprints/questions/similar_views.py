"""What fits a question, while it is being written. The words come in the body of a request, never in an address; nothing
of them is stored, and no log names them."""

from flask import Blueprint, abort, render_template, request

from medportal import htmx, limits
from medportal.access import public
from medportal.blueprints.questions.similar import LOOKED_AT, similar
from medportal.extensions import db, reading
from medportal.i18n import current_language
from medportal.lib.bidi import strip_controls

bp = Blueprint("similar", __name__)


@bp.post("/<lang:lang>/consultants/ask/similar")
@public
def pages() -> str:
    """For htmx only; without scripts a question is asked without it. Who asks too often is told of nothing."""
    if not htmx.wants_fragment():
        abort(404)
    allowed = limits.allow("similar", limits.network(), limit=120, seconds=900)
    db.session.commit()
    typed = " ".join(
        words[:LOOKED_AT] for words in request.form.values()
    )  # of the fields that are marked for it
    with reading():  # nothing more is written: wait for no writer
        found = similar(strip_controls(typed), current_language().code) if allowed else []
        return render_template("questions/_similar.html", similar=found)

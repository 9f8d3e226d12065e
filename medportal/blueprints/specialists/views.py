"""The blueprint, and what its screens share."""

from flask import Blueprint, abort
from werkzeug.wrappers import Response

from medportal.blueprints.editing.editor import thing
from medportal.blueprints.specialists import labels
from medportal.content_types import KINDS
from medportal.models.content import Content

Answer = str | Response | tuple[str, int]

bp = Blueprint("specialists", __name__, url_prefix="/<lang:lang>/admin/specialists")


@bp.app_context_processor
def _words() -> dict[str, object]:
    return {"desk_specialists": labels}


def page_of(number: int) -> Content:
    """A page of a kind that takes opinions and records."""
    content = thing(number)
    if not KINDS[content.kind].for_specialists:
        abort(404)
    return content

"""Pictures to choose from, for the editor of texts."""

from flask import render_template, request

from medportal.access import staff
from medportal.blueprints.media import queries
from medportal.blueprints.media.views import bp
from medportal.i18n import LANGUAGES, current_language
from medportal.paging import asked_one_of, asked_page

PUT_IN = 960
"""The width that stands in a text; the picture's own page has the others."""


@bp.get("/<lang:lang>/admin/pictures/pick")
@staff
def pick() -> str:
    """A part of a page: one button a picture, with the description in the language of the text."""
    words = request.args.get("q", "").strip()[:80]
    text = asked_one_of("text", list(LANGUAGES)) or current_language().code
    page = asked_page(queries.usable(words), size=12)
    return render_template("admin/_picture_picker.html", page=page, q=words, text=text, width=PUT_IN)

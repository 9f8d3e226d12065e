"""The list of everything that can be edited, and a new page."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from medportal import htmx
from medportal.access import staff
from medportal.blueprints.content import lists
from medportal.blueprints.editing import labels, queries, services
from medportal.blueprints.editing.findings import FINDINGS
from medportal.blueprints.editing.forms import NewForm
from medportal.content_types import KINDS
from medportal.desk import me
from medportal.extensions import db
from medportal.i18n import LANGUAGES, current_language
from medportal.paging import asked_number, asked_one_of, asked_page

Answer = str | Response | tuple[str, int]

MOST = 3000
"""How far the list goes; what lies behind is found by its filters."""

bp = Blueprint("editing", __name__, url_prefix="/<lang:lang>/admin/texts")


@bp.app_context_processor
def _words() -> dict[str, object]:
    return {"editing_words": labels, "findings": FINDINGS, "name_of": services.name_of}


def asked_filters() -> queries.Filters:
    category = lists.category_by_slug(request.args.get("category", "")[:80])
    return queries.Filters(
        words=request.args.get("q", "").strip()[:80],
        kind=asked_one_of("kind", list(KINDS)),
        category=category.id if category is not None else None,
        state=asked_one_of("state", list(labels.STATUS)),
        language=asked_one_of("language", list(queries.LANGUAGE_STATES)),
        author=asked_number("author", 2**31 - 1),
        due=asked_one_of("due", list(queries.DUE)),
        origin=asked_one_of("origin", list(labels.ORIGIN)),
    )


@bp.get("/")
@staff
def index() -> str:
    filters = asked_filters()
    page = asked_page(queries.things(filters), size=30, most=MOST)
    ids = [content.id for content in page.entries]
    return htmx.render(
        "editing/index.html",
        "editing/_index.html",
        page=page,
        filters=filters,
        no_filters=queries.Filters(),
        texts=queries.texts_of(ids),
        behind=queries.behind(ids),
        gaps=queries.gaps(page.entries) if filters.language == "gaps" else {},
        reviews=queries.reviews_of(ids),
        categories=queries.category_choices(current_language().code),
        authors=queries.author_choices(current_language().code),
    )


@bp.route("/new", methods=["GET", "POST"])
@staff
def new() -> Answer:
    """What it is, and what it is called: everything else follows in the editor."""
    form = NewForm(formdata=request.form if request.method == "POST" else None, kind=request.args.get("kind"))
    if request.method != "POST":
        return render_template("editing/new.html", form=form)
    if not form.validate():
        return render_template("editing/new.html", form=form), 422
    titles = form.titles()
    own = current_language().code
    source = own if titles.get(own) else next(code for code in LANGUAGES if titles.get(code))
    content = services.begin(form.kind.data, titles, source_lang=source, by=me())
    db.session.commit()
    return redirect(url_for("editing.edit", number=content.id, done="begun"), 303)

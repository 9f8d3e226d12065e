"""Search for readers: results, the advanced form, suggestions, and the same for machines."""

import re
from datetime import date

from flask import Blueprint, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from medportal import htmx
from medportal.access import public
from medportal.blueprints.content import lists
from medportal.blueprints.content.addresses import page_url
from medportal.blueprints.content.json_ld import site_name
from medportal.blueprints.feeds.views import typed
from medportal.blueprints.search import queries
from medportal.blueprints.search.queries import Filters, Result
from medportal.content_types import KINDS
from medportal.content_types.sections import SECTIONS
from medportal.i18n import LANGUAGES, current_language
from medportal.lib.arabic import to_ascii_digits
from medportal.lib.bidi import strip_controls
from medportal.paging import asked_number, asked_one_of
from medportal.search import analysis, missed
from medportal.search.highlight import marked
from medportal.search.query import LONGEST_QUERY
from medportal.search.suggest import suggest
from medportal.templating import absolute

bp = Blueprint("search", __name__)

PAGE = 20
MOST_FOR_MACHINES = 50
LONGEST = 300
"""Letters of a query that a page repeats; more are searched, within `query.LONGEST_QUERY`."""


@bp.app_context_processor
def _helpers() -> dict[str, object]:
    return {"marked": marked}


def asked_text() -> str:
    """What is searched for, without blanks around it and control characters."""
    return " ".join(strip_controls(request.args.get("q", "")[:LONGEST_QUERY]).split())


def asked_filters() -> Filters:
    """What the query asks for; unknown values are left out rather than answered with an error."""
    slug = request.args.get("category", "")
    return Filters(
        kind=asked_one_of("kind", [kind.key for kind in KINDS.values()]),
        category=lists.category_by_slug(slug) if slug else None,
        section=asked_one_of("section", list(SECTIONS)),
        text=asked_one_of("text", list(LANGUAGES)),
        since=_asked_day("from"),
        until=_asked_day("to"),
        video=request.args.get("video") == "1",
        exact=request.args.get("exact") == "1",
    )


def _asked_day(name: str) -> date | None:
    """A day of the query, year first, in any digits; None when there is none or it is none."""
    written = re.split(r"[-/.]", to_ascii_digits(request.args.get(name, "")).strip())
    try:
        year, month, day = (int(part) for part in written)
        return date(year, month, day)
    except ValueError:
        return None


def _not_days() -> list[str]:
    """What was typed as a day and is none."""
    typed = {name: request.args.get(name, "").strip()[:20] for name in ("from", "to")}
    return [text for name, text in typed.items() if text and _asked_day(name) is None]


@bp.get("/<lang:lang>/search")
@public
def results() -> str:
    text, filters, lang = asked_text(), asked_filters(), current_language().code
    number = min(asked_number("page", 100) or 1, 100)
    found = queries.results(text, filters, lang, number=number, size=PAGE)
    if not found.page.total and not filters.any and not filters.exact and analysis.key(text):
        missed.note(lang, text)
    return htmx.render(
        "search/results.html",
        "search/_results.html",
        q=text[:LONGEST],
        filters=filters,
        found=found,
        most=queries.MOST,
        not_days=_not_days(),
        sections=SECTIONS,
    )


@bp.get("/<lang:lang>/search/advanced")
@public
def advanced() -> str:
    lang = current_language().code
    return render_template(
        "search/advanced.html",
        q=asked_text()[:LONGEST],
        filters=asked_filters(),
        categories=lists.categories_with_counts(lang),
        sections=SECTIONS,
    )


@bp.get("/<lang:lang>/search/suggest")
@public
def suggestions() -> Response:
    """The options of the search box, as a part of a page; opened as a page, it is the search itself."""
    if "X-Suggest" not in request.headers and not htmx.wants_fragment():
        response = redirect(url_for("search.results", q=asked_text()[:LONGEST] or None))
    else:
        found = suggest(asked_text(), current_language().code)
        response = make_response(render_template("search/_suggestions.html", suggestions=found))
    response.vary.add("X-Suggest")
    return response


@bp.get("/api/search")
@public
def api() -> Response:
    """`q`; `lang`: in which language titles are given (the site's default without it); `limit` up to 50."""
    lang = asked_one_of("lang", list(LANGUAGES)) or current_language().code
    limit = min(asked_number("limit", MOST_FOR_MACHINES) or 10, MOST_FOR_MACHINES)
    found = queries.results(asked_text(), Filters(), lang, number=1, size=limit)
    response = jsonify(
        total=found.page.total, results=[_for_machines(result, lang) for result in found.page.entries]
    )
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _for_machines(result: Result, lang: str) -> dict[str, object]:
    entry = result.entry
    return {
        "id": entry.content_id,
        "kind": entry.kind,
        "lang": entry.text_lang,
        "title": entry.title,
        "url": absolute(page_url(entry.kind, entry.slug, lang=lang)),
        "snippet": result.words,
    }


@bp.get("/opensearch-<lang:lang>.xml")
@public
def opensearch() -> Response:
    """The description by which browsers offer this search."""
    name = site_name()
    body = render_template("search/opensearch.xml", name=name, about=gettext("Search in %(site)s", site=name))
    return typed(body, "application/opensearchdescription+xml")

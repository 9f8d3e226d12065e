"""Lists, pages, categories and short addresses, for readers."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, g, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from medportal import htmx
from medportal.access import kept, public
from medportal.blueprints.content import lists, queries, specialist_labels
from medportal.blueprints.content.addresses import page_url, profile_of, profile_url
from medportal.blueprints.content.cards import card
from medportal.blueprints.content.drawn import drawn, drawn_each, section_label
from medportal.blueprints.content.json_ld import list_json_ld, page_json, page_json_ld
from medportal.blueprints.content.lists import Filters
from medportal.blueprints.content.page import TextPage
from medportal.content_types import ContentType
from medportal.content_types.base import Order
from medportal.content_types.page import FIXED
from medportal.i18n import current_language
from medportal.lib.arabic import fold
from medportal.lib.slugs import slugify
from medportal.models.content import Status
from medportal.models.types import localize
from medportal.paging import asked_number, understood

bp = Blueprint("content", __name__, url_prefix="/<lang:lang>")


@bp.app_context_processor
def _addresses() -> dict[str, object]:
    return {
        "card": card,
        "drawn": drawn,
        "drawn_each": drawn_each,
        "section_label": section_label,
        "page_url": page_url,
        "profile_url": profile_url,
        "fixed_pages": _fixed_pages,
        "list_choices": _list_choices,
        "profile_of": profile_of,
        "specialist_words": specialist_labels,
    }


def _list_choices(kind: ContentType) -> tuple[list[Any], frozenset[str], list[int]]:
    """What a list of this kind may be narrowed by: categories with counts, letters, years."""
    lang, by_title = current_language().code, kind.order == Order.TITLE
    return (
        lists.categories_with_counts(lang, kind),
        lists.letters(kind, lang) if by_title else frozenset(),
        [] if by_title else lists.years(kind, lang),
    )


def _fixed_pages() -> dict[str, str]:
    """The fixed pages that exist in this language; read once a request."""
    if "fixed_pages" not in g:
        g.fixed_pages = queries.fixed_pages(current_language().code, FIXED)
    return g.fixed_pages


def asked_filters(kind: ContentType | None) -> Filters:
    """What the query asks for; unknown values are left out rather than answered with an error."""
    slug = request.args.get("category", "")
    letter = fold(request.args.get("letter", ""))[:1]
    letters = f"{current_language().alphabet}{lists.OTHER_LETTER}"
    year = asked_number("year", 9999)
    past = kind is not None and kind.order == Order.EVENTS and request.args.get("when") == "past"
    filters = Filters(
        category=lists.category_by_slug(slug) if slug else None,
        letter=letter if letter and letter in letters else None,
        year=(year or None) if past or kind is None or kind.order != Order.EVENTS else None,
        when="past" if past else None,
    )
    for name, value in filters.as_query().items():
        understood(name, value)
    return filters


@bp.get("/<kind:kind>/")
@public
@kept
def index(kind: ContentType) -> str:
    """The list of one kind."""
    if not kind.listed:
        abort(404)
    lang, filters = current_language().code, asked_filters(kind)
    page = lists.listing(kind, lang, filters, datetime.now(UTC))
    return htmx.render(
        "content/list.html",
        "content/_list.html",
        kind=kind,
        filters=filters,
        page=page,
        names=lists.category_names([entry.content_id for entry in page.entries]),
        json_ld=list_json_ld(str(kind.plural), url_for("content.index", kind=kind)),
    )


@bp.get("/<kind:kind>/<slug:slug>")
@public
@kept
def page(kind: ContentType, slug: str) -> str | Response:
    if kind.key == "page" and slug in FIXED:
        return redirect(url_for("pages.fixed", slug=slug), 301)
    found = queries.published_text(kind, current_language().code, slug)
    return show(found) if found is not None else elsewhere(kind, slug)


def show(found: queries.Published, template: str = "content/page.html", **values: object) -> str:
    """The page of a published text."""
    view = TextPage(*found)
    today = datetime.now(UTC).date()
    return render_template(template, page=view, today=today, json_ld=page_json_ld(view), **values)


def elsewhere(kind: ContentType, slug: str) -> str | Response:
    """No text under this address: it moved, was withdrawn, or exists in another language only."""
    found = moved(kind, slug)
    if found is not None:
        return redirect(found, 301)
    lang = current_language().code
    other = queries.other_language_text(kind, lang, slug)
    if other is None:
        abort(410 if queries.is_withdrawn(kind, slug) else 404)
    mine = next((t for t in other.content.texts if t.lang == lang), None)
    if mine is not None and mine.status == Status.PUBLISHED:
        return redirect(page_url(kind.key, mine.slug or ""), 301)
    withdrawn = mine is not None and mine.status == Status.ARCHIVED
    known = mine.known_title if mine is not None else None
    title, title_lang = (known, lang) if known else (other.title, other.lang)
    return render_template(
        "content/other_language.html",
        kind=kind,
        other=other,
        title=title,
        title_lang=title_lang,
        withdrawn=withdrawn,
    )


def moved(kind: ContentType, slug: str) -> str | None:
    """Where a text of this language is now whose address was this one, or was written a little differently."""
    lang = current_language().code
    now = queries.moved_to(kind, lang, slug)
    if now is None and slugify(slug) != slug and queries.is_published(kind, lang, slugify(slug)):
        now = slugify(slug)
    return page_url(kind.key, now) if now else None


@bp.get("/<kind:kind>/<slug:slug>.json")
@public
@kept
def page_data(kind: ContentType, slug: str) -> Response:
    found = queries.published_text(kind, current_language().code, slug)
    if found is None:
        abort(410 if queries.is_withdrawn(kind, slug) else 404)
    return jsonify(page_json(TextPage(*found)))


@bp.get("/d/<int(max=2147483647):content_id>")
@public
def short(content_id: int) -> Response:
    """The short address of anything, for sharing and print."""
    entry = queries.listed(content_id, current_language().code)
    if entry is None:
        abort(410 if queries.was_published(content_id) else 404)
    return redirect(page_url(entry.kind, entry.slug))


@bp.get("/categories/")
@public
@kept
def categories() -> str:
    found = lists.categories_with_counts(current_language().code)
    json_ld = list_json_ld(gettext("Categories"), url_for("content.categories"))
    return render_template("content/categories.html", categories=found, json_ld=json_ld)


@bp.get("/categories/<slug:slug>")
@public
@kept
def category(slug: str) -> str | Response:
    """Everything in one category, of all kinds."""
    found = lists.category_by_slug(slug)
    if found is None:
        abort(404)
    if found.slug != slug:
        return redirect(url_for("content.category", slug=found.slug), 301)
    lang = current_language().code
    name = localize(found.name, lang)
    return htmx.render(
        "content/category.html",
        "content/_results.html",
        category=found,
        page=lists.listing(None, lang, Filters(category=found), datetime.now(UTC)),
        names={},
        kind=None,
        kinds_here=lists.kinds_in_category(found.id, lang),
        json_ld=list_json_ld(name, url_for("content.category", slug=slug)),
    )

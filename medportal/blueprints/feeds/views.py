"""Feeds, calendars, sitemaps, robots, manifest and security.txt."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import (
    Blueprint,
    abort,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from medportal import assets
from medportal.access import kept, public
from medportal.blueprints.consultants import queries as consultants
from medportal.blueprints.content import lists
from medportal.blueprints.content.json_ld import site_name
from medportal.blueprints.feeds import queries, services
from medportal.content_types import ContentType, kind_by_path
from medportal.i18n import LANGUAGES, current_language, preferred_language
from medportal.models.taxonomy import Category
from medportal.models.types import localize
from medportal.templating import absolute

bp = Blueprint("feeds", __name__)


def typed(body: str | bytes, mimetype: str) -> Response:
    response = make_response(body)
    response.mimetype = mimetype
    return response


def _feed(title: str, kind: ContentType | None, category: Category | None = None) -> Response:
    entries = queries.feed_entries(current_language().code, kind, category)
    updated = max((entry.modified_at for entry in entries), default=datetime(2026, 1, 1, tzinfo=UTC))
    body = render_template("feeds/feed.xml", title=title, entries=entries, updated=updated, path=request.path)
    return typed(body, "application/atom+xml")


@bp.get("/<lang:lang>/feeds/<slug:path>.xml")
@public
@kept
def feed(path: str) -> Response:
    """`all`, or the plural of a kind."""
    if path == "all":
        return _feed(site_name(), None)
    kind = kind_by_path(path)
    if kind is None or not kind.listed:
        abort(404)
    return _feed(f"{site_name()}: {kind.plural}", kind)


@bp.get("/<lang:lang>/feeds/categories/<slug:slug>.xml")
@public
@kept
def category_feed(slug: str) -> Response:
    category = lists.category_by_slug(slug)
    if category is None:
        abort(404)
    return _feed(f"{site_name()}: {localize(category.name, current_language().code)}", None, category)


def _notices(title: str, notices: list[services.Notice]) -> Response:
    updated = max((notice.at for notice in notices), default=datetime(2026, 1, 1, tzinfo=UTC))
    body = render_template(
        "feeds/notices.xml", title=title, notices=notices, updated=updated, path=request.path
    )
    return typed(body, "application/atom+xml")


@bp.get("/<lang:lang>/feeds/digests.xml")
@public
@kept
def digests() -> Response:
    lang = current_language().code
    return _notices(f"{site_name()}: {_('Weekly digests')}", services.digests(queries.digests(lang)))


@bp.get("/<lang:lang>/feeds/corrections.xml")
@public
@kept
def corrections() -> Response:
    """Corrections that matter to somebody's safety."""
    lang = current_language().code
    return _notices(
        f"{site_name()}: {_('Safety corrections')}", services.corrections(queries.corrections(lang))
    )


@bp.get("/<lang:lang>/events.ics")
@public
@kept
def events() -> Response:
    lang = current_language().code
    found = queries.coming_events(lang, datetime.now(UTC))
    return typed(services.calendar(found, lang), "text/calendar")


@bp.get("/<lang:lang>/events/<slug:slug>.ics")
@public
@kept
def event(slug: str) -> Response:
    lang = current_language().code
    found = queries.event(lang, slug)
    if not found:
        abort(404)
    return typed(services.calendar(found, lang), "text/calendar")


@bp.get("/sitemap.xml")
@public
@kept
def sitemap() -> Response:
    parts = [
        absolute(url_for("feeds.sitemap_part", lang=code, part=part))
        for code in LANGUAGES
        for part in range(1, queries.sitemap_parts(code) + 1)
    ]
    return typed(render_template("feeds/sitemap_index.xml", parts=parts), "application/xml")


@bp.get("/sitemap-<lang:lang>-<int(max=9999):part>.xml")
@public
@kept
def sitemap_part(part: int) -> Response:
    lang = current_language().code
    if not 1 <= part <= queries.sitemap_parts(lang):
        abort(404)
    entries = queries.sitemap_entries(lang, part)
    people = consultants.in_sitemap() if part == 1 else []
    return typed(
        render_template("feeds/sitemap.xml", entries=entries, people=people, first=part == 1),
        "application/xml",
    )


@bp.get("/robots.txt")
@public
@kept
def robots() -> Response:
    lines = ["User-agent: *", "Disallow: /*/report", f"Sitemap: {absolute(url_for('feeds.sitemap'))}", ""]
    return typed("\n".join(lines), "text/plain")


@bp.get("/.well-known/security.txt")
@public
def security_txt() -> Response:
    """RFC 9116; the date moves with the calendar month, so that it never runs out by itself."""
    month = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: {absolute(url_for('pages.fixed', lang='en' if 'en' in LANGUAGES else None, slug='contact'))}",
        f"Expires: {(month + timedelta(days=180)).strftime('%Y-%m-%dT%H:%M:%SZ')}",
        f"Preferred-Languages: {', '.join(LANGUAGES)}",
        f"Canonical: {absolute('/.well-known/security.txt')}",
        "",
    ]
    return typed("\n".join(lines), "text/plain")


@bp.get("/.well-known/change-password")
@public
def change_password() -> Response:
    """Where password managers send their people."""
    response = redirect(url_for("profile.password", lang=preferred_language()))
    response.vary.add("Accept-Language")
    return response


@bp.get("/<lang:lang>/manifest.webmanifest")
@public
@kept
def manifest() -> Response:
    language = current_language()
    icons = [
        {"src": assets.static_url(f"img/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    response = jsonify(
        name=site_name(),
        short_name=site_name(),
        lang=language.code,
        dir=language.dir,
        start_url=url_for("pages.home"),
        scope="/",
        display="minimal-ui",
        background_color="#ffffff",
        theme_color="#0b5563",
        icons=icons,
        description=_("Diseases, news, articles, events, guidelines, videos and journals' abstracts"),
    )
    response.mimetype = "application/manifest+json"
    return response


@bp.get("/favicon.ico")
@public
def favicon() -> Response:
    name = current_app.config["STATIC_NAMES"]["img/favicon.ico"]
    return send_from_directory(Path(current_app.instance_path) / "static", name, max_age=604800)

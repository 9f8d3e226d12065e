"""A page as readers will see it, what is typed and not saved included, at a private address."""

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from medportal.access import staff
from medportal.blueprints.content.extras import EVERYTHING
from medportal.blueprints.content.page import TextPage
from medportal.blueprints.content.services import assign
from medportal.blueprints.editing import copies
from medportal.blueprints.editing.editor import asked_bases, panes_of, thing
from medportal.blueprints.editing.views import bp
from medportal.extensions import db
from medportal.i18n import LANGUAGES, current_language
from medportal.lib.dates import utc_now
from medportal.models.content import Content, ContentText, Status
from medportal.paging import asked_one_of
from medportal.security import CSP
from medportal.sessions import member

WIDTHS = {"phone": 360, "desktop": 1280}


@bp.post("/<int:number>/preview")
@staff
def keep_and_preview(number: int) -> Response:
    content = thing(number)
    form = {k: v for k, v in request.form.lists() if k.partition("-")[0] in LANGUAGES}
    copy = copies.mine(content.id, member().id)
    version = copy.version if copy is not None else 0
    copies.keep(content.id, member().id, form, asked_bases(), version=version)
    db.session.commit()
    return redirect(url_for("editing.preview", number=number), 303)


@bp.get("/<int:number>/preview")
@staff
def preview(number: int) -> Response:
    """One language at a time, in a frame of a phone's or a screen's width."""
    content = thing(number)
    of = asked_one_of("of", list(LANGUAGES)) or current_language().code
    width = asked_one_of("width", list(WIDTHS)) or "phone"
    page = render_template("editing/preview.html", content=content, widths=WIDTHS, of=of, width=width)
    response = make_response(page)
    response.headers["Content-Security-Policy"] = f"{CSP}; frame-src 'self'"
    return response


@bp.get("/<int:number>/preview/<lang:of>")
@staff
def preview_page(number: int, of: str) -> Response:
    """The real template over what is typed. Nothing is written: the session is emptied unflushed."""
    content = thing(number)
    text = next((text for text in content.texts if text.lang == of), None)
    with db.session.no_autoflush:
        shown = _with_what_is_typed(content, text, of)
        if shown is None:
            abort(404)
        page = TextPage(shown, EVERYTHING, shown.sections)
        page.translations = {of: url_for("editing.preview_page", number=number, of=of, lang=of)}
        html = render_template(
            "content/page.html", page=page, today=utc_now().date(), json_ld=None, preview=True
        )
        db.session.rollback()
    response = make_response(html)
    response.headers["Content-Security-Policy"] = CSP.replace(
        "frame-ancestors 'none'", "frame-ancestors 'self'"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _with_what_is_typed(content: Content, text: ContentText | None, lang: str) -> ContentText | None:
    copy = copies.mine(content.id, member().id)
    if copy is None:
        return text if text is not None and text.status != Status.TITLE_ONLY else None
    pane = next(pane for pane in panes_of(content, MultiDict(copy.form)) if pane.lang == lang)
    if pane.is_empty:
        return None
    if text is None:
        text = ContentText(
            kind=content.kind, lang=lang, sections=[], reviews=[], title="", modified_at=utc_now()
        )
        text.content = content
    assign(text, pane.draft())
    text.slug = text.slug or "preview"
    return text

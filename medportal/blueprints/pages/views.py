"""Home, fixed pages, contact and reports."""

from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from medportal import limits
from medportal.access import kept, public
from medportal.blueprints.content import lists
from medportal.blueprints.content import queries as content_queries
from medportal.blueprints.content import views as content_views
from medportal.blueprints.pages import queries, services
from medportal.blueprints.pages.forms import ContactForm, ReportForm
from medportal.blueprints.profile.queries import latest_members
from medportal.choices import setting
from medportal.content_types import KINDS
from medportal.content_types.sections import SECTIONS
from medportal.extensions import db, reading
from medportal.i18n import current_language, preferred_language
from medportal.paging import asked_number, asked_page

bp = Blueprint("pages", __name__)


@bp.app_context_processor
def _for_home() -> dict[str, object]:
    return {"newest_members": lambda: latest_members() if setting("latest_members") else []}


@bp.get("/")
@public
def front() -> Response:
    """To the reader's language."""
    response = redirect(url_for("pages.home", lang=preferred_language()))
    response.vary.add("Accept-Language")
    return response


@bp.get("/<lang:lang>/")
@public
@kept
def home() -> str:
    newest = lists.newest(current_language().code, datetime.now(UTC))
    ids = [entry.content_id for entries in newest.values() for entry in entries]
    return render_template("pages/home.html", newest=newest, names=lists.category_names(ids))


@bp.get("/<lang:lang>/<fixed:slug>")
@public
@kept
def fixed(slug: str) -> str | Response:
    """A page with a short address; the owner edits it like any other page."""
    found = content_queries.published_text(KINDS["page"], current_language().code, slug)
    if found is None:
        return content_views.elsewhere(KINDS["page"], slug)
    return content_views.show(found)


@bp.get("/<lang:lang>/corrections")
@public
@kept
def corrections() -> str:
    """What was changed on pages and why, of all of them."""
    page = asked_page(content_queries.all_corrections(current_language().code))
    return render_template("pages/corrections.html", page=page)


@bp.get("/<lang:lang>/contact")
@public
def contact_form() -> str | Response:
    return _contact_page(ContactForm(formdata=None))


@bp.post("/<lang:lang>/contact")
@public
def contact() -> str | Response | tuple[str, int]:
    form = ContactForm()
    if not form.validate_on_submit():
        with reading():  # nothing will be written: wait for no writer
            return _contact_page(form), 422
    if not form.is_from_a_program:
        _brake("contact")
        services.keep_message(
            "contact",
            lang=current_language().code,
            name=form.name.data or "",
            email=form.email.data or "",
            body=form.body.data or "",
        )
        db.session.commit()
    return redirect(url_for("pages.contact_sent"), 303)


def _contact_page(form: ContactForm) -> str:
    """The owner's words on contact, if there are any, around the form."""
    found = content_queries.published_text(KINDS["page"], current_language().code, "contact")
    if found is None:
        return render_template("pages/contact_only.html", form=form)
    return content_views.show(found, "pages/contact.html", form=form)


@bp.get("/<lang:lang>/contact/sent")
@public
def contact_sent() -> str:
    return render_template("pages/sent.html")


def _brake(name: str) -> None:
    """At most ten messages an hour from one network; the count stays even when this one is refused."""
    if not limits.allow(name, limits.network(), limit=10, seconds=3600):
        db.session.commit()
        abort(429)


@bp.route("/<lang:lang>/report", methods=["GET", "POST"])
@public
def report() -> str | Response | tuple[str, int]:
    """A mistake on a page: `content` is the page's number."""
    lang = current_language().code
    number = request.values.get("content", "")
    content_id = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    entry = content_queries.listed(content_id, lang)
    text = queries.text_of(content_id, lang)
    if entry is None or text is None:
        abort(404)
    form = ReportForm()
    form.offer([key for key in SECTIONS if key in {section.key for section in text.sections}])
    if request.method != "POST" and request.args.get("section") in SECTIONS:
        form.section.data = request.args["section"]
    if not form.validate_on_submit():
        status = 422 if request.method == "POST" else 200
        return render_template("pages/report.html", form=form, entry=entry), status
    if not form.is_from_a_program:
        _brake("report")
        services.keep_message(
            "report",
            lang=lang,
            body=form.body.data or "",
            email=form.email.data or "",
            content_id=content_id,
            section=form.section.data or None,
        )
        db.session.commit()
    return redirect(url_for("pages.report_sent", content=content_id), 303)


@bp.get("/<lang:lang>/report/sent")
@public
def report_sent() -> str:
    content_id = asked_number("content", 2**31 - 1) or 0
    entry = content_queries.listed(content_id, current_language().code)
    return render_template("pages/sent.html", entry=entry)

"""The settings of the site: one page of small forms, each saved by itself. Owners only."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l

from medportal import audit
from medportal.access import owners
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.settings import services
from medportal.blueprints.settings.sections import SECTIONS
from medportal.extensions import db
from medportal.sessions import member

bp = Blueprint("settings", __name__)

DONE = {
    "saved": _l("Saved. Readers see it at once."),
    "same": _l("Nothing was changed."),
    "removed": _l("The sample content has been removed. The site is yours."),
}


def me() -> str:
    return audit.actor_name(member().role, member().id)


@bp.get("/<lang:lang>/admin/settings")
@owners
def site() -> str:
    return _page()


def _page(key: str = "", form: object = None) -> str:
    """All groups as they are stored; `form`: the one of `key` as it was sent."""
    shown = {name: form if name == key and form else section.filled() for name, section in SECTIONS.items()}
    return render_template(
        "admin/settings.html", sections=SECTIONS, forms=shown, form=form, settings_done=DONE
    )


@bp.route("/<lang:lang>/admin/settings/<section>", methods=["GET", "POST"])
@owners
def save(section: str) -> Answer:
    if section not in SECTIONS:
        abort(404)
    if request.method != "POST":
        return _page()
    form = SECTIONS[section].sent()
    if not form.validate():
        return _page(section, form), 422
    changed = services.choose(SECTIONS[section].chosen(form), by=me())
    db.session.commit()
    return redirect(url_for("settings.site", done="saved" if changed else "same", _anchor=section), 303)

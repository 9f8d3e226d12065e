"""The desk's screen for emergency numbers, and what templates may ask of them."""

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from medportal import audit, htmx
from medportal.access import staff
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.emergency import queries, services
from medportal.blueprints.emergency.forms import number_form
from medportal.extensions import db
from medportal.i18n import current_language
from medportal.lib.countries import country_name
from medportal.localized import LocalizedForm, spread
from medportal.models.emergency import EmergencyNumber
from medportal.paging import asked_one_of, asked_page
from medportal.sessions import member

bp = Blueprint("emergency", __name__, url_prefix="/<lang:lang>/admin/emergency-numbers")

DONE = {
    "added": _l("The number has been added."),
    "saved": _l("The number has been saved."),
    "checked": _l("Noted: the number was checked today."),
    "deleted": _l("The number has been deleted."),
}


@bp.app_context_processor
def _for_readers() -> dict[str, object]:
    return {
        "emergency_numbers": _numbers,
        "emergency_services": queries.SERVICES,
        "country_name": country_name,
        "dial": queries.dial,
    }


def _numbers(lang: str) -> dict[str, list[EmergencyNumber]]:
    """What readers see today; read once a request."""
    if "emergency_numbers" not in g:
        g.emergency_numbers = queries.shown(queries.today(), lang)
    found: dict[str, list[EmergencyNumber]] = g.emergency_numbers
    return found


def _me() -> str:
    return audit.actor_name(member().role, member().id)


@bp.get("")
@staff
def numbers() -> str:
    today, state = queries.today(), asked_one_of("state", list(queries.STATES))
    return htmx.render(
        "admin/emergency.html",
        "admin/_emergency.html",
        page=asked_page(queries.numbers(current_language().code, today, state)),
        state=state,
        states=queries.STATES,
        is_shown=lambda row: queries.is_shown(row, today),
        is_due=lambda row: queries.is_due(row, today),
        emergency_done=DONE,
    )


@bp.route("/new", methods=["GET", "POST"])
@staff
def new() -> Answer:
    form = number_form()()
    if form.validate_on_submit() and _is_new(form, None):
        services.add(_facts(form), by=_me())
        db.session.commit()
        return redirect(url_for("emergency.numbers", done="added"), 303)
    return _page(form, None)


def _number(number: int) -> EmergencyNumber:
    row = db.session.get(EmergencyNumber, number) if number < 2**31 else None
    if row is None:
        abort(404)
    return row


def _page(form: LocalizedForm, row: EmergencyNumber | None) -> Answer:
    status = 422 if form.is_submitted() else 200
    return render_template("admin/emergency_number.html", form=form, number=row), status


def _is_new(form: LocalizedForm, row: EmergencyNumber | None) -> bool:
    """The same number twice would be shown twice."""
    typed = [form[name].data for name in ("country", "service", "number")]
    if queries.same(*typed, besides=row.id if row else None) is None:
        return True
    form["number"].errors = [gettext("This country has this number already.")]
    return False


def _facts(form: LocalizedForm) -> services.Facts:
    names = ("country", "service", "number", "checked_on")
    return services.Facts(
        **{name: form[name].data for name in names},
        source=form["source"].data or "",
        source_url=form["source_url"].data or None,
        note=form.localized("note") or None,
    )


@bp.route("/<int:number>", methods=["GET", "POST"])
@staff
def change(number: int) -> Answer:
    row = _number(number)
    form = number_form()(obj=row, data=spread("note", row.note))
    if form.validate_on_submit() and _is_new(form, row):
        services.change(row, _facts(form), by=_me())
        db.session.commit()
        return redirect(url_for("emergency.numbers", done="saved"), 303)
    return _page(form, row)


@bp.post("/<int:number>/checked")
@staff
def checked(number: int) -> Answer:
    """Checked again today. Without a source there was nothing to look at."""
    row = _number(number)
    if not row.source:
        form = number_form()(formdata=None, obj=row, data=spread("note", row.note))
        form["source"].errors = [gettext("Please write where the number was checked.")]
        return render_template("admin/emergency_number.html", form=form, number=row), 422
    services.checked(row, queries.today(), by=_me())
    db.session.commit()
    return redirect(url_for("emergency.numbers", done="checked", state=_kept_state()), 303)


def _kept_state() -> str | None:
    state = request.form.get("state")
    return state if state in queries.STATES else None


@bp.post("/<int:number>/delete")
@staff
def delete(number: int) -> Answer | Response:
    row = _number(number)
    if not request.form.get("sure"):
        country = country_name(row.country, current_language().code)
        return render_template(
            "admin/check.html",
            heading=gettext("Delete the number"),
            sentence=gettext(
                "%(country)s, %(number)s: readers see it no more.", country=country, number=row.number
            ),
            back=url_for("emergency.change", number=number),
        )
    services.delete(row, by=_me())
    db.session.commit()
    return redirect(url_for("emergency.numbers", done="deleted"), 303)

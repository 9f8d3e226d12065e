"""My account."""

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from medportal import audit, limits, passwords, sessions, tokens
from medportal.access import anyone, fresh, members, must_enrol
from medportal.blueprints.accounts import second_factor
from medportal.blueprints.accounts.answers import Answer, link_gone
from medportal.blueprints.accounts.recovery import set_password
from medportal.blueprints.profile import export as copies
from medportal.blueprints.profile import queries, services
from medportal.blueprints.profile.forms import (
    ChangeAddressForm,
    ChangePasswordForm,
    DeleteForm,
    ProfileForm,
)
from medportal.extensions import db
from medportal.i18n import current_language
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.sessions import member
from medportal.templating import site_day

bp = Blueprint("profile", __name__)

DONE = {
    "welcome": _l("The address is confirmed, and you are signed in. Welcome."),
    "profile": _l("The changes have been saved."),
    "password": _l("The password has been changed. All other devices are signed out."),
    "letter": _l("An email is on its way to the new address. The link in it makes the change."),
    "address": _l("The address has been changed."),
    "second_factor_off": _l("Two-step verification has been switched off."),
    "ended": _l("Signed out there."),
    "kept": _l("The account stays. Nothing was erased."),
}


@bp.app_context_processor
def _done() -> dict[str, object]:
    return {"profile_done": DONE}


@bp.get("/<lang:lang>/account/")
@members
def overview() -> str:
    return render_template(
        "profile/overview.html",
        sessions=len(queries.sessions_of(member().id)),
        codes_left=second_factor.codes_left(member()),
        must_enrol=must_enrol(),
    )


@bp.route("/<lang:lang>/account/profile", methods=["GET", "POST"])
@members
def edit() -> Answer:
    form = ProfileForm(obj=member(), data={"language": member().lang})
    if not form.validate_on_submit():
        return render_template("profile/edit.html", form=form), 422 if form.is_submitted() else 200
    before = member().lang
    services.edit(
        member(),
        name=form.name.data or "",
        display_name=form.display_name.data or "",
        shown_publicly=bool(form.shown_publicly.data),
        lang=form.language.data,
    )
    db.session.commit()
    chosen = form.language.data if form.language.data != before else current_language().code
    return redirect(url_for("profile.overview", done="profile", lang=chosen), 303)


@bp.route("/<lang:lang>/account/password", methods=["GET", "POST"])
@members
@fresh
def password() -> Answer:
    user = member()
    form = ChangePasswordForm().chosen_for(user.role, user.email, user.name, user.display_name)
    if not form.validate_on_submit():
        return render_template("profile/password.html", form=form), 422 if form.is_submitted() else 200
    db.session.rollback()
    hashed = passwords.hash_of(form.password.data)
    set_password(user, hashed, but=sessions.renew(new_password=True), how="by the member")
    db.session.commit()
    return redirect(url_for("profile.overview", done="password"), 303)


# Another address


@bp.route("/<lang:lang>/account/email", methods=["GET", "POST"])
@members
@fresh
def email() -> Answer:
    form = ChangeAddressForm()
    if not form.validate_on_submit():
        return render_template("profile/email.html", form=form), 422 if form.is_submitted() else 200
    if not limits.allow("change-address", str(member().id), limit=5, seconds=3600):
        form.email.errors = [gettext("Too many attempts. Please wait an hour.")]
        return render_template("profile/email.html", form=form), 429
    services.ask_for_address(member(), addresses.normalise(form.email.data))
    db.session.commit()
    return redirect(url_for("profile.overview", done="letter"), 303)


@bp.route("/<lang:lang>/account/email/confirm/<token>", methods=["GET", "POST"])
@anyone
def confirm_email(token: str) -> Answer:
    """By link, wherever it is opened; the button makes the change."""
    link = tokens.find("address", token)
    if link is None or link.user is None or not tokens.is_open(link):
        return link_gone("profile.email")
    if request.method != "POST":
        return render_template("profile/confirm_email.html", email=link.data["email"])
    user = services.change_address(link)
    if user is None:
        return link_gone("profile.email")
    db.session.commit()
    return redirect(url_for("profile.overview", done="address"), 303)


# Taking along, going


@bp.route("/<lang:lang>/account/export", methods=["GET", "POST"])
@members
@fresh
def export() -> Answer | Response:
    if request.method != "POST":
        return render_template("profile/export.html")
    if not limits.allow("export", str(member().id), limit=10, seconds=3600):
        abort(429)
    audit.record("data exported", member(), actor=services.actor(member()))
    db.session.commit()
    return Response(
        copies.archive(member()),
        mimetype="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="my-data-{site_day(utc_now()).isoformat()}.zip"'
        },
    )


@bp.route("/<lang:lang>/account/delete", methods=["GET", "POST"])
@members
@fresh
def delete() -> Answer:
    form = DeleteForm()
    last = queries.is_last_owner(member(), deciding=request.method == "POST")
    if last or not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return render_template("profile/delete.html", form=form, last_owner=last), status
    services.ask_for_erasure(member())
    db.session.commit()
    return redirect(url_for("profile.overview"), 303)


@bp.post("/<lang:lang>/account/keep")
@members
def keep() -> Answer:
    """Take the erasure back."""
    services.keep_account(member())
    db.session.commit()
    return redirect(url_for("profile.overview", done="kept"), 303)

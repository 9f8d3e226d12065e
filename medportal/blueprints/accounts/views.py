"""Signing up. Every answer is the same for known and unknown addresses."""

from flask import Blueprint, current_app, redirect, render_template, url_for
from flask_babel import gettext
from flask_login import current_user

from medportal import limits, passwords, tokens
from medportal.access import anyone
from medportal.blueprints.accounts import labels, services
from medportal.blueprints.accounts.answers import Answer, let_in, link_gone, too_many
from medportal.blueprints.accounts.forms import (
    AddressForm,
    PasswordForm,
    SignUpForm,
)
from medportal.blueprints.accounts.signing_in import QUARTER
from medportal.extensions import db
from medportal.i18n import current_language
from medportal.lib import addresses

bp = Blueprint("accounts", __name__)


@bp.app_context_processor
def _names() -> dict[str, object]:
    """`current_user` is asked for by templates of private pages only: public ones carry no session."""
    return {
        "current_user": current_user,
        "roles": labels.ROLES,
        "action_name": labels.action_name,
        "field_name": labels.field_name,
        "object_name": labels.object_name,
        "actor_label": labels.actor_label,
        "export_value": labels.export_value,
    }


@bp.route("/<lang:lang>/account/sign-up", methods=["GET", "POST"])
@anyone
def sign_up() -> Answer:
    form = SignUpForm()
    if not form.validate_on_submit():
        return render_template("accounts/sign_up.html", form=form), 422 if form.is_submitted() else 200
    if form.is_from_a_program:
        return redirect(url_for("accounts.sign_up_sent"), 303)
    if not limits.allow("sign-up", limits.network(), limit=20, seconds=3600):
        return too_many("accounts/sign_up.html", form, "email", hour=True)
    db.session.commit()
    hashed = passwords.hash_of(form.password.data)
    services.sign_up(
        addresses.normalise(form.email.data),
        hashed,
        name=form.name.data or "",
        lang=current_language().code,
        burst=current_app.config["SIGN_UP_BURST"],
    )
    db.session.commit()
    return redirect(url_for("accounts.sign_up_sent"), 303)


@bp.get("/<lang:lang>/account/sign-up/sent")
@anyone
def sign_up_sent() -> str:
    return render_template("accounts/sign_up_sent.html")


@bp.route("/<lang:lang>/account/sign-up/again", methods=["GET", "POST"])
@anyone
def sign_up_again() -> Answer:
    """The letter once more."""
    form = AddressForm()
    if not form.validate_on_submit():
        return render_template("accounts/again.html", form=form), 422 if form.is_submitted() else 200
    if not form.is_from_a_program:
        if not limits.allow("sign-up", limits.network(), limit=20, seconds=3600):
            return too_many("accounts/again.html", form, "email", hour=True)
        services.send_again(form.email.data, burst=current_app.config["SIGN_UP_BURST"])
        db.session.commit()
    return redirect(url_for("accounts.sign_up_sent"), 303)


@bp.route("/<lang:lang>/account/verify/<token>", methods=["GET", "POST"])
@anyone
def verify(token: str) -> Answer:
    """Opening the link changes nothing; the password and a button do."""
    link = tokens.find("sign-up", token)
    if link is None or not tokens.is_open(link):
        return link_gone("accounts.sign_up_again")
    form = PasswordForm()
    email = link.data["email"]
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return render_template("accounts/verify.html", form=form, email=email), status
    if not limits.allow("verify", link.subject, limit=10, seconds=QUARTER):
        return too_many("accounts/verify.html", form, "password", email=email)
    db.session.commit()
    chosen = services.chosen_sign_up(link, form.password.data)
    if chosen is None:
        form.password.errors = [gettext("This is not the password chosen when signing up.")]
        return render_template("accounts/verify.html", form=form, email=email), 422
    user = services.confirm_sign_up(link, chosen)
    if user is None:
        return link_gone("accounts.sign_up_again")
    return let_in(user, lasting=False, to=url_for("profile.overview", done="welcome", lang=user.lang))

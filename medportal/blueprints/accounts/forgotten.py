"""Forgotten passwords. Every answer is the same for known and unknown addresses."""

from flask import redirect, render_template, url_for

from medportal import devices, limits, passwords, tokens
from medportal.access import anyone
from medportal.blueprints.accounts import recovery
from medportal.blueprints.accounts.answers import Answer, link_gone, too_many
from medportal.blueprints.accounts.forms import (
    AddressForm,
    NewPasswordForm,
)
from medportal.blueprints.accounts.views import bp
from medportal.extensions import db


@bp.route("/<lang:lang>/account/forgot", methods=["GET", "POST"])
@anyone
def forgot() -> Answer:
    form = AddressForm()
    if not form.validate_on_submit():
        return render_template("accounts/forgot.html", form=form), 422 if form.is_submitted() else 200
    if not form.is_from_a_program:
        if not limits.allow("forgot", limits.network(), limit=20, seconds=3600):
            return too_many("accounts/forgot.html", form, "email", hour=True)
        recovery.forgot(form.email.data)
        db.session.commit()
    return redirect(url_for("accounts.forgot_sent"), 303)


@bp.get("/<lang:lang>/account/forgot/sent")
@anyone
def forgot_sent() -> str:
    return render_template("accounts/forgot_sent.html")


@bp.route("/<lang:lang>/account/reset/<token>", methods=["GET", "POST"])
@anyone
def reset(token: str) -> Answer:
    """A new password by link. Nobody is signed in by it, and a second factor stays in force (7)."""
    link = tokens.find("reset", token)
    if link is None or link.user is None or not tokens.is_open(link):
        return link_gone("accounts.forgot")
    form = NewPasswordForm().chosen_for(
        link.user.role, link.user.email, link.user.name, link.user.display_name
    )
    if not form.validate_on_submit():
        values = {"form": form, "user": link.user}
        return render_template("accounts/reset.html", **values), 422 if form.is_submitted() else 200
    db.session.rollback()
    hashed = passwords.hash_of(form.password.data)
    user = recovery.reset(link, hashed)
    if user is None:
        return link_gone("accounts.forgot")
    devices.remember(user)  # others' wrong tries shall not keep out who just proved the address
    db.session.commit()
    return redirect(url_for("accounts.sign_in", done="password"), 303)

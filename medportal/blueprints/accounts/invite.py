"""Accounts that an owner asked for: editors, consultants, further owners."""

from flask import render_template, url_for
from flask_babel import gettext

from medportal import passwords, tokens
from medportal.access import anyone
from medportal.blueprints.accounts import staff
from medportal.blueprints.accounts.answers import Answer, let_in, link_gone
from medportal.blueprints.accounts.forms import InvitationForm
from medportal.blueprints.accounts.views import bp
from medportal.extensions import db
from medportal.models.user import STAFF


@bp.route("/<lang:lang>/account/invitation/<token>", methods=["GET", "POST"])
@anyone
def invitation(token: str) -> Answer:
    link = tokens.find("invitation", token)
    if link is None or not tokens.is_open(link):
        return link_gone(None)
    role, email = link.data["role"], link.data["email"]
    form = InvitationForm().chosen_for(role, email)
    values = {"form": form, "email": email, "role": role}
    if not form.validate_on_submit():
        return render_template("accounts/invitation.html", **values), 422 if form.is_submitted() else 200
    db.session.rollback()
    hashed = passwords.hash_of(form.password.data)
    user = staff.accept_invitation(link, hashed, name=form.name.data)
    if user is None:
        db.session.rollback()
        form.form_errors = [gettext("This address has an account already. The owner can change its role.")]
        return render_template("accounts/invitation.html", **values), 422
    to = url_for("profile.second_factor", needed=1) if user.role in STAFF else None
    return let_in(user, lasting=False, to=to)

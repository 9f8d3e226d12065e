"""/setup: the first owner, with a code from the server's console. It closes for good."""

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext

from medportal import limits, passwords
from medportal.access import anyone
from medportal.blueprints.accounts import services
from medportal.blueprints.accounts.forms import FirstOwnerForm
from medportal.blueprints.accounts.views import Answer, bp, let_in, too_many
from medportal.extensions import db
from medportal.i18n import LANGUAGES, current_language
from medportal.models.user import Role


@bp.route("/setup", methods=["GET", "POST"])
@anyone
def setup() -> Answer:
    if not services.setup_is_open():
        abort(404)
    if request.args.get("hl") in LANGUAGES:  # the one page whose address names no language
        g.lang = request.args["hl"]
    form = FirstOwnerForm().chosen_for(Role.OWNER)
    if not form.is_submitted():
        form.language.data = current_language().code
    least = passwords.shortest_for(Role.OWNER)
    if not form.validate_on_submit():
        return render_template(
            "accounts/setup.html", form=form, least=least
        ), 422 if form.is_submitted() else 200
    if not limits.allow("setup", "", limit=10, seconds=services.QUARTER):
        return too_many("accounts/setup.html", form, "code", least=least)
    if not services.setup_code_is(form.code.data):
        form.code.errors = [
            gettext("This is not the code that the server printed last, or it is older than a day.")
        ]
        db.session.commit()
        return render_template("accounts/setup.html", form=form, least=least), 422
    db.session.commit()
    hashed = passwords.hash_of(form.password.data)
    user = services.create_owner(
        form.email.data, hashed, name=form.name.data, lang=form.language.data, by="setup"
    )
    if user is None:
        db.session.rollback()
        abort(404)
    return let_in(user, lasting=False, to=url_for("profile.second_factor", needed=1, lang=user.lang))

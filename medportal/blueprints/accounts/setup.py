"""/setup: the first owner, with a code from the server's console. It closes for good."""

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext

from medportal import limits, passwords
from medportal.access import anyone
from medportal.blueprints.accounts import staff
from medportal.blueprints.accounts.answers import Answer, let_in, too_many
from medportal.blueprints.accounts.forms import FirstOwnerForm
from medportal.blueprints.accounts.signing_in import QUARTER
from medportal.blueprints.accounts.views import bp
from medportal.extensions import db
from medportal.i18n import LANGUAGES, current_language
from medportal.models.user import Role


@bp.route("/setup", methods=["GET", "POST"])
@anyone
def setup() -> Answer:
    if not staff.setup_is_open():
        abort(404)
    if request.args.get("hl") in LANGUAGES:  # the one page whose address names no language
        g.lang = request.args["hl"]
    form = FirstOwnerForm().chosen_for(Role.OWNER)
    if not form.is_submitted():
        form.language.data = current_language().code
    if not form.validate_on_submit():
        return _page(form), 422 if form.is_submitted() else 200
    hit = limits.spend("setup", limits.network(), limit=10, seconds=QUARTER)
    if hit is None:
        return too_many("accounts/setup.html", form, "code")
    db.session.commit()
    if not staff.setup_code_is(form.code.data):
        form.code.errors = [
            gettext("This is not the code that the server printed last, or it is older than a day.")
        ]
        return _page(form), 422
    limits.give_back(hit)
    db.session.commit()
    hashed = passwords.hash_of(form.password.data)
    try:
        user = staff.create_owner(
            form.email.data, hashed, name=form.name.data, lang=form.language.data, by="setup"
        )
    except staff.SetupClosed:
        db.session.rollback()
        abort(404)
    if user is None:
        db.session.rollback()
        form.email.errors = [gettext("This address has an account already. Please use another one.")]
        return _page(form), 422
    return let_in(user, lasting=False, to=url_for("profile.second_factor", needed=1, lang=user.lang))


def _page(form: FirstOwnerForm) -> str:
    return render_template("accounts/setup.html", form=form)

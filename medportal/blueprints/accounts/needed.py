"""What is shown instead of a page that needs somebody signed in, or signed in more surely."""

from flask import g, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from medportal import errors, htmx, sessions
from medportal.access import LongerPasswordNeeded, PasswordNeeded, SecondFactorNeeded, SignInNeeded
from medportal.blueprints.accounts import kept
from medportal.blueprints.accounts.forms import PasswordForm, SignInForm
from medportal.blueprints.accounts.views import bp
from medportal.extensions import SAFE_METHODS, db

Answer = Response | tuple[str, int] | tuple[str, int, dict[str, str]]


@bp.app_errorhandler(SignInNeeded)
def sign_in_needed(_error: SignInNeeded) -> Answer:
    if request.method in SAFE_METHODS:
        return _lead_to("accounts.sign_in")
    if request.endpoint == "accounts.sign_out":  # that is what was wanted
        return redirect(url_for("accounts.signed_out"), 303)
    form = SignInForm(formdata=None)
    if request.endpoint in ("accounts.code", "accounts.confirm"):  # on the way to another form or page
        form.kept.data, form.next.data = request.form.get("kept"), request.form.get("next")
    else:
        form.kept.data = kept.pack()
    return render_template("accounts/sign_in.html", form=form, ended=bool(form.kept.data)), 401


@bp.app_errorhandler(PasswordNeeded)
def password_needed(_error: PasswordNeeded) -> Answer:
    if request.method in SAFE_METHODS:
        return _lead_to("accounts.confirm")
    form = PasswordForm(formdata=None)
    form.kept.data = kept.pack()
    return render_template("accounts/confirm.html", form=form), 401


@bp.app_errorhandler(SecondFactorNeeded)
def second_factor_needed(_error: SecondFactorNeeded) -> Answer:
    return redirect(url_for("profile.second_factor", needed=1), 303)


@bp.app_errorhandler(LongerPasswordNeeded)
def longer_password_needed(_error: LongerPasswordNeeded) -> Answer:
    return redirect(url_for("profile.password", needed=1), 303)


@bp.app_errorhandler(CSRFError)
def token_is_old(_error: CSRFError) -> Answer:
    """The form was shown in an earlier session: it is offered again with a token of this one. Nothing happens by itself."""
    packed = kept.unpack(kept.pack())
    if sessions.signed_in_user() is None or packed is None:
        return sign_in_needed(SignInNeeded())
    return render_template("accounts/kept.html", kept=packed), 400


@bp.app_errorhandler(ObjectDeletedError)
@bp.app_errorhandler(StaleDataError)
def gone_meanwhile(_error: Exception) -> Answer:
    """A row went while it was worked on: very often the session itself, ended from another window."""
    db.session.rollback()
    sessions.look_again()
    if g.get("session_allowed") and sessions.current() is None:
        return sign_in_needed(SignInNeeded())
    return errors.page(409)


def _lead_to(endpoint: str) -> Answer:
    target = url_for(endpoint, next=request.full_path.rstrip("?"))
    if htmx.wants_fragment():
        return "", 401, {"HX-Redirect": target}
    return redirect(target, 303)

"""What is shown instead of a page that needs somebody signed in, or signed in more surely."""

from flask import render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from medportal import htmx, sessions
from medportal.access import PasswordNeeded, SecondFactorNeeded, SignInNeeded
from medportal.blueprints.accounts import kept
from medportal.blueprints.accounts.forms import PasswordForm, SignInForm
from medportal.blueprints.accounts.views import bp
from medportal.extensions import SAFE_METHODS

Answer = Response | tuple[str, int] | tuple[str, int, dict[str, str]]


@bp.app_errorhandler(SignInNeeded)
def sign_in_needed(_error: SignInNeeded) -> Answer:
    if request.method in SAFE_METHODS:
        return _lead_to("accounts.sign_in")
    form = SignInForm(formdata=None)
    form.kept.data = kept.pack()
    return render_template("accounts/sign_in.html", form=form, ended=True), 401


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


@bp.app_errorhandler(CSRFError)
def token_is_old(_error: CSRFError) -> Answer:
    """The form was shown in an earlier session: it is offered again with a token of this one. Nothing happens by itself."""
    packed = kept.unpack(kept.pack())
    if sessions.signed_in_user() is None or packed is None:
        return redirect(url_for("accounts.sign_in"), 303)
    return render_template("accounts/kept.html", kept=packed), 400


def _lead_to(endpoint: str) -> Answer:
    target = url_for(endpoint, next=request.full_path.rstrip("?"))
    if htmx.wants_fragment():
        return "", 401, {"HX-Redirect": target}
    return redirect(target, 303)

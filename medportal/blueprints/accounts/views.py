"""The door. Every answer is the same for known and unknown addresses."""

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from medportal import audit, limits, passwords, sessions, tokens
from medportal.access import anyone, halfway, members
from medportal.blueprints.accounts import labels, recovery, second_factor, services, signing_in
from medportal.blueprints.accounts.answers import Answer, go_on, home_of, let_in, link_gone, too_many
from medportal.blueprints.accounts.forms import (
    AddressForm,
    CodeForm,
    NewPasswordForm,
    PasswordForm,
    SignInForm,
    SignUpForm,
)
from medportal.blueprints.accounts.signing_in import QUARTER, Checked, Outcome
from medportal.extensions import db
from medportal.i18n import current_language
from medportal.lib import addresses
from medportal.models.user import User
from medportal.redirects import own_path

bp = Blueprint("accounts", __name__)


@bp.app_context_processor
def _names() -> dict[str, object]:
    """`current_user` is asked for by templates of private pages only: public ones carry no session."""
    return {
        "current_user": current_user,
        "roles": labels.ROLES,
        "action_name": labels.action_name,
        "field_name": labels.field_name,
        "export_value": labels.export_value,
    }


# Signing up


@bp.route("/<lang:lang>/account/sign-up", methods=["GET", "POST"])
@anyone
def sign_up() -> Answer:
    form = SignUpForm()
    if not form.validate_on_submit():
        return render_template("accounts/sign_up.html", form=form), 422 if form.is_submitted() else 200
    if form.is_from_a_program:
        return redirect(url_for("accounts.sign_up_sent"), 303)
    if not limits.allow("sign-up", limits.network(), limit=20, seconds=3600):
        return too_many("accounts/sign_up.html", form, "email")
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
            return too_many("accounts/again.html", form, "email")
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


# Signing in and out


@bp.route("/<lang:lang>/account/sign-in", methods=["GET", "POST"])
@anyone
def sign_in() -> Answer:
    form = SignInForm()
    user = sessions.signed_in_user()
    if request.method == "GET":
        if user is not None:
            return redirect(own_path(request.args.get("next")) or home_of(user), 303)
        form.next.data = request.args.get("next", "")
    if not form.validate_on_submit():
        return render_template("accounts/sign_in.html", form=form), 422 if form.is_submitted() else 200
    checked = _check(form.email.data, form.password.data)
    if checked.outcome is Outcome.TOO_MANY:
        return too_many("accounts/sign_in.html", form, "password")
    user = signing_in.still_right(checked) if checked.outcome is Outcome.RIGHT else None
    if user is None:
        form.password.errors = [gettext("It does not fit the address, or the address is not confirmed yet.")]
        return render_template("accounts/sign_in.html", form=form), 422
    short = user.is_staff and not user.sample and len(form.password.data) < passwords.SHORTEST_FOR_STAFF
    if user.has_second_factor:
        return _ask_for_code(user, form, short_password=short)
    lasting = bool(form.lasting.data)
    return let_in(user, lasting=lasting, to=form.next.data, short_password=short, packed=form.kept.data)


def _check(email: str, password: str) -> Checked:
    return signing_in.check_password(email, password, network=limits.network(), device_of=sessions.device_of)


def _ask_for_code(user: User, form: SignInForm, *, short_password: bool) -> Answer:
    lasting = bool(form.lasting.data)
    sessions.start(user, lasting=lasting, waits_for=sessions.CODE, short_password=short_password)
    db.session.commit()
    if form.kept.data:  # what was typed travels in the form, so no redirect
        code_form = CodeForm(formdata=None, kept=form.kept.data)
        return render_template("accounts/code.html", form=code_form)
    return redirect(url_for("accounts.code", next=own_path(form.next.data)), 303)


@bp.route("/<lang:lang>/account/sign-in/code", methods=["GET", "POST"])
@halfway
def code() -> Answer:
    """The second factor."""
    form = CodeForm()
    if request.method == "GET":
        form.next.data = request.args.get("next", "")
    if not form.validate_on_submit():
        return render_template("accounts/code.html", form=form), 422 if form.is_submitted() else 200
    row = sessions.current()
    assert row is not None
    hits = signing_in.spend_code(row.user_id, sessions.device_of(row.user_id))
    if hits is None:
        return too_many("accounts/code.html", form, "code")
    if not second_factor.check(row.user, form.code.data):
        signing_in.code_refused(row.user)
        db.session.commit()
        form.code.errors = [
            gettext("This code is wrong or was used already. The next one comes within 30 seconds.")
        ]
        return render_template("accounts/code.html", form=form), 422
    for hit in hits:
        limits.give_back(hit)
    return let_in(
        row.user,
        lasting=row.lasting,
        second_factor=True,
        short_password=row.short_password,
        to=form.next.data,
        packed=form.kept.data,
    )


@bp.post("/<lang:lang>/account/sign-out")
@members
def sign_out() -> Response:
    sessions.end()
    db.session.commit()
    return redirect(url_for("accounts.signed_out"), 303)


@bp.get("/<lang:lang>/account/signed-out")
@anyone
def signed_out() -> str:
    return render_template("accounts/signed_out.html")


@bp.route("/<lang:lang>/account/confirm", methods=["GET", "POST"])
@members
def confirm() -> Answer:
    """The password once more."""
    form = PasswordForm()
    if request.method == "GET":
        form.next.data = request.args.get("next", "")
    if not form.validate_on_submit():
        return render_template("accounts/confirm.html", form=form), 422 if form.is_submitted() else 200
    user = sessions.member()
    checked = signing_in.check_password(
        user.email,
        form.password.data,
        network=limits.network(),
        device_of=lambda _user_id: f"signed in {user.id}",  # nobody outside can spend these tries
        actor=audit.actor_name(user.role, user.id),
    )
    if checked.outcome is Outcome.TOO_MANY:
        return too_many("accounts/confirm.html", form, "password")
    if checked.outcome is Outcome.WRONG or signing_in.still_right(checked) is None:
        form.password.errors = [gettext("It is not correct.")]
        return render_template("accounts/confirm.html", form=form), 422
    sessions.password_given()
    db.session.commit()
    return go_on(form.kept.data, own_path(form.next.data) or url_for("profile.overview"))


# Forgotten passwords


@bp.route("/<lang:lang>/account/forgot", methods=["GET", "POST"])
@anyone
def forgot() -> Answer:
    form = AddressForm()
    if not form.validate_on_submit():
        return render_template("accounts/forgot.html", form=form), 422 if form.is_submitted() else 200
    if not form.is_from_a_program:
        if not limits.allow("forgot", limits.network(), limit=20, seconds=3600):
            return too_many("accounts/forgot.html", form, "email")
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
        values = {"form": form, "user": link.user, "least": passwords.shortest_for(link.user.role)}
        return render_template("accounts/reset.html", **values), 422 if form.is_submitted() else 200
    db.session.rollback()
    hashed = passwords.hash_of(form.password.data)
    user = recovery.reset(link, hashed)
    if user is None:
        return link_gone("accounts.forgot")
    sessions.remember_device(user)  # others' wrong tries shall not keep out who just proved the address
    db.session.commit()
    return redirect(url_for("accounts.sign_in", done="password"), 303)

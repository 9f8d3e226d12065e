"""Signing in and out, the second factor, the password once more."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from medportal import audit, devices, limits, passwords, sessions
from medportal.access import anyone, halfway, members
from medportal.blueprints.accounts import second_factor, signing_in
from medportal.blueprints.accounts.answers import Answer, go_on, home_of, let_in, too_many
from medportal.blueprints.accounts.forms import (
    CodeForm,
    PasswordForm,
    SignInForm,
)
from medportal.blueprints.accounts.signing_in import Checked, Outcome
from medportal.blueprints.accounts.views import bp
from medportal.extensions import db
from medportal.models.user import User
from medportal.redirects import own_path


@bp.route("/<lang:lang>/account/sign-in", methods=["GET", "POST"])
@anyone
def sign_in() -> Answer:
    form = SignInForm()
    user = sessions.signed_in_user()
    if request.method != "POST":
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
    return signing_in.check_password(email, password, network=limits.network(), device_of=devices.of_member)


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
    if request.method != "POST":
        form.next.data = request.args.get("next", "")
    if not form.validate_on_submit():
        return render_template("accounts/code.html", form=form), 422 if form.is_submitted() else 200
    row = sessions.current()
    assert row is not None
    hits = signing_in.spend_code(row.user_id, devices.of_member(row.user_id))
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
    if request.method != "POST":
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

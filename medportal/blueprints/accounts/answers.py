"""Answers that the views of accounts and of My account share."""

from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response
from wtforms import Form

from medportal import devices, limits, sessions
from medportal.blueprints.accounts import kept, signing_in
from medportal.blueprints.accounts.forms import AddressForm
from medportal.extensions import db
from medportal.models.user import User
from medportal.redirects import own_path

Answer = str | Response | tuple[str, int]


def too_many(template: str, form: Form, field: str, *, hour: bool = False, **values: Any) -> tuple[str, int]:
    """The same page with what was typed, saying at `field` that it was tried too often, and how long to wait."""
    wait = gettext("Too many attempts. Please wait 15 minutes.")
    form[field].errors = [gettext("Too many attempts. Please wait an hour.") if hour else wait]
    return render_template(template, form=form, **values), 429


def link_gone(again: str | None) -> tuple[str, int]:
    """A link that is used, too old or wrong explains itself; `again`: the view where a new one is to be had."""
    db.session.rollback()
    return render_template("accounts/link_gone.html", again=again, form=AddressForm(formdata=None)), 410


def home_of(user: User) -> str:
    """The first page after signing in, in the member's own language."""
    return url_for("admin.today" if user.is_staff else "profile.overview", lang=user.lang)


def let_in(
    user: User,
    *,
    lasting: bool,
    to: str | None,
    second_factor: bool = False,
    short_password: bool = False,
    packed: str | None = None,
) -> Answer:
    """A new session; then the page that was asked for, or the form that was being filled in."""
    session = sessions.start(
        user, lasting=lasting, second_factor=second_factor, short_password=short_password
    )
    known = not devices.remember(user)
    signing_in.signed_in(user, session, known=known, network=limits.wider_network())
    target = own_path(to) or home_of(user)  # before the commit, which would make us ask for the account again
    db.session.commit()
    return go_on(packed, target)


def go_on(packed: str | None, otherwise: str) -> Answer:
    """To the form that was being filled in, if one was kept."""
    waiting = kept.unpack(packed) if packed else None
    if waiting is not None:
        return render_template("accounts/kept.html", kept=waiting)
    return redirect(otherwise, 303)

"""Second factor and sessions."""

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext

from medportal import audit, htmx, limits, sessions
from medportal.access import fresh, members
from medportal.blueprints.accounts import second_factor as factors
from medportal.blueprints.accounts.answers import Answer, too_many
from medportal.blueprints.accounts.signing_in import QUARTER
from medportal.blueprints.profile import queries, services
from medportal.blueprints.profile.forms import EnrolForm
from medportal.blueprints.profile.views import bp
from medportal.extensions import db
from medportal.models.setting import all_settings
from medportal.models.types import localize
from medportal.sessions import member


@bp.get("/<lang:lang>/account/security")
@members
def security() -> str:
    return render_template(
        "profile/security.html",
        codes_left=factors.codes_left(member()),
        events=db.session.scalars(queries.events_of(member().id).limit(12)).all(),
    )


@bp.route("/<lang:lang>/account/security/second-factor", methods=["GET", "POST"])
@members
@fresh
def second_factor() -> Answer:
    """Set it up: a picture for the app, then a code of it; answered by the recovery codes, once."""
    factor = member().second_factor
    if member().has_second_factor:
        return redirect(url_for("profile.security"), 303)
    if factor is None:
        return render_template("profile/second_factor_begin.html", **_needed())
    form = EnrolForm()
    values: dict[str, Any] = _needed() | {
        "picture": factors.qr_code(factor, site=_site_name()),
        "secret": factors.secret(factor),
    }
    if not form.is_submitted():
        return render_template("profile/second_factor.html", form=form, **values)
    if not limits.allow("enrol", str(member().id), limit=10, seconds=QUARTER):
        return too_many("profile/second_factor.html", form, "code", **values)
    codes = services.confirm_second_factor(member(), form.code.data or "") if form.validate() else None
    if codes is None:
        db.session.commit()
        form.code.errors = list(form.code.errors) or [
            gettext("This code does not match. Is the phone's clock right?")
        ]
        return render_template("profile/second_factor.html", form=form, **values), 422
    db.session.commit()
    return render_template("profile/codes.html", codes=codes)


@bp.post("/<lang:lang>/account/security/second-factor/begin")
@members
@fresh
def begin_second_factor() -> Answer:
    """Makes the secret; nothing depends on it before a code of it was given."""
    factors.begin(member())
    db.session.commit()
    return redirect(url_for("profile.second_factor", needed=_needed()["needed"]), 303)


def _needed() -> dict[str, int | None]:
    return {"needed": 1 if request.args.get("needed") else None}


def _site_name() -> str:
    return localize(all_settings().get("site_name"), member().lang) or "medportal"


@bp.post("/<lang:lang>/account/security/codes")
@members
@fresh
def codes() -> Answer:
    """Ten new recovery codes; the old ones are void."""
    if not member().has_second_factor:
        abort(404)
    if not limits.allow("codes", str(member().id), limit=10, seconds=3600):
        abort(429)
    fresh_codes = services.renew_codes(member())
    db.session.commit()
    return render_template("profile/codes.html", codes=fresh_codes)


@bp.route("/<lang:lang>/account/security/second-factor/off", methods=["GET", "POST"])
@members
@fresh
def second_factor_off() -> Answer:
    if not member().has_second_factor:
        return redirect(url_for("profile.security"), 303)
    if request.method != "POST":
        return render_template("profile/second_factor_off.html")
    services.remove_second_factor(member())
    db.session.commit()
    return redirect(url_for("profile.overview", done="second_factor_off"), 303)


# Sessions


@bp.get("/<lang:lang>/account/sessions")
@members
def session_list() -> str:
    return htmx.render("profile/sessions.html", "profile/_sessions.html", **_session_values())


def _session_values() -> dict[str, object]:
    return {
        "rows": queries.sessions_of(member().id),
        "here": sessions.current(),
    }


@bp.post("/<lang:lang>/account/sessions/end")
@members
def end_session() -> Answer:
    """One of the member's sessions, or all others."""
    which = request.form.get("session", "")
    if which == "others":
        ended = sessions.end_all(member().id, but=sessions.current())
    else:
        number = int(which) if which.isascii() and which.isdigit() and len(which) < 10 else 0
        row = queries.session_of(member().id, number)
        if row is None:
            abort(404)
        db.session.delete(row)
        ended = 1
    if ended:
        audit.record("sessions ended", member(), actor=services.actor(member()))
    db.session.commit()
    if htmx.wants_fragment():
        return render_template("profile/_sessions.html", **_session_values())
    return redirect(url_for("profile.session_list", done="ended"), 303)

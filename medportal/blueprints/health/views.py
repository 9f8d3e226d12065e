"""Health for people (the desk) and for programs (/healthz, /readyz, /metrics)."""

import hmac

import sqlalchemy as sa
from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from medportal.access import operations, owners
from medportal.blueprints.health import services
from medportal.extensions import db
from medportal.health import metrics as numbers
from medportal.health import probe, report, words
from medportal.i18n import LANGUAGES
from medportal.logs import log
from medportal.models.listing import Listing
from medportal.sessions import member

bp = Blueprint("health", __name__)

DONE = {"test": _l("The test letter is on its way. When it has arrived, do what it says.")}


@bp.get("/<lang:lang>/admin/health")
@owners
def overview() -> str:
    found = report.examine(thorough=False)
    return render_template(
        "admin/health.html", findings=found, words=words, desk_done=DONE, email=member().email
    )


@bp.post("/<lang:lang>/admin/health/letter")
@owners
def test_letter() -> Response:
    services.send_test(member())
    db.session.commit()
    return redirect(url_for("health.overview", done="test"), 303)


def _plain(words: str, status: int = 200) -> Response:
    response = make_response(words, status)
    response.mimetype = "text/plain"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/healthz")
@operations
def health() -> Response:
    """For watchdogs: can the database be written? Nothing is left of the write."""
    try:
        probe.write()
    except SQLAlchemyError as error:
        log.error("the database takes no write", exc_info=error)
        return _trouble(
            _l("The portal cannot save at the moment: the disk may be full, or the database is down.")
        )
    return _plain("ok\n")


def _trouble(sentence: object) -> Response:
    """In every language: nobody knows who reads the watchdog's letter."""
    lines = []
    for language in LANGUAGES.values():
        with force_locale(str(language.locale)):
            more = gettext("On the server, this says more: flask doctor")
            lines.append(f"{sentence} {more}\n")
    response = _plain("".join(lines), 503)
    response.headers["Retry-After"] = "60"
    return response


@bp.get("/readyz")
@operations
def ready() -> Response:
    """For load balancers: can the database be read, with the tables of this version?"""
    db.session.execute(sa.select(Listing).limit(1)).first()
    return _plain("ok\n")


@bp.get("/metrics")
@operations
def metrics() -> Response:
    """For Prometheus, which brings METRICS_TOKEN as bearer; for everybody else there is nothing here."""
    wanted: str = current_app.config["METRICS_TOKEN"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
        abort(404)
    return _plain(numbers.text())

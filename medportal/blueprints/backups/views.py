"""The screen: a list, a button, and a download that asks for the password again and leaves a line."""

from flask import Blueprint, abort, redirect, render_template, send_file, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from medportal import audit
from medportal.access import fresh, owners
from medportal.backups import nightly, offsite, places, records
from medportal.blueprints.backups import queries
from medportal.desk import me
from medportal.extensions import db
from medportal.lib.dates import utc_now

bp = Blueprint("backups", __name__, url_prefix="/<lang:lang>/admin/backups")

DONE = {"asked": _l("A backup is being made and tried out. This page may be left; the work goes on.")}


@bp.get("")
@owners
def index() -> str:
    last = queries.newest()
    return render_template(
        "admin/backups.html",
        backups=records.every(),
        last=last,
        hours=queries.hours_since(last),
        late=nightly.is_late(utc_now()),
        attempt=records.attempt(),
        asked=records.is_asked(),
        elsewhere=offsite.place() is not None,
        backups_done=DONE,
    )


@bp.post("/make")
@owners
def make() -> Response:
    """The jobs program does the work."""
    audit.record("backup asked for", actor=me())
    db.session.commit()
    records.ask()
    return redirect(url_for("backups.index", done="asked"), 303)


@bp.post("/<name>/download")
@owners
@fresh
def download(name: str) -> Response:
    path = places.find(name)
    if path is None:
        abort(404)
    audit.record("backup downloaded", actor=me(), name=path.name)
    db.session.commit()
    answer = send_file(path, mimetype="application/zip", as_attachment=True, conditional=False, etag=False)
    answer.headers["Cache-Control"] = "no-store"
    return answer

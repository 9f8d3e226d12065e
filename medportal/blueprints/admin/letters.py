"""Mail at the desk: the queue, what failed, what is held, addresses that refuse, recurring work. Owners only."""

from flask import abort, current_app, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from medportal import audit, carriers
from medportal.access import fresh, owners
from medportal.blueprints.admin import queries, services
from medportal.blueprints.admin.views import bp, me
from medportal.extensions import db
from medportal.mail import LETTERS, STATES, parsed
from medportal.models.outbox import MailState, Outbox, Suppression
from medportal.paging import asked_one_of, asked_page


@bp.get("/<lang:lang>/admin/mail")
@owners
def letters() -> str:
    state = asked_one_of("state", [state.value for state in MailState])
    return render_template(
        "admin/letters.html",
        page=asked_page(queries.letters(state)),
        state=state,
        states=STATES,
        names=LETTERS,
        held=queries.held_count(),
        restored=queries.restored_count(),
        suppressions=db.session.scalars(queries.suppressions().limit(100)).all(),
        jobs=queries.jobs(),
        to_files=not current_app.config["MAIL_SERVER"],
    )


def _letter(number: int) -> Outbox:
    row = db.session.get(Outbox, number) if number < 2**31 else None
    if row is None:
        abort(404)
    return row


def _failed(number: int) -> Outbox:
    row = _letter(number)
    if row.state != MailState.FAILED:
        abort(404)
    return row


@bp.post("/<lang:lang>/admin/mail/<int:number>/read")
@owners
@fresh
def read_letter(number: int) -> str:
    """A letter kept as a file, for sites without a mail server. It may hold somebody's link, so reading is recorded."""
    row = _letter(number)
    file = carriers.mail_folder() / f"{row.id}.eml"
    if not file.is_file():
        abort(404)
    audit.record("letter read", row, actor=me())
    db.session.commit()
    message, text = parsed(file.read_bytes())
    return render_template(
        "admin/letter.html", message=message, text=text, heading=LETTERS.get(row.template, row.template)
    )


@bp.post("/<lang:lang>/admin/mail/<int:number>/again")
@owners
def send_letter_again(number: int) -> Response:
    row = _failed(number)
    services.try_again(row, by=me())
    db.session.commit()
    return redirect(url_for("admin.letters", done="again"), 303)


@bp.post("/<lang:lang>/admin/mail/<int:number>/aside")
@owners
def put_letter_aside(number: int) -> Response:
    row = _failed(number)
    services.put_aside(row, by=me())
    db.session.commit()
    return redirect(url_for("admin.letters", done="aside"), 303)


@bp.post("/<lang:lang>/admin/mail/held/<any(release, discard):what>")
@owners
def settle_held(what: str) -> Response | str:
    if what == "discard" and not request.form.get("sure"):
        return render_template(
            "admin/check.html",
            heading=gettext("Discard the held emails"),
            sentence=queries.say_discard(queries.held_count()),
            back=url_for("admin.letters", state="held"),
        )
    (services.release_held if what == "release" else services.discard_held)(by=me())
    db.session.commit()
    return redirect(url_for("admin.letters", done=what), 303)


@bp.post("/<lang:lang>/admin/mail/restored/<any(release, discard):what>")
@owners
def settle_restored(what: str) -> Response | str:
    if what == "discard" and not request.form.get("sure"):
        return render_template(
            "admin/check.html",
            heading=gettext("Put these emails aside"),
            sentence=queries.say_put_aside(queries.restored_count()),
            back=url_for("admin.letters", state="held"),
        )
    (services.release_restored if what == "release" else services.put_restored_aside)(by=me())
    db.session.commit()
    return redirect(url_for("admin.letters", done=what), 303)


@bp.post("/<lang:lang>/admin/mail/suppressions/<int:number>/lift")
@owners
def lift_suppression(number: int) -> Response:
    row = db.session.get(Suppression, number) if number < 2**31 else None
    if row is None:
        abort(404)
    services.lift(row, by=me())
    db.session.commit()
    return redirect(url_for("admin.letters", done="lifted"), 303)

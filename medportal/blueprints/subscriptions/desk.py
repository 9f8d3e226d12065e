"""Digests at the desk: when they leave, what leaves now, how the next one reads. Owners only."""

import re
from dataclasses import replace

from flask import abort, current_app, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from medportal import audit, carriers, mail
from medportal.access import fresh, owners
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.subscriptions import queries
from medportal.blueprints.subscriptions.desk_forms import ScheduleForm
from medportal.blueprints.subscriptions.views import bp
from medportal.digests import preview, schedule, staging
from medportal.digests.labels import CONSENTS, OCCASIONS, STAGES, STANDINGS
from medportal.extensions import db
from medportal.i18n import LANGUAGES
from medportal.lib.dates import utc_now
from medportal.models.digest import Delivery, Digest
from medportal.models.outbox import MailState
from medportal.models.subscription import Frequency
from medportal.paging import asked_one_of, asked_page
from medportal.sessions import member

DONE = {
    "schedule": _l("The times have been saved."),
    "test": _l("The test is on its way to your address."),
    "pause": _l("Paused. What has not left yet waits."),
    "resume": _l("It goes on."),
    "cancel": _l("Called off. What has not left will not leave."),
    "mailing": _l("The announcement has been saved."),
    "sent": _l("The announcement is being sent."),
    "added": _l("The subscriber has been added."),
    "there": _l("This address has a subscription already; it was left as it is."),
    "asked": _l("An email asks the owner of the address to confirm."),
    "suppressed": _l("No more emails go to this address."),
    "resumed": _l("Emails go to this address again."),
    "erased": _l("The subscriber has been erased."),
    "deleted": _l("The draft has been deleted."),
}
_OWN_LINK = re.compile(r"(/subscriptions/(?:manage|unsubscribe)/)\S+")
PREVIEW_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'; base-uri 'none'"
)
"""A letter brings its styles with it and nothing else; nothing in it can run."""


@bp.app_context_processor
def _labels() -> dict[str, object]:
    return {
        "occasions": OCCASIONS,
        "stages": STAGES,
        "digest_done": DONE,
        "standings": STANDINGS,
        "consents": CONSENTS,
    }


def me() -> str:
    return audit.actor_name(member().role, member().id)


@bp.route("/<lang:lang>/admin/digests", methods=["GET", "POST"])
@owners
def admin_digests() -> Answer:
    chosen, now = schedule.choice(), utc_now()
    form = ScheduleForm(hour=str(chosen.hour), weekday=str(chosen.weekday))
    if request.method == "POST" and form.validate():
        hour, weekday = int(form.hour.data), int(form.weekday.data)
        schedule.choose(replace(chosen, hour=hour, weekday=weekday, since=now))
        audit.record("setting changed", actor=me(), digests=form.hour.data)
        db.session.commit()
        return redirect(url_for("subscriptions.admin_digests", done="schedule"), 303)
    page = asked_page(queries.runs())
    scheduled = [value for value in Frequency if value != Frequency.AT_ONCE]
    answer = render_template(
        "admin/digests.html",
        form=form,
        choice=chosen,
        due={value: schedule.next_due(value, now) for value in scheduled},
        counts=queries.counts(),
        page=page,
        progress=queries.progress(page.entries),
        to_files=not current_app.config["MAIL_SERVER"],
    )
    return (answer, 422) if form.errors else answer


@bp.post("/<lang:lang>/admin/digests/<any(pause, resume):action>")
@owners
def admin_pause_all(action: str) -> Response:
    """All digests at once: whatever it is, it can wait until somebody has looked."""
    schedule.choose(replace(schedule.choice(), paused=action == "pause"))
    audit.record("setting changed", actor=me(), digests=action)
    db.session.commit()
    return redirect(url_for("subscriptions.admin_digests", done=action), 303)


@bp.post("/<lang:lang>/admin/digests/<int:number>/<any(pause, resume, cancel):action>")
@owners
def admin_run(number: int, action: str) -> Response | str:
    digest = db.session.get(Digest, number) if number < 2**31 else None
    if digest is None:
        abort(404)
    if action == "cancel" and not request.form.get("sure"):
        waiting = queries.progress([digest])[digest.id].get(MailState.QUEUED, 0)
        return render_template("admin/cancel_run.html", digest=digest, waiting=waiting)
    {"pause": staging.hold, "resume": staging.go_on, "cancel": staging.call_off}[action](digest)
    audit.record(f"digest {action}", digest, actor=me())
    db.session.commit()
    return redirect(url_for("subscriptions.admin_digests", done=action), 303)


@bp.get("/<lang:lang>/admin/digests/preview")
@owners
def admin_preview() -> str:
    """How the next digest reads to somebody who follows everything."""
    occasion, code = _asked()
    rendered = preview.of_frequency(occasion, code)
    return render_template("admin/preview.html", rendered=rendered, occasion=occasion, code=code)


@bp.get("/<lang:lang>/admin/digests/preview/letter")
@owners
def admin_preview_letter() -> Response:
    return show_letter(preview.of_frequency(*_asked()))


def _asked() -> tuple[str, str]:
    occasion = asked_one_of("occasion", [value.value for value in Frequency]) or Frequency.WEEKLY.value
    return occasion, asked_one_of("text", list(LANGUAGES)) or member().lang


def show_letter(rendered: mail.Rendered | None) -> Response:
    """The letter as a page of its own."""
    if rendered is None:
        abort(404)
    return Response(rendered.html, mimetype="text/html", headers={"Content-Security-Policy": PREVIEW_CSP})


@bp.post("/<lang:lang>/admin/digests/test")
@owners
def admin_test() -> Response:
    """To oneself, through the same outbox."""
    occasion, code = _asked()
    mail.queue(
        "test",
        to=member().email,
        lang=code,
        user=member(),
        dedupe=f"test:{member().id}:{utc_now():%Y%m%d%H%M%S%f}",
        occasion=occasion,
    )
    db.session.commit()
    return redirect(url_for("subscriptions.admin_preview", occasion=occasion, text=code, done="test"), 303)


@bp.get("/<lang:lang>/admin/digests/<int:number>/<any(failed, sent):what>")
@owners
def admin_deliveries(number: int, what: str) -> str:
    """What of a run could not be delivered, and why; or what was sent, where letters are kept as files."""
    digest = db.session.get(Digest, number) if number < 2**31 else None
    if digest is None:
        abort(404)
    return render_template(
        "admin/deliveries.html",
        digest=digest,
        what=what,
        page=asked_page(queries.deliveries(digest, sent=what == "sent")),
        to_files=not current_app.config["MAIL_SERVER"],
    )


@bp.post("/<lang:lang>/admin/digests/letters/<int:number>/read")
@owners
@fresh
def admin_read_delivery(number: int) -> str:
    """A letter kept as a file, on sites without a mail server; without the links, which are its reader's own."""
    row = db.session.get(Delivery, number) if number < 2**31 else None
    file = carriers.mail_folder() / f"d{number}.eml"
    if row is None or not file.is_file():
        abort(404)
    audit.record("letter read", row, actor=me())
    heading = OCCASIONS[row.digest.occasion]
    db.session.commit()
    message, text = mail.parsed(file.read_bytes())
    text = _OWN_LINK.sub(r"\1…", text)
    return render_template("admin/letter.html", message=message, text=text, heading=heading)

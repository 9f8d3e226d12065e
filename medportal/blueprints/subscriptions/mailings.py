"""Announcements: one mailing, written in both languages, that each reader gets in the own one. Owners only."""

from typing import Any

import sqlalchemy as sa
from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from medportal import audit, mail
from medportal.access import owners
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.subscriptions import queries
from medportal.blueprints.subscriptions.desk import me, show_letter
from medportal.blueprints.subscriptions.desk_forms import MailingForm, mailing_form
from medportal.blueprints.subscriptions.views import bp
from medportal.digests import preview, staging
from medportal.extensions import db
from medportal.i18n import LANGUAGES
from medportal.lib.bidi import strip_controls
from medportal.lib.dates import utc_now
from medportal.models.digest import Digest, Mailing
from medportal.paging import asked_one_of, asked_page
from medportal.sessions import member


@bp.get("/<lang:lang>/admin/mailings")
@owners
def admin_mailings() -> str:
    page = asked_page(sa.select(Mailing).order_by(Mailing.id.desc()))
    runs = db.session.scalars(
        sa.select(Digest).where(Digest.mailing_id.in_([row.id for row in page.entries]))
    ).all()
    return render_template(
        "admin/mailings.html",
        page=page,
        runs={run.mailing_id: run for run in runs},
        progress=queries.progress(runs),
    )


def _mailing(number: int) -> Mailing:
    """Whoever changes or sends it stands in line."""
    lock = True if request.method == "POST" else None
    row = db.session.get(Mailing, number, with_for_update=lock) if number < 2**31 else None
    if row is None:
        abort(404)
    return row


def _run(row: Mailing) -> Digest | None:
    return db.session.scalar(sa.select(Digest).where(Digest.mailing_id == row.id))


def _form(row: Mailing | None) -> Any:
    known: dict[str, str] = {}
    if row is not None:
        for code in LANGUAGES:
            known[f"subject_{code}"] = row.subject.get(code, "")
            known[f"body_{code}"] = row.body.get(code, "")
    return mailing_form()(formdata=request.form if request.method == "POST" else None, data=known)


@bp.route("/<lang:lang>/admin/mailings/new", methods=["GET", "POST"])
@owners
def admin_new_mailing() -> Answer:
    form = _form(None)
    if request.method != "POST" or not form.validate():
        status = 422 if request.method == "POST" else 200
        return render_template(
            "admin/mailing.html", form=form, mailing=None, audience=queries.audience()
        ), status
    row = Mailing(subject={}, body={}, written_by=me())
    db.session.add(row)
    return _save(row, form)


@bp.route("/<lang:lang>/admin/mailings/<int:number>", methods=["GET", "POST"])
@owners
def admin_mailing(number: int) -> Answer:
    """A draft can be changed; what was sent stays as it is."""
    row = _mailing(number)
    run, form = _run(row), _form(row)
    if request.method == "POST" and run is not None:
        abort(409)
    if request.method != "POST" or not form.validate():
        status = 422 if request.method == "POST" else 200
        seen = {"form": form, "mailing": row, "run": run, "audience": queries.audience()}
        return render_template("admin/mailing.html", **seen), status
    return _save(row, form)


def _save(row: Mailing, form: MailingForm) -> Response:
    row.subject = {code: strip_controls(text) for code, text in form.texts("subject").items() if text}
    row.body = {code: text.replace("\r\n", "\n") for code, text in form.texts("body").items() if text}
    row.changed_at = utc_now()
    db.session.flush()
    audit.record("mailing saved", row, actor=me())
    db.session.commit()
    return redirect(url_for("subscriptions.admin_mailing", number=row.id, done="mailing"), 303)


@bp.get("/<lang:lang>/admin/mailings/<int:number>/letter")
@owners
def admin_mailing_letter(number: int) -> Response:
    return show_letter(
        preview.of_mailing(_mailing(number), asked_one_of("text", list(LANGUAGES)) or member().lang)
    )


@bp.post("/<lang:lang>/admin/mailings/<int:number>/<any(test, send, delete):action>")
@owners
def admin_mailing_act(number: int, action: str) -> Response | str:
    row = _mailing(number)
    if _run(row) is not None and action != "test":
        abort(409)
    if action == "test":
        _send_test(row)
    elif not request.form.get("sure"):
        return render_template(
            "admin/mailing_check.html", mailing=row, action=action, audience=queries.audience()
        )
    elif action == "delete":
        db.session.delete(row)
        db.session.commit()
        return redirect(url_for("subscriptions.admin_mailings", done="deleted"), 303)
    else:
        audit.record("mailing sent", row, actor=me())
        staging.open_mailing(row, utc_now())
    done = "test" if action == "test" else "sent"
    return redirect(url_for("subscriptions.admin_mailing", number=number, done=done), 303)


def _send_test(row: Mailing) -> None:
    for code in row.body:
        mail.queue(
            "mailing_test",
            to=member().email,
            lang=code,
            user=member(),
            dedupe=f"mailing-test:{row.id}:{code}:{utc_now():%Y%m%d%H%M%S%f}",
            mailing=row.id,
        )
    db.session.commit()

"""Subscribers at the desk: found, added, taken in and out as a table, silenced, erased. Owners only. What somebody
follows is shown nowhere: it says something about their health."""

from flask import Response as FlaskResponse
from flask import abort, current_app, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from medportal import audit, carriers, delivery, htmx, suppressions
from medportal.access import fresh, owners, takes_files
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.subscriptions import queries, services, tables
from medportal.blueprints.subscriptions.desk import me
from medportal.blueprints.subscriptions.desk_forms import ImportForm, SubscriberForm
from medportal.blueprints.subscriptions.forms import usual
from medportal.blueprints.subscriptions.views import bp
from medportal.digests import subscribers
from medportal.digests.subscribers import Consent, Manner, Wishes
from medportal.extensions import db, reading
from medportal.i18n import current_language
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.models.subscription import Frequency, Standing, Subscriber
from medportal.paging import asked_one_of, asked_page
from medportal.templating import site_day


@bp.get("/<lang:lang>/admin/subscribers")
@owners
def admin_subscribers() -> str:
    words = request.args.get("q", "").strip()[:80]
    state = asked_one_of("state", [value.value for value in Standing])
    frequency = asked_one_of("frequency", [value.value for value in Frequency])
    return htmx.render(
        "admin/subscribers.html",
        "admin/_subscribers.html",
        page=asked_page(queries.subscribers(words, state, frequency)),
        q=words,
        state=state,
        frequency=frequency,
    )


@bp.route("/<lang:lang>/admin/subscribers/new", methods=["GET", "POST"])
@owners
def admin_add_subscriber() -> Answer:
    form = SubscriberForm(formdata=request.form if request.method == "POST" else None, data=usual())
    if request.method != "POST" or not form.validate():
        status = 422 if request.method == "POST" else 200
        return render_template("admin/subscriber_new.html", form=form), status
    email = addresses.normalise(form.email.data)
    how = add(
        email, form.wishes(), form.manner(), have=form.consent.data == "have", note=form.note.data or ""
    )
    db.session.commit()
    return redirect(url_for("subscriptions.admin_subscribers", done=how), 303)


def add(email: str, wishes: Wishes, manner: Manner, *, have: bool, note: str) -> str:
    """Entered by the owner: with a consent that is there, or asked for by mail. "added", "asked", or "there" where
    the address has a subscription: that is its reader's own."""
    there = subscribers.of_address(email)
    if there is not None and there.state != Standing.STOPPED:
        return "there"
    if not have or there is not None:
        services.ask(email, wishes, manner, burst=current_app.config["SIGN_UP_BURST"], by_owner=True)
        return "asked"
    consent = Consent(lang=current_language().code, how="owner", note=note)
    row = subscribers.subscribe(email, wishes, manner, consent)
    audit.record("subscriber added", row, actor=me())
    return "added"


@bp.route("/<lang:lang>/admin/subscribers/import", methods=["GET", "POST"])
@owners
@fresh
@takes_files
def admin_import_subscribers() -> Answer:
    form = ImportForm()
    if request.method != "POST" or not form.validate():
        status = 422 if request.method == "POST" else 200
        return render_template("admin/subscribers_import.html", form=form, result=None), status
    if form.consent.data == "have" and not form.note.data:
        form.note.errors = [gettext("Please say where the consent comes from.")]
        return render_template("admin/subscribers_import.html", form=form, result=None), 422
    try:
        rows = tables.read(form.file.data.read() if form.file.data else b"", form.table.data or "")
    except tables.NotATable as fault:
        form.table.errors = [str(fault)]
        return render_template("admin/subscribers_import.html", form=form, result=None), 422
    result = tables.take_in(rows, have=form.consent.data == "have", note=form.note.data or "", by=me())
    return render_template("admin/subscribers_import.html", form=ImportForm(formdata=None), result=result)


@bp.post("/<lang:lang>/admin/subscribers/export")
@owners
@fresh
def admin_export_subscribers() -> FlaskResponse:
    audit.record("subscribers exported", actor=me())
    db.session.commit()
    with reading():  # a long look must not keep writers waiting
        table = "".join(tables.write())
        db.session.rollback()
    name = f"subscribers-{site_day(utc_now()).isoformat()}.csv"
    return FlaskResponse(
        table,
        mimetype="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@bp.post("/<lang:lang>/admin/subscribers/<int:number>/<any(suppress, resume, erase):action>")
@owners
def admin_subscriber_act(number: int, action: str) -> Response | str:
    row = db.session.get(Subscriber, number) if number < 2**31 else None
    if row is None:
        abort(404)
    if action != "resume" and not request.form.get("sure"):
        return render_template("admin/subscriber_check.html", subscriber=row, action=action)
    files: list[str] = []
    if action == "suppress":
        delivery.suppress(row.email, gettext("by the owner"))
        done = "suppressed"
    elif action == "resume":
        suppression = suppressions.of_address(row.email)
        if suppression is not None:
            db.session.delete(suppression)
        subscribers.unsilence(row)
        done = "resumed"
    else:
        services.forget_waiting(row)
        files = subscribers.erase(row)
        done = "erased"
    audit.record(f"subscriber {done}", row if done != "erased" else None, actor=me())
    db.session.commit()
    carriers.forget_files(files)
    return redirect(url_for("subscriptions.admin_subscribers", done=done), 303)

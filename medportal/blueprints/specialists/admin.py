"""The opinions of a page, and which records it shows."""

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext

from medportal.access import staff
from medportal.blueprints.content import specialists as shown
from medportal.blueprints.editing.labels import CHANGED_MEANWHILE
from medportal.blueprints.specialists import labels, queries, services
from medportal.blueprints.specialists.forms import opinion_form
from medportal.blueprints.specialists.views import Answer, bp, page_of
from medportal.desk import me, row_or_404
from medportal.extensions import db
from medportal.i18n import LANGUAGES
from medportal.lib.dates import utc_now
from medportal.localized import spread
from medportal.models.content import Content
from medportal.models.people import Person
from medportal.models.specialist import DrugUpdate, Opinion, Trial
from medportal.templating import site_day


@bp.get("/<int:number>")
@staff
def overview(number: int) -> str:
    content = page_of(number)
    rows = queries.opinions(number)
    return render_template(
        "specialists/overview.html",
        content=content,
        opinions=rows,
        faults={row.id: services.faults(row) for row in rows},
        trials=shown.trials(number),
        drugs=shown.drugs(number),
        today=site_day(utc_now()),
    )


def _opinion(number: int, opinion: int) -> Opinion:
    row = queries.opinion(number, opinion)
    if row is None:
        abort(404)
    return row


def _form(row: Opinion | None) -> Any:
    form = opinion_form()
    if request.method == "POST":
        return form()
    return form(formdata=None, data=_data(row) if row is not None else None)


def _data(row: Opinion) -> dict[str, Any]:
    asked = "some" if row.interests else "none" if row.interests is not None else ""
    texts = {f"text_{text.lang}": text.html for text in row.texts}
    data = {"person": row.person_id, "given_on": row.given_on, "asked": asked}
    return data | texts | spread("interests", row.interests)


def _page(content: Content, form: Any, row: Opinion | None, status: int = 200) -> Answer:
    return render_template("specialists/opinion.html", content=content, form=form, opinion=row), status


def _facts(form: Any) -> services.OpinionFacts:
    return services.OpinionFacts(
        person=row_or_404(Person, form.person.data),
        given_on=form.given_on.data,
        interests=form.interests(),
        texts={code: form[f"text_{code}"].data or "" for code in LANGUAGES},
    )


def _said(closed: services.Closed) -> str:
    return " ".join(str(labels.FAULTS[fault]) for fault in closed.faults)


@bp.route("/<int:number>/opinions/new", methods=["GET", "POST"])
@staff
def new_opinion(number: int) -> Answer:
    content = page_of(number)
    form = _form(None)
    if request.method != "POST":
        return _page(content, form, None)
    if not form.validate():
        return _page(content, form, None, 422)
    services.add_opinion(content, _facts(form), by=me())
    content.touched_at = utc_now()
    db.session.commit()
    return redirect(url_for("specialists.overview", number=number, done="added"), 303)


@bp.route("/<int:number>/opinions/<int:opinion>", methods=["GET", "POST"])
@staff
def change_opinion(number: int, opinion: int) -> Answer:
    content, row = page_of(number), _opinion(number, opinion)
    form = _form(row)
    if request.method != "POST":
        return _page(content, form, row)
    if not form.validate():
        return _page(content, form, row, 422)
    if request.form.get("seen", "") not in ("", row.touched_at.isoformat()):
        form.form_errors = [CHANGED_MEANWHILE]
        return _page(content, form, row, 409)
    try:
        services.change_opinion(row, _facts(form), by=me())
    except services.Closed as closed:
        db.session.rollback()
        said = gettext("Readers see this opinion, so this cannot be left out. Nothing was saved.")
        form.form_errors = [f"{said} {_said(closed)}"]
        return _page(page_of(number), form, _opinion(number, opinion), 422)
    content.touched_at = utc_now()
    db.session.commit()
    return redirect(url_for("specialists.overview", number=number, done="saved"), 303)


@bp.post("/<int:number>/opinions/<int:opinion>/<any(publish, withdraw, delete):action>")
@staff
def act_on_opinion(number: int, opinion: int, action: str) -> Answer:
    content, row = page_of(number), _opinion(number, opinion)
    if action == "delete" and request.form.get("sure") != "y":
        return render_template(
            "admin/check.html",
            heading=gettext("Delete the opinion"),
            sentence=gettext("It goes for good, in every language. Withdrawn, it would be kept at the desk."),
            back=url_for("specialists.overview", number=number),
        )
    try:
        {
            "publish": services.publish_opinion,
            "withdraw": services.withdraw_opinion,
            "delete": services.delete_opinion,
        }[action](row, by=me())
    except services.Closed as closed:
        db.session.rollback()
        row = _opinion(number, opinion)
        form = opinion_form()(formdata=None, data=_data(row))
        said = gettext("The opinion cannot be published yet.")
        form.form_errors = [f"{said} {_said(closed)}"]
        return _page(page_of(number), form, row, 422)
    content.touched_at = utc_now()
    db.session.commit()
    done = {"publish": "published", "withdraw": "withdrawn", "delete": "deleted"}[action]
    return redirect(url_for("specialists.overview", number=number, done=done), 303)


@bp.post("/<int:number>/trials")
@staff
def link_trial(number: int) -> Answer:
    """By its number: known, it stands on the page from now on; unknown, its form is next."""
    page_of(number)
    asked = " ".join(request.form.get("trial", "").split()).upper()[:40]
    row = queries.trial_by_number(asked) if asked else None
    if row is None:
        return redirect(url_for("specialists.new_record", what="trials", page=number, asked=asked), 303)
    done = "linked" if services.link(row, number, by=me()) else "already"
    db.session.commit()
    return redirect(url_for("specialists.overview", number=number, done=done), 303)


@bp.post("/<int:number>/<any(trials, drugs):what>/<int:record>/<any(link, unlink):action>")
@staff
def link_record(number: int, what: str, record: int, action: str) -> Answer:
    page_of(number)
    row: Trial | DrugUpdate = (
        row_or_404(Trial, record) if what == "trials" else row_or_404(DrugUpdate, record)
    )
    if action == "link":
        done = "linked" if services.link(row, number, by=me()) else "already"
    else:
        services.unlink(row, number, by=me())
        done = "unlinked"
    db.session.commit()
    return redirect(url_for("specialists.overview", number=number, done=done), 303)

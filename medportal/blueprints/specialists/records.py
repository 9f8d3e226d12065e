"""Trials and news of medicines: their list, their forms, the pages that show them."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext

from medportal import htmx
from medportal.access import staff
from medportal.blueprints.content.specialist_labels import REGISTER
from medportal.blueprints.specialists import queries, services
from medportal.blueprints.specialists.forms import TrialForm, drug_form
from medportal.blueprints.specialists.views import Answer, bp, page_of
from medportal.desk import me, row_or_404
from medportal.extensions import db
from medportal.i18n import current_language
from medportal.lib.dates import utc_now
from medportal.localized import spread
from medportal.models.specialist import DrugUpdate, Trial
from medportal.paging import asked_number, asked_one_of, asked_page
from medportal.templating import site_day

Record = Trial | DrugUpdate
MODELS: dict[str, type[Record]] = {"trials": Trial, "drugs": DrugUpdate}
_DRUG_COLUMNS = ("name", "generic", "kind", "issuer", "issued_on", "source", "url")


@bp.get("")
@staff
def index() -> str:
    """Where the menu leads."""
    return records("trials")


@bp.get("/<any(trials, drugs):what>")
@bp.get("/<int:number>/<any(trials, drugs):what>")
@staff
def records(what: str, number: int | None = None) -> str:
    """All records of a kind; with the number of a page, those that may be shown on it."""
    content = page_of(number) if number is not None else None
    today, words = site_day(utc_now()), request.args.get("q", "").strip()[:80]
    state = asked_one_of("state", queries.STATES)
    select: Any = queries.trials(words, state, today) if what == "trials" else queries.drugs(words, state)
    page = asked_page(select)
    unlinked = [row[0] for row in page.entries if what == "trials" and not row.pages]
    return htmx.render(
        "specialists/records.html",
        "specialists/_records.html",
        what=what,
        content=content,
        page=page,
        q=words,
        state=state,
        today=today,
        suggestions={} if content is not None else queries.suggestions(unlinked),
    )


def _row(what: str, record: int) -> Record:
    return row_or_404(Trial, record) if what == "trials" else row_or_404(DrugUpdate, record)


def _form(what: str, row: Record | None) -> Any:
    form = TrialForm if what == "trials" else drug_form()
    if request.method == "POST":
        return form()
    if row is None:
        asked = request.args.get("asked", "")[:40]
        return form(formdata=None, data={"number": asked} if asked else None)
    if isinstance(row, Trial):
        return form(formdata=None, obj=row, data={"state": row.status or ""})
    return form(formdata=None, obj=row, data=spread("summary", row.summary))


def _page(what: str, form: Any, row: Record | None) -> Answer:
    numbers = services.linked_pages(row) if row is not None else []
    return render_template(
        "specialists/record.html",
        what=what,
        form=form,
        record=row,
        pages=numbers,
        titles=queries.titles(numbers, current_language().code),
        for_page=asked_number("page", 2**31 - 1) if row is None else None,
    ), 422 if request.method == "POST" else 200


def _values(what: str, form: Any) -> dict[str, Any]:
    if what == "drugs":
        return {name: form[name].data for name in _DRUG_COLUMNS} | {
            "generic": form.generic.data or "",
            "summary": form.localized("summary") or None,
        }
    names = ("register", "number", "title", "status_as_of")
    registered = form.register.data == REGISTER
    return {name: form[name].data for name in names} | {
        "status": form.state.data or None,
        "url": f"https://clinicaltrials.gov/study/{form.number.data}" if registered else form.url.data,
        "source": form.register.data,
    }


def _is_new(what: str, form: Any, row: Record | None) -> bool:
    """A number stands once in a registry."""
    if what == "drugs":
        return True
    if not queries.same_trial(
        form["register"].data, form.number.data, besides=row.id if row is not None else None
    ):
        return True
    form.number.errors = [gettext("This trial is recorded already.")]
    return False


@bp.route("/<any(trials, drugs):what>/new", methods=["GET", "POST"])
@staff
def new_record(what: str) -> Answer:
    form = _form(what, None)
    if not (form.validate_on_submit() and _is_new(what, form, None)):
        return _page(what, form, None)
    number = asked_number("page", 2**31 - 1)
    row: Record = MODELS[what]()
    services.save_record(row, _values(what, form), by=me())
    if number is not None and queries.takes_records(number):
        services.link(row, number, by=me())
        db.session.commit()
        return redirect(url_for("specialists.overview", number=number, done="linked"), 303)
    db.session.commit()
    return redirect(url_for("specialists.record", what=what, record=row.id, done="saved"), 303)


@bp.route("/<any(trials, drugs):what>/record/<int:record>", methods=["GET", "POST"])
@staff
def record(what: str, record: int) -> Answer:
    row = _row(what, record)
    form = _form(what, row)
    if not (form.validate_on_submit() and _is_new(what, form, row)):
        return _page(what, form, row)
    services.save_record(row, _values(what, form), by=me())
    db.session.commit()
    return redirect(url_for("specialists.record", what=what, record=record, done="saved"), 303)


@bp.post("/<any(trials, drugs):what>/record/<int:record>/link")
@staff
def link_to_page(what: str, record: int) -> Answer:
    """To the page whose number was typed or suggested."""
    row = _row(what, record)
    typed = request.form.get("page", "").strip()
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
    done = "unknown"
    if queries.takes_records(number):
        done = "linked" if services.link(row, number, by=me()) else "already"
    db.session.commit()
    return redirect(url_for("specialists.record", what=what, record=record, done=done), 303)


@bp.post("/<any(trials, drugs):what>/record/<int:record>/delete")
@staff
def delete_record(what: str, record: int) -> Answer:
    row = _row(what, record)
    if not request.form.get("sure"):
        return render_template(
            "admin/check.html",
            heading=gettext("Delete the record"),
            sentence=gettext(
                "%(name)s goes for good, and from every page that shows it.", name=services.name_of(row)
            ),
            back=url_for("specialists.record", what=what, record=record),
        )
    services.delete_record(row, by=me())
    db.session.commit()
    return redirect(url_for("specialists.records", what=what, done="deleted"), 303)

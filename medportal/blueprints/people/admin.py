"""The desk's screens for people and organisations."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from medportal import htmx
from medportal.access import staff
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.people import merging, queries, services, standing
from medportal.blueprints.people.forms import FORMS, PersonForm, person_form
from medportal.blueprints.people.labels import NEEDED
from medportal.desk import me, row_or_404
from medportal.extensions import db
from medportal.i18n import current_language
from medportal.models.people import Person
from medportal.models.types import localize
from medportal.paging import asked_one_of, asked_page

bp = Blueprint("people", __name__, url_prefix="/<lang:lang>/admin/people")

DONE = {
    "added": _l("The entry has been added."),
    "saved": _l("The entry has been saved. Its pages say so from now on."),
    "merged": _l("The two entries are one now."),
    "deleted": _l("The entry has been deleted."),
    "profile": _l("The profile has been saved."),
    "places": _l("The places have been saved."),
    "check_added": _l("The check has been recorded."),
    "check_saved": _l("The record of the check has been saved."),
    "check_withdrawn": _l("The check is withdrawn. It counts for nothing any more."),
}
MISSING = {
    "credential": _l("Without a degree"),
    "disclosure": _l("Conflicts of interest never asked"),
    "expired": _l("A check of credentials has run out"),
    "listed": _l("In the consultants' corner"),
}


@bp.app_context_processor
def _labels() -> dict[str, object]:
    return {"people_done": DONE, "person_forms": FORMS, "person_missing": MISSING}


@bp.get("")
@staff
def people() -> str:
    words = request.args.get("q", "").strip()[:80]
    form, missing = asked_one_of("kind", queries.FORMS), asked_one_of("state", queries.MISSING)
    return htmx.render(
        "admin/people.html",
        "admin/_people.html",
        page=asked_page(queries.people(words, form, missing)),
        q=words,
        kind=form,
        state=missing,
    )


@bp.route("/new", methods=["GET", "POST"])
@staff
def new() -> Answer:
    form = person_form()
    if form.validate_on_submit():
        person = services.add_person(form.facts(), by=me())
        db.session.commit()
        return redirect(url_for("people.change", number=person.id, done="added"), 303)
    return _page(form, None)


def _page(form: PersonForm, person: Person | None, fault: str = "") -> Answer:
    form.form_errors = [fault] if fault else []
    return render_template(
        "admin/person.html",
        form=form,
        person=person,
        bearing=queries.bearing(person.id) if person is not None else [],
        pages=queries.page_count(person.id) if person is not None else 0,
    ), 422 if request.method == "POST" else 200


@bp.route("/<int:number>", methods=["GET", "POST"])
@staff
def change(number: int) -> Answer:
    person = row_or_404(Person, number)
    form = person_form(person)
    if form.validate_on_submit():
        try:
            services.change_person(person, form.facts(), by=me())
        except standing.Needed:
            db.session.rollback()
            return _page(form, row_or_404(Person, number), str(NEEDED))
        db.session.commit()
        return redirect(url_for("people.change", number=number, done="saved"), 303)
    return _page(form, person)


@bp.route("/<int:number>/merge", methods=["GET", "POST"])
@staff
def merge(number: int) -> Answer:
    """First whom it is a duplicate of, then what will move, then it is done."""
    person = row_or_404(Person, number)
    kept = queries.by_number(request.values.get("into", 0, type=int))
    if kept is None or not merging.may_become(person, kept):
        return _choose(person)
    if request.method != "POST":
        pages = queries.page_count(number)
        return render_template("admin/person_merge_check.html", person=person, kept=kept, pages=pages)
    services.merge_people(person, kept, by=me())
    db.session.commit()
    return redirect(url_for("people.change", number=kept.id, done="merged"), 303)


def _choose(person: Person) -> Answer:
    """Entries with the same name are offered without a search."""
    words = request.args.get("q", localize(person.name, current_language().code)).strip()[:80]
    page = asked_page(queries.people(words, None, None, without=person.id))
    answer = render_template("admin/person_merge.html", person=person, page=page, q=words)
    return answer, 422 if request.method == "POST" else 200


@bp.post("/<int:number>/delete")
@staff
def delete(number: int) -> Answer:
    person = row_or_404(Person, number)
    if queries.page_count(number):
        said = gettext("Pages bear this name, so it cannot be deleted. They are listed below.")
        return _page(person_form(person, fresh=True), person, said)
    if not request.form.get("sure"):
        name = localize(person.name, current_language().code)
        return render_template(
            "admin/check.html",
            heading=gettext("Delete the entry"),
            sentence=gettext("No page bears the name %(name)s. The entry is gone for good.", name=name),
            back=url_for("people.change", number=number),
        )
    services.delete_person(person, by=me())
    db.session.commit()
    return redirect(url_for("people.people", done="deleted"), 303)

"""Who wrote and translated a page."""

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext
from wtforms.fields.choices import SelectChoice

from medportal import audit
from medportal.access import staff
from medportal.blueprints.content import gate
from medportal.blueprints.content.services import add_credit
from medportal.blueprints.editing import labels, queries, services
from medportal.blueprints.editing.editor import thing
from medportal.blueprints.editing.forms import CreditForm
from medportal.blueprints.editing.views import Answer, bp
from medportal.changes import content_changed
from medportal.desk import me, row_or_404
from medportal.extensions import db
from medportal.i18n import LANGUAGES, current_language
from medportal.lib.dates import utc_now
from medportal.models.content import Content
from medportal.models.people import Person


def _form(*, filled: bool) -> CreditForm:
    form = CreditForm() if filled else CreditForm(formdata=None)
    names = queries.people_choices(current_language().code)
    form.person.choices = [SelectChoice(number, name) for number, name in names]
    form.role.choices = [SelectChoice(value, words) for value, words in labels.ROLES.items()]
    every = [SelectChoice("", gettext("all languages"))]
    form.language.choices = every + [
        SelectChoice(code, known.native_name) for code, known in LANGUAGES.items()
    ]
    return form


@bp.route("/<int:number>/people", methods=["GET", "POST"])
@staff
def people(number: int) -> Answer:
    content = thing(number)
    form = _form(filled=request.method == "POST")
    if request.method != "POST":
        return render_template("editing/people.html", content=content, form=form)
    if not form.validate() or _is_there(content, form):
        return render_template("editing/people.html", content=content, form=form), 422
    person = row_or_404(Person, form.person.data)
    try:
        with services.nothing_lost(content):
            add_credit(content, person, form.role.data, lang=form.language.data or None)
            audit.record("credit added", content, actor=me(), person=person.id, role=form.role.data)
    except gate.Closed as closed:
        db.session.rollback()
        return _refused(number, gettext("Readers see this page, so this person cannot be named yet."), closed)
    content.touched_at = utc_now()
    content_changed(content.id)
    db.session.commit()
    return redirect(url_for("editing.people", number=number, done="added"), 303)


def _is_there(content: Content, form: CreditForm) -> bool:
    wanted = (form.person.data, form.role.data, form.language.data or None)
    if wanted not in {(credit.person_id, credit.role, credit.lang) for credit in content.credits}:
        return False
    form.person.errors = [gettext("This is recorded already.")]
    return True


def _refused(number: int, said: str, closed: gate.Closed) -> Answer:
    form = _form(filled=False)
    why = " ".join(str(labels.FAULTS[fault]) for fault in closed.faults)
    form.form_errors = [f"{said} {why}"]
    return render_template("editing/people.html", content=thing(number), form=form), 422


@bp.post("/<int:number>/people/<int:credit>/remove")
@staff
def remove_credit(number: int, credit: int) -> Answer:
    """Not the last author of a page that readers see."""
    content = thing(number)
    row = next((one for one in content.credits if one.id == credit), None)
    if row is None:
        abort(404)
    try:
        with services.nothing_lost(content):
            content.credits.remove(row)
            audit.record("credit removed", content, actor=me(), person=row.person_id, role=row.role)
    except gate.Closed as closed:
        db.session.rollback()
        return _refused(number, gettext("Readers see this page, so this cannot be taken out."), closed)
    content.touched_at = utc_now()
    content_changed(content.id)
    db.session.commit()
    return redirect(url_for("editing.people", number=number, done="removed"), 303)

"""The desk's screens for what consultants propose for their own profiles."""

from flask import abort, redirect, render_template, url_for
from flask_babel import gettext

from medportal.access import staff
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.consultants import queries, services
from medportal.blueprints.consultants.forms import DeclineForm
from medportal.blueprints.consultants.views import bp
from medportal.blueprints.people.standing import Needed
from medportal.desk import me, row_or_404
from medportal.extensions import db
from medportal.models.practice import ChangeState, ProfileChange
from medportal.paging import asked_page


@bp.get("/admin/profile-changes")
@staff
def changes() -> str:
    return render_template("admin/profile_changes.html", page=asked_page(queries.waiting()))


def _waiting(number: int) -> ProfileChange:
    """What was settled, or replaced by a newer proposal meanwhile, can be answered no more."""
    change = row_or_404(ProfileChange, number)
    if change.state != ChangeState.WAITING:
        abort(404)
    return change


def _page(change: ProfileChange, form: DeclineForm, status: int = 200) -> Answer:
    before = services.present(change.person)
    page = render_template(
        "admin/profile_change.html", change=change, person=change.person, before=before, form=form
    )
    return page, status


@bp.get("/admin/profile-changes/<int:number>")
@staff
def change(number: int) -> Answer:
    return _page(_waiting(number), DeclineForm(formdata=None))


@bp.post("/admin/profile-changes/<int:number>/accept")
@staff
def accept(number: int) -> Answer:
    try:
        services.accept(_waiting(number), by=me())
    except Needed:
        db.session.rollback()
        form = DeclineForm(formdata=None)
        said = gettext(
            "Published pages rest on this: their author needs a title or degree and a statement of interests."
        )
        form.form_errors = [said]
        return _page(_waiting(number), form, 422)
    db.session.commit()
    return redirect(url_for("consultants.changes", done="accepted"), 303)


@bp.post("/admin/profile-changes/<int:number>/decline")
@staff
def decline(number: int) -> Answer:
    row, form = _waiting(number), DeclineForm()
    if not form.validate():
        return _page(row, form, 422)
    services.decline(row, form.note.data or "", by=me())
    db.session.commit()
    return redirect(url_for("consultants.changes", done="declined"), 303)

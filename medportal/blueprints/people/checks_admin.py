"""The desk's screens for checks of credentials: recorded, changed, withdrawn with a reason."""

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext

from medportal.access import staff
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.people import checks as records
from medportal.blueprints.people.admin import bp
from medportal.blueprints.people.labels import CHECKS
from medportal.blueprints.people.profile_forms import CheckForm, WithdrawForm, check_form
from medportal.desk import me, row_or_404
from medportal.extensions import db
from medportal.models.people import Person
from medportal.models.practice import CredentialCheck
from medportal.sessions import member


@bp.get("/<int:number>/checks")
@staff
def checks(number: int) -> str:
    today = records.today()
    return render_template(
        "admin/person_checks.html",
        person=row_or_404(Person, number),
        checks=records.of_person(number),
        is_valid=lambda check: records.is_valid(check, today),
        kinds=CHECKS,
    )


def _named(form: CheckForm) -> bool:
    """Readers are told who saw the paper, so whoever records it needs a name."""
    if member().name:
        return True
    form.form_errors = [
        gettext("Readers are told who saw the paper. Please add your name under “My account” first.")
    ]
    return False


def _page(form: CheckForm, person: Person, check: CredentialCheck | None) -> Answer:
    page = render_template(
        "admin/person_check.html", form=form, person=person, check=check, seen_by=member().name
    )
    return page, 422 if request.method == "POST" else 200


@bp.route("/<int:number>/checks/new", methods=["GET", "POST"])
@staff
def add_check(number: int) -> Answer:
    person, form = row_or_404(Person, number), check_form()
    if form.validate_on_submit() and _named(form):
        records.add(person, form.facts(), seen_by=member().name, by=me())
        db.session.commit()
        return redirect(url_for("people.checks", number=number, done="check_added"), 303)
    return _page(form, person, None)


def _check(number: int, check: int) -> CredentialCheck:
    row = row_or_404(CredentialCheck, check)
    if row.person_id != number or row.withdrawn_on is not None:
        abort(404)
    return row


@bp.route("/<int:number>/checks/<int:check>", methods=["GET", "POST"])
@staff
def change_check(number: int, check: int) -> Answer:
    row = _check(number, check)
    form = check_form(row)
    if form.validate_on_submit() and _named(form):
        records.change(row, form.facts(), seen_by=member().name, by=me())
        db.session.commit()
        return redirect(url_for("people.checks", number=number, done="check_saved"), 303)
    return _page(form, row.person, row)


@bp.route("/<int:number>/checks/<int:check>/withdraw", methods=["GET", "POST"])
@staff
def withdraw_check(number: int, check: int) -> Answer:
    row, form = _check(number, check), WithdrawForm()
    if form.validate_on_submit():
        records.withdraw(row, form.note.data or "", by=me())
        db.session.commit()
        return redirect(url_for("people.checks", number=number, done="check_withdrawn"), 303)
    status = 422 if request.method == "POST" else 200
    return render_template(
        "admin/person_check_withdraw.html", form=form, person=row.person, check=row
    ), status

"""The desk's screens for a profile and for the places where somebody works."""

from flask import redirect, render_template, request, url_for

from medportal.access import staff
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.people import profiles, queries, rows, standing
from medportal.blueprints.people.admin import bp
from medportal.blueprints.people.labels import NEEDED
from medportal.blueprints.people.profile_forms import as_rows, places_form, profile_form
from medportal.desk import me, row_or_404
from medportal.extensions import db
from medportal.models.media import Media
from medportal.models.people import Person


def _status() -> int:
    return 422 if request.method == "POST" else 200


@bp.route("/<int:number>/profile", methods=["GET", "POST"])
@staff
def profile(number: int) -> Answer:
    person = row_or_404(Person, number)
    photo = db.session.get(Media, person.photo_id) if person.photo_id else None
    form = profile_form(person, photo)
    if form.validate_on_submit():
        try:
            profiles.change_profile(person, form.facts(), by=me())
        except standing.Needed:
            db.session.rollback()
            form.form_errors = [str(NEEDED)]
            return render_template("admin/person_profile.html", form=form, person=person), 422
        db.session.commit()
        return redirect(url_for("people.profile", number=number, done="profile"), 303)
    return render_template("admin/person_profile.html", form=form, person=person), _status()


@bp.route("/<int:number>/places", methods=["GET", "POST"])
@staff
def places(number: int) -> Answer:
    person = row_or_404(Person, number)
    form = places_form(as_rows(queries.places_of(number)))
    if form.validate_on_submit():
        profiles.change_places(person, rows.places_of(form, form.places_shown), by=me())
        db.session.commit()
        return redirect(url_for("people.places", number=number, done="places"), 303)
    return render_template("admin/person_places.html", form=form, person=person), _status()

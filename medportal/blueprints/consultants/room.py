"""The consultants' room: what a consultant does here, and the own profile."""

from flask import redirect, render_template, request, url_for

from medportal.access import consultants
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.consultants import queries, services
from medportal.blueprints.consultants.forms import own_form
from medportal.blueprints.consultants.labels import DONE
from medportal.blueprints.consultants.views import bp
from medportal.blueprints.consultants.work import WORK
from medportal.blueprints.people.labels import PARTS
from medportal.desk import me
from medportal.extensions import db
from medportal.sessions import member


@bp.app_context_processor
def _said() -> dict[str, object]:
    return {"consultants_done": DONE, "profile_parts": PARTS}


@bp.get("/consultants/work")
@consultants
def work() -> str:
    person = queries.of_account(member().id)
    return render_template(
        "consultants/work.html",
        person=person,
        waiting=queries.waiting_of(person.id) if person is not None else None,
        settled=queries.last_settled(person.id) if person is not None else None,
        work=WORK,
    )


@bp.route("/consultants/work/profile", methods=["GET", "POST"])
@consultants
def own_profile() -> Answer:
    """Saved changes wait for the desk. The form shows what waits, else what is public."""
    person = queries.of_account(member().id)
    if person is None:
        return redirect(url_for("consultants.work"), 303)
    waiting = queries.waiting_of(person.id)
    form = own_form(services.present(person) | (waiting.proposed if waiting is not None else {}))
    if form.validate_on_submit():
        sent = services.propose(person, form.wished(), user_id=member().id, by=me())
        db.session.commit()
        return redirect(url_for("consultants.work", done="sent" if sent else "nothing"), 303)
    page = render_template("consultants/own_profile.html", form=form, person=person, waiting=waiting)
    return page, 422 if request.method == "POST" else 200


@bp.post("/consultants/work/profile/take-back")
@consultants
def take_back() -> Answer:
    person = queries.of_account(member().id)
    if person is not None:
        services.take_back(person, by=me())
        db.session.commit()
    return redirect(url_for("consultants.work", done="taken_back"), 303)

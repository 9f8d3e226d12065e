"""Asking: the stop-screen, the form, and what stands there while no question is taken."""

from collections.abc import Mapping

from flask import Blueprint, current_app, redirect, render_template, request, url_for

from medportal import limits, sessions
from medportal.access import anyone, public
from medportal.blueprints.accounts.answers import Answer, too_many
from medportal.blueprints.questions import asking, labels, rules, stop
from medportal.blueprints.questions.asking import Asked
from medportal.blueprints.questions.forms import AskByMailForm, AskForm
from medportal.blueprints.questions.similar import similar
from medportal.extensions import db, reading
from medportal.i18n import current_language
from medportal.lib import addresses
from medportal.lib.countries import countries
from medportal.lib.html import plain_to_html
from medportal.models.consultation import Question
from medportal.models.user import User

bp = Blueprint("questions", __name__)

HOUR = 3600


@bp.app_context_processor
def _shared() -> dict[str, object]:
    return {
        "questions_open": rules.questions_open,
        "question_done": labels.ASKER_DONE,
        "question_desk_done": labels.DESK_DONE,
        "question_work_done": labels.WORK_DONE,
        "question_phases": labels.PHASES,
        "question_ages": labels.AGES,
        "all_countries": countries,
    }


bp.add_app_template_filter(plain_to_html, "paragraphs")
"""Typed text as escaped HTML, for `bidi_html`."""


@bp.route("/<lang:lang>/consultants/ask", methods=["GET", "POST"])
@anyone
def ask() -> Answer:
    """First the stop-screen, which names the country for its numbers; the country stays in the address and is not kept."""
    asked = request.args.get("country", "")
    here = stop.rows(asked)
    country = stop.ELSEWHERE if asked == stop.ELSEWHERE else here.country
    if not rules.questions_open():
        return _closed()
    if not country or "on" not in request.args:
        go_on = url_for("questions.ask", country=country, on=1) if country else ""
        return render_template(
            "questions/stop.html", stop=here, country=country, elsewhere=stop.ELSEWHERE, go_on=go_on
        )
    user = sessions.signed_in_user()
    form = _form(user)
    return _asked(form, country, user) if request.method == "POST" else _page(form, country, user)


def _asked(form: AskForm, country: str, user: User | None) -> Answer:
    if "similar" in request.form:
        allowed = limits.allow("similar", limits.network(), limit=120, seconds=900)
        db.session.commit()
        found = similar(_words(), current_language().code) if allowed else []
        return _page(form, country, user, similar=found)
    if not form.validate():
        with reading():
            return _page(form, country, user), 422
    if form.is_from_a_program:
        return redirect(url_for("questions.sent"), 303)
    return _send(form, country, user)


def _form(user: User | None) -> AskForm:
    start = {"language": current_language().code}
    formdata = request.form if request.method == "POST" else None
    form = (AskByMailForm if user is None else AskForm)(formdata=formdata, data=start)
    form.now = rules.terms_hash(current_language().code)
    return form


def _page(form: AskForm, country: str, user: User | None, **values: object) -> str:
    lang = current_language().code
    return render_template(
        "questions/ask.html",
        form=form,
        country=country,
        member=user,
        terms=rules.terms(lang),
        reply_days=rules.reply_days(),
        look_in_days=rules.look_in_days(),
        physician=rules.physician(),
        **values,
    )


def lost(versions: Mapping[str, tuple[str, ...]], back: str, status: int = 409) -> Answer:
    """The question has moved on meanwhile: what was typed is shown, so that it is not lost."""
    kept = {code: "\n\n".join(filter(None, words)) for code, words in versions.items()}
    return render_template("questions/lost.html", kept=kept, back=back), status


def _closed() -> Answer:
    """What was typed while they closed is shown, so that it is not lost."""
    kept = request.form.get("body", "") if request.method == "POST" else ""
    return render_template("questions/closed.html", kept=kept), 409 if kept else 200


def _send(form: AskForm, country: str, user: User | None) -> Answer:
    field = "title" if user is not None else "email"
    if not limits.allow("question", limits.network(), limit=10, seconds=HOUR):
        db.session.commit()
        return _too_many(form, field, country, user)
    asked = Asked(
        lang=form.language.data,
        title=form.title.data or "",
        body=form.body.data or "",
        age=form.age.data,
        specialty_id=form.specialty.data,
        may_publish=form.publish.data == "yes",
        consent_lang=current_language().code,
        consent_terms=rules.terms_hash(current_language().code),
    )
    if user is None:
        email = addresses.normalise(form["email"].data)
        asking.ask_by_mail(asked, email, burst=current_app.config["SIGN_UP_BURST"])
        db.session.commit()
        return redirect(url_for("questions.sent"), 303)
    return _of_member(asking.ask(asked, user), form, country, user)


def _of_member(question: Question | None, form: AskForm, country: str, user: User) -> Answer:
    if question is None:
        db.session.commit()
        return _too_many(form, "title", country, user)
    number = question.id
    db.session.commit()
    return redirect(url_for("questions.mine_one", number=number, done="arrived"), 303)


def _too_many(form: AskForm, field: str, country: str, user: User | None) -> Answer:
    lang = current_language().code
    return too_many(
        "questions/ask.html",
        form,
        field,
        hour=True,
        country=country,
        member=user,
        terms=rules.terms(lang),
        reply_days=rules.reply_days(),
        look_in_days=rules.look_in_days(),
        physician=rules.physician(),
    )


@bp.get("/<lang:lang>/consultants/ask/sent")
@public
def sent() -> str:
    return render_template("questions/sent.html")


def _words() -> str:
    return f"{request.form.get('title', '')} {request.form.get('body', '')}".strip()

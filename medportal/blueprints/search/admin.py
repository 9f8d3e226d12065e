"""The desk's screens for the search: what found nothing, and the glossary."""

from flask import abort, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from medportal import audit, htmx
from medportal.access import staff
from medportal.blueprints.search import services
from medportal.blueprints.search.forms import ConceptForm, WordForm
from medportal.blueprints.search.glossary_queries import concepts
from medportal.blueprints.search.labels import KINDS, REGIONS
from medportal.blueprints.search.views import bp
from medportal.extensions import db
from medportal.i18n import LANGUAGES
from medportal.models.glossary import GlossaryConcept, GlossaryWord
from medportal.models.search import MissedSearch
from medportal.paging import asked_one_of, asked_page
from medportal.search import missed
from medportal.sessions import member

Answer = str | Response | tuple[str, int]
DONE = {
    "added": _l("The word has been added. Readers find it from now on."),
    "removed": _l("The word has been taken out of the search. It can be brought back below."),
    "restored": _l("The word is back in the search."),
    "dismissed": _l("The search has been put aside."),
    "back": _l("The search is in the list again."),
}


def _me() -> str:
    return audit.actor_name(member().role, member().id)


@bp.get("/<lang:lang>/admin/searches")
@staff
def admin_missed() -> str:
    """Searches that found nothing, on three separate days or more."""
    state = asked_one_of("state", ("aside",))
    page = asked_page(missed.shown(dismissed=state == "aside"))
    return render_template("admin/searches.html", page=page, state=state, search_done=DONE)


@bp.post("/<lang:lang>/admin/searches/<int:number>")
@staff
def admin_settle_missed(number: int) -> Response:
    row = db.session.get(MissedSearch, number) if number < 2**31 else None
    if row is None:
        abort(404)
    dismissed = request.form.get("state") != "back"
    services.settle_missed(row, dismissed=dismissed)
    db.session.commit()
    return redirect(url_for("search.admin_missed", done="dismissed" if dismissed else "back"), 303)


@bp.get("/<lang:lang>/admin/glossary")
@staff
def admin_glossary() -> str:
    words = request.args.get("q", "").strip()[:80]
    return htmx.render(
        "admin/glossary.html", "admin/_glossary.html", page=asked_page(concepts(words)), q=words
    )


@bp.route("/<lang:lang>/admin/glossary/new", methods=["GET", "POST"])
@staff
def admin_new_concept() -> Answer:
    form = ConceptForm(formdata=request.form if request.method == "POST" else None, **_asked_word())
    if request.method != "POST":
        return render_template("admin/concept_new.html", form=form)
    if not form.validate():
        return render_template("admin/concept_new.html", form=form), 422
    concept = services.add_concept(form.name.data or "", form.arabic.data or "", by=_me())
    db.session.commit()
    return redirect(url_for("search.admin_concept", number=concept.id, done="added"), 303)


def _asked_word() -> dict[str, str]:
    """A missed search, brought over into the form by its language."""
    word = request.args.get("word", "")[:200]
    return {"arabic" if request.args.get("text") == "ar" else "name": word} if word else {}


def _concept(number: int) -> GlossaryConcept:
    concept = db.session.get(GlossaryConcept, number) if number < 2**31 else None
    if concept is None:
        abort(404)
    return concept


def _page(concept: GlossaryConcept, form: WordForm) -> str:
    return render_template(
        "admin/concept.html",
        concept=concept,
        form=form,
        word_kinds=KINDS,
        regions=REGIONS,
        search_done=DONE,
        words={code: [word for word in concept.words if word.lang == code] for code in LANGUAGES},
    )


@bp.get("/<lang:lang>/admin/glossary/<int:number>")
@staff
def admin_concept(number: int) -> str:
    return _page(_concept(number), WordForm(formdata=None, kind="lay"))


@bp.post("/<lang:lang>/admin/glossary/<int:number>")
@staff
def admin_add_word(number: int) -> Answer:
    concept, form = _concept(number), WordForm()
    if not form.validate():
        return _page(concept, form), 422
    services.add_word(
        concept,
        form.lang.data,
        form.text.data or "",
        form.kind.data,
        form.region.data or "",
        form.source.data or "",
        by=_me(),
    )
    db.session.commit()
    return redirect(url_for("search.admin_concept", number=number, done="added"), 303)


@bp.post("/<lang:lang>/admin/glossary/words/<int:number>")
@staff
def admin_change_word(number: int) -> Response:
    """Take a word out of the search, or bring it back."""
    word = db.session.get(GlossaryWord, number) if number < 2**31 else None
    if word is None:
        abort(404)
    back = request.form.get("state") == "back"
    (services.restore_word if back else services.remove_word)(word, by=_me())
    db.session.commit()
    done = "restored" if back else "removed"
    return redirect(url_for("search.admin_concept", number=word.concept_id, done=done), 303)

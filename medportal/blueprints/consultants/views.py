"""The directory and the profiles, for readers."""

from collections.abc import Sequence

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from medportal import htmx
from medportal.access import kept, public
from medportal.blueprints.consultants import queries
from medportal.blueprints.consultants.json_ld import profile_json_ld
from medportal.blueprints.consultants.labels import WORKS, initials
from medportal.blueprints.consultants.profile import Profile
from medportal.blueprints.consultants.queries import Filters
from medportal.blueprints.content.addresses import profile_slug, profile_url
from medportal.blueprints.content.json_ld import list_json_ld
from medportal.blueprints.people.labels import CHECKS, rank_of
from medportal.i18n import LANGUAGES, current_language
from medportal.lib.arabic import sort_key
from medportal.lib.countries import country_name
from medportal.lib.tongues import tongue
from medportal.models.people import Person
from medportal.models.types import localize
from medportal.paging import asked_one_of, asked_page

bp = Blueprint("consultants", __name__, url_prefix="/<lang:lang>")


@bp.app_context_processor
def _words() -> dict[str, object]:
    return {"rank_of": rank_of, "initials": initials, "tongue": tongue, "home_corner": _home_corner}


def _home_corner() -> tuple[Sequence[Person], queries.Around]:
    people = queries.on_home(current_language().code)
    return people, queries.around(people)


def _options() -> dict[str, dict[str, str]]:
    """Name of a filter → its values, by their names in the reader's language."""
    lang = current_language().code
    found = {
        "specialty": {row.slug: localize(row.name, lang) for row in queries.specialties()},
        "country": {code: country_name(code, lang) for code in queries.countries()},
        "speaks": {code: tongue(code, lang) for code in queries.languages()},
    }
    return {
        name: dict(sorted(values.items(), key=lambda pair: sort_key(pair[1])))
        for name, values in found.items()
    }


@bp.get("/consultants/")
@public
@kept
def index() -> str:
    options = _options()
    asked = {name: asked_one_of(name, list(values)) for name, values in options.items()}
    filters = Filters(asked["specialty"], asked["country"], asked["speaks"])
    page = asked_page(queries.directory(current_language().code, filters))
    return htmx.render(
        "consultants/index.html",
        "consultants/_list.html",
        page=page,
        around=queries.around(page.entries),
        options=options,
        asked=asked,
        filters=filters,
        json_ld=list_json_ld(gettext("Consultants"), url_for("consultants.index")),
    )


def _listed(slug: str) -> Person | Response:
    """Whose address this is. Somebody who has an address in this language stands there and nowhere else."""
    person = queries.by_slug(current_language().code, slug)
    if person is None:
        abort(404)
    slugs = {text.lang: text.slug for text in person.texts}
    own = slugs.get(current_language().code, slug)
    if own == slug:
        return person
    values = {**(request.view_args or {}), "slug": own}
    return redirect(url_for(request.endpoint or "", **values), 301)


@bp.get("/consultants/<slug:slug>")
@public
@kept
def profile(slug: str) -> str | Response:
    person = _listed(slug)
    if not isinstance(person, Person):
        return person
    shown = Profile(person, current_language().code)
    return render_template(
        "consultants/profile.html",
        profile=shown,
        person=person,
        works=WORKS,
        check_kinds=CHECKS,
        json_ld=profile_json_ld(shown),
    )


@bp.get("/consultants/<slug:slug>/<any(written, reviewed, opinions, answered):what>")
@public
@kept
def works(slug: str, what: str) -> str | Response:
    """All of one list of a profile."""
    person = _listed(slug)
    if not isinstance(person, Person):
        return person
    page = asked_page(queries.works(what, person.id, current_language().code))
    return render_template(
        "consultants/works.html",
        person=person,
        page=page,
        what=what,
        works=WORKS,
        address=profile_url(person),
        slugs={code: profile_slug(person, code) for code in LANGUAGES},
    )

"""The groups of the settings page: each a form, what stands in it, and what it chooses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_babel import lazy_gettext as _l

from medportal import choices
from medportal.blueprints.settings import forms, services, terms
from medportal.choices import setting
from medportal.extensions import db
from medportal.forms import MemberForm
from medportal.i18n import LANGUAGES, current_language
from medportal.models.media import Media
from medportal.models.people import Person
from medportal.models.types import localize

PICTURES = 100
PEOPLE = 300


@dataclass(frozen=True)
class Section:
    """`form()` is its class, `stored()` its data as they are now, `chosen(form)` the settings it makes of valid ones.

    `fields`: names that stand in a pair, one for each language; the others follow one below the other.
    """

    key: str
    heading: Any
    form: Callable[[], type[MemberForm]]
    stored: Callable[[], dict[str, Any]]
    chosen: Callable[[Any], dict[str, Any]]
    fields: tuple[str, ...] = ()
    hint: Any = ""

    def filled(self) -> MemberForm:
        return self.form()(formdata=None, data=self.stored())

    def sent(self) -> MemberForm:
        return self.form()(formdata=request.form)


def _stored_contact() -> dict[str, Any]:
    kept = setting("contact") or {}
    plain = {name: kept.get(name, "") for name in ("phone", "email")}
    return forms.spread("address", kept.get("address")) | plain


def _chosen_contact(form: Any) -> dict[str, Any]:
    said = {"address": forms.typed(form, "address"), "phone": form.phone.data, "email": form.email.data}
    return {"contact": {name: value for name, value in said.items() if value}}


def _links_form() -> type[MemberForm]:
    """As many lines as were sent, or as there are links, and room for more."""
    sent = sum(name.startswith("link_url_") for name in request.form)
    return forms.links_form(sent or len(setting("social_links") or []) + forms.ROOM)


def _stored_links() -> dict[str, Any]:
    kept = list(enumerate(setting("social_links") or []))
    return {f"link_name_{n}": link["name"] for n, link in kept} | {
        f"link_url_{n}": link["url"] for n, link in kept
    }


def _logo_form() -> type[MemberForm]:
    rows = db.session.scalars(sa.select(Media).order_by(Media.id.desc()).limit(PICTURES)).all()
    lang = current_language().code
    pictures = [(row.id, localize(row.alt, lang) or row.name) for row in rows]
    kept = setting("logo")
    if kept and kept["id"] not in dict(pictures):
        pictures.append((kept["id"], kept["name"]))
    return forms.logo_form(pictures)


def _chosen_logo(form: Any) -> dict[str, Any]:
    return {"logo": services.logo_of(int(form.logo.data) if form.logo.data else None)}


def _questions_form() -> type[MemberForm]:
    """Who may be responsible: whoever stands in the corner or has an account, and who is it now."""
    kept = setting("questions_physician")
    query = sa.select(Person).where(
        Person.form == "person",
        sa.or_(Person.listed, Person.user_id.is_not(None), Person.id == (kept or 0)),
    )
    people = db.session.scalars(query.order_by(Person.id).limit(PEOPLE))
    return forms.questions_form([(row.id, localize(row.name, current_language().code)) for row in people])


def _stored_questions() -> dict[str, Any]:
    """`?draft=questions` offers words for languages that have none; they are kept only when they are sent."""
    kept = dict(setting("questions_terms") or {})
    if request.args.get("draft") == "questions":
        kept = {code: kept.get(code) or terms.draft(code) for code in LANGUAGES}
    plain = {name: setting(name) for name in ("questions_reply_days", "questions_look_in_days")}
    return (
        forms.spread("questions_terms", kept)
        | plain
        | {
            "questions_on": bool(setting("questions_on")),
            "questions_physician": str(setting("questions_physician") or ""),
        }
    )


def _chosen_questions(form: Any) -> dict[str, Any]:
    physician = form.questions_physician.data
    return {
        "questions_on": form.questions_on.data,
        "questions_physician": int(physician) if physician else None,
        "questions_reply_days": form.questions_reply_days.data,
        "questions_look_in_days": form.questions_look_in_days.data,
        "questions_terms": forms.typed(form, "questions_terms"),
    }


SECTIONS = {
    section.key: section
    for section in (
        Section(
            "names",
            _l("Name and description"),
            forms.names_form,
            lambda: (
                forms.spread("site_name", setting("site_name")) | forms.spread("tagline", setting("tagline"))
            ),
            lambda form: {name: forms.typed(form, name) for name in ("site_name", "tagline")},
            ("site_name", "tagline"),
        ),
        Section(
            "logo",
            _l("Logo"),
            _logo_form,
            lambda: {"logo": str((setting("logo") or {}).get("id", ""))},
            _chosen_logo,
            hint=_l(
                "Chosen from the pictures that were uploaded. It stands beside the name, 40 points high."
            ),
        ),
        Section(
            "disclaimer",
            _l("Disclaimer"),
            forms.disclaimer_form,
            lambda: forms.spread("disclaimer", setting("disclaimer")),
            lambda form: {"disclaimer": forms.typed(form, "disclaimer")},
            ("disclaimer",),
        ),
        Section(
            "contact",
            _l("How readers reach you"),
            forms.contact_form,
            _stored_contact,
            _chosen_contact,
            ("address",),
            hint=_l("Shown on the contact page; telephone and email also at the foot of every page."),
        ),
        Section(
            "links",
            _l("Social networks and other sites"),
            _links_form,
            _stored_links,
            lambda form: {"social_links": form.links()},
            hint=_l("They stand at the foot of every page. To take a link away, empty both of its fields."),
        ),
        Section(
            "dates",
            _l("Dates and digits"),
            lambda: forms.DatesForm,
            lambda: {
                "arabic_digits": "yes" if choices.arabic_digits() else "no",
                "arabic_region": choices.arabic_region(),
                "time_zone": choices.time_zone(),
            },
            lambda form: {
                "arabic_digits": form.arabic_digits.data == "yes",
                "arabic_region": form.arabic_region.data,
                "time_zone": form.time_zone.data,
            },
        ),
        Section(
            "home",
            _l("Home page"),
            lambda: forms.HomeForm,
            lambda: {"latest_members": bool(setting("latest_members"))},
            lambda form: {"latest_members": form.latest_members.data},
        ),
        Section(
            "review",
            _l("Review and publishing"),
            lambda: forms.ReviewForm,
            lambda: {
                "review_months": choices.review_months(),
                "second_person": choices.needs_second_person(),
            },
            lambda form: {
                "review_months": form.review_months.data,
                "second_person": form.second_person.data,
            },
        ),
        Section(
            "questions",
            _l("Questions of readers"),
            _questions_form,
            _stored_questions,
            _chosen_questions,
            ("questions_terms",),
            hint=_l(
                "Off until a responsible physician, both times and the terms in every language are set. Nothing is published without the owner and the asker."
            ),
        ),
    )
}

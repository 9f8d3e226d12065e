"""What a profile says, for machines. Every name and date here is visible on the page; nothing is claimed on top."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from medportal.blueprints.consultants.profile import Profile
from medportal.blueprints.content.json_ld import site_name
from medportal.lib.countries import country_name
from medportal.lib.html import to_text
from medportal.lib.tongues import tongue
from medportal.models.people import Rank
from medportal.models.types import localize
from medportal.templating import absolute

PHYSICIANS = frozenset({Rank.PHYSICIAN, Rank.SPECIALIST, Rank.CONSULTANT, Rank.PROFESSOR})


def profile_json_ld(profile: Profile) -> dict[str, Any]:
    address = absolute(profile.url)
    trail = [
        (_("Home"), url_for("pages.home")),
        (_("Consultants"), url_for("consultants.index")),
        (profile.name, profile.url),
    ]
    return {
        "@context": "https://schema.org",
        "@type": "ProfilePage",
        "@id": address,
        "url": address,
        "inLanguage": profile.lang,
        "mainEntity": _person(profile, address),
        "breadcrumb": {
            "@type": "BreadcrumbList",
            "itemListElement": [
                {"@type": "ListItem", "position": n, "name": name, "item": absolute(where)}
                for n, (name, where) in enumerate(trail, 1)
            ],
        },
        "isPartOf": {"@type": "WebSite", "name": site_name(), "url": absolute(url_for("pages.home"))},
    }


def _person(profile: Profile, address: str) -> dict[str, Any]:
    person, lang = profile.person, profile.lang
    is_physician = person.rank in PHYSICIANS
    named = [localize(row.name, lang) for row in person.specialties]
    facts: dict[str, Any] = {
        "@type": ["Person", "Physician"] if is_physician else "Person",
        "@id": f"{address}#person",
        "name": profile.name,
        "url": address,
        "jobTitle": [words for words in (profile.rank, localize(person.title, lang)) if words],
        "honorificSuffix": ", ".join(degree["abbr"] for degree in person.degrees),
        "medicalSpecialty" if is_physician else "knowsAbout": named,
        "knowsLanguage": [tongue(code, lang) for code in person.languages],
        "description": to_text(profile.biography),
        "workLocation": [_place(place, lang) for place in profile.places],
        "hasCredential": [_credential(check, lang) for check in profile.valid],
    }
    if person.country:
        facts["address"] = {"@type": "PostalAddress", "addressCountry": country_name(person.country, lang)}
    if profile.photo is not None:
        facts["image"] = absolute(url_for("media.file", name=profile.photo.file_near(480)[2]))
    return {name: value for name, value in facts.items() if value}


def _place(place: Any, lang: str) -> dict[str, Any]:
    address = {
        "streetAddress": localize(place.address, lang),
        "addressLocality": localize(place.city, lang),
        "addressCountry": country_name(place.country, lang) if place.country else "",
    }
    facts = {"name": localize(place.name, lang), "telephone": place.phone, "url": place.url}
    found = {"@type": "Place"} | {name: value for name, value in facts.items() if value}
    known = {name: value for name, value in address.items() if value}
    return found | ({"address": {"@type": "PostalAddress", **known}} if known else {})


def _credential(check: Any, lang: str) -> dict[str, Any]:
    return {
        "@type": "EducationalOccupationalCredential",
        "name": localize(check.what, lang),
        "recognizedBy": {"@type": "Organization", "name": localize(check.issued_by, lang)},
    }

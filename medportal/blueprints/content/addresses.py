"""Where things are. Fixed pages have short addresses; everything else stands under its kind."""

from typing import Any

from flask import url_for

from medportal.content_types import KINDS
from medportal.content_types.page import FIXED
from medportal.i18n import current_language
from medportal.models.people import Standing


def page_url(kind: str, slug: str, **values: Any) -> str:
    """The address of a text, by the key of its kind; `lang=` for another language than the page's."""
    if kind == "page" and slug in FIXED:
        return url_for("pages.fixed", slug=slug, **values)
    return url_for("content.page", kind=KINDS[kind], slug=slug, **values)


def profile_url(person: Standing, lang: str | None = None) -> str | None:
    """The page of somebody in the consultants' corner; None for everybody else. A person without an address in this
    language stands under that of another."""
    lang = lang or current_language().code
    slug = profile_slug(person, lang)
    return url_for("consultants.profile", slug=slug, lang=lang) if slug else None


def profile_slug(person: Standing, lang: str) -> str | None:
    slugs = {text.lang: text.slug for text in person.texts} if person.listed else {}
    return slugs.get(lang) or next(iter(slugs.values()), None)


def profile_of(person: Standing, lang: str) -> str | None:
    """The address of the person's profile in the consultants' corner; None where there is none in this language."""
    if not person.listed:
        return None
    slug = next((text.slug for text in person.texts if text.lang == lang), None)
    return url_for("consultants.profile", slug=slug) if slug else None

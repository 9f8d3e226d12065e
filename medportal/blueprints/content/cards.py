"""A thing as it stands in lists. The same thing stands in many, so what was drawn once is remembered by what it shows."""

from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from flask import current_app, g
from flask_babel import get_locale
from markupsafe import Markup

from medportal import choices
from medportal.blueprints.content.lists import Entry, NamedCategory
from medportal.i18n import current_language
from medportal.lib.dates import utc_now
from medportal.models.types import label_language, localize


def card(
    entry: Entry, category: NamedCategory | None = None, heading: str = "h3", show_kind: bool = False
) -> Markup:
    """`category`: its main one, where the list shows it."""
    lang = current_language().code
    named = (localize(category.name, lang), label_language(category.name, lang)) if category else None
    shown = (
        *(entry.kind, entry.slug, entry.title, entry.title_lang, entry.summary, entry.own, entry.text_title),
        *(entry.text_lang, entry.day, entry.year, entry.superseded, entry.origin),
        entry.ends is not None and entry.ends < utc_now(),
    )
    return _drawn(shown, named, heading, show_kind, _manner())


def _manner() -> tuple[Hashable, ...]:
    """What else a card follows from: the language, and how the owner wants digits and months; asked once a request."""
    if "card_manner" not in g:
        chosen = choices.arabic_digits(), choices.arabic_region()
        g.card_manner = current_app.jinja_env, str(get_locale()), *chosen
    manner: tuple[Hashable, ...] = g.card_manner
    return manner


@lru_cache(maxsize=4000)
def _drawn(
    shown: tuple[Any, ...], category: tuple[str, str] | None, heading: str, show_kind: bool, _manner: Any
) -> Markup:
    names = (
        "kind",
        "slug",
        "title",
        "title_lang",
        "summary",
        "own",
        "text_title",
        "text_lang",
        "day",
        "year",
    )
    entry = dict(zip((*names, "superseded", "origin", "over"), shown, strict=True))
    macros: Any = current_app.jinja_env.get_template("macros/card.html").module
    return Markup(macros.card(entry, category, heading, show_kind))  # noqa: S704  # escaped by its template

"""A thing as it stands in lists; the same thing stands in many."""

from datetime import date
from typing import NamedTuple

from markupsafe import Markup

from medportal.blueprints.content.drawn import drawn
from medportal.blueprints.content.lists import Entry, NamedCategory
from medportal.i18n import current_language
from medportal.lib.dates import utc_now
from medportal.models.types import label_language, localize


class ShownCard(NamedTuple):
    """What a card shows of an `Entry`; `over`: an event that has ended."""

    kind: str
    slug: str
    title: str
    title_lang: str
    summary: str
    own: bool
    text_title: str
    text_lang: str
    day: date
    year: int
    superseded: bool
    origin: str
    over: bool


def card(
    entry: Entry, category: NamedCategory | None = None, heading: str = "h3", show_kind: bool = False
) -> Markup:
    """`category`: its main one, where the list shows it."""
    lang = current_language().code
    named = (localize(category.name, lang), label_language(category.name, lang)) if category else None
    shown = ShownCard(
        *(entry.kind, entry.slug, entry.title, entry.title_lang, entry.summary, entry.own, entry.text_title),
        *(entry.text_lang, entry.day, entry.year, entry.superseded, entry.origin),
        entry.ends is not None and entry.ends < utc_now(),
    )
    return drawn("macros/card.html", "card", shown, named, heading, show_kind)

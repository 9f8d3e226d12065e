"""What stands on many pages, or seldom changes, drawn once: remembered by what it shows, so that nothing needs to be told
of a change and nothing old can be shown."""

from collections.abc import Hashable, Iterable
from functools import lru_cache
from typing import Any

from flask import current_app, g
from flask_babel import get_locale
from markupsafe import Markup

from medportal import choices
from medportal.content_types.sections import SECTIONS


def drawn(template: str, macro: str, *shown: Hashable) -> Markup:
    """What the macro makes of these values. It must follow from them, the language and the owner's choices of digits and
    months alone; its template escapes."""
    return _drawn(template, macro, shown, _manner())


def drawn_each(template: str, macro: str, rows: Iterable[Hashable]) -> Markup:
    """What the macro makes of each row, one behind the other."""
    manner = _manner()
    return Markup("").join(_drawn(template, macro, (row,), manner) for row in rows)


def section_label(key: str) -> str:
    """The heading of a section; a page has fifteen."""
    return _section_label(key, _manner())


@lru_cache(maxsize=200)
def _section_label(key: str, _manner: Any) -> str:
    return str(SECTIONS[key])


def _manner() -> tuple[Hashable, ...]:
    """Asked once a request."""
    manner: tuple[Hashable, ...] | None = g.get("manner")
    if manner is None:
        chosen = choices.arabic_digits(), choices.arabic_region()
        g.manner = manner = current_app.jinja_env, str(get_locale()), *chosen
    return manner


@lru_cache(maxsize=2000)
def _drawn(template: str, macro: str, shown: tuple[Any, ...], _manner: Any) -> Markup:
    macros: Any = current_app.jinja_env.get_template(template).module
    return Markup(getattr(macros, macro)(*shown))  # noqa: S704  # escaped by its template

"""Findings as people read them. What is to be typed or is a name of the machine stands between ` in their sentences;
it runs from left to right in every language."""

import re

from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from medportal.health.findings import Level
from medportal.i18n import current_language
from medportal.templating import isolate

LEVELS = {Level.OK: _l("In order"), Level.NOTE: _l("Note"), Level.PROBLEM: _l("Problem")}
ICONS = {Level.OK: "circle-check", Level.NOTE: "info", Level.PROBLEM: "triangle-alert"}
_TYPED = re.compile(r"`([^`]*)`")


def html(sentence: object) -> Markup:
    parts = _TYPED.split(str(sentence))
    return Markup("").join(
        Markup('<code dir="ltr">{}</code>').format(part) if n % 2 else isolate(part)
        for n, part in enumerate(parts)
    )


def plain(sentence: object) -> str:
    """For programs, where nobody reads the direction."""
    return _TYPED.sub(r"\1", str(sentence))


def terminal(sentence: object) -> str:
    if current_language().dir == "ltr":
        return plain(sentence)
    return _TYPED.sub("\u2066\\1\u2069", str(sentence))

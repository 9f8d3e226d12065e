"""Parts that many pages share, kept in memory as long as nothing public changed.

`changes` counts public changes in the database; whatever was made under another count is made anew, so a part is never
older than the page around it. The count is read once a request. What changes by the clock alone is a minute old at most.
"""

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from flask import Flask, current_app, g, has_request_context, render_template, request
from markupsafe import Markup

from medportal.content_types import KINDS
from medportal.i18n import locale_now
from medportal.models.setting import site_version

Value = TypeVar("Value")
LONGEST = 60.0
"""Seconds."""
MOST = 1000
PLACES = frozenset({*(kind.path for kind in KINDS.values()), "categories", "consultants", "about", "contact"})
"""What the main menu leads to, as the second part of an address."""


def init_app(app: Flask) -> None:
    app.extensions["parts"] = {}
    app.jinja_env.globals.update(part=part, place=place)


def remembered(key: Hashable, make: Callable[[], Value]) -> Value:
    """`make()`, or what it gave before. It must be no entity of a session, and follow from `key` and from what is
    public alone. Where nobody waits for a page (jobs, commands), nothing is remembered."""
    if not has_request_context():
        return make()
    if "site_version" not in g:
        g.site_version = site_version()
    kept: dict[Hashable, tuple[int, float, Any]] = current_app.extensions["parts"]
    births: list[float] = g.setdefault("births", [])
    found = kept.get(key)
    if found is not None and found[0] == g.site_version and 0 <= time.time() - found[1] < LONGEST:
        births.append(found[1])
        value: Value = found[2]
        return value
    made, before = time.time(), len(births)
    value = make()
    made = min([made, *births[before:]])  # no younger than what it is made of
    births.append(made)
    if len(kept) >= MOST:
        kept.clear()
    kept[key] = (g.site_version, made, value)
    return value


def part(template: str, *facts: Hashable) -> Markup:
    """A template that follows from language, `facts` and public things alone, for templates as an include."""
    key = (template, locale_now(), *facts)
    return remembered(key, lambda: Markup(render_template(template, facts=facts)))  # noqa: S704  # escaped by its template


def place() -> tuple[str, bool]:
    """Where in the main menu this page stands: the first part of its address, and whether it is that very page."""
    parts = request.path.split("/", 3)
    name = parts[2] if len(parts) > 2 else ""
    return (name, len(parts) == 3 or parts[3] == "") if name in PLACES else ("", False)

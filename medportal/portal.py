"""Flask, with a memory for what every page asks a hundred times: addresses and translated words."""

from collections.abc import MutableMapping
from types import FunctionType
from typing import Any

from flask import Flask, has_request_context
from flask.globals import request_ctx
from flask.sansio.app import App
from flask.templating import Environment
from flask_babel import gettext
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from jinja2.utils import internalcode
from markupsafe import Markup

from medportal.content_types.base import ContentType
from medportal.i18n import current_language, locale_now

MOST_ADDRESSES = 10_000
LONGEST = 100
"""Longer values come from readers, as do words that are searched for; neither is remembered."""


class _Context(Context):
    """Jinja looks at every call three times for what the function wants to be given; most want nothing."""

    @internalcode
    def call(self, asked: Any, /, *args: Any, **values: Any) -> Any:
        if asked.__class__ is FunctionType and (
            asked is translated or "jinja_pass_arg" not in asked.__dict__
        ):
            values.pop("_block_vars", None)
            values.pop("_loop_vars", None)
            if asked is translated:
                return translated(self.eval_ctx, *args, **values)
            return asked(*args, **values)
        return super().call(asked, *args, **values)


class _Templates(Environment):
    context_class = _Context

    def __init__(self, app: App, **options: Any) -> None:
        super().__init__(app, **options)
        self.words: dict[tuple[str, str | None, str, bool], str] = {}
        """What was translated already: language, territory, words, and whether they go into HTML."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """One dictionary for all templates: Jinja compares its names at every import of macros."""
        return super().make_globals(d) if d else self.globals


class Portal(Flask):
    """`url_for` within a request gives a path, which follows from endpoint, values and language alone."""

    jinja_environment = _Templates
    _addresses: dict[tuple[Any, ...], str]

    def url_for(self, endpoint: str, **values: Any) -> str:
        if endpoint[0] == "." or not has_request_context():
            return super().url_for(endpoint, **values)
        adapter = request_ctx.url_adapter
        key: list[Any] = [endpoint, current_language().code, adapter.script_name if adapter else ""]
        for name, value in values.items():
            if value.__class__ is ContentType:
                key += (name, value.path)
            elif (
                value is None
                or (value.__class__ is int and name[0] != "_")
                or (value.__class__ is str and name[0] != "_" and name != "q" and len(value) <= LONGEST)
            ):
                key += (name, value)
            else:
                return super().url_for(endpoint, **values)
        return self._remembered(tuple(key), endpoint, values)

    def _remembered(self, key: tuple[Any, ...], endpoint: str, values: dict[str, Any]) -> str:
        found = self._addresses.get(key)
        if found is None:
            found = super().url_for(endpoint, **values)
            if len(self._addresses) >= MOST_ADDRESSES:
                self._addresses.clear()
            self._addresses[key] = found
        return found


@pass_eval_context
def translated(context: EvalContext, text: str, /, **values: Any) -> str:
    """Words of a template in the reader's language; as Jinja's own, but looked up once."""
    known: dict[tuple[str, str | None, str, bool], str] = context.environment.words  # type: ignore[attr-defined]
    locale = locale_now()
    key = (locale.language, locale.territory, text, context.autoescape) if locale else None
    words = known.get(key) if key else None
    if words is None:
        words = gettext(text)
        words = Markup(words) if context.autoescape else words  # noqa: S704  # our own catalogue
        if key:
            known[key] = words
    return words % values if values or "%" in words else words


def settle(app: Flask) -> None:
    """What blueprints give to templates never changes, so it is looked up once, and macros need no context for it."""
    processors = app.template_context_processors[None]
    for give in processors[1:]:  # the first is Flask's own
        given: Any = give()
        app.jinja_env.globals.update(given)
    del processors[1:]


def init_app(app: Portal) -> None:
    app._addresses = {}
    app.jinja_env.globals.update(_=translated, gettext=translated)

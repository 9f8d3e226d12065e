"""Languages: a registry, the language in the URL, and what follows from it.

A further language is one line in `LANGUAGES`, a catalogue in `translations/` and content; no migration and no
template knows which languages there are.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from babel import Locale
from flask import Flask, current_app, g, has_request_context, request, url_for
from flask_babel import Babel, Domain, get_locale
from werkzeug.routing import BaseConverter, BuildError, Map

from medportal.config import ConfigError
from medportal.lib.arabic import ARABIC_ALPHABET, LATIN_ALPHABET


@dataclass(frozen=True)
class Language:
    """One language of the portal. `alphabet` is what its A–Z offers, in order."""

    code: str
    alphabet: str = LATIN_ALPHABET

    @cached_property
    def locale(self) -> Locale:
        return Locale.parse(self.code)

    @cached_property
    def dir(self) -> str:
        return str(self.locale.text_direction)

    @cached_property
    def native_name(self) -> str:
        return str(self.locale.get_display_name(self.code)).capitalize()


LANGUAGES: dict[str, Language] = {
    "ar": Language("ar", ARABIC_ALPHABET),
    "en": Language("en"),
}


class LanguageConverter(BaseConverter):
    """`<lang:lang>` matches exactly the codes of the registry as it was when the app was made."""

    part_isolating = True

    def __init__(self, map: Map) -> None:
        super().__init__(map)
        self.regex = "|".join(LANGUAGES)


class Catalogue(Domain):
    """Flask-Babel's, with a memory: a page asks for the same hundred words as the one before."""

    def __init__(self, directories: list[str]) -> None:
        super().__init__(directories)
        self._known: dict[tuple[str, str | None, str], str] = {}

    def gettext(self, string: str, **variables: Any) -> str:
        locale = locale_now()
        if locale is None:
            return str(super().gettext(string, **variables))
        key = (locale.language, locale.territory, string)
        words = self._known.get(key)
        if words is None:
            words = self._known[key] = str(super().gettext(string))
        return words % variables if variables else words


def locale_now() -> Locale | None:
    """As Flask-Babel's `get_locale`, which takes its time: what it found before is read where it keeps it."""
    try:
        kept = g.get("_flask_babel")
    except RuntimeError:  # nobody asks
        return None
    return getattr(kept, "babel_locale", None) or get_locale()


def init_app(app: Flask) -> None:
    if app.config["DEFAULT_LANGUAGE"] not in LANGUAGES:
        raise ConfigError(f"DEFAULT_LANGUAGE must be one of {', '.join(LANGUAGES)}")
    babel = Babel(app, locale_selector=_locale)  # one for each application: it caches catalogues
    babel.domain_instance = Catalogue(app.extensions["babel"].translation_directories)
    app.url_map.converters["lang"] = LanguageConverter
    app.url_value_preprocessor(_take_language)
    app.url_defaults(_give_language)


def _take_language(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    code = (values or {}).pop("lang", None)
    if code is not None:
        g.lang = code


def _give_language(endpoint: str, values: dict[str, Any]) -> None:
    if "lang" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "lang"):
        values["lang"] = current_language().code


def _locale() -> str:
    code = current_language().code
    region = current_app.config["ARABIC_REGION"]
    return f"{code}_{region}" if code == "ar" and region else code


def current_language() -> Language:
    """From the URL; where it names none (errors, `/`), what the reader's browser prefers; else the default."""
    code = g.get("lang")
    if code is None and has_request_context():
        first = request.path.split("/", 2)[1] if request.path.startswith("/") else ""
        code = first if first in LANGUAGES else preferred_language()
        g.lang = code
    return LANGUAGES[code or current_app.config["DEFAULT_LANGUAGE"]]


def preferred_language() -> str:
    best = request.accept_languages.best_match(list(LANGUAGES))
    return best or str(current_app.config["DEFAULT_LANGUAGE"])


def other_languages() -> list[Language]:
    return [language for code, language in LANGUAGES.items() if code != current_language().code]


QUERY_KEPT = (
    *("page", "category", "year", "when", "q", "role", "state", "kind", "action", "frequency", "occasion"),
    *("specialty", "country", "speaks", "section", "text", "from", "to", "video", "exact"),
)
"""What narrows a list and means the same in every language; a letter of the alphabet does not."""


def same_page_in(code: str) -> str:
    """The address of this very page in another language, with the query values that mean the same there."""
    values = dict(request.view_args or {})
    args = request.args
    query = (
        {name: args[name] for name in (*QUERY_KEPT, "content", "person") if args.get(name)} if args else {}
    )
    try:
        return url_for(request.endpoint or "", **{**query, **values, "lang": code})
    except BuildError:
        return url_for("pages.home", lang=code)

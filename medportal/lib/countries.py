"""Countries: ISO 3166 codes, and their names in any language as Babel knows them."""

import re
from functools import lru_cache

from babel import Locale

from medportal.lib.arabic import sort_key

_CODE = re.compile("[A-Z]{2}")
_NO_COUNTRIES = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"]
)
"""Codes that stand for unions, tests and parts of other countries."""


@lru_cache(maxsize=32)
def countries(lang: str) -> dict[str, str]:
    """code → name in this language, in the order of the names."""
    names = {
        code: name
        for code, name in Locale.parse(lang).territories.items()
        if _CODE.fullmatch(code) and code not in _NO_COUNTRIES
    }
    return dict(sorted(names.items(), key=lambda pair: sort_key(pair[1])))


def country_name(code: str, lang: str) -> str:
    return countries(lang).get(code, code)

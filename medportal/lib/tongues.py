"""Languages that people speak, and their names in any language as Babel knows them."""

from functools import lru_cache

from babel import Locale

from medportal.lib.arabic import sort_key

SPOKEN = (
    *("am", "ar", "bn", "ckb", "de", "el", "en", "es", "fa", "fr", "ha", "hi", "hy", "id", "it", "ja", "kab"),
    *("ko", "ku", "ms", "nl", "pl", "pt", "ro", "ru", "so", "sv", "sw", "syr", "ti", "tr", "tzm", "uk", "ur"),
    "zh",
)
"""What a form offers; what is stored may be any code that Babel knows."""


@lru_cache(maxsize=32)
def tongues(lang: str) -> dict[str, str]:
    """code → name in this language, in the order of the names."""
    named = {code: tongue(code, lang) for code in SPOKEN}
    return dict(sorted(named.items(), key=lambda pair: sort_key(pair[1])))


def tongue(code: str, lang: str) -> str:
    return str(Locale.parse(lang).languages.get(code, code))

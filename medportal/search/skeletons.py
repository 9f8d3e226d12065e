"""What is left of a word when everything that people mishear or spell by ear is taken away: "nimonia" and "pneumonia",
روماتيزوم and روماتيزم have one skeleton. It proposes, letters decide (`spelling`)."""

import re

from medportal.lib.arabic import has_arabic
from medportal.search.analysis import american

_ENGLISH = (
    (re.compile(r"^(?:pn|kn|gn)"), "n"),
    (re.compile(r"^ps"), "s"),
    (re.compile(r"^wr"), "r"),
    (re.compile(r"^x"), "s"),
    (re.compile("sch|sc(?=[eiy])"), "s"),
    (re.compile("ph|gh(?=[^aeiou]|$)"), "f"),
    (re.compile("sth"), "s"),
    (re.compile("rh"), "r"),
    (re.compile("th"), "t"),
    (re.compile("ch|ck|qu?"), "k"),
    (re.compile("c(?=[eiy])"), "s"),
    (re.compile("c"), "k"),
    (re.compile("x"), "ks"),
    (re.compile("z"), "s"),
    (re.compile("v"), "f"),
    (re.compile("j"), "g"),
    (re.compile(r"(?<=.)[aeiouyhw]+"), ""),
    (re.compile("^[aeiouy]"), "a"),
    (re.compile(r"(.)\1+"), r"\1"),
)
_ARTICLE = re.compile("^(?:وال|بال|كال|فال|ال|لل)(?=...)")
_ALIKE = str.maketrans(
    {
        "ث": "س",
        "ص": "س",
        "ز": "س",
        "ذ": "د",
        "ض": "د",
        "ظ": "د",
        "ط": "ت",
        "ق": "ك",
        "غ": "ك",
        "ح": "ه",
        "ج": "ك",
    }
)
_LONG_VOWELS = re.compile("(?<=.)[اويه]+")
_TWICE = re.compile(r"(.)\1+")


def bare(word: str) -> str:
    """A folded word as spelling compares it: Arabic without the article and what is joined to it, English in American
    spelling."""
    return _ARTICLE.sub("", word) if has_arabic(word) else american(word)


def skeleton(word: str) -> str:
    """The skeleton of a folded word."""
    if has_arabic(word):
        return _TWICE.sub(r"\1", _LONG_VOWELS.sub("", bare(word).translate(_ALIKE)))
    for pattern, instead in _ENGLISH:
        word = pattern.sub(instead, word)
    return word

"""One analysis for everything that is searched: index, query, highlighting, suggestions, glossary.

A token of the original text becomes a `Term`: the folded `word` (what people type, without marks, hamza, case or
accents) and its `stem` (light10 for Arabic after Larkey, Ballesteros and Connell 2007, with compound clitics; Snowball
for Latin words after British spelling became American). `VERSION` is stored with the index: raise it with every change
that alters a term, or anything else that is written to the index, and it is built anew.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import snowballstemmer

from medportal.lib.arabic import fold, has_arabic

VERSION = 1

# Letters and digits with the marks that stand on them; an apostrophe inside a word belongs to it.
_MARK = "\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u200b-\u200f\u2060-\u2069"
_TOKEN = re.compile(rf"[^\W_](?:[^\W_]|[{_MARK}]|['’](?=[^\W\d_]))*")
_HYPHENS = "-\u2010\u2011"
_LONGEST = 40
_LOOKED_AT = 3 * _LONGEST
"""Letters and marks of a word that are looked at; what follows makes no difference."""
KEY_LENGTH = 400

_BRITISH = (
    (re.compile("ae|oe"), "e"),
    (re.compile(r"(?<=...)our(?=$|s$|ed$|ing$|al$)"), "or"),
    (re.compile(r"(?<=..[bt])re(?=s?$)"), "er"),
    (re.compile(r"(?<=...)is(?=(?:e|ed|es|er|ers|ing|ation|ations|ational)$)"), "iz"),
    (re.compile(r"(?<=..)ys(?=(?:e|ed|es|er|ing)$)"), "yz"),
    (re.compile("sulph"), "sulf"),
)
_PREFIXES = ("وبال", "وكال", "وفال", "وال", "بال", "كال", "فال", "ولل", "فلل", "ال", "لل")
_SUFFIXES = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")
STOP_WORDS = frozenset(
    (
        "a an the of in on at to for from by with and or is are was were be been do does did what which who whom whose "
        "when where why how that this these those it its as can could should would will may might i my me you your he "
        "she they we our their has have had not no if than then there about into over under between during s t "
        + fold(
            "في من على الى عن مع هذا هذه ذلك تلك التي الذي الذين هو هي هم كان كانت يكون أن أو و ما ماذا متى أين كيف كم "
            "لماذا هل أي قد لم لن لا ثم بعد قبل بين كل عند حول حتى إذا لدى تم يتم كما أنه وهو وهي منذ خلال"
        )
    ).split()
)
"""Words a query can do without, folded; looked for only when there are no others."""
_english = snowballstemmer.stemmer("english")


class Term(NamedTuple):
    word: str
    stem: str


class Token(NamedTuple):
    """A term where it stands in the original text."""

    start: int
    end: int
    term: Term


@lru_cache(maxsize=100_000)
def term(token: str) -> Term | None:
    """The term of one token as written; None when nothing is left of it (a lone hamza)."""
    word = fold(token).replace("'", "").replace("’", "").replace(" ", "")[:_LONGEST]
    if not word:
        return None
    if has_arabic(word):
        return Term(word, light_stem(word))
    if word.isascii() and word.isalpha():
        return Term(word, _english_stem(word))
    return Term(word, word)


def american(word: str) -> str:
    """A folded English word in American spelling: oesophagus is esophagus, tumour is tumor."""
    if len(word) > 3:
        for pattern, spelling in _BRITISH:
            word = pattern.sub(spelling, word)
    return word


def _english_stem(word: str) -> str:
    """Words of three letters are left alone: most are abbreviations (AED, IBS)."""
    return str(_english.stemWord(american(word))) if len(word) > 3 else word


def light_stem(word: str) -> str:
    """Arabic light10 of a folded word: one conjunction, one article or preposition with article, all endings."""
    if word.startswith("و") and len(word) >= 4:
        bare = word[1:]
        if not word.startswith(("وال", "وبال", "وكال", "وفال", "ولل")):
            word = bare
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= 2:
            word = word[len(prefix) :]
            break
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 2:
            word = word[: -len(suffix)]
    return word


def tokens(text: str) -> Iterator[Token]:
    """The terms of a text, in order, each with its place in the text as given."""
    for match in _TOKEN.finditer(text):
        found = term(match.group()[:_LOOKED_AT])
        if found is not None:
            yield Token(match.start(), match.end(), found)


def terms(text: str) -> list[Term]:
    """The terms of a text as they are indexed: two words joined by a hyphen stand apart and, after them, joined, as a
    stem without a word of its own."""
    found: list[Term] = []
    end = -2
    last = ""
    for match in _TOKEN.finditer(text):
        written = match.group()
        made = term(written[:_LOOKED_AT])
        if made is None:
            continue
        found.append(made)
        if end == match.start() - 1 and text[end] in _HYPHENS:
            joined = term((last + written)[:_LOOKED_AT])
            if joined is not None:
                found.append(Term("", joined.stem))
        end, last = match.end(), written
    return found


def key(text: str) -> str:
    """The stems of a text as one string: two names with the same key are the same name."""
    return " ".join(token.term.stem for token in tokens(text))[:KEY_LENGTH]

"""Suggestions while somebody types: names that begin so, then names that hold such a word. Cheap enough for every key."""

from collections.abc import Sequence
from dataclasses import dataclass

from medportal.lib.arabic import has_arabic
from medportal.search import spelling
from medportal.search.analysis import Term, key, tokens
from medportal.search.index import backend
from medportal.search.tables import Table, marks

LONGEST = 100
LOOKED_AT = 80
COMPLETED = 12
_ORDER = {"title": 0, "known": 0, "synonym": 1, "glossary": 2, "code": 3}


@dataclass(frozen=True)
class Suggestion:
    """A name to search for, in the language `lang` (None: a code), and the thing it belongs to."""

    text: str
    lang: str | None
    content_id: int


def suggest(typed: str, lang: str, most: int = 8) -> list[Suggestion]:
    """Names for what has been typed so far, one a thing, those in the reader's language first among equals. A word that
    only leads to a thing (a misspelling, a lay word) is answered with the thing's title in the language typed."""
    found = [token.term for token in tokens(typed[:LONGEST])]
    if not found:
        return []
    begun = " ".join(t.word for t in found)
    beginnings = (begun, f"ال{begun}") if has_arabic(begun) and not begun.startswith("ال") else (begun,)
    rows = _equal(begun)
    rows += [row for beginning in beginnings for row in _beginning(beginning)]
    if len({row[0] for row in rows}) < most:
        rows += _holding(found)
    best: dict[int, tuple[tuple[object, ...], str, str, str]] = {}
    for content_id, text, row_lang, kind, words in rows:
        rank = (
            words != begun,
            not words.startswith(beginnings),
            _ORDER.get(kind, 2),
            row_lang != lang,
            len(words),
            text,
        )
        if content_id not in best or rank < best[content_id][0]:
            best[content_id] = (rank, text, row_lang, kind)
    ranked = sorted(best.items(), key=lambda item: item[1][0])[: 2 * most]
    titles = _titles([content_id for content_id, row in ranked if row[3] in ("glossary", "code")], lang)
    made: dict[str, Suggestion] = {}
    for content_id, (_rank, name, name_lang, _kind) in ranked:
        text, text_lang = titles.get(content_id, (name, name_lang))
        made.setdefault(text, Suggestion(text, text_lang or None, content_id))
    return list(made.values())[:most]


Row = tuple[int, str, str, str, str]
"""Content id, text, language, kind and words of a name."""


def _names(where: str, values: Sequence[object]) -> list[Row]:
    rows = backend().read(
        f"SELECT content_id, text, lang, kind, words FROM search_name WHERE {where}", values
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


def _equal(begun: str) -> list[Row]:
    """Names of any sort that are just this, for abbreviations."""
    return _names(f"key = ? AND words = ? LIMIT {LOOKED_AT}", (key(begun), begun))


def _beginning(begun: str) -> list[Row]:
    return _names(
        f"words >= ? AND words < ? AND kind <> 'glossary' ORDER BY length(words), id LIMIT {LOOKED_AT}",
        (begun, begun + "\U0010ffff"),
    )


def _holding(found: Sequence[Term]) -> list[Row]:
    """Names that hold the words typed, in any order, the last perhaps unfinished; with a wrong word put right."""
    *done, last = found
    ends = spelling.completions(last.word, COMPLETED, names_only=True)
    if not ends:
        ends = spelling.corrections({last.word: (0, 0)}).get(last.word, [])
    wanted = {term.stem for term in done}
    last_stems = {token.term.stem for word in ends for token in tokens(word)}
    phrases = [(stem,) for stem in dict.fromkeys([*sorted(wanted), *sorted(last_stems)])]
    matched = [
        row
        for row in backend().match(Table.NAMES, phrases, LOOKED_AT)
        if wanted <= set(row.key.split()) and (not ends or last_stems & set(row.key.split()))
    ]
    if not matched:
        return []
    ids = [row.row for row in matched]
    return _names(f"id IN ({marks(ids)})", ids)


def _titles(ids: Sequence[int], lang: str) -> dict[int, tuple[str, str]]:
    """content → its title and the title's language: the reader's where there is one."""
    if not ids:
        return {}
    rows = backend().read(
        f"SELECT content_id, text, lang FROM search_name WHERE kind IN ('title', 'known') AND content_id IN ({marks(ids)})",
        ids,
    )
    titles: dict[int, tuple[str, str]] = {}
    for content_id, text, row_lang in rows:
        if content_id not in titles or row_lang == lang:
            titles[content_id] = (text, row_lang)
    return titles

"""Words nobody has written here: what was meant, and what a word begun may become."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from medportal.search.index import CORRECTABLE, backend, sound, variants
from medportal.search.skeletons import bare
from medportal.search.tables import marks

TWO_ERRORS_FROM = 8
SOUNDS_ALIKE = 60
"""Letters in common, in percent, that two words of one skeleton must have."""
AS_BAD_AS = 3
"""Sounding alike counts as this many errors: after every correction by letters."""
MOST_WORDS = 12
"""A query with more unknown words than this is not text that spelling could help."""
NAME_WEIGHT = 20
"""A word of a name is this much likelier to be meant than one of running text."""

Use = tuple[int, int]
"""In how many names and sections a word stands."""


def corrections(words: Mapping[str, Use], most: int = 3) -> dict[str, list[str]]:
    """For each word the known ones with the fewest errors, likeliest first. One error is forgiven, from eight letters
    on two (as far as the left-out letters of both sides meet); then words of names that sound alike. A rare word,
    itself known from a few texts, is only corrected to words of names that are far commoner."""
    asked = [word for word in words if len(word) in CORRECTABLE and word.isalpha()][:MOST_WORDS]
    codes: dict[int, set[str]] = defaultdict(set)
    for word in asked:
        for code in _reach(word):
            codes[code].add(word)
    if not codes:
        return {}
    found: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for code, term, names, sections in _sharing(codes):
        use = NAME_WEIGHT * names + sections
        for word in codes[code]:
            errors = _errors(word, term, in_a_name=names > 0)
            rare = sum(words[word])
            if errors is not None and term != word and (not rare or (names and use > 50 * rare)):
                found[word][term] = (errors, -use)
    return {word: _best(candidates, most) for word, candidates in found.items()}


def _errors(word: str, term: str, *, in_a_name: bool) -> int | None:
    """How far `term` is from the word; None is too far. Arabic words are compared with and without the article."""
    allowed = 2 if len(word) >= TWO_ERRORS_FROM else 1
    errors = min(
        OSA.distance(word, term, score_cutoff=allowed),
        OSA.distance(bare(word), bare(term), score_cutoff=allowed),
    )
    if errors <= allowed:
        return errors
    if in_a_name and sound(word) & sound(term) and fuzz.ratio(bare(word), bare(term)) >= SOUNDS_ALIKE:
        return AS_BAD_AS
    return None


def _reach(word: str) -> set[int]:
    errors = 2 if len(word) >= TWO_ERRORS_FROM else 1
    return variants(word, errors) | variants(bare(word), errors) | sound(word)


def _sharing(codes: Mapping[int, object]) -> Iterable[tuple[int, str, int, int]]:
    """(variant, term, names, sections) of every known word that has one of these variants."""
    return backend().read(
        "SELECT v.hash, t.term, t.names, t.sections FROM search_variant v JOIN search_term t ON t.id = v.term_id "
        f"WHERE v.hash IN ({marks(codes)})",
        list(codes),
    )


def _best(candidates: Mapping[str, tuple[int, int]], most: int) -> list[str]:
    fewest = min(errors for errors, _use in candidates.values())
    ranked = sorted((use, term) for term, (errors, use) in candidates.items() if errors == fewest)
    return [term for _use, term in ranked[:most]]


def completions(begun: str, most: int = 8, *, names_only: bool = False) -> list[str]:
    """Known words that begin with these letters, the likeliest first."""
    rows = backend().read(
        "SELECT term FROM search_term WHERE term >= ? AND term < ? AND names >= ? "
        f"ORDER BY names * {NAME_WEIGHT} + sections DESC, term LIMIT ?",
        (begun, begun + "\U0010ffff", int(names_only), most),
    )
    return [row[0] for row in rows]

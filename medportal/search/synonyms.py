"""What else people call it: the longest words of the glossary in a query, and the other words of their concepts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medportal.models.glossary import WordKind
from medportal.search.analysis import Term
from medportal.search.index import backend, words
from medportal.search.tables import marks

LONGEST = 6
"""Words of a query that one glossary word may span."""
MOST_TERMS = 60
MOST_CONCEPTS, MOST_WORDS = 8, 14
_ASKED = (WordKind.NAME, WordKind.ABBREVIATION)
"""Any word leads to the names of its concept; a lay word is often wider than they are, so none is led back to."""
ORDER = {str(kind): place for place, kind in enumerate(_ASKED)}


@dataclass(frozen=True)
class Meaning:
    """A stretch of the query (stems `start` to `end`) that is a word of the glossary. `others`: the keys of its
    concepts' other words, formal names first."""

    start: int
    end: int
    others: Sequence[str]


def meanings(terms: Sequence[Term]) -> list[Meaning]:
    """The glossary's words in a query, the longest first come, not overlapping."""
    stems = [term.stem for term in terms[:MOST_TERMS]]
    spans = {
        (start, end): " ".join(stems[start:end])
        for start in range(len(stems))
        for end in range(start + 1, min(len(stems), start + LONGEST) + 1)
    }
    if not spans:
        return []
    typed = {key: " ".join(t.word for t in terms[start:end]) for (start, end), key in spans.items()}
    concepts = _concepts(typed)
    taken: set[int] = set()
    found = []
    for (start, end), key in sorted(spans.items(), key=lambda span: (span[0][0] - span[0][1], span[0][0])):
        if key in concepts and not taken & set(range(start, end)):
            taken |= set(range(start, end))
            found.append(_meaning(start, end, key, concepts[key]))
    return found


def _concepts(typed: Mapping[str, str]) -> dict[str, list[list[str]]]:
    """key → for each concept that has such a word, the keys of its other words, formal names first. `typed`: the words
    behind each key; where some concepts have just these, others that only share the stems (كلى and كلة) do not count."""
    keys = list(typed)
    rows = backend().read(
        "SELECT asked.key, w.concept_id, w.key, w.kind, w.id, asked.text FROM glossary_word asked "
        "JOIN glossary_word w ON w.concept_id = asked.concept_id "
        f"WHERE asked.key IN ({marks(keys)}) AND NOT asked.removed AND NOT w.removed AND w.key <> asked.key",
        keys,
    )
    exact = {(row[0], row[1]) for row in rows if words(row[5]) == typed[row[0]]}
    strict = {asked for asked, _concept in exact}
    rows = sorted(
        (asked, concept, ORDER[kind], word, key)
        for asked, concept, key, kind, word, _text in rows
        if kind in ORDER and (asked not in strict or (asked, concept) in exact)
    )
    found: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for asked, concept, _place, _word, key in rows:
        if key not in found[asked][concept]:
            found[asked][concept].append(key)
    return {asked: list(concepts.values())[:MOST_CONCEPTS] for asked, concepts in found.items()}


def _meaning(start: int, end: int, key: str, concepts: Sequence[Sequence[str]]) -> Meaning:
    others: dict[str, None] = {}
    for place in range(max(map(len, concepts))):  # one word of each in turn, so that none crowds out another
        for names in concepts:
            if place < len(names) and names[place] != key:
                others.setdefault(names[place])
    return Meaning(start, end, list(others)[: MOST_WORDS * max(1, len(concepts) // 2)])

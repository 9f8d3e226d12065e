"""Finding: what a query means, which things answer it, best first. One ranking for every database.

Both indexes give candidates by BM25, names weighing more than sections; of the sections of a thing the best counts.
Then: words and letter trigrams in the candidates' own text (short texts only: a long one holds every trigram), equal
and similar names, and names that stand whole inside the query. The weights were found on the dev half of the
benchmark (docs/search.md); none is tuned to a single query.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import sqlalchemy as sa
from rapidfuzz import fuzz

from medportal.extensions import db
from medportal.lib.arabic import has_arabic
from medportal.models.search import SearchName
from medportal.search import spelling, synonyms
from medportal.search.analysis import STOP_WORDS, Term, term, terms, tokens
from medportal.search.index import backend, stem_term, words
from medportal.search.synonyms import Meaning
from medportal.search.tables import EVERYTHING, Found, Narrow, Phrase, Table, marks

LONGEST_QUERY = 2_000
MOST_TERMS = 120
CANDIDATES = 100
NAMES = 1.7
LOOKED_INTO = 100
SHORT_TEXT = 160
"""Stems of a section on average, up to which texts are looked into."""
TRIGRAMS, WORDS = 1.6, 0.4
EQUAL, BEGINS, SIMILAR, INSIDE = 1.5, 0.6, 2.0, 0.15
LEAST_SIMILAR = 0.6
WHOLE = 0.99
"""Names that are at least this part of the query are names for all of it."""
SYNONYM, NOT_TITLE = 0.9, 0.95
"""What a name is worth that was reached through the glossary, and one that is not the title."""
LONGEST_NAME, MOST_NAMED = 200, 2_000
COMMON = 600
"""Sections are not asked for a stem that stands in more of them than this, where a rarer one of the query leads."""
RARE = 5
GLOSSARY_NAME = 0.9
EXPANDED = 40
"""Stems of a query up to which its words are looked for under other names as well."""
APART, FEW = 1, 10
"""How many names of a meaning in the other script are looked for word by word, where so few sections hold them as they
are: translators choose their own words."""
LONG_WORD = 4
"""Letters from which an unknown word that nothing corrects stands for the known words with the same beginning."""
NAME_SPAN = 8
LEAST, NAMED = 0.2, 0.5
"""A query of several words is not answered by what holds little of it: less than this part of the best BM25 score,
unless a name is worth that much for it."""


@dataclass(frozen=True)
class Word:
    """A word of the query that is looked for; `fixes` are known words it may be a misspelling or a beginning of."""

    term: Term
    fixes: Sequence[str] = ()
    corrected: bool = False


@dataclass
class Query:
    """What was typed, understood. `stems` are all in order, for names; `words` those that are searched; `counts` the
    names and sections that hold each; `length` that of an average section in stems."""

    all_terms: Sequence[Term]
    words: Sequence[Word]
    meanings: Sequence[Meaning]
    counts: dict[str, tuple[int, int]]
    length: float

    @cached_property
    def stems(self) -> list[str]:
        return [t.stem for t in self.all_terms]

    @cached_property
    def key(self) -> str:
        return " ".join(self.stems)

    @cached_property
    def typed(self) -> str:
        return " ".join(t.word for t in self.all_terms)

    @property
    def is_foreign(self) -> bool:
        """No section holds any of its words: it is asked in another language than the texts."""
        return not any(self.counts.get(stem_term(word.term.stem), (0, 0))[1] for word in self.words)

    @cached_property
    def corrected(self) -> str | None:
        """The query with its misspelt words put right; None when none was."""
        fixed = {word.term.word: word.fixes[0] for word in self.words if word.corrected}
        if not fixed:
            return None
        return " ".join(fixed.get(t.word, t.word) for t in self.all_terms)

    def phrases(self, table: Table, *, apart: bool = False) -> list[Phrase]:
        """What the index is asked for: the stems, those of fixes, and the glossary's phrases; `apart`: and the words of
        its first names one by one."""
        column = 0 if table is Table.NAMES else 1
        stems: dict[Phrase, int] = {}
        for word in self.words:
            for stem in (word.term.stem, *(t.stem for t in map(term, word.fixes) if t)):
                stems[(stem,)] = self.counts.get(stem_term(stem), (1, 1))[column]
        if table is Table.SECTIONS and stems:
            rare = max(COMMON, 2 * min((count for count in stems.values() if count), default=0))
            stems = {phrase: count for phrase, count in stems.items() if count <= rare}
        most = 10 if table is Table.NAMES else 5
        for meaning in self.meanings if len(self.all_terms) <= EXPANDED else ():
            for place, phrase in enumerate(self._foreign(meaning)[:most]):
                stems.setdefault(phrase, 1)
                if apart and place < APART:
                    for stem in phrase:
                        stems.setdefault((stem,), 1)
        return list(stems)

    def _foreign(self, meaning: Meaning) -> list[Phrase]:
        """The names of a meaning in the other script: those of its own are names of the pages already, and words of
        running text mean more than they do."""
        arabic = has_arabic(" ".join(self.stems[meaning.start : meaning.end]))
        return [tuple(key.split()) for key in meaning.others if has_arabic(key) != arabic]

    def marks(self) -> frozenset[Phrase]:
        """What a result shows highlighted."""
        return frozenset(self.phrases(Table.NAMES))


@dataclass(frozen=True)
class Hit:
    """A thing that answers; `rows`: by language the section that does so best, none where only names do."""

    content_id: int
    score: float
    rows: Mapping[str, int]


@dataclass(frozen=True)
class Answer:
    """`hits`, best first. `corrected`: the spelling that was searched for as well, None where nothing was put right."""

    hits: Sequence[Hit] = ()
    corrected: str | None = None
    marks: frozenset[Phrase] = field(default_factory=frozenset)


def search(text: str, *, narrow: Narrow = EVERYTHING, most: int = 100, correct: bool = True) -> Answer:
    """The things that answer `text`, at most `most`. `correct`: forgive spelling."""
    candidates = max(CANDIDATES, most)
    query = understand(text, correct=correct)
    if query is None:
        return Answer()
    names = backend().match(Table.NAMES, query.phrases(Table.NAMES), candidates, narrow)
    sections = backend().match(Table.SECTIONS, query.phrases(Table.SECTIONS), candidates, narrow)
    if query.meanings and query.is_foreign and not names and len(sections) < FEW:
        phrases = query.phrases(Table.SECTIONS, apart=True)
        sections = backend().match(Table.SECTIONS, phrases, candidates, narrow)
    scores: dict[int, float] = defaultdict(float)
    rows: dict[int, dict[str, int]] = defaultdict(dict)
    for found in sections:
        if found.content_id not in rows:
            scores[found.content_id] = found.score
        rows[found.content_id].setdefault(found.lang, found.row)
    seen = set()
    for found in names:
        if found.content_id not in seen:
            seen.add(found.content_id)
            scores[found.content_id] += (
                NAMES * found.score * (GLOSSARY_NAME if found.kind == "glossary" else 1.0)
            )
    base = _relative(scores)
    final = dict(base)
    _look_into_texts(
        query, final, {content_id: next(iter(best.values())) for content_id, best in rows.items()}
    )
    named = _add_names(query, final, names, narrow.among)
    ranked = sorted(final.items(), key=lambda found: (-found[1], found[0]))
    least = LEAST if len(query.words) > 1 else 0.0
    hits = [
        Hit(content_id, score, rows.get(content_id, {}))
        for content_id, score in ranked
        if base.get(content_id, 0.0) >= least or named.get(content_id, 0.0) >= NAMED
    ]
    return Answer(hits[:most], query.corrected, query.marks())


def _relative(scores: dict[int, float]) -> dict[int, float]:
    """The scores as parts of the highest."""
    highest = max(scores.values(), default=0.0) or 1.0
    return {content_id: score / highest for content_id, score in scores.items()}


def understand(text: str, *, correct: bool = True) -> Query | None:
    """The query behind the text; None when there is no word in it."""
    text = text[:LONGEST_QUERY]
    found = [token.term for token in tokens(text)][:MOST_TERMS]
    if not found:
        return None
    searched = list(dict.fromkeys(terms(text)[: 2 * MOST_TERMS]))
    counts, length = _counts(searched)
    kept = [t for t in searched if t.word not in STOP_WORDS] or searched
    meanings = synonyms.meanings(found)
    meant = {t for meaning in meanings for t in found[meaning.start : meaning.end]}
    unknown = [t for t in kept if not _known(t, counts) and t not in meant]
    begun = found[-1] if found[-1] in unknown else None
    doubtful = {t.word: (0, 0) for t in unknown}
    doubtful |= {
        t.word: counts.get(t.word, (0, 1)) for t in kept if t.word not in doubtful and _rare(t, counts)
    }
    fixes = spelling.corrections(doubtful) if correct and doubtful else {}
    looked_for = []
    for t in kept:
        ends = spelling.completions(t.word) if t == begun and len(t.word) > 1 else []
        fixed = fixes.get(t.word, [])
        if correct and not ends and not fixed and t in unknown and len(t.word) >= LONG_WORD:
            ends = spelling.completions(t.word[: len(t.word) * 3 // 4], 3)
        looked_for.append(Word(t, list(dict.fromkeys([*ends, *fixed])), bool(fixed) and not ends))
    if any(word.fixes for word in looked_for):
        counts |= _counts([t for word in looked_for for t in map(term, word.fixes) if t])[0]
        meanings = synonyms.meanings(_likely(found, looked_for))
    return Query(found, looked_for, meanings, counts, length)


def _likely(found: Sequence[Term], looked_for: Sequence[Word]) -> list[Term]:
    """The query with misspelt words put right, for the glossary."""
    fixed = {word.term.word: word.fixes[0] for word in looked_for if word.fixes}
    return [(term(fixed[t.word]) or t) if t.word in fixed else t for t in found]


def _counts(found: Sequence[Term]) -> tuple[dict[str, tuple[int, int]], float]:
    """term → (names, sections) that hold it, for the words and stems of a query; and the average length of a section
    in stems."""
    asked = list({t.word for t in found} | {stem_term(t.stem) for t in found})
    rows = backend().read(
        f"SELECT term, names, sections FROM search_term WHERE term IN ({marks(asked)}) "
        "UNION ALL SELECT '', sections, section_stems FROM search_state",
        asked,
    )
    counts = {row[0]: (row[1], row[2]) for row in rows}
    sections, stems = counts.pop("", (0, 0))
    return counts, stems / max(sections, 1)


def _rare(t: Term, counts: dict[str, tuple[int, int]]) -> bool:
    """Known, but only by its stem or from a few texts: perhaps their own misspelling."""
    names, sections = counts.get(t.word, (0, 0))
    return bool(t.word) and not t.word.isdigit() and not names and sections <= RARE


def _known(t: Term, counts: dict[str, tuple[int, int]]) -> bool:
    return not t.word or t.word in counts or stem_term(t.stem) in counts or t.word.isdigit()


def _look_into_texts(query: Query, final: dict[int, float], rows: dict[int, int]) -> None:
    """Add what the candidates' best sections hold of the query's words and letter trigrams, weighted by how few of
    them hold it. Bridges broken plurals, unknown clitics and misspelling; only where texts are short."""
    top = sorted(rows, key=lambda content_id: (-final[content_id], content_id))[:LOOKED_INTO]
    if not top or query.length > SHORT_TEXT:
        return
    ids = [rows[content_id] for content_id in top]
    texts = dict(backend().read(f"SELECT id, text FROM search_section WHERE id IN ({marks(ids)})", ids))
    folded = {content_id: _folded(texts[rows[content_id]]) for content_id in top if rows[content_id] in texts}
    typed = [word.term.word for word in query.words if word.term.word]
    whole = {f" {word} " for word in typed}
    whole |= {f" {fix} " for word in query.words for fix in word.fixes[:1]}
    trigrams = {
        padded[at : at + 3] for padded in (f" {word}" for word in typed) for at in range(len(padded) - 2)
    }
    for features, weight in ((trigrams, TRIGRAMS), (whole, WORDS)):
        held = {content_id: [f for f in features if f in text] for content_id, text in folded.items()}
        frequency = Counter(feature for features_held in held.values() for feature in features_held)
        rarity = {f: math.log(1 + (len(folded) + 0.5) / (n + 0.5)) for f, n in frequency.items()}
        total = sum(rarity.values()) or 1.0
        for content_id, features_held in held.items():
            final[content_id] += weight * sum(rarity[f] for f in features_held) / total


@lru_cache(maxsize=4_000)
def _folded(text: str) -> str:
    return f" {words(text)} "


def _add_names(
    query: Query, final: dict[int, float], names: Sequence[Found], among: sa.Select[Any] | None
) -> dict[int, float]:
    """Add what the best of a thing's names is worth for the whole query, and what it is worth that one is a part of
    it; what was added to each."""
    whole = _similar_names(query, names)
    parts: dict[int, float] = {}
    for content_id, value, part in _names_inside(query, among):
        best = whole if part > WHOLE else parts
        best[content_id] = max(value, best.get(content_id, 0.0))
    added = {
        number: whole.get(number, 0.0) + parts.get(number, 0.0) for number in whole.keys() | parts.keys()
    }
    for content_id, value in added.items():
        final[content_id] = final.get(content_id, 0.0) + value
    return added


def _similar_names(query: Query, names: Sequence[Found]) -> dict[int, float]:
    """content → what the most similar of its names is worth: equal, begun, or spelt alike."""
    typed, key = query.typed, query.key
    if len(typed) > LONGEST_NAME:
        return {}
    corrected = query.corrected or typed
    least = 100 * LEAST_SIMILAR
    best: dict[int, float] = {}
    for found in names:
        value = 0.0
        if found.key == key:
            value = EQUAL
        elif found.words.startswith(typed):
            value = BEGINS * (0.6 + 0.4 * len(typed) / len(found.words))
        alike = fuzz.ratio(typed, found.words, score_cutoff=least)
        if corrected != typed:
            alike = max(alike, fuzz.ratio(corrected, found.words, score_cutoff=least))
        if alike:
            value = max(value, SIMILAR * ((alike / 100 - LEAST_SIMILAR) / (1 - LEAST_SIMILAR)) ** 2)
        value *= WORTH.get(found.kind, NOT_TITLE)
        if value > best.get(found.content_id, 0.0):
            best[found.content_id] = value
    return best


def _names_inside(query: Query, among: sa.Select[Any] | None) -> Iterator[tuple[int, float, float]]:
    """(content, worth, part) of names that stand whole in the query, or are synonyms of what does; `part` is how much
    of the query that is."""
    stems = query.stems
    length = max(len(query.key), 1)
    worth: dict[str, tuple[float, float]] = {}
    for start in range(len(stems)):
        for end in range(start + 1, min(len(stems), start + NAME_SPAN) + 1):
            if all(t.word in STOP_WORDS for t in query.all_terms[start:end]):
                continue
            key = " ".join(stems[start:end])
            worth[key] = (1.0, len(key) / length)
    for meaning in query.meanings:
        part = len(" ".join(stems[meaning.start : meaning.end])) / length
        for place, other in enumerate(meaning.others):
            worth.setdefault(other, (SYNONYM * 0.99**place, part))
    for content_id, key, kind in _named(list(worth), among):
        value, part = worth[key]
        value *= WORTH.get(kind, NOT_TITLE)
        yield content_id, value * (EQUAL if part > WHOLE else INSIDE * math.sqrt(part)), part


def _named(keys: Sequence[str], among: sa.Select[Any] | None) -> Iterable[Sequence[Any]]:
    """(content id, key, kind) of the names with one of these keys."""
    if not keys:
        return []
    if among is None:
        return backend().read(
            f"SELECT content_id, key, kind FROM search_name WHERE key IN ({marks(keys)}) LIMIT {MOST_NAMED}",
            keys,
        )
    return db.session.execute(
        sa.select(SearchName.content_id, SearchName.key, SearchName.kind)
        .where(SearchName.key.in_(keys), SearchName.content_id.in_(among))
        .limit(MOST_NAMED)
    ).all()


WORTH = {"title": 1.0, "known": 1.0, "code": 1.0, "glossary": SYNONYM}

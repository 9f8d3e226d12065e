"""Writing what the search reads: names, sections, their stems, the vocabulary.

`write` brings the rows of some things up to date within the caller's transaction; what did not change is not touched.
"""

import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm

from medportal.extensions import db, insert
from medportal.models.content import Content
from medportal.models.glossary import GlossaryConcept, GlossaryWord, WordKind
from medportal.models.search import SearchName, SearchSection, SearchState, SearchTerm, SearchVariant
from medportal.search import analysis, postgres, sqlite
from medportal.search.analysis import american
from medportal.search.skeletons import skeleton
from medportal.search.tables import Table

NAME_LENGTH = 400
CORRECTABLE = range(4, 25)
"""Words of these lengths are remembered with a letter left out, so that a typing error finds them."""
SHORTEST_SKELETON = 3
BEGINNING = 7
_CHUNK = 500


@dataclass(frozen=True)
class Name:
    """A name in one language; `kind` is title, synonym, known or code."""

    lang: str
    kind: str
    text: str


@dataclass(frozen=True)
class Piece:
    """A section in one language as plain text; `heading` is searched with it."""

    lang: str
    key: str
    text: str
    heading: str = ""

    @property
    def whole(self) -> str:
        return f"{self.heading}\n{self.text}" if self.heading else self.text


@dataclass(frozen=True)
class Entry:
    """All that readers may find of one thing; nothing at all takes it out of the search."""

    content_id: int
    names: Sequence[Name] = ()
    pieces: Sequence[Piece] = ()


def backend() -> ModuleType:
    """The module that knows this database: `search.sqlite` or `search.postgres`."""
    return sqlite if db.engine.dialect.name == "sqlite" else postgres


def write(entries: Sequence[Entry]) -> None:
    """Bring the index up to date for these things. Flushes; the caller commits."""
    change = _Change()
    ids = [entry.content_id for entry in entries]
    state(ids)
    names, sections = wanted(entries)
    names |= from_glossary(names)
    _bring(change, Table.NAMES, ids, names)
    _bring(change, Table.SECTIONS, ids, sections)
    change.apply()


def clear() -> None:
    """Empty the index, for a rebuild."""
    for table in Table:
        backend().clear(table)
    for model in (SearchName, SearchSection, SearchVariant, SearchTerm):
        db.session.execute(sa.delete(model))
    state()
    db.session.execute(sa.update(SearchState).values(names=0, name_stems=0, sections=0, section_stems=0))


def state(writing: Collection[int] = ()) -> SearchState:
    """The row about the index. Where it is missing it is made: complete when there is no content beside what is being
    written, else stale, so that the rest is indexed by a rebuild."""
    found = db.session.get(SearchState, 1)
    if found is None:
        rest = db.session.scalar(sa.select(Content.id).where(Content.id.not_in(writing)).limit(1))
        version = analysis.VERSION if rest is None else 0
        found = SearchState(
            id=1, analysis=version, glossary="", names=0, name_stems=0, sections=0, section_stems=0
        )
        db.session.add(found)
        db.session.flush()
    return found


def variants(word: str, left_out: int = 1) -> set[int]:
    """The beginning of a word, and the same with up to `left_out` letters left out, hashed: after SymSpell, errors
    further on leave the beginning alone."""
    texts = {word[:BEGINNING]}
    found = set(texts)
    for _ in range(left_out):
        texts = {text[:at] + text[at + 1 :] for text in texts for at in range(len(text))}
        found |= texts
    return {hashed(text) for text in found}


def codes(word: str) -> set[int]:
    """What a known word is found by: its variants in American spelling, and its sound."""
    return variants(american(word)) | sound(word)


def hashed(text: str) -> int:
    return zlib.crc32(text.encode()) & 0xFFFFFF


def sound(word: str) -> set[int]:
    """The skeleton of the word, hashed apart from the variants; nothing where too little is left of it."""
    bones = skeleton(word)
    return {hashed(f"~{bones}")} if len(bones) >= SHORTEST_SKELETON else set()


def vocabulary(terms: Iterable[analysis.Term]) -> set[str]:
    """The entries of the vocabulary that a text with these terms is counted under: its words, and its stems."""
    return {term.word for term in terms if term.word} | {stem_term(term.stem) for term in terms}


def stem_term(stem: str) -> str:
    """As what a stem stands in the vocabulary, apart from the words."""
    return f"={stem}"


class _Change:
    """The difference that one `write` makes to stems, vocabulary and sizes."""

    def __init__(self) -> None:
        self.counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.sizes: Counter[Table] = Counter()
        self.stems: Counter[Table] = Counter()
        self.added: dict[Table, list[tuple[int, str]]] = {table: [] for table in Table}
        self.removed: dict[Table, list[tuple[int, str]]] = {table: [] for table in Table}

    def row(self, table: Table, row_id: int, text: str, sign: int) -> None:
        terms = analysis.terms(text)
        column = 0 if table is Table.NAMES else 1
        for term in vocabulary(terms):
            self.counts[term][column] += sign
        self.sizes[table] += sign
        self.stems[table] += sign * len(terms)
        rows = self.added if sign > 0 else self.removed
        rows[table].append((row_id, " ".join(term.stem for term in terms)))

    def apply(self) -> None:
        for table in Table:
            backend().remove(table, self.removed[table])
            backend().add(table, self.added[table])
        self._vocabulary()
        if not self.sizes and not self.stems:
            return
        db.session.execute(
            sa.update(SearchState).values(
                names=SearchState.names + self.sizes[Table.NAMES],
                name_stems=SearchState.name_stems + self.stems[Table.NAMES],
                sections=SearchState.sections + self.sizes[Table.SECTIONS],
                section_stems=SearchState.section_stems + self.stems[Table.SECTIONS],
            )
        )

    def _vocabulary(self) -> None:
        """Move the counts of the terms; remember the variants of new words, forget terms nobody holds any more."""
        moved = {term: counts for term, counts in sorted(self.counts.items()) if any(counts)}
        if not moved:
            return
        newest = db.session.scalar(sa.select(sa.func.max(SearchTerm.id))) or 0
        upsert = insert(SearchTerm.__table__)
        upsert = upsert.on_conflict_do_update(
            index_elements=["term"],
            set_={
                "names": SearchTerm.names + upsert.excluded.names,
                "sections": SearchTerm.sections + upsert.excluded.sections,
            },
        )
        db.session.execute(
            upsert,
            [{"term": term, "names": counts[0], "sections": counts[1]} for term, counts in moved.items()],
        )
        fresh = db.session.execute(sa.select(SearchTerm.id, SearchTerm.term).where(SearchTerm.id > newest))
        rows = [
            {"hash": code, "term_id": term_id}
            for term_id, word in fresh
            if _correctable(word)
            for code in codes(word)
        ]
        if rows:
            db.session.execute(insert(SearchVariant.__table__).on_conflict_do_nothing(), rows)
        if any(count < 0 for counts in moved.values() for count in counts):
            self._forget(moved)

    def _forget(self, moved: Mapping[str, Any]) -> None:
        for terms in _chunks(moved):
            gone = db.session.execute(
                sa.select(SearchTerm.id, SearchTerm.term).where(
                    SearchTerm.term.in_(terms), SearchTerm.names + SearchTerm.sections <= 0
                )
            ).all()
            for term_id, word in gone:
                if not _correctable(word):
                    continue
                db.session.execute(
                    sa.delete(SearchVariant).where(
                        SearchVariant.hash.in_(codes(word)), SearchVariant.term_id == term_id
                    )
                )
            db.session.execute(sa.delete(SearchTerm).where(SearchTerm.id.in_([row.id for row in gone])))


def _correctable(word: str) -> bool:
    return len(word) in CORRECTABLE and word.isalpha()


Rows = set[tuple[Any, ...]]
_NAME = (SearchName.content_id, SearchName.lang, SearchName.kind, SearchName.text)
_SECTION = (SearchSection.content_id, SearchSection.lang, SearchSection.key, SearchSection.text)


def wanted(entries: Sequence[Entry]) -> tuple[Rows, Rows]:
    """The rows of names and of sections that these entries ask for, without ids."""
    names = {
        (entry.content_id, name.lang, name.kind, name.text[:NAME_LENGTH])
        for entry in entries
        for name in entry.names
        if analysis.key(name.text[:NAME_LENGTH])
    }
    sections = {
        (entry.content_id, piece.lang, piece.key, piece.whole)
        for entry in entries
        for piece in entry.pieces
        if piece.text.strip()
    }
    return names, sections


def from_glossary(names: Rows) -> Rows:
    """The other words that the glossary has for things of these names: a title that is any name of a concept stands for
    the concept, a synonym only if it is its head (a page often lists wider words than its own)."""
    owners: dict[str, set[int]] = defaultdict(set)
    titles: dict[str, set[int]] = defaultdict(set)
    have: dict[int, set[str]] = defaultdict(set)
    for content_id, _lang, kind, text in names:
        key = analysis.key(text)
        owners[key].add(content_id)
        have[content_id].add(key)
        if kind != "synonym":
            titles[key].add(content_id)
    found: Rows = set()
    for keys in _chunks(sorted(owners)):
        for asked, head, lang, text, key in _words_of_concepts(keys):
            for content_id in owners[asked] if asked == analysis.key(head) else titles[asked]:
                if key not in have[content_id]:
                    found.add((content_id, lang, "glossary", text))
    return found


def _words_of_concepts(keys: Sequence[str]) -> Iterable[Any]:
    """(name asked for, head of its concept, and language, text, key of each word of the concept)."""
    named, word = sa.orm.aliased(GlossaryWord), sa.orm.aliased(GlossaryWord)
    return db.session.execute(
        sa.select(named.key, GlossaryConcept.head, word.lang, word.text, word.key)
        .join(GlossaryConcept, GlossaryConcept.id == named.concept_id)
        .join(word, word.concept_id == named.concept_id)
        .where(
            named.key.in_(keys),
            named.kind == WordKind.NAME,
            named.removed.is_(False),
            word.removed.is_(False),
        )
    )


def written(ids: Sequence[int]) -> tuple[Rows, Rows]:
    """The rows of names and of sections that are there, without ids."""
    names = _rows(ids, sa.select(*_NAME), SearchName.content_id)
    sections = _rows(ids, sa.select(*_SECTION), SearchSection.content_id)
    return set(names), set(sections)


def words(text: str) -> str:
    """The folded words of a text, apart by one space."""
    return " ".join(token.term.word for token in analysis.tokens(text))


def _name_values(row: tuple[Any, ...]) -> dict[str, Any]:
    content_id, lang, kind, text = row
    spelt = {"words": words(text)[: analysis.KEY_LENGTH], "key": analysis.key(text)}
    return {"content_id": content_id, "lang": lang, "kind": kind, "text": text, **spelt}


def _section_values(row: tuple[Any, ...]) -> dict[str, Any]:
    content_id, lang, key, text = row
    return {"content_id": content_id, "lang": lang, "key": key, "text": text}


def _bring(change: _Change, table: Table, ids: Sequence[int], wanted: Rows) -> None:
    """Take out the rows of these things that are not wanted, add those that are missing."""
    names = table is Table.NAMES
    model, columns, values = (
        (SearchName, _NAME, _name_values) if names else (SearchSection, _SECTION, _section_values)
    )
    here = _rows(ids, sa.select(model.id, *columns), model.content_id)
    gone = [row for row in here if row[1:] not in wanted]
    for row in gone:
        change.row(table, row[0], row[4], -1)
    _delete(model, [row[0] for row in gone])
    fresh = [values(row) for row in sorted(wanted - {row[1:] for row in here})]
    for row_id, text in _insert(model, fresh):
        change.row(table, row_id, text, 1)


def _rows(ids: Sequence[int], select: Any, column: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for part in _chunks(ids) for row in db.session.execute(select.where(column.in_(part)))]


def _delete(model: Any, ids: Sequence[int]) -> None:
    for part in _chunks(ids):
        db.session.execute(sa.delete(model).where(model.id.in_(part)))


def _insert(model: Any, rows: Sequence[dict[str, Any]]) -> Iterator[tuple[int, str]]:
    """Add rows; (id, text) of each."""
    if rows:
        yield from db.session.execute(sa.insert(model.__table__).returning(model.id, model.text), rows)


def _chunks(items: Collection[Any]) -> Iterable[list[Any]]:
    listed = list(items)
    return (listed[start : start + _CHUNK] for start in range(0, len(listed), _CHUNK))

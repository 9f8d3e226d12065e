"""Filling the glossary: the shipped list, and single words."""

import csv
import hashlib
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from medportal.extensions import db, insert
from medportal.models.glossary import GlossaryConcept, GlossaryWord, WordKind
from medportal.models.search import SearchName, SearchState
from medportal.search.analysis import key
from medportal.search.index import state

SHIPPED = Path(__file__).parent.parent / "data" / "glossary.csv"
"""Columns: concept, lang, word, kind, region, source ("" is unverified). One line a word."""


def load() -> int:
    """Add the concepts and words of the shipped list that are missing; how many words were added. What is there stays
    as it is, also what the owner took out. The caller commits."""
    fingerprint = hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    if db.session.scalar(sa.select(SearchState.glossary)) == fingerprint:
        return 0
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        rows = [row | {"key": key(row["word"])} for row in csv.DictReader(file)]
    here = state()
    concepts = _concepts(list(dict.fromkeys(row["concept"] for row in rows)))
    known = set(db.session.execute(sa.select(GlossaryWord.concept_id, GlossaryWord.lang, GlossaryWord.text)))
    added = [
        {
            "concept_id": concepts[row["concept"]],
            "lang": row["lang"],
            "text": row["word"],
            "key": row["key"],
            "kind": row["kind"],
            "region": row["region"],
            "source": row["source"],
            "removed": False,
        }
        for row in rows
        if (concepts[row["concept"]], row["lang"], row["word"]) not in known and row["key"]
    ]
    if added:
        db.session.execute(insert(GlossaryWord.__table__), added)
        if db.session.scalar(sa.select(SearchName.id).limit(1)):
            here.analysis = 0  # pages that are indexed already get the new words by a rebuild
    here.glossary = fingerprint
    db.session.flush()
    return len(added)


def renew_keys() -> None:
    """Write the keys anew, after a change of the analysis."""
    rows = db.session.execute(sa.select(GlossaryWord.id, GlossaryWord.text, GlossaryWord.key)).all()
    changed = [{"id": row.id, "key": key(row.text)} for row in rows if key(row.text) != row.key]
    if changed:
        db.session.execute(sa.update(GlossaryWord), changed)


def _concepts(heads: list[str]) -> dict[str, int]:
    """head → id, made where missing."""
    known = dict(db.session.execute(sa.select(GlossaryConcept.head, GlossaryConcept.id)).all())
    missing = [{"head": head, "shipped": True} for head in heads if head not in known]
    if missing:
        db.session.execute(sa.insert(GlossaryConcept), missing)
        known = dict(db.session.execute(sa.select(GlossaryConcept.head, GlossaryConcept.id)).all())
    return known


def add(head: str, words: Iterable[tuple[str, str]]) -> GlossaryConcept:
    """A concept of the owner's with its English name and further (language, word)s."""
    same = sa.func.lower(GlossaryConcept.head) == head.lower()
    concept = db.session.scalar(sa.select(GlossaryConcept).where(same).order_by(GlossaryConcept.id).limit(1))
    if concept is None:
        concept = GlossaryConcept(head=head)
        db.session.add(concept)
    here = {(word.lang, word.text) for word in concept.words}
    for lang, text in [("en", head), *words]:
        if (lang, text) not in here and key(text):
            here.add((lang, text))
            concept.words.append(GlossaryWord(lang=lang, text=text, key=key(text), kind=WordKind.NAME))
    db.session.flush()
    return concept

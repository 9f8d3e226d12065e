"""Keeping the index whole: building it anew, looking whether it is what the content says."""

from collections import defaultdict
from collections.abc import Callable

import sqlalchemy as sa

from medportal.changes import site_changed
from medportal.extensions import db
from medportal.models.content import Content
from medportal.models.search import SearchName, SearchSection, SearchState, SearchTerm
from medportal.search import analysis, collect, glossary, index

BATCH = 100


def is_stale() -> bool:
    """True when another version of the analysis wrote the index, or content was never indexed."""
    version = db.session.scalar(sa.select(SearchState.analysis))
    return version != analysis.VERSION and (
        version is not None or bool(db.session.scalar(sa.select(Content.id).limit(1)))
    )


def rebuild(*, echo: Callable[[int, int], None] = lambda _done, _of: None) -> int:
    """Empty the index and write it anew; how many things were written. Commits in pieces: meanwhile searches find what
    has been written so far. Stopped half-way, it is stale and begins again."""
    ids = list(db.session.scalars(sa.select(Content.id).order_by(Content.id)))
    site_changed()  # its row lock keeps other writers of the index waiting, here and below
    index.clear()
    index.state().analysis = 0
    db.session.commit()
    for start in range(0, len(ids), BATCH):
        site_changed()
        collect.content_changed(ids[start : start + BATCH])
        db.session.commit()
        db.session.expunge_all()
        echo(min(start + BATCH, len(ids)), len(ids))
    site_changed()
    glossary.renew_keys()
    index.state().analysis = analysis.VERSION
    index.backend().tidy()
    db.session.commit()
    return len(ids)


def keep() -> None:
    """The recurring job: the shipped glossary loaded, an index of an older analysis built anew, the deleted forgotten."""
    if glossary.load():
        db.session.commit()
    db.session.rollback()
    if is_stale():
        rebuild()
    forget()


def forget() -> None:
    """FTS5 only marks what is taken out of it: what was deleted is pressed out here, soon after. Commits."""
    if index.state().untidy:
        index.state().untidy = False
        index.backend().tidy()
        db.session.commit()
    db.session.rollback()


def faults() -> list[str]:
    """What is wrong with the index, in words; empty when it says what the content says."""
    found = []
    damage = index.backend().check()
    if damage:
        found.append(damage)
    if is_stale():
        found.append("the index was written by another version of the analysis")
    ids = list(db.session.scalars(sa.select(Content.id).order_by(Content.id)))
    for start in range(0, len(ids), BATCH):
        found += _differences(ids[start : start + BATCH])
    strays = sa.union(
        sa.select(SearchName.content_id).where(SearchName.content_id.not_in(sa.select(Content.id))),
        sa.select(SearchSection.content_id).where(SearchSection.content_id.not_in(sa.select(Content.id))),
    )
    found += [
        f"entry {content_id}: is in the index and exists no more" for content_id in db.session.scalars(strays)
    ]
    rows = [
        db.session.scalar(sa.select(sa.func.count()).select_from(model))
        for model in (SearchName, SearchSection)
    ]
    sizes = db.session.execute(sa.select(SearchState.names, SearchState.sections)).one_or_none() or (0, 0)
    if rows != list(sizes):
        found.append(f"{rows[0]} names and {rows[1]} sections, but {sizes[0]} and {sizes[1]} are counted")
    return found + _vocabulary_faults()


def _vocabulary_faults() -> list[str]:
    """Count every word and stem again, and compare."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for column, text_of in enumerate((SearchName.text, SearchSection.text)):
        for text in db.session.scalars(sa.select(text_of).execution_options(yield_per=500)):
            for term in index.vocabulary(analysis.terms(text)):
                counts[term][column] += 1
    stored = {
        row[0]: [row[1], row[2]]
        for row in db.session.execute(sa.select(SearchTerm.term, SearchTerm.names, SearchTerm.sections))
    }
    wrong = sum(1 for term in counts.keys() | stored.keys() if counts.get(term) != stored.get(term))
    return [f"{wrong} words of the vocabulary are counted wrongly"] if wrong else []


def _differences(ids: list[int]) -> list[str]:
    wanted_names, wanted_sections = index.wanted(collect.entries(ids))
    wanted_names |= index.from_glossary(wanted_names)
    names, sections = index.written(ids)
    wrong = {row[0] for row in (wanted_names ^ names) | (wanted_sections ^ sections)}
    return [
        f"entry {content_id}: the index does not say what the content says" for content_id in sorted(wrong)
    ]

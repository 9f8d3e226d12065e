"""Changes at the desk: the glossary, and searches that found nothing. Services flush; the caller commits."""

import sqlalchemy as sa

from medportal import audit
from medportal.changes import content_changed, site_changed
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.glossary import GlossaryConcept, GlossaryWord
from medportal.models.search import MissedSearch, SearchName
from medportal.search import glossary
from medportal.search.analysis import key


def add_concept(name: str, arabic: str, *, by: str) -> GlossaryConcept:
    """A concept by its English name, with its Arabic one; the one that is there, where it is known already."""
    concept = glossary.add(name, [("ar", arabic)] if arabic else [])
    audit.record("concept added", concept, actor=by)
    _found_anew(_things_of(concept))
    return concept


def add_word(
    concept: GlossaryConcept, lang: str, text: str, kind: str, region: str, source: str, *, by: str
) -> None:
    """A further word; one that was taken out comes back."""
    before = _things_of(concept)
    word = next((word for word in concept.words if word.lang == lang and word.text == text), None)
    if word is None:
        word = GlossaryWord(lang=lang, text=text)
        concept.words.append(word)
    word.key, word.kind, word.region, word.source, word.removed = key(text), kind, region, source, False
    _changed(concept, before, by)


def remove_word(word: GlossaryWord, *, by: str) -> None:
    """Out of the search; it stays here, so that it can come back and no update brings it again."""
    before = _things_of(word.concept)
    word.removed = True
    _changed(word.concept, before, by)


def restore_word(word: GlossaryWord, *, by: str) -> None:
    before = _things_of(word.concept)
    word.removed = False
    _changed(word.concept, before, by)


def _changed(concept: GlossaryConcept, before: set[int], by: str) -> None:
    concept.changed_at = utc_now()
    db.session.flush()
    audit.record("word changed", concept, actor=by)
    _found_anew(before | _things_of(concept))


def _things_of(concept: GlossaryConcept) -> set[int]:
    """The content that bears a name of this concept."""
    keys = [word.key for word in concept.words if word.kind == "name" and word.key]
    return set(db.session.scalars(sa.select(SearchName.content_id).where(SearchName.key.in_(keys))))


def _found_anew(content_ids: set[int]) -> None:
    if content_ids:
        content_changed(*sorted(content_ids))
    else:
        site_changed()


def settle_missed(row: MissedSearch, *, dismissed: bool) -> None:
    row.dismissed = dismissed
    db.session.flush()

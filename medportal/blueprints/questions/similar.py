"""What the site says already on what somebody is about to ask: answered questions, diseases and articles."""

from collections.abc import Sequence

import sqlalchemy as sa

from medportal.extensions import db
from medportal.models.listing import Listing
from medportal.search.analysis import STOP_WORDS, tokens
from medportal.search.query import search
from medportal.search.tables import Narrow

KINDS = ("question", "disease", "article")
LOOKED_AT = 2_000
"""Letters of a question that are looked at: its beginning says what it is about."""
WORDS = 40
LONG = 12
"""Words from which on misspelt ones are not put right: the others lead there."""


def similar(words: str, lang: str, limit: int = 5) -> Sequence[Listing]:
    """Entries that readers of this language can open, the most fitting first; none without a word that says something."""
    asked = _said(words)
    if not asked:
        return []
    among = sa.select(Listing.content_id).where(Listing.lang == lang, Listing.own, Listing.kind.in_(KINDS))
    found = search(" ".join(asked), narrow=Narrow(among), most=limit, correct=len(asked) < LONG).hits
    ids = [hit.content_id for hit in found]
    entries = db.session.scalars(sa.select(Listing).where(Listing.lang == lang, Listing.content_id.in_(ids)))
    return sorted(entries, key=lambda entry: ids.index(entry.content_id))


def _said(words: str) -> list[str]:
    """The words that may lead to a page, each once: neither those that any sentence has, nor numbers."""
    said = (token.term.word for token in tokens(words[:LOOKED_AT]))
    kept = (word for word in said if len(word) > 1 and word not in STOP_WORDS and not word.isdigit())
    return list(dict.fromkeys(kept))[:WORDS]

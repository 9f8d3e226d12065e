"""What the desk asks about words."""

from typing import Any

import sqlalchemy as sa
from flask_babel import ngettext

from medportal.extensions import db
from medportal.models.glossary import GlossaryConcept, GlossaryWord
from medportal.search import missed
from medportal.search.analysis import key


def concepts(words: str) -> sa.Select[Any]:
    """Concepts by name with the number of their words; only those that have a word with these stems, if any given."""
    count = (
        sa.select(sa.func.count(GlossaryWord.id))
        .where(GlossaryWord.concept_id == GlossaryConcept.id, GlossaryWord.removed.is_(False))
        .scalar_subquery()
    )
    arabic = (
        sa.select(sa.func.min(GlossaryWord.text))
        .where(
            GlossaryWord.concept_id == GlossaryConcept.id,
            GlossaryWord.lang == "ar",
            GlossaryWord.kind == "name",
            GlossaryWord.removed.is_(False),
        )
        .scalar_subquery()
    )
    select = sa.select(
        GlossaryConcept.id,
        GlossaryConcept.head,
        GlossaryConcept.shipped,
        arabic.label("arabic"),
        count.label("words"),
    ).order_by(sa.func.lower(GlossaryConcept.head), GlossaryConcept.id)
    for stem in key(words).split():
        holding = sa.select(GlossaryWord.concept_id).where(GlossaryWord.key.contains(stem, autoescape=True))
        select = select.where(GlossaryConcept.id.in_(holding))
    return select


def say_missed(n: int) -> str:
    return ngettext("%(n)s search that found nothing", "%(n)s searches that found nothing", n, n=n)


def missed_waiting() -> int:
    """How many searches that found nothing wait for the owner."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(missed.shown().subquery())) or 0

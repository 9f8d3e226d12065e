"""What stands on some pages and not on most: asked for in one statement, so that pages without it do not pay for it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import sqlalchemy as sa

from medportal.models.content import Code, ContentRelation, ContentText, SymptomLink
from medportal.models.digest import Happening, News
from medportal.models.specialist import ContentDrug, ContentTrial, Opinion
from medportal.models.treatment import Treatment
from medportal.models.trust import Credit, Reference, Review


@dataclass(frozen=True)
class Extras:
    """Which of these a page may have; False means that there is none."""

    codes: bool = True
    corrections: bool = True
    credits: bool = True
    drugs: bool = True
    opinions: bool = True
    references: bool = True
    relations: bool = True
    reviews: bool = True
    symptoms: bool = True
    treatments: bool = True
    trials: bool = True


EVERYTHING = Extras()


@cache
def columns() -> tuple[sa.ColumnElement[Any], ...]:
    """One column for each of the fields, for a statement over `content_text`."""
    number = ContentText.content_id
    there = {
        "codes": Code.content_id == number,
        "corrections": sa.and_(
            Happening.content_id == number, Happening.what.in_([News.CHANGED, News.SAFETY])
        ),
        "credits": Credit.content_id == number,
        "drugs": ContentDrug.content_id == number,
        "opinions": Opinion.content_id == number,
        "references": Reference.content_id == number,
        "relations": sa.or_(ContentRelation.content_id == number, ContentRelation.related_id == number),
        "reviews": Review.text_id == ContentText.id,
        "symptoms": SymptomLink.content_id == number,
        "treatments": Treatment.content_id == number,
        "trials": ContentTrial.content_id == number,
    }
    return tuple(sa.exists().where(there[field.name]).label(field.name) for field in fields(Extras))

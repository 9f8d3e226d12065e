"""Categories and specialties from `medportal/data`. Loading adds what is missing and never changes what is there."""

import csv
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from medportal.changes import site_changed
from medportal.extensions import db
from medportal.i18n import LANGUAGES
from medportal.models.taxonomy import Category, CategoryAlias, Specialty

DATA = Path(__file__).parent / "data"


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def slug_of(key: str) -> str:
    return key.replace("_", "-")


def current(slugs: Iterable[str]) -> list[str]:
    """Slugs of the shipped list as they are on this site: of a category that was merged the one it went into, of a
    deleted one nothing. Unknown ones stay as they are."""
    wanted = list(slugs)
    query = (
        sa.select(CategoryAlias.slug, Category.slug)
        .outerjoin(Category, Category.id == CategoryAlias.category_id)
        .where(CategoryAlias.slug.in_(wanted))
    )
    moved = {row[0]: row[1] for row in db.session.execute(query)}
    return [now for slug in wanted if (now := moved.get(slug, slug))]


def _labels(row: dict[str, str]) -> dict[str, str]:
    return {code: row[code] for code in LANGUAGES if row.get(code)}


def load() -> int:
    """Add missing categories and specialties; how many were added. The caller commits."""
    known = set(db.session.scalars(sa.select(Category.slug).union(sa.select(CategoryAlias.slug))))
    added = [row for row in _rows("categories.csv") if slug_of(row["key"]) not in known]
    for row in added:
        db.session.add(
            Category(
                slug=slug_of(row["key"]),
                name=_labels(row),
                position=int(row["order"]),
                icd10_range=row["icd10_range"] or None,
            )
        )
    added_specialties = _load_specialties()
    db.session.flush()
    if added:
        site_changed()
    return len(added) + added_specialties


def _load_specialties() -> int:
    known = {s.slug: s for s in db.session.scalars(sa.select(Specialty))}
    rows = _rows("specialties.csv")
    missing = [row for row in rows if slug_of(row["key"]) not in known]
    for row in missing:
        slug = slug_of(row["key"])
        known[slug] = Specialty(slug=slug, name=_labels(row), schema_org=row["schema_org"] or None)
        db.session.add(known[slug])
    db.session.flush()
    for row in missing:
        if row["parent"]:
            known[slug_of(row["key"])].parent_id = known[slug_of(row["parent"])].id
    return len(missing)

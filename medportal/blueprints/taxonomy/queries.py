"""The tree of categories. There are tens of them, so it is read whole: two statements, whatever its size."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from medportal.extensions import db
from medportal.models.content import ContentCategory
from medportal.models.subscription import Follow
from medportal.models.taxonomy import Category


@dataclass(frozen=True)
class Branch:
    """A category in its place. `contents` counts all things in it, published or not; `first` and `last` among its
    brothers and sisters."""

    category: Category
    depth: int
    contents: int
    first: bool
    last: bool


def children_of() -> dict[int | None, list[Category]]:
    """parent → its children in their order."""
    found: dict[int | None, list[Category]] = defaultdict(list)
    for row in db.session.scalars(sa.select(Category).order_by(Category.position, Category.slug)):
        found[row.parent_id].append(row)
    return found


def walk(
    children: dict[int | None, list[Category]], parent: int | None = None, depth: int = 0
) -> Iterator[tuple[Category, int, Sequence[Category]]]:
    """Depth first: each category, how deep it stands, and who stands beside it."""
    beside = children.get(parent, [])
    for category in beside:
        yield category, depth, beside
        yield from walk(children, category.id, depth + 1)


def tree() -> list[Branch]:
    counts = dict(
        db.session.execute(
            sa.select(ContentCategory.category_id, sa.func.count()).group_by(ContentCategory.category_id)
        ).all()
    )
    return [
        Branch(row, depth, counts.get(row.id, 0), row is beside[0], row is beside[-1])
        for row, depth, beside in walk(children_of())
    ]


def within(category: Category) -> set[int]:
    """The category and everything below it."""
    return {category.id, *(row.id for row, _depth, _beside in walk(children_of(), category.id))}


def contents_of(category: Category) -> int:
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(ContentCategory)
            .where(ContentCategory.category_id == category.id)
        )
        or 0
    )


def is_used(category: Category) -> bool:
    """Does its address stand somewhere: on pages, or with readers who follow it?"""
    return any(
        db.session.scalar(sa.select(model.category_id).where(model.category_id == category.id).limit(1))
        for model in (ContentCategory, Follow)
    )


def has_children(category: Category) -> bool:
    return bool(db.session.scalar(sa.select(Category.id).where(Category.parent_id == category.id).limit(1)))


def by_number(number: int) -> Category | None:
    return db.session.get(Category, number) if number < 2**31 else None

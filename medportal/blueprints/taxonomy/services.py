"""Changes of categories. Services flush; the caller commits.

Positions are numbered through the whole tree, depth first, so that lists that know no tree show the same order.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from medportal import audit
from medportal.blueprints.taxonomy import queries
from medportal.changes import site_changed
from medportal.extensions import db
from medportal.lib.slugs import numbered, slugify
from medportal.models.content import Content, ContentCategory
from medportal.models.subscription import Follow
from medportal.models.taxonomy import Category, CategoryAlias
from medportal.models.types import Localized
from medportal.renewals import AT_ONCE, renew


class SlugTaken(ValueError):
    """Another category has this address."""


class Circle(ValueError):
    """A category would stand below itself."""


class InUse(Exception):
    """It holds pages or categories, or readers follow it: merge it into another instead."""


def add_category(
    name: Localized, *, slug: str = "", parent_id: int | None = None, icd10_range: str | None = None, by: str
) -> Category:
    """At the end of its parent. Without a slug one is made from the name, the English one if there is one."""
    site_changed()  # first: its row lock puts two of us in line
    category = Category(
        name=name,
        slug=_typed(slug, None) if slug else _made(name.get("en") or next(iter(name.values()))),
        parent_id=parent_id,
        icd10_range=icd10_range,
        position=1_000_000,
    )
    db.session.add(category)
    _forget_alias(category.slug)
    db.session.flush()
    _number()
    audit.record("category added", category, actor=by, slug=category.slug)
    return category


def _typed(slug: str, category: Category | None) -> str:
    wanted = slugify(slug)
    if not wanted or wanted in _taken(wanted, category):
        raise SlugTaken
    return wanted


def _made(name: str) -> str:
    wanted = slugify(name) or "category"
    taken, n = _taken(wanted, None), 1
    while numbered(wanted, n) in taken:
        n += 1
    return numbered(wanted, n)


def _taken(wanted: str, category: Category | None) -> set[str]:
    query = sa.select(Category.slug).where(
        Category.slug.startswith(wanted[:70], autoescape=True),
        Category.id != (category.id if category else 0),
    )
    with db.session.no_autoflush:
        return set(db.session.scalars(query))


def _forget_alias(slug: str) -> None:
    db.session.execute(sa.delete(CategoryAlias).where(CategoryAlias.slug == slug))


def change_category(
    category: Category,
    name: Localized,
    *,
    slug: str | None = None,
    parent_id: int | None,
    icd10_range: str | None,
    by: str,
) -> None:
    """A new name reaches lists and search. `slug`: only of a category that nothing uses; None leaves it."""
    site_changed()
    if parent_id is not None and parent_id in queries.within(category):
        raise Circle
    if slug is not None and slug != category.slug:
        _rename(category, _typed(slug, category))
    renamed, moved = name != category.name, parent_id != category.parent_id
    category.name, category.icd10_range = name, icd10_range
    if moved:
        category.parent_id, category.position = parent_id, 1_000_000
        db.session.flush()
        _number()
    audit.record("category changed", category, actor=by)
    if renamed:
        renew(_contents(category))
    db.session.flush()


def _rename(category: Category, slug: str) -> None:
    if queries.is_used(category):
        raise InUse
    before, category.slug = category.slug, slug
    _forget_alias(slug)
    db.session.flush()
    db.session.add(CategoryAlias(slug=before, category_id=category.id))


def _contents(category: Category) -> sa.Select[int]:
    return sa.select(ContentCategory.content_id).where(ContentCategory.category_id == category.id)


def move(category: Category, *, up: bool, by: str) -> None:
    """One place up or down among its brothers and sisters; at the end nothing happens."""
    site_changed()
    children = queries.children_of()
    beside = children[category.parent_id]
    here = beside.index(category)
    there = here + (-1 if up else 1)
    if not 0 <= there < len(beside):
        return
    beside[here], beside[there] = beside[there], beside[here]
    _number(children)
    audit.record("category moved", category, actor=by)


def _number(children: dict[int | None, list[Category]] | None = None) -> None:
    for n, (category, _depth, _beside) in enumerate(queries.walk(children or queries.children_of()), 1):
        if category.position != n:
            category.position = n
    db.session.flush()


def merge_categories(source: Category, into: Category, *, by: str) -> None:
    """Pages, followers, subcategories and addresses of `source` move over, and it is gone. Circle when `into` stands
    below it."""
    site_changed()
    if into.id in queries.within(source):
        raise Circle
    number, slug = source.id, source.slug
    moved = db.session.scalars(_contents(source).limit(AT_ONCE + 1)).all()
    _move_contents(source, into)
    _move_follows(source, into)
    db.session.execute(sa.update(Category).where(Category.parent_id == number).values(parent_id=into.id))
    db.session.execute(
        sa.update(CategoryAlias).where(CategoryAlias.category_id == number).values(category_id=into.id)
    )
    db.session.add(CategoryAlias(slug=slug, category_id=into.id))
    audit.record("categories merged", into, actor=by, gone=number, slug=slug)
    _remove(source)
    _renew_moved(moved, into)


def _move_contents(source: Category, into: Category) -> None:
    """A thing that is in both stays once, at the better of its two places."""
    other = aliased(ContentCategory)
    both = sa.select(other.content_id).where(other.category_id == into.id)
    better = (
        sa.select(other.position)
        .where(other.content_id == ContentCategory.content_id, other.category_id == source.id)
        .scalar_subquery()
    )
    quietly = {"synchronize_session": False}
    db.session.execute(
        sa.update(ContentCategory)
        .where(ContentCategory.category_id == into.id, better < ContentCategory.position)
        .values(position=better),
        execution_options=quietly,
    )
    db.session.execute(
        sa.delete(ContentCategory).where(
            ContentCategory.category_id == source.id, ContentCategory.content_id.in_(both)
        ),
        execution_options=quietly,
    )
    db.session.execute(
        sa.update(ContentCategory)
        .where(ContentCategory.category_id == source.id)
        .values(category_id=into.id),
        execution_options=quietly,
    )


def _move_follows(source: Category, into: Category) -> None:
    """Who follows both keeps one of the two."""
    other = aliased(Follow)
    has_both = (
        sa.select(other.id)
        .where(
            other.subscriber_id == Follow.subscriber_id,
            other.what == Follow.what,
            other.category_id == into.id,
        )
        .exists()
    )
    quietly = {"synchronize_session": False}
    db.session.execute(
        sa.delete(Follow).where(Follow.category_id == source.id, has_both), execution_options=quietly
    )
    db.session.execute(
        sa.update(Follow).where(Follow.category_id == source.id).values(category_id=into.id),
        execution_options=quietly,
    )


def _renew_moved(moved: Sequence[int], into: Category) -> None:
    """What came over; where that is much, all that is there now."""
    few = len(moved) <= AT_ONCE
    renew(sa.select(Content.id).where(Content.id.in_(moved)) if few else _contents(into))


def delete_category(category: Category, *, by: str) -> None:
    """Only an empty one that nobody follows. The shipped list does not bring it back."""
    site_changed()
    if queries.is_used(category) or queries.has_children(category):
        raise InUse
    audit.record("category deleted", category, actor=by, slug=category.slug)
    db.session.add(CategoryAlias(slug=category.slug, category_id=None))
    _remove(category)


def _remove(category: Category) -> None:
    db.session.flush()
    db.session.expire_all()
    db.session.delete(category)
    db.session.flush()
    _number()

"""What is read of imports."""

from typing import Any

import sqlalchemy as sa

from medportal.extensions import db
from medportal.models.audit import Audit
from medportal.models.content import Content, ContentText, ImportItem, Origin
from medportal.models.imports import ImportRun
from medportal.models.specialist import DrugUpdate, Trial
from medportal.models.trust import Revision

_FACTS: dict[str, tuple[Any, Any]] = {
    "trials": (Trial, Trial.number),
    "openfda": (DrugUpdate, DrugUpdate.external_id),
}
"""The sources of facts: what becomes of a record, and the column with its number."""


def brings_facts(run: ImportRun) -> bool:
    return run.source in _FACTS


def rows(run: ImportRun) -> sa.Select[Any]:
    """The facts that this import brought."""
    model, number = _FACTS[run.source]
    brought = sa.select(ImportItem.external_id).where(
        ImportItem.run_id == run.id, ImportItem.source == run.source
    )
    return sa.select(model).where(number.in_(brought))


def _handled(run: ImportRun) -> sa.ColumnElement[bool]:
    """A person changed it, or put it on a page."""
    model, _ = _FACTS[run.source]
    by_a_person = sa.select(Audit.id).where(
        Audit.actor.not_like("import %"), Audit.object_type == model.__name__, Audit.object_id == model.id
    )
    return sa.or_(model.origin != Origin.IMPORTED, by_a_person.correlate(model).exists())


def removable_rows(run: ImportRun) -> sa.Select[Any]:
    model, _ = _FACTS[run.source]
    return rows(run).where(~_handled(run)).order_by(model.id)


def runs() -> sa.Select[ImportRun]:
    return sa.select(ImportRun).order_by(ImportRun.id.desc())


def _pages(run: ImportRun) -> sa.Select[int]:
    brought = sa.select(ImportItem.content_id).where(
        ImportItem.run_id == run.id, ImportItem.content_id.is_not(None)
    )
    return sa.select(Content.id).where(Content.id.in_(brought))


def _changed_since(run: ImportRun) -> sa.ColumnElement[bool]:
    """A person saved, published or reviewed it, or another import shares it."""
    shared = sa.select(ImportItem.id).where(
        ImportItem.content_id == Content.id, ImportItem.run_id.is_distinct_from(run.id)
    )
    texts = sa.select(ContentText.id).where(ContentText.content_id == Content.id).correlate(Content)
    edited = sa.select(Revision.id).where(
        Revision.text_id.in_(texts), Revision.saved_by != f"import {run.source}"
    )
    handled = sa.select(Audit.id).where(
        Audit.actor.not_like("import %"),
        sa.or_(
            sa.and_(Audit.object_type == "Content", Audit.object_id == Content.id),
            sa.and_(Audit.object_type == "ContentText", Audit.object_id.in_(texts)),
        ),
    )
    return sa.or_(*(query.correlate(Content).exists() for query in (shared, edited, handled)))


def removable(run: ImportRun) -> sa.Select[int]:
    """Pages, or facts, that this import made and nobody has touched since."""
    if brings_facts(run):
        return removable_rows(run).with_only_columns(_FACTS[run.source][0].id)
    return _pages(run).where(~_changed_since(run))


def kept(run: ImportRun) -> sa.Select[Any, *tuple[Any, ...]]:
    """(kind, title, language, slug, status) of the others; undoing leaves them as they are."""
    if brings_facts(run):
        model, number = _FACTS[run.source]
        named: Any = number if model is Trial else model.name
        nothing = [sa.literal("").label(name) for name in ("kind", "slug", "status")]
        title = [named.label("title"), sa.literal("en").label("lang")]
        return rows(run).where(_handled(run)).order_by(model.id).with_only_columns(*nothing, *title)
    return (
        sa.select(ContentText.kind, ContentText.title, ContentText.lang, ContentText.slug, ContentText.status)
        .join(Content, Content.id == ContentText.content_id)
        .where(
            ContentText.lang == Content.source_lang, Content.id.in_(_pages(run).where(_changed_since(run)))
        )
        .order_by(ContentText.title, ContentText.id)
    )


def count(select: sa.Select[*tuple[Any, ...]]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(select.order_by(None).subquery())) or 0

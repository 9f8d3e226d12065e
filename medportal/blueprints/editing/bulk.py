"""The same for many: chosen in the list, named on a check page, done, and taken back with one button."""

from collections.abc import Sequence

import sqlalchemy as sa
from flask import render_template, request
from sqlalchemy.orm import selectinload

from medportal.access import staff
from medportal.blueprints.content import gate
from medportal.blueprints.content import services as content_services
from medportal.blueprints.content.services import set_categories
from medportal.blueprints.editing import bin as the_bin
from medportal.blueprints.editing import publishing, queries
from medportal.blueprints.editing.views import Answer, bp
from medportal.changes import content_changed
from medportal.desk import me
from medportal.extensions import db
from medportal.i18n import current_language
from medportal.models.content import Content, Status

MOST = 30
"""At once: a page of the list, and no longer a transaction than others can wait for."""
ACTIONS = ("publish", "withdraw", "bin", "category", "unbin")
BACK = {"publish": "withdraw", "withdraw": "publish", "bin": "unbin", "unbin": "bin"}


def _chosen() -> Sequence[Content]:
    numbers = {int(v) for v in request.form.getlist("number") if v.isascii() and v.isdigit() and len(v) < 10}
    query = (
        sa.select(Content)
        .where(Content.id.in_(sorted(numbers)[:MOST]))
        .options(selectinload(Content.texts))
        .order_by(Content.id)
    )
    return db.session.scalars(query).all()


@bp.post("/bulk")
@staff
def bulk() -> Answer:
    action = request.form.get("action", "")
    chosen = _chosen()
    if action not in ACTIONS or not chosen:
        return render_template("editing/bulk_done.html", done=[], refused=[], action="", back=None), 422
    slug = request.form.get("category", "")
    names = dict(queries.category_choices(current_language().code))
    if action == "category" and slug not in names:
        slug = ""
    if request.form.get("sure") != "y" or (action == "category" and not slug):
        return render_template(
            "editing/bulk_check.html", action=action, chosen=chosen, categories=names, category=slug
        )
    done, refused, texts = _act(action, chosen, slug)
    db.session.commit()
    return render_template(
        "editing/bulk_done.html",
        action=action,
        done=done,
        refused=refused,
        texts=texts,
        back=BACK.get(action),
    )


def _act(action: str, chosen: Sequence[Content], slug: str) -> tuple[list[Content], list[Content], list[int]]:
    """What was done, and what the rules did not let pass."""
    done, refused, texts = [], [], []
    for content in chosen:
        try:
            with db.session.begin_nested():
                moved = _act_on(action, content, slug)
        except (gate.Closed, publishing.SecondPersonNeeded):
            refused.append(content)
        else:
            if moved is not None:
                done.append(content)
                texts += moved
    return done, refused, texts


def _act_on(action: str, content: Content, slug: str) -> list[int] | None:
    """The numbers of the texts that were moved; None when there was nothing to do."""
    if action == "unbin":
        if content.binned_at is None:
            return None
        the_bin.take_out(content, by=me())
        return []
    if content.binned_at is not None:
        return None
    if action == "bin":
        the_bin.put_in(content, by=me())
    elif action == "category":
        set_categories(content, [category.slug for category in content.categories] + [slug])
        content_changed(content.id)
    else:
        return _show(action, content) or None
    return []


def _show(action: str, content: Content) -> list[int]:
    moved: list[int] = []
    only = {int(v) for v in request.form.getlist("text") if v.isascii() and v.isdigit() and len(v) < 10}
    for text in content.texts:
        if only and text.id not in only:
            continue  # the undo moves what was moved and nothing else
        if action == "publish" and text.status in (Status.DRAFT, Status.IN_REVIEW, Status.ARCHIVED):
            publishing.publish(text, by=me())
            moved.append(text.id)
        elif action == "withdraw" and text.status == Status.PUBLISHED:
            content_services.withdraw(text, by=me())
            moved.append(text.id)
    return moved

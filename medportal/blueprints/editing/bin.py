"""The bin: out of readers' sight at once, back with one button for 30 days, then gone."""

from datetime import timedelta

import sqlalchemy as sa
from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import selectinload

from medportal import audit
from medportal.access import owners, staff
from medportal.blueprints.content import gate
from medportal.blueprints.content import services as content_services
from medportal.blueprints.editing.editor import thing
from medportal.blueprints.editing.views import Answer, bp
from medportal.changes import content_changed
from medportal.desk import me, row_or_404
from medportal.digests import editions
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.content import Content, Status
from medportal.paging import asked_page

KEPT = timedelta(days=30)
CLEANER = "clean-up"


def put_in(content: Content, *, by: str) -> None:
    """Its published texts are withdrawn; which they were is remembered."""
    content.binned_texts = {
        text.lang: {"status": text.status, "known_title": text.known_title} for text in content.texts
    }
    content.binned_at = utc_now()
    for text in content.texts:
        if text.status in (Status.PUBLISHED, Status.SCHEDULED):
            text.status, text.publish_at = Status.ARCHIVED, None
        text.known_title = None
    audit.record("bin", content, actor=by)
    editions.content_changed([content.id])
    content_changed(content.id)


def take_out(content: Content, *, by: str) -> None:
    """As it was; what was planned is a draft. What was published is published again, by the rules that hold now (gate.Closed)."""
    before, content.binned_texts, content.binned_at = content.binned_texts, {}, None
    content.touched_at = utc_now()
    for text in content.texts:
        kept = before.get(text.lang, {})
        text.known_title = kept.get("known_title")
        if text.status == Status.ARCHIVED and kept:  # a plan is not taken up again by itself
            text.status = Status.DRAFT if kept["status"] == Status.SCHEDULED else kept["status"]
    for text in content.texts:
        if text.status == Status.PUBLISHED:
            gate.check(text)
    audit.record("take out of the bin", content, actor=by)
    content_changed(content.id)


def empty_old() -> int:
    """What lay there for 30 days goes; one thing a transaction. Commits."""
    old = db.session.scalars(sa.select(Content.id).where(Content.binned_at < utc_now() - KEPT)).all()
    db.session.rollback()
    for number in old:
        content = db.session.get(Content, number)
        if content is not None and content.binned_at is not None:
            content_services.delete_content(content, by=CLEANER)
        db.session.commit()
    return len(old)


@bp.get("/bin")
@staff
def bin_list() -> str:
    query = sa.select(Content).where(Content.binned_at.is_not(None)).options(selectinload(Content.texts))
    query = query.order_by(Content.binned_at.desc(), Content.id)
    return render_template("editing/bin.html", page=asked_page(query, size=30), kept=KEPT)


@bp.route("/<int:number>/bin", methods=["GET", "POST"])
@staff
def bin_one(number: int) -> Answer:
    content = thing(number)
    if request.method != "POST":
        return render_template("editing/bin_check.html", content=content)
    put_in(content, by=me())
    db.session.commit()
    return redirect(url_for("editing.bin_list", done="binned"), 303)


@bp.post("/bin/<int:number>/back")
@staff
def take_back(number: int) -> Answer:
    content = row_or_404(Content, number)
    if content.binned_at is not None:
        try:
            take_out(content, by=me())
        except gate.Closed:  # its author was changed meanwhile: it comes back as a draft
            db.session.rollback()
            content = row_or_404(Content, number)
            content.binned_texts = {
                lang: kept | ({"status": Status.DRAFT} if kept["status"] == Status.PUBLISHED else {})
                for lang, kept in content.binned_texts.items()
            }
            take_out(content, by=me())
        db.session.commit()
    return redirect(url_for("editing.edit", number=number, done="back"), 303)


@bp.route("/bin/<int:number>/erase", methods=["GET", "POST"])
@owners
def erase(number: int) -> Answer:
    content = row_or_404(Content, number)
    if content.binned_at is None:
        return redirect(url_for("editing.edit", number=number), 303)
    if request.method != "POST":
        return render_template("editing/erase_check.html", content=content)
    content_services.delete_content(content, by=me())
    db.session.commit()
    return redirect(url_for("editing.bin_list", done="erased"), 303)

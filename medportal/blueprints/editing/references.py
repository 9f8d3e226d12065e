"""The numbered sources of a page."""

import json
import re

import sqlalchemy as sa
from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext

from medportal import audit
from medportal.access import staff
from medportal.blueprints.content import gate
from medportal.blueprints.editing import services
from medportal.blueprints.editing.editor import changed_since, thing
from medportal.blueprints.editing.forms import ReferenceForm
from medportal.blueprints.editing.labels import CHANGED_MEANWHILE
from medportal.blueprints.editing.views import Answer, bp
from medportal.changes import content_changed
from medportal.desk import me
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.lib.html import safe_url
from medportal.models.content import Content, Part, Section
from medportal.models.treatment import FIELDS, Treatment, TreatmentReference, TreatmentText
from medportal.models.trust import Reference, Revision

_CITED = re.compile(r"#ref-(\d{1,4})\b")
_DOI_ADDRESS = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.I)
_PMID_ADDRESS = re.compile(r"^(?:https?://pubmed\.ncbi\.nlm\.nih\.gov/|pmid:\s*)(\d+)/?$", re.I)


@bp.route("/<int:number>/references", methods=["GET", "POST"])
@staff
def references(number: int) -> Answer:
    content = thing(number)
    form = _asked(None)
    if request.method != "POST":
        return _page(content, form)
    if not form.validate() or not _is_new(content, form, None):
        return _page(content, form), 422
    last = _highest(content)
    reference = Reference(content_id=content.id, position=last + 1)
    _set(reference, form)
    content.references.append(reference)
    audit.record("reference added", content, actor=me(), number=last + 1)
    content.touched_at = utc_now()
    content_changed(content.id)
    db.session.commit()
    return redirect(url_for("editing.references", number=number, done="added"), 303)


@bp.route("/<int:number>/references/<int:position>", methods=["GET", "POST"])
@staff
def reference(number: int, position: int) -> Answer:
    content = thing(number)
    row = _row(content, position)
    form = _asked(row)
    if request.method != "POST":
        return render_template("editing/reference.html", content=content, form=form, reference=row)
    if not form.validate() or not _is_new(content, form, row):
        return render_template("editing/reference.html", content=content, form=form, reference=row), 422
    if changed_since(content):
        form.form_errors = [CHANGED_MEANWHILE]
        return render_template("editing/reference.html", content=content, form=form, reference=row), 409
    _set(row, form)
    audit.record("reference changed", content, actor=me(), number=position)
    content.touched_at = utc_now()
    content_changed(content.id)
    db.session.commit()
    return redirect(url_for("editing.references", number=number, done="changed"), 303)


@bp.post("/<int:number>/references/<int:position>/remove")
@staff
def remove_reference(number: int, position: int) -> Answer:
    """Not while a text points to its number, nor the last one of a page that readers see."""
    content = thing(number)
    row = _row(content, position)
    form = _asked(None)
    if _is_cited(content.id, position):
        form.form_errors = [
            gettext("The text points to reference %(n)s. Take the number out of the text first.", n=position)
        ]
        return _page(content, form), 422
    try:
        with services.nothing_lost(content):
            content.references.remove(row)
            audit.record("reference removed", content, actor=me(), number=position)
    except gate.Closed:
        db.session.rollback()
        form.form_errors = [
            gettext("Readers see this page, and it must have a reference. Add another one first.")
        ]
        return _page(thing(number), form), 422
    content.touched_at = utc_now()
    content_changed(content.id)
    db.session.commit()
    return redirect(url_for("editing.references", number=number, done="removed"), 303)


def _highest(content: Content) -> int:
    """The highest number that was ever pointed to: an earlier version that comes back must not cite another source."""
    known = [reference.position for reference in content.references]
    texts = [text.id for text in content.texts]
    for snapshot in db.session.scalars(sa.select(Revision.snapshot).where(Revision.text_id.in_(texts))):
        known += [int(n) for n in _CITED.findall(json.dumps(snapshot))]
    return max(known, default=0)


def _asked(row: Reference | None) -> ReferenceForm:
    if request.method != "POST" or request.endpoint == "editing.remove_reference":
        return ReferenceForm(formdata=None, obj=row)
    form = ReferenceForm()
    form.doi.data = _DOI_ADDRESS.sub("", form.doi.data or "")
    found = _PMID_ADDRESS.match(form.pmid.data or "")
    form.pmid.data = found[1] if found else form.pmid.data
    return form


def _is_new(content: Content, form: ReferenceForm, row: Reference | None) -> bool:
    """Whether the page does not have it yet, by its lasting numbers."""
    for name in ("doi", "pmid"):
        value = form[name].data
        twin = next(
            (r for r in content.references if value and getattr(r, name) == value and r is not row), None
        )
        if twin is not None:
            form[name].errors = [gettext("This is already reference %(n)s of this page.", n=twin.position)]
            return False
    return True


def _set(row: Reference, form: ReferenceForm) -> None:
    for name in ("title", "issuer", "year"):
        setattr(row, name, form[name].data or "")
    row.doi, row.pmid = form.doi.data or None, form.pmid.data or None
    row.url = safe_url(form.url.data)
    row.checked_on, row.retracted = form.checked_on.data, bool(form.retracted.data)


def _row(content: Content, position: int) -> Reference:
    row = next((reference for reference in content.references if reference.position == position), None)
    if row is None:
        abort(404)
    return row


def _is_cited(content_id: int, position: int) -> bool:
    mark = f'href="#ref-{position}"'
    texts = [text.id for text in db.session.get_one(Content, content_id).texts]
    in_parts = (
        sa.select(Part.id)
        .join(Section, Section.id == Part.section_id)
        .where(Section.text_id.in_(texts), Part.html.contains(mark, autoescape=True))
    )
    own = sa.select(Treatment.id).where(Treatment.content_id == content_id)
    in_treatments = sa.select(TreatmentText.id).where(
        TreatmentText.treatment_id.in_(own),
        sa.or_(*(getattr(TreatmentText, name).contains(mark, autoescape=True) for name in FIELDS)),
    )
    listed = (
        sa.select(TreatmentReference.treatment_id)
        .join(Reference, Reference.id == TreatmentReference.reference_id)
        .where(Reference.content_id == content_id, Reference.position == position)
    )
    return any(db.session.scalar(query.limit(1)) is not None for query in (in_parts, in_treatments, listed))


def _page(content: Content, form: ReferenceForm) -> str:
    return render_template("editing/references.html", content=content, form=form)

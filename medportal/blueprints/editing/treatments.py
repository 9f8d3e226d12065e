"""Treatments as records: what DISCERN asks of information on treatment choices, in every language side by side (U14)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from medportal import audit
from medportal.access import staff
from medportal.blueprints.content import gate
from medportal.blueprints.content import services as content_services
from medportal.blueprints.content.drafts import Change, SectionDraft, TextDraft
from medportal.blueprints.content.revisions import draft_of
from medportal.blueprints.editing import labels, services
from medportal.blueprints.editing.editor import changed_since, thing
from medportal.blueprints.editing.forms import in_language
from medportal.blueprints.editing.labels import CHANGED_MEANWHILE
from medportal.blueprints.editing.views import Answer, bp
from medportal.changes import content_changed
from medportal.desk import me
from medportal.extensions import db
from medportal.forms import MemberForm
from medportal.i18n import LANGUAGES
from medportal.lib.bidi import strip_controls
from medportal.lib.html import as_html, sanitise
from medportal.lib.slugs import slugify
from medportal.models.content import Content, ContentText, Status
from medportal.models.treatment import FIELDS, Treatment, TreatmentText


class _TreatmentForm(MemberForm):
    kind = SelectField(
        _l("Kind of treatment"),
        choices=[SelectChoice(value, words) for value, words in labels.TREATMENT_KINDS.items()],
        validators=[InputRequired()],
    )
    references = SelectMultipleField(
        _l("References"), coerce=int, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    note = StringField(_l("What changed, and why"), validators=[Length(max=500)], render_kw={"dir": "auto"})
    minor = BooleanField(_l("A small change: nobody is told, and the other language does not become older"))
    safety = BooleanField(_l("A safety correction: those who follow this page are told by email at once"))

    def told(self) -> dict[str, dict[str, str]]:
        """language → its name and fields, for the languages that have a name."""
        return {
            code: {"name": self[f"{code}_name"].data}
            | {name: as_html(self[f"{code}_{name}"].data or "") for name in FIELDS}
            for code in LANGUAGES
            if self[f"{code}_name"].data
        }

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        if self.safety.data and not self.note.data:
            self.note.errors = [
                gettext("A safety correction says what was wrong: those who follow the page read this.")
            ]
            fine = False
        for code in LANGUAGES:
            name = self[f"{code}_name"]
            if not name.data and any(self[f"{code}_{other}"].data for other in FIELDS):
                name.errors = [gettext("This field is required.")]
                fine = False
        if fine and not self.told():
            self[f"{next(iter(LANGUAGES))}_name"].errors = [
                gettext("A name in one language at least is needed.")
            ]
            return False
        return bool(fine)


def _form(content: Content, treatment: Treatment | None) -> Any:
    fields: dict[str, Any] = {}
    data: dict[str, Any] = {}
    texts = {text.lang: text for text in treatment.texts} if treatment is not None else {}
    for code in LANGUAGES:
        fields[f"{code}_name"] = StringField(
            _l("Name"), validators=[Length(max=200)], render_kw=in_language(code)
        )
        data[f"{code}_name"] = texts[code].name if code in texts else ""
        for name in FIELDS:
            fields[f"{code}_{name}"] = TextAreaField(
                labels.TREATMENT_FIELDS[name], render_kw=in_language(code, rows="3", **{"data-editor": ""})
            )
            data[f"{code}_{name}"] = getattr(texts[code], name) if code in texts else ""
    if treatment is not None:
        data |= {"kind": treatment.kind, "references": [r.position for r in treatment.references]}
    made = type("TreatmentForm", (_TreatmentForm,), fields)
    form = made() if request.method == "POST" else made(formdata=None, data=data)
    form.references.choices = [
        SelectChoice(reference.position, f"[{reference.position}] {reference.title}")
        for reference in content.references
    ]
    return form


@dataclass
class Completeness:
    """How much of what readers ask is answered, in one language."""

    stated: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def completeness(treatment: Treatment) -> dict[str, Completeness]:
    found = {}
    for code in LANGUAGES:
        text = next((text for text in treatment.texts if text.lang == code), None)
        found[code] = Completeness()
        for name in FIELDS:
            (found[code].stated if text is not None and getattr(text, name) else found[code].missing).append(
                name
            )
    return found


@bp.get("/<int:number>/treatments")
@staff
def treatments(number: int) -> str:
    content = thing(number)
    rows = sa.select(Treatment).where(Treatment.content_id == number)
    db.session.scalars(rows.options(selectinload(Treatment.texts))).all()  # one question for all of them
    complete = {treatment.key: completeness(treatment) for treatment in content.treatments}
    return render_template("editing/treatments.html", content=content, complete=complete)


@bp.route("/<int:number>/treatments/new", methods=["GET", "POST"])
@staff
def new_treatment(number: int) -> Answer:
    content = thing(number)
    form = _form(content, None)
    if request.method != "POST":
        return render_template("editing/treatment.html", content=content, form=form, treatment=None)
    if not form.validate():
        return render_template("editing/treatment.html", content=content, form=form, treatment=None), 422
    position = max((one.position for one in content.treatments), default=-1) + 1
    treatment = Treatment(
        content_id=content.id, key=_key(content, form.told()), kind="", position=position, texts=[]
    )
    content.treatments.append(treatment)
    return _store(content, treatment, form)


@bp.route("/<int:number>/treatments/<key>", methods=["GET", "POST"])
@staff
def treatment(number: int, key: str) -> Answer:
    content = thing(number)
    row = _row(content, key)
    form = _form(content, row)
    if request.method != "POST":
        return render_template("editing/treatment.html", content=content, form=form, treatment=row)
    if not form.validate():
        return render_template("editing/treatment.html", content=content, form=form, treatment=row), 422
    return _store(content, row, form)


def _store(content: Content, row: Treatment, form: Any) -> Answer:
    known = row if row.id else None
    if changed_since(content):
        form.form_errors = [CHANGED_MEANWHILE]
        db.session.expunge(row) if known is None else None
        return render_template("editing/treatment.html", content=content, form=form, treatment=known), 409
    try:
        with services.worked_on(content, by=me(), small=LANGUAGES if form.minor.data else ()):
            row.kind = form.kind.data
            row.references = [r for r in content.references if r.position in (form.references.data or [])]
            set_texts(row, form.told())
            db.session.flush()
            resave(content, note=form.note.data or "", minor=form.minor.data, safety=form.safety.data)
    except gate.Closed:
        db.session.rollback()
        said = gettext("Readers see this page, so it must have an author and references first.")
        return render_template("editing/refused.html", content=thing(content.id), said=said), 422
    db.session.commit()
    return redirect(url_for("editing.treatments", number=content.id, done="changed"), 303)


def set_texts(row: Treatment, told: Mapping[str, Mapping[str, str]]) -> None:
    row.texts = [text for text in row.texts if text.lang in told]
    for code, fields in told.items():
        text = next((text for text in row.texts if text.lang == code), None)
        if text is None:
            text = TreatmentText(lang=code)
            row.texts.append(text)
        text.name = strip_controls(fields["name"])
        for name in FIELDS:
            setattr(text, name, sanitise(fields[name]))


def resave(content: Content, *, note: str = "", minor: bool = False, safety: bool = False) -> None:
    """A treatment is part of the text: its change is a revision of every language in which it changed."""
    changes = {
        text.lang: Change(draft=_with_its_section(text), note=note, minor=minor and not safety, safety=safety)
        for text in content.texts
        if text.status != Status.TITLE_ONLY
    }
    content_services.save_texts(content, changes, by=me())
    content_changed(content.id)


def _with_its_section(text: ContentText) -> TextDraft:
    """Treatments stand in the section of that name: who records one has begun it."""
    draft = draft_of(text)
    told = any(one.lang == text.lang for row in text.content.treatments for one in row.texts)
    if not told or any(section.key == "treatment" for section in draft.sections):
        return draft
    return replace(draft, sections=[*draft.sections, SectionDraft(key="treatment")])


@bp.post("/<int:number>/treatments/<key>/<any(up, down, remove):action>")
@staff
def act_on_treatment(number: int, key: str, action: str) -> Answer:
    content = thing(number)
    row = _row(content, key)
    if action == "remove":
        if request.form.get("sure") != "y":
            return render_template("editing/treatment_check.html", content=content, treatment=row)
        content.treatments.remove(row)
        audit.record("treatment removed", content, actor=me(), key=key)
    else:
        rows = list(content.treatments)
        at = rows.index(row)
        to = max(0, min(len(rows) - 1, at + (-1 if action == "up" else 1)))
        rows.insert(to, rows.pop(at))
        for position, one in enumerate(rows):
            one.position = position
    db.session.flush()
    try:
        with services.worked_on(content, by=me(), small=LANGUAGES if action != "remove" else ()):
            resave(content, minor=action != "remove")
    except gate.Closed:
        db.session.rollback()
        said = gettext("Readers see this page, so it must have an author and references first.")
        return render_template("editing/refused.html", content=thing(number), said=said), 422
    db.session.commit()
    done = "removed" if action == "remove" else "moved"
    return redirect(url_for("editing.treatments", number=number, done=done), 303)


def _row(content: Content, key: str) -> Treatment:
    row = next((one for one in content.treatments if one.key == key), None)
    if row is None:
        abort(404)
    return row


def _key(content: Content, told: Mapping[str, Mapping[str, str]]) -> str:
    """Names the treatment in addresses on the page; Latin letters where there are any."""
    names = [told[code]["name"] for code in sorted(told, reverse=True)]
    wanted = next((made for name in names if (made := slugify(name)[:50]).isascii() and made), "treatment")
    known = {one.key for one in content.treatments}
    return next(key for n in range(1, 10_000) if (key := wanted if n == 1 else f"{wanted}-{n}") not in known)

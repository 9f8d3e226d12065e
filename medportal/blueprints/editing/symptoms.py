"""The signs of a disease as terms that diseases share, each with how often it is seen."""

import sqlalchemy as sa
from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice

from medportal import audit
from medportal.access import staff
from medportal.blueprints.editing.editor import thing
from medportal.blueprints.editing.views import Answer, bp
from medportal.changes import content_changed
from medportal.content_types import KINDS
from medportal.desk import me
from medportal.extensions import db
from medportal.forms import ShortEnough
from medportal.lib.arabic import fold
from medportal.lib.dates import utc_now
from medportal.localized import Label, LocalizedForm, spread, with_labels
from medportal.models.content import Content, Symptom, SymptomLink
from medportal.models.types import Localized
from medportal.renewals import renew

ASPECTS = {"symptom": _l("A sign or symptom"), "course": _l("Inheritance or course")}


class _SymptomForm(LocalizedForm):
    frequency = StringField(
        _l("How often"),
        description=_l("As the source prints it: 90%, 3/8, very frequent. Empty means not stated."),
        validators=[ShortEnough(max=40)],
        render_kw={"dir": "auto"},
    )
    source = StringField(
        _l("Source of the frequency"), validators=[ShortEnough(max=200)], render_kw={"dir": "auto"}
    )
    aspect = RadioField(
        _l("What it is"), choices=[SelectChoice(*pair) for pair in ASPECTS.items()], default="symptom"
    )


def _form(link: SymptomLink | None) -> _SymptomForm:
    form = with_labels(_SymptomForm, Label("name", gettext("Name"), most=200, needed=True))
    if request.method == "POST":
        return form()
    if link is None:
        return form(formdata=None)
    own = {"frequency": link.frequency, "source": link.source, "aspect": link.aspect}
    return form(formdata=None, data=own | spread("name", link.symptom.name))


def _disease(number: int) -> Content:
    content = thing(number)
    if "symptoms" not in KINDS[content.kind].sections:
        abort(404)
    return content


def _link(content: Content, symptom: int) -> SymptomLink:
    link = next((link for link in content.symptoms if link.symptom_id == symptom), None)
    if link is None:
        abort(404)
    return link


@bp.route("/<int:number>/symptoms", methods=["GET", "POST"])
@staff
def symptoms(number: int) -> Answer:
    content = _disease(number)
    form = _form(None)
    if request.method == "POST" and form.validate():
        name = form.localized("name")
        term = _term(name)
        if term is None or all(link.symptom is not term for link in content.symptoms):
            last = max((link.position for link in content.symptoms), default=-1)
            link = SymptomLink(symptom=term or _new_term(name), position=last + 1)
            content.symptoms.append(link)
            return _store(content, link, form, "added")
        form["name_en"].errors = [gettext("This page has the term already.")]
    return render_template("editing/symptoms.html", content=content, form=form), _status()


@bp.route("/<int:number>/symptoms/<int:symptom>", methods=["GET", "POST"])
@staff
def symptom(number: int, symptom: int) -> Answer:
    content = _disease(number)
    link = _link(content, symptom)
    form = _form(link)
    if request.method == "POST" and form.validate():
        return _store(content, link, form, "changed")
    return render_template("editing/symptom.html", content=content, form=form, link=link), _status()


@bp.post("/<int:number>/symptoms/<int:symptom>/remove")
@staff
def remove_symptom(number: int, symptom: int) -> Answer:
    content = _disease(number)
    content.symptoms.remove(_link(content, symptom))
    return _done(content, "removed")


def _status() -> int:
    return 422 if request.method == "POST" else 200


def _term(name: Localized) -> Symptom | None:
    """The term that other diseases have already, by its name in any language it was given."""
    keys = [fold(words)[:200] for words in name.values()]
    return db.session.scalar(sa.select(Symptom).where(Symptom.key.in_(keys)).order_by(Symptom.id))


def _new_term(name: Localized) -> Symptom:
    return Symptom(key=fold(name.get("en") or next(iter(name.values())))[:200], name=name)


def _store(content: Content, link: SymptomLink, form: _SymptomForm, done: str) -> Answer:
    """A better name of a term is seen on every page that has it."""
    link.frequency, link.source = form.frequency.data or None, form.source.data or None
    link.aspect = form.aspect.data
    name = {**link.symptom.name, **form.localized("name")}
    if name != link.symptom.name:
        link.symptom.name = name
        db.session.flush()
        renew(sa.select(SymptomLink.content_id).where(SymptomLink.symptom_id == link.symptom_id))
    return _done(content, done)


def _done(content: Content, done: str) -> Answer:
    audit.record("symptoms changed", content, actor=me())
    content.touched_at = utc_now()
    db.session.flush()
    content_changed(content.id)
    db.session.commit()
    return redirect(url_for("editing.symptoms", number=content.id, done=done), 303)

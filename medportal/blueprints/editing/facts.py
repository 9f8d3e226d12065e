"""What has no language: categories, codes, related pages, and what the kind itself asks for."""

import copy
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from medportal import audit
from medportal.access import staff
from medportal.blueprints.content import gate
from medportal.blueprints.content.services import set_categories
from medportal.blueprints.editing import queries, services
from medportal.blueprints.editing.editor import changed_since, thing
from medportal.blueprints.editing.forms import in_language
from medportal.blueprints.editing.labels import CHANGED_MEANWHILE
from medportal.blueprints.editing.views import Answer, bp
from medportal.changes import content_changed
from medportal.content_types import KINDS, ContentType
from medportal.desk import me
from medportal.extensions import db
from medportal.forms import MemberForm
from medportal.i18n import LANGUAGES, current_language
from medportal.lib.dates import utc_now
from medportal.lib.html import safe_url
from medportal.models.content import Code, Content, ContentRelation
from medportal.models.types import LocalizedType

SYSTEMS = ("ICD-10", "ICD-11", "MeSH", "SNOMED", "UMLS")


class _FactsForm(MemberForm):
    main = SelectField(_l("Main category"), default="")
    categories = SelectMultipleField(
        _l("Further categories"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    codes = TextAreaField(
        _l("Codes of classifications"),
        description=_l("One on each line: the system, a blank, the code. For example: ICD-10 E11"),
        validators=[Length(max=4000)],
        render_kw={"dir": "ltr", "rows": "3"},
    )
    related = StringField(
        _l("Related pages"),
        description=_l(
            "Numbers of pages, with commas between them. A page's number stands in the list of texts."
        ),
        validators=[Length(max=400)],
        render_kw={"dir": "ltr"},
    )
    superseded_by = StringField(
        _l("Replaced by"),
        description=_l("The number of the page that takes its place; readers are led there."),
        validators=[Length(max=12)],
        render_kw={"dir": "ltr", "inputmode": "numeric"},
    )


def _localized(kind: ContentType, name: str) -> bool:
    column = sa.inspect(kind.detail).columns[name]
    return isinstance(column.type, LocalizedType)


def _detail_fields(kind: ContentType) -> dict[str, Any]:
    """The kind's own fields; a label that has languages gets a field for each."""
    fields: dict[str, Any] = {}
    for name, made in kind.detail_fields.items():
        if not _localized(kind, name):
            fields[name] = made
            continue
        for code, language in LANGUAGES.items():
            one = copy.copy(made)
            label = _l("%(label)s (%(language)s)", label=made.args[0], language=language.native_name)
            validators = [v for v in made.kwargs.get("validators", []) if isinstance(v, Length)]
            one.args = (label, *made.args[1:])
            one.kwargs = dict(made.kwargs, validators=validators, render_kw=in_language(code))
            fields[f"{name}_{code}"] = one
    return fields


def _form(content: Content, detail: Any, *, filled: bool) -> Any:
    kind = KINDS[content.kind]
    data = {
        "main": content.categories[0].slug if content.categories else "",
        "categories": [category.slug for category in content.categories[1:]],
        "codes": "\n".join(f"{code.system} {code.value}" for code in content.codes),
        "related": ", ".join(str(number) for number in _related(content.id)),
        "superseded_by": str(content.superseded_by_id or ""),
    }
    for name in kind.detail_fields:
        value = getattr(detail, name, None)
        if kind.detail is not None and _localized(kind, name):
            data |= {f"{name}_{code}": (value or {}).get(code, "") for code in LANGUAGES}
        else:
            data[name] = ", ".join(value) if isinstance(value, list) else value  # type: ignore[assignment]
    form = type("FactsForm", (_FactsForm,), _detail_fields(kind))
    made = form() if filled else form(formdata=None, data=data)
    names = queries.category_choices(current_language().code)
    none = [SelectChoice("", gettext("none"))]
    made.main.choices = none + [SelectChoice(slug, name) for slug, name in names]
    made.categories.choices = [SelectChoice(slug, name) for slug, name in names]
    return made


def _related(content_id: int) -> Sequence[int]:
    return db.session.scalars(
        sa.select(ContentRelation.related_id)
        .where(ContentRelation.content_id == content_id)
        .order_by(ContentRelation.position)
    ).all()


@bp.route("/<int:number>/facts", methods=["GET", "POST"])
@staff
def facts(number: int) -> Answer:
    content = thing(number)
    kind = KINDS[content.kind]
    detail = db.session.get(kind.detail, content.id) if kind.detail is not None else None
    form = _form(content, detail, filled=request.method == "POST")
    if request.method != "POST":
        return _page(content, form)
    if not form.validate() or not _fits(content, form):
        return _page(content, form), 422
    if changed_since(content):
        form.form_errors = [CHANGED_MEANWHILE]
        return _page(content, form), 409
    try:
        with db.session.begin_nested(), services.nothing_lost(content):
            _store(content, detail, form)
    except (gate.Closed, ValueError, sa.exc.IntegrityError):
        form.form_errors = [gettext("These values do not fit together. Please look at them again.")]
        return _page(content, form), 422
    db.session.commit()
    return redirect(url_for("editing.facts", number=number, done="changed"), 303)


def _page(content: Content, form: Any) -> str:
    kind = KINDS[content.kind]
    return render_template("editing/facts.html", content=content, form=form, own=list(_detail_fields(kind)))


def _numbers(typed: str) -> list[int]:
    """As far as they are numbers."""
    pieces = [piece.strip() for piece in typed.replace("\u060c", ",").split(",")]
    return [int(piece) for piece in pieces if piece.isascii() and piece.isdigit() and len(piece) < 10]


def _codes(typed: str) -> list[tuple[str, str]]:
    """Lines that name a system we know; ValueError for the first that does not."""
    known = {system.casefold(): system for system in SYSTEMS}
    found = []
    for line in filter(str.strip, typed.splitlines()):
        system, _, value = line.strip().partition(" ")
        if system.casefold() not in known or not value.strip() or len(value.strip()) > 40:
            raise ValueError(line.strip())
        found.append((known[system.casefold()], value.strip()))
    return list(dict.fromkeys(found))


def _fits(content: Content, form: Any) -> bool:
    try:
        _codes(form.codes.data or "")
    except ValueError as line:
        form.codes.errors = [
            gettext("This line names no system that is known here: %(line)s", line=str(line))
        ]
    asked = {*_numbers(form.related.data or ""), *_numbers(form.superseded_by.data or "")}
    known = set(
        db.session.scalars(sa.select(Content.id).where(Content.id.in_(asked), Content.binned_at.is_(None)))
    )
    for field in (form.related, form.superseded_by):
        wrong = [n for n in _numbers(field.data or "") if n not in known or n == content.id]
        if wrong or (field.data and not _numbers(field.data)):
            field.errors = [
                gettext("There is no other page with this number: %(n)s", n=wrong[0] if wrong else field.data)
            ]
    if not form.errors and _leads_back(content, next(iter(_numbers(form.superseded_by.data or "")), None)):
        form.superseded_by.errors = [
            gettext("It must be a page of the same kind that is not itself replaced by this one.")
        ]
    return not form.errors


def _leads_back(content: Content, successor_id: int | None) -> bool:
    """Whether the page cannot be replaced by that one: another kind, or a chain that comes back."""
    seen = {content.id}
    while successor_id is not None:
        row = db.session.execute(
            sa.select(Content.kind, Content.superseded_by_id).where(Content.id == successor_id)
        ).one()
        if successor_id in seen or row.kind != content.kind:
            return True
        seen.add(successor_id)
        successor_id = row.superseded_by_id
    return False


def _store(content: Content, detail: Any, form: Any) -> None:
    main = [form.main.data] if form.main.data else []
    set_categories(content, [*main, *(slug for slug in form.categories.data or [] if slug not in main)])
    content.codes = [_code(content, system, value) for system, value in _codes(form.codes.data or "")]
    content.superseded_by_id = next(iter(_numbers(form.superseded_by.data or "")), None)
    db.session.execute(sa.delete(ContentRelation).where(ContentRelation.content_id == content.id))
    for position, other in enumerate(dict.fromkeys(_numbers(form.related.data or ""))):
        db.session.add(ContentRelation(content_id=content.id, related_id=other, position=position))
    _store_detail(content, detail, form)
    content.touched_at = utc_now()
    audit.record("facts changed", content, actor=me())
    content_changed(content.id)


def _code(content: Content, system: str, value: str) -> Code:
    """The row that is there, so that nothing is written twice."""
    found = next((c for c in content.codes if (c.system, c.value) == (system, value)), None)
    return found or Code(system=system, value=value)


def _store_detail(content: Content, detail: Any, form: Any) -> None:
    kind = KINDS[content.kind]
    if kind.detail is None:
        return
    values: dict[str, Any] = {}
    for name in kind.detail_fields:
        if _localized(kind, name):
            values[name] = {code: form[f"{name}_{code}"].data or "" for code in LANGUAGES}
        else:
            values[name] = _plain(kind, name, form[name].data)
    if detail is None:
        db.session.add(kind.detail(content_id=content.id, **values))
    else:
        for name, value in values.items():
            setattr(detail, name, value)
    db.session.flush()


def _plain(kind: ContentType, name: str, value: Any) -> Any:
    column = sa.inspect(kind.detail).columns[name]
    if name == "url":
        return safe_url(value)
    if isinstance(column.type, sa.JSON):
        pieces = (value or "").replace("\u060c", ",").split(",")
        return [piece.strip() for piece in pieces if piece.strip()]
    if isinstance(value, (date, time, Decimal, int, bool)):
        return value
    return value or (None if column.nullable else "")

"""The form of a text, made from its kind: title, address, summary, one field per section, and the kind's own columns."""

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Regexp

from medportal.content_types.sections import SECTIONS
from medportal.forms import TranslatedForm
from medportal.lib.slugs import MAX_LENGTH

if TYPE_CHECKING:
    from medportal.content_types.base import ContentType

_FORMS: "dict[str, tuple[ContentType, type[ContentForm]]]" = {}


class ContentForm(TranslatedForm):
    """What every text has, whatever its kind."""

    title = StringField(_l("Title"), validators=[InputRequired(), Length(max=300)])
    slug = StringField(
        _l("Address"),
        description=_l("Letters, digits and hyphens; made from the title when left empty."),
        validators=[
            Length(max=MAX_LENGTH),
            Regexp(r"^[\w-]*$", message=_l("Only letters, digits and hyphens.")),
        ],
    )
    summary = TextAreaField(_l("Summary"), validators=[Length(max=500)])


_STATES = [
    SelectChoice("", _l("Leave out")),
    SelectChoice("written", _l("Written")),
    SelectChoice("nothing_known", _l("Nothing is known")),
    SelectChoice("does_not_apply", _l("Does not apply")),
    SelectChoice("not_yet_written", _l("Not yet written")),
]


def form_for(kind: "ContentType") -> "type[ContentForm]":
    """The form class of `kind`, made once."""
    known = _FORMS.get(kind.key)
    if known and known[0] is kind:
        return known[1]
    fields: dict[str, object] = {}
    for key in kind.sections:
        fields[f"{key}_state"] = SelectField(SECTIONS[key], choices=_STATES, default="written")
        fields[key] = TextAreaField(SECTIONS[key])
    fields.update(kind.detail_fields)
    form: type[ContentForm] = type(f"{kind.key.title()}Form", (ContentForm,), fields)
    _FORMS[kind.key] = (kind, form)
    return form

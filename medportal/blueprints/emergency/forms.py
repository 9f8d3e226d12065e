"""The form of one emergency number."""

import re
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField, URLField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional, ValidationError

from medportal.blueprints.emergency.queries import SERVICES, today
from medportal.forms import ShortEnough
from medportal.i18n import current_language
from medportal.lib.arabic import to_ascii_digits
from medportal.lib.countries import countries
from medportal.lib.html import safe_url
from medportal.localized import Label, LocalizedForm, with_labels

_NUMBER = re.compile(r"\+?[\d*#][\d*#() /.-]*")


def _tidy_number(value: Any) -> Any:
    return " ".join(to_ascii_digits(value).split()) if isinstance(value, str) else value


def _choices() -> list[SelectChoice]:
    named = countries(current_language().code)
    return [SelectChoice("", _l("Please choose")), *(SelectChoice(*pair) for pair in named.items())]


class _NumberForm(LocalizedForm):
    country = SelectField(_l("Country"), choices=_choices, validators=[InputRequired()])
    service = SelectField(
        _l("Whom it reaches"),
        choices=[SelectChoice(str(key), name) for key, name in SERVICES.items()],
        validators=[InputRequired()],
    )
    number = StringField(
        _l("Telephone number"),
        description=_l("As it is dialled inside the country."),
        filters=[_tidy_number],
        validators=[InputRequired(), ShortEnough(max=30)],
        render_kw={"dir": "ltr", "inputmode": "tel", "autocomplete": "off"},
    )
    source = StringField(
        _l("Where it is written"),
        description=_l(
            "The office or authority that publishes the number. Without it readers do not see it."
        ),
        validators=[ShortEnough(max=200)],
        render_kw={"dir": "auto"},
    )
    source_url = URLField(
        _l("Address of the source"),
        validators=[Optional(), ShortEnough(max=500)],
        render_kw={"dir": "ltr", "type": "text", "inputmode": "url"},
    )
    checked_on = DateField(
        _l("Checked on"),
        description=_l("The day on which somebody last read it there. After a year readers see it no more."),
        validators=[Optional()],
        render_kw={"dir": "ltr"},
    )

    def validate_number(self, field: StringField) -> None:
        if not _NUMBER.fullmatch(field.data or "") or sum(c.isdigit() for c in field.data or "") < 2:
            raise ValidationError(gettext("Only digits, spaces and the signs + * # ( ) - are possible."))

    def validate_source_url(self, field: URLField) -> None:
        address = safe_url(field.data) or ""
        if not address.lower().startswith(("http://", "https://")):
            raise ValidationError(gettext("Please write the whole address, with https:// at the beginning."))

    def validate_checked_on(self, field: DateField) -> None:
        if field.data and field.data > today():
            raise ValidationError(gettext("This day has not come yet."))


def number_form() -> type[_NumberForm]:
    return with_labels(_NumberForm, Label("note", gettext("Note for readers"), most=200))

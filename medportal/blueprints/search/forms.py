"""What the owner types about words."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import Field, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from medportal.blueprints.search.labels import KINDS, REGIONS
from medportal.forms import MemberForm
from medportal.i18n import LANGUAGES
from medportal.search.analysis import key


def has_words(_form: Any, field: Field) -> None:
    if field.data and not key(field.data):
        raise ValidationError(gettext("There is no word in this that could be searched for."))


def _choices(labels: Mapping[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in labels.items()]


class ConceptForm(MemberForm):
    name = StringField(
        _l("Name in English"),
        [InputRequired(), Length(max=200), has_words],
        description=_l("The formal name, as in a textbook: myocardial infarction."),
    )
    arabic = StringField(_l("Name in Arabic"), [Optional(), Length(max=200), has_words])


class WordForm(MemberForm):
    text = StringField(_l("Word"), [InputRequired(), Length(max=200), has_words])
    lang = SelectField(_l("Language"))
    kind = SelectField(_l("Kind of word"), choices=_choices(KINDS))
    region = SelectField(_l("Region"), choices=_choices(REGIONS), description=_l("Only for regional words."))
    source = StringField(
        _l("Source"),
        [Optional(), Length(max=120)],
        description=_l("Where the word was seen. Without a source it is marked unverified."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lang.choices = _choices({code: language.native_name for code, language in LANGUAGES.items()})

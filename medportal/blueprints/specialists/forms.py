"""Forms for opinions, trials and news of medicines."""

import re
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, SelectField, StringField, TextAreaField, URLField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional, ValidationError

from medportal.blueprints.content.specialist_labels import DRUG_NEWS, REGISTER, TRIAL_STATUS
from medportal.blueprints.editing.forms import in_language
from medportal.blueprints.editing.queries import people_choices
from medportal.choices import zone
from medportal.forms import ShortEnough
from medportal.i18n import LANGUAGES, current_language
from medportal.lib.dates import utc_now
from medportal.lib.html import safe_url
from medportal.localized import Label, LocalizedForm, with_labels
from medportal.models.specialist import NCT
from medportal.models.types import Localized

LONGEST_OPINION = 20_000


def _people() -> list[SelectChoice]:
    return [
        SelectChoice(number, name)
        for number, name in people_choices(current_language().code, only_people=True)
    ]


def _not_ahead(_form: Any, field: DateField) -> None:
    if field.data and field.data > utc_now().astimezone(zone()).date():
        raise ValidationError(gettext("This day has not come yet."))


class _OpinionForm(LocalizedForm):
    person = SelectField(_l("Whose opinion it is"), choices=_people, coerce=int, validators=[InputRequired()])
    given_on = DateField(
        _l("Opinion given on"), validators=[Optional(), _not_ahead], render_kw={"dir": "ltr"}
    )
    asked = RadioField(
        _l("Interests, stated for this opinion"),
        choices=[
            SelectChoice("", _l("Not asked yet")),
            SelectChoice("none", _l("None to declare")),
            SelectChoice("some", _l("These:")),
        ],
        validators=[Optional()],
        validate_choice=False,
        default="",
    )

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        first = self[f"interests_{next(iter(LANGUAGES))}"]
        if self.asked.data == "some" and not self.localized("interests"):
            first.errors = [gettext("Please write it in one language at least.")]
            return False
        return bool(fine)

    def interests(self) -> Localized | None:
        if self.asked.data == "some":
            return self.localized("interests")
        return {} if self.asked.data == "none" else None


def opinion_form() -> type[_OpinionForm]:
    """With the editor for its text, one field a language."""
    form = with_labels(_OpinionForm, Label("interests", gettext("Interests"), most=300))
    meta: Any = type(form)
    texts = {
        f"text_{code}": TextAreaField(
            _l("Opinion"),
            validators=[ShortEnough(max=LONGEST_OPINION)],
            render_kw=in_language(code, rows="8", **{"data-editor": ""}),
        )
        for code in LANGUAGES
    }
    made: type[_OpinionForm] = meta("OpinionForm", (form,), texts)
    return made


def _web_address(_form: Any, field: URLField) -> None:
    address = safe_url(field.data) or ""
    if not address.lower().startswith(("http://", "https://")):
        raise ValidationError(gettext("Please write the whole address, with https:// at the beginning."))


_LTR = {"dir": "ltr"}
_ADDRESS = {"dir": "ltr", "type": "text", "inputmode": "url"}


def _registry(typed: Any) -> Any:
    """One name for the registry whose numbers are looked at, however it is typed."""
    same = (
        isinstance(typed, str)
        and re.sub(r"[\s.]", "", typed).casefold() == REGISTER.replace(".", "").casefold()
    )
    return REGISTER if same else typed


class TrialForm(LocalizedForm):
    register = StringField(
        _l("Registry"),
        default=REGISTER,
        filters=[_registry],
        validators=[InputRequired(), ShortEnough(max=60)],
        render_kw={"dir": "auto"},
    )
    number = StringField(
        _l("Registry number"),
        description=_l("As the registry writes it. Those of ClinicalTrials.gov are NCT and eight digits."),
        filters=[lambda typed: typed.upper() if isinstance(typed, str) else typed],
        validators=[InputRequired(), ShortEnough(max=40)],
        render_kw=_LTR,
    )
    title = StringField(
        _l("Title, as registered"),
        validators=[InputRequired(), ShortEnough(max=400)],
        render_kw={"dir": "auto"},
    )
    state = SelectField(
        _l("Status"),
        choices=[
            SelectChoice("", _l("not stated")),
            *(SelectChoice(key, words) for key, words in TRIAL_STATUS.items()),
        ],
    )
    status_as_of = DateField(
        _l("Status as of"),
        description=_l("The day on which the registry's record was last renewed."),
        validators=[Optional(), _not_ahead],
        render_kw=_LTR,
    )
    url = URLField(
        _l("Address in the registry"),
        description=_l("May be left empty for ClinicalTrials.gov: it follows from the number."),
        validators=[Optional(), ShortEnough(max=500), _web_address],
        render_kw=_ADDRESS,
    )

    def validate_number(self, field: StringField) -> None:
        if self.register.data == REGISTER and not NCT.fullmatch(field.data or ""):
            raise ValidationError(gettext("A number of ClinicalTrials.gov looks like NCT01234567."))

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        if self.state.data and not self.status_as_of.data:
            self.status_as_of.errors = [gettext("A status needs the day from which it is known.")]
            fine = False
        if self.register.data != REGISTER and not self.url.data:
            self.url.errors = [gettext("This field is required.")]
            fine = False
        return bool(fine)


class _DrugForm(LocalizedForm):
    name = StringField(
        _l("Name, as issued"),
        validators=[InputRequired(), ShortEnough(max=200)],
        render_kw={"dir": "auto"},
    )
    generic = StringField(_l("Generic name"), validators=[ShortEnough(max=200)], render_kw={"dir": "auto"})
    kind = SelectField(
        _l("What it is"),
        choices=[SelectChoice(key, words) for key, words in DRUG_NEWS.items()],
        validators=[InputRequired()],
    )
    issuer = StringField(
        _l("Issued by"), validators=[InputRequired(), ShortEnough(max=200)], render_kw={"dir": "auto"}
    )
    issued_on = DateField(_l("Issued on"), validators=[InputRequired(), _not_ahead], render_kw=_LTR)
    source = StringField(
        _l("Source"), validators=[InputRequired(), ShortEnough(max=80)], render_kw={"dir": "auto"}
    )
    url = URLField(
        _l("Address of the source"),
        validators=[InputRequired(), ShortEnough(max=500), _web_address],
        render_kw=_ADDRESS,
    )


def drug_form() -> type[_DrugForm]:
    return with_labels(_DrugForm, Label("summary", gettext("Short summary"), most=500, rows=3))

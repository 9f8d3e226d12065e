"""Forms for what has a value in every language: one field a language, each in the direction of its own."""

from dataclasses import dataclass
from typing import Any, TypeVar

from flask_babel import gettext
from wtforms import Field, Form, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError

from medportal.forms import MemberForm, ShortEnough
from medportal.i18n import LANGUAGES, current_language
from medportal.models.types import Localized

F = TypeVar("F", bound="LocalizedForm")


@dataclass(frozen=True)
class Label:
    """What is asked for in every language. `rows` makes it a text of several lines; `needed`: in one language at least;
    `every`: in each of them."""

    name: str
    what: Any
    most: int = 200
    rows: int = 0
    needed: bool = False
    every: bool = False


class _InSomeLanguage:
    """One language is enough; the fault stands at the first."""

    field_flags = {"required": True}

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, form: Form, field: Field) -> None:
        fields = [form[f"{self.name}_{code}"] for code in LANGUAGES]
        if field is fields[0] and not any(other.data for other in fields):
            raise ValidationError(gettext("Please write it in one language at least."))


class LocalizedForm(MemberForm):
    """Its class is made for a request by `with_labels`, since the languages are those of the registry."""

    def localized(self, name: str) -> Localized:
        """What was typed, by language; {} when nothing was."""
        return {code: text for code in LANGUAGES if (text := self[f"{name}_{code}"].data)}


def with_labels(form: type[F], *labels: Label) -> type[F]:
    """This form with a field for each label and language, `name_en`."""
    fields = {f"{label.name}_{code}": _field(label, code) for label in labels for code in LANGUAGES}
    meta: Any = type(form)
    made: type[F] = meta(form.__name__, (form,), fields)
    return made


def spread(name: str, value: Localized | None) -> dict[str, str]:
    """A label as data for its fields."""
    return {f"{name}_{code}": (value or {}).get(code, "") for code in LANGUAGES}


def _field(label: Label, code: str) -> Any:
    language = LANGUAGES[code]
    shown = language.locale.get_display_name(current_language().code) or language.native_name
    direction = {"lang": code, "dir": language.dir}
    validators: list[Any] = [_InSomeLanguage(label.name)] if label.needed else []
    if label.every:
        validators = [InputRequired()]
    words = gettext("%(what)s (%(language)s)", what=label.what, language=shown)
    kind = TextAreaField if label.rows else StringField
    attributes = direction | ({"rows": str(label.rows)} if label.rows else {})
    return kind(words, validators=[*validators, ShortEnough(max=label.most)], render_kw=attributes)

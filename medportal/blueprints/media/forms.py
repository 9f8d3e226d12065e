"""What is asked about a picture."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, Field, StringField
from wtforms.validators import Length

from medportal.blueprints.media.services import Facts
from medportal.forms import MemberForm
from medportal.i18n import LANGUAGES
from medportal.models.media import Media

MOST_FILES = 10


class Expected:
    """Not called optional; whether it may be missing is looked at by the whole form."""

    field_flags = {"required": True}

    def __call__(self, _form: Any, _field: Field) -> None: ...


class FactsForm(MemberForm):
    """With one description for each language of the registry, filled in by `with_descriptions`."""

    decorative = BooleanField(
        _l("Decorative"),
        description=_l("It says nothing that the text does not say. Screen readers pass it over."),
    )
    source = StringField(
        _l("Source"),
        validators=[Length(max=200)],
        description=_l("Who made it: a name, a journal, “our own photograph”."),
        render_kw={"dir": "auto"},
    )
    licence = StringField(
        _l("Licence"),
        validators=[Length(max=80)],
        description=_l("Under what terms it may be shown, for instance CC BY 4.0."),
        render_kw={"dir": "auto"},
    )

    @property
    def descriptions(self) -> list[Field]:
        return [self[f"alt_{code}"] for code in LANGUAGES]

    def facts(self) -> Facts:
        alt = {code: self[f"alt_{code}"].data or "" for code in LANGUAGES}
        return Facts(
            alt=alt,
            decorative=bool(self.decorative.data),
            source=self.source.data or "",
            licence=self.licence.data or "",
        )

    def fill(self, media: Media) -> None:
        self.decorative.data, self.source.data = media.decorative, media.source
        self.licence.data = media.licence
        for code in LANGUAGES:
            self[f"alt_{code}"].data = media.alt.get(code, "")

    def must_be_described(self) -> bool:
        """Marks the descriptions that are missing; True if none is."""
        missing = [] if self.decorative.data else [field for field in self.descriptions if not field.data]
        for field in missing:
            field.errors = [gettext("Please say what is to be seen, or mark the picture as decorative.")]
        return not missing

    def validate(self, extra_validators: Any = None) -> bool:
        return all([super().validate(extra_validators), self.must_be_described()])


class UploadForm(FactsForm):
    files = MultipleFileField(_l("Pictures"))

    @property
    def chosen(self) -> list[Any]:
        return [file for file in self.files.data or [] if getattr(file, "filename", "")]

    def must_be_described(self) -> bool:
        """One picture is described at once; of several, each on its own page afterwards."""
        return len(self.chosen) > 1 or super().must_be_described()

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        if not self.chosen:
            self.files.errors = [gettext("Please choose a picture.")]
        elif len(self.chosen) > MOST_FILES:
            self.files.errors = [gettext("At most %(n)s pictures at a time, please.", n=MOST_FILES)]
        return fine and not self.files.errors


def _with_descriptions(form: type[FactsForm]) -> type[Any]:
    fields = {
        f"alt_{code}": StringField(
            _l("What is to be seen (%(language)s)", language=language.native_name),
            validators=[Expected(), Length(max=300)],
            render_kw={"lang": code, "dir": language.dir},
        )
        for code, language in LANGUAGES.items()
    }
    return type(form.__name__, (form,), fields)


def facts_form() -> FactsForm:
    form: FactsForm = _with_descriptions(FactsForm)()
    return form


def upload_form() -> UploadForm:
    form: UploadForm = _with_descriptions(UploadForm)()
    return form

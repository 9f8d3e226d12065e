"""Small forms of the editor."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, DateTimeLocalField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, Regexp

from medportal.content_types import KINDS
from medportal.content_types.abstract import DOI, PMID
from medportal.forms import MemberForm
from medportal.i18n import LANGUAGES
from medportal.lib.slugs import slugify
from medportal.models.trust import Role


def in_language(code: str, **more: str) -> dict[str, str]:
    """What a field of a language carries, whatever the language of the desk."""
    return {"lang": code, "dir": LANGUAGES[code].dir, **more}


class _NewForm(MemberForm):
    kind = SelectField(
        _l("What it is"),
        choices=lambda: [SelectChoice(key, kind.label) for key, kind in KINDS.items()],
        validators=[InputRequired()],
    )

    def titles(self) -> dict[str, str]:
        return {code: self[f"title_{code}"].data or "" for code in LANGUAGES}

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        titles = self.titles()
        first = self[f"title_{next(iter(LANGUAGES))}"]
        if not any(titles.values()):
            first.errors = [gettext("A title in one language at least is needed.")]
            return False
        for code, title in titles.items():
            if title and not slugify(title):
                self[f"title_{code}"].errors = [gettext("A title needs letters or digits.")]
                fine = False
        return bool(fine)


def NewForm(**values: Any) -> _NewForm:  # a class for the registry's languages as they are now
    fields = {
        f"title_{code}": StringField(
            _l("Title (%(language)s)", language=language.native_name),
            validators=[Length(max=300)],
            render_kw=in_language(code),
        )
        for code, language in LANGUAGES.items()
    }
    return type("NewForm", (_NewForm,), fields)(**values)


class ReviewForm(MemberForm):
    """Somebody checked the whole page in one language."""

    person = SelectField(_l("Who checked it"), coerce=int, validators=[InputRequired()])
    reviewed_on = DateField(_l("Checked on"), validators=[InputRequired()])
    next_due = DateField(_l("To be checked again by"), validators=[InputRequired()])
    whole = BooleanField(
        _l("This person read the whole page in this language and stands for it by name"),
        validators=[InputRequired()],
    )


class ScheduleForm(MemberForm):
    at = DateTimeLocalField(
        _l("Publish on"),
        description=_l("Date and time where the site is at home."),
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        validators=[InputRequired()],
    )


class ReferenceForm(MemberForm):
    title = StringField(_l("Title"), validators=[InputRequired(), Length(max=500)], render_kw={"dir": "auto"})
    issuer = StringField(
        _l("Journal, publisher or organisation"), validators=[Length(max=200)], render_kw={"dir": "auto"}
    )
    year = StringField(
        _l("Year"),
        validators=[Regexp(r"^$|^\d{4}([\u2013-]\d{4})?$", message=_l("A year has four digits."))],
        render_kw={"dir": "ltr", "inputmode": "numeric"},
    )
    doi = StringField(
        _l("DOI"),
        description=_l("Begins with 10. and names an article for good; its address may be pasted whole."),
        validators=[Length(max=200), Regexp(rf"^$|{DOI}", message=_l("A DOI looks like 10.1000/182."))],
        render_kw={"dir": "ltr"},
    )
    pmid = StringField(
        _l("PubMed number"),
        validators=[Regexp(rf"^$|{PMID}", message=_l("A PubMed number has up to nine digits."))],
        render_kw={"dir": "ltr", "inputmode": "numeric"},
    )
    url = StringField(
        _l("Address"),
        validators=[
            Length(max=500),
            Regexp(r"^$|^https?://[^\s/]+\S*$", message=_l("An address begins with https://.")),
        ],
        render_kw={"dir": "ltr", "inputmode": "url"},
    )
    checked_on = DateField(_l("Looked at on"), validators=[Optional()])
    retracted = BooleanField(_l("It has been retracted: readers are told"))


class CreditForm(MemberForm):
    person = SelectField(_l("Person or organisation"), coerce=int, validators=[InputRequired()])
    role = SelectField(_l("What they did"), validators=[InputRequired()], default=Role.AUTHOR.value)
    language = SelectField(_l("For which language"), default="")

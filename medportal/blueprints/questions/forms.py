"""Forms of askers, consultants and the desk."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import HiddenInput

from medportal.blueprints.editing.forms import ReferenceForm
from medportal.blueprints.people import queries as people
from medportal.blueprints.questions import queries
from medportal.blueprints.questions.labels import AGES
from medportal.blueprints.taxonomy import queries as taxonomy
from medportal.forms import MemberForm, OpenForm, TranslatedForm, email_field, language_field
from medportal.i18n import LANGUAGES, current_language
from medportal.lib.arabic import sort_key
from medportal.lib.html import safe_url
from medportal.localized import Label, LocalizedForm, with_labels
from medportal.models.consultation import Age
from medportal.models.types import localize

TITLE, BODY = 150, 5000


def _specialties() -> list[SelectChoice]:
    lang = current_language().code
    named = [(str(row.id), localize(row.name, lang)) for row in people.specialties()]
    ordered = sorted(named, key=lambda pair: sort_key(pair[1]))
    return [SelectChoice("", _l("I do not know")), *(SelectChoice(*pair) for pair in ordered)]


def _number(value: Any) -> int | None:
    return int(value) if value and str(value).isdigit() else None


class AskForm(OpenForm):
    """Of a member. `now`: the hash of the terms as they are; `read` comes back with those that were on the screen."""

    now = ""
    read = HiddenField()

    title = StringField(
        _l("The question in one line"),
        validators=[InputRequired(), Length(min=5, max=TITLE)],
        render_kw={"dir": "auto", "autocomplete": "off", "data-similar": ""},
    )
    body = TextAreaField(
        _l("The question"),
        description=_l(
            "How long, how strong, what was found, which medicines. No names, telephone numbers or addresses, please."
        ),
        validators=[InputRequired(), Length(min=20, max=BODY)],
        render_kw={"rows": 9, "dir": "auto", "data-similar": ""},
    )
    language = language_field(_l("Language of the answer"))
    specialty = SelectField(_l("Specialty"), choices=_specialties, coerce=_number, validators=[Optional()])
    age = RadioField(
        _l("Who asks?"),
        choices=[SelectChoice(str(key), name) for key, name in AGES.items()],
        validators=[InputRequired()],
    )
    with_parent = BooleanField(
        _l("A parent or guardian is asking together with me"),
        description=_l("Needed under 18 years: please ask together."),
    )
    terms = BooleanField(_l("I have read the terms above and agree to them"), validators=[InputRequired()])
    health = BooleanField(
        _l(
            "I agree that what I write about my health is stored on this site and read by its owner and by the "
            "consultant who answers"
        ),
        description=_l("The question can be withdrawn at any time; then all of it is erased."),
        validators=[InputRequired()],
    )
    publish = RadioField(
        _l("May the question and the answer be published without my name?"),
        description=_l(
            "Even then nothing is published before you have seen the version and agreed to it. You can change this later."
        ),
        choices=[SelectChoice("no", _l("No, only I shall read it")), SelectChoice("yes", _l("Yes"))],
        default="no",
    )

    def validate_terms(self, field: BooleanField) -> None:
        if self.read.data != self.now:
            field.data = False
            raise ValidationError(gettext("The terms have changed meanwhile. Please read them again."))

    def validate_with_parent(self, field: BooleanField) -> None:
        if self.age.data == Age.MINOR and not field.data:
            raise ValidationError(gettext("Please ask together with a parent or guardian, and tick this."))


class AskByMailForm(AskForm):
    """Of anybody else."""

    email = email_field(description=_l("A link comes to it. The question is sent only when you open that."))


# Of who asked


class AgreeForm(TranslatedForm):
    sure = BooleanField(
        _l("I have read this version and agree that it is published"), validators=[InputRequired()]
    )


class ReplyForm(TranslatedForm):
    more = TextAreaField(
        _l("One thing more"),
        description=_l("You can reply once."),
        validators=[InputRequired(), Length(min=5, max=BODY)],
        render_kw={"rows": 5, "dir": "auto"},
    )


class RateForm(TranslatedForm):
    stars = RadioField(
        _l("Did the answer help?"),
        choices=[
            SelectChoice("5", _l("5: very much")),
            SelectChoice("4", _l("4: much")),
            SelectChoice("3", _l("3: partly")),
            SelectChoice("2", _l("2: little")),
            SelectChoice("1", _l("1: not at all")),
        ],
        validators=[InputRequired()],
    )
    remarks = TextAreaField(
        _l("In your own words"),
        description=_l("Read by the owner of the site only."),
        validators=[Length(max=1000)],
        render_kw={"rows": 3, "dir": "auto"},
    )


# The desk


class AssignForm(MemberForm):
    person = SelectField(_l("Consultant"), coerce=_number, validators=[InputRequired()])
    note = TextAreaField(
        _l("Note to the consultant"), validators=[Length(max=1000)], render_kw={"rows": 2, "dir": "auto"}
    )

    def offer(self, specialty_id: int | None) -> None:
        lang = current_language().code
        self.person.choices = [SelectChoice("", _l("Please choose"))]
        for person, fits in queries.candidates(specialty_id, lang):
            name = localize(person.name, lang)
            said = gettext("%(name)s (this specialty)", name=name) if fits else name
            self.person.choices.append(SelectChoice(str(person.id), said))


class NoteForm(MemberForm):
    missing = TextAreaField(
        _l("What is missing?"),
        validators=[InputRequired(), Length(max=1000)],
        render_kw={"rows": 3, "dir": "auto"},
    )


class DeclineForm(MemberForm):
    reason = TextAreaField(
        _l("Reason, as the asker reads it"),
        description=_l("And what can be done instead."),
        validators=[InputRequired(), Length(min=5, max=1000)],
        render_kw={"rows": 4, "dir": "auto"},
    )


class _OfferForm(LocalizedForm):
    looked = BooleanField(_l("I have looked at what was found; what is left tells nobody who asked"))

    def versions(self) -> dict[str, tuple[str, str]]:
        """The languages in which anything was typed."""
        titles, bodies = self.localized("title"), self.localized("body")
        return {
            code: (titles.get(code, ""), bodies.get(code, ""))
            for code in LANGUAGES
            if code in titles or code in bodies
        }

    def fits(self, own: str, answered: Sequence[str]) -> bool:
        """Whole in the language of the question, and in others only where the answer is too."""
        versions = self.versions()
        for code in LANGUAGES:
            title, body = versions.get(code, ("", ""))
            if code == own and not body:
                self[f"body_{code}"].errors = [gettext("It is needed in the language of the question.")]
            elif body and not title:
                self[f"title_{code}"].errors = [gettext("A title is needed too.")]
            elif title and not body:
                self[f"body_{code}"].errors = [gettext("The question is needed too.")]
            elif body and code not in answered:
                self[f"body_{code}"].errors = [gettext("There is no answer in this language.")]
        return not self.errors


def offer_form() -> type[_OfferForm]:
    return with_labels(
        _OfferForm,
        Label("title", gettext("Title"), most=TITLE),
        Label("body", gettext("The question"), most=BODY, rows=8),
    )


class PublishForm(MemberForm):
    version = IntegerField(widget=HiddenInput(), validators=[Optional()])
    category = SelectField(_l("Category"))
    reviewed = BooleanField(
        _l(
            "The responsible physician has read the whole page in every language of it and stands for it by name"
        )
    )

    def offer(self) -> None:
        lang = current_language().code
        tree = taxonomy.walk(taxonomy.children_of())
        named = [("– " * depth + localize(row.name, lang), row.slug) for row, depth, _ in tree]
        self.category.choices = [SelectChoice("", _l("None"))]
        self.category.choices += [SelectChoice(slug, name) for name, slug in named]


# The consultant


class _DraftForm(LocalizedForm):
    def fits(self, lang: str) -> bool:
        if not self[f"body_{lang}"].data:
            self[f"body_{lang}"].errors = [gettext("An answer in the language of the question is needed.")]
            return False
        return True


def draft_form() -> type[_DraftForm]:
    return with_labels(_DraftForm, Label("body", gettext("The answer"), most=20_000, rows=12))


class SourceForm(ReferenceForm):
    checked_on = None
    retracted = None

    @property
    def is_begun(self) -> bool:
        return any(self[name].data for name in ("title", "issuer", "year", "doi", "pmid", "url"))

    def values(self) -> dict[str, str | None]:
        found: dict[str, str | None] = {name: self[name].data or "" for name in ("title", "issuer", "year")}
        for name in ("doi", "pmid"):
            found[name] = self[name].data or None
        return found | {"url": safe_url(self.url.data)}

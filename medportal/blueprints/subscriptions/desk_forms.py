"""Forms of the desk: times, mailings, subscribers."""

from babel import Locale
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from medportal.blueprints.subscriptions.forms import WishesForm
from medportal.forms import MemberForm, email_field
from medportal.i18n import LANGUAGES


def _hours() -> list[SelectChoice]:
    return [SelectChoice(str(hour), f"{hour:02}:00") for hour in range(24)]


def _weekdays() -> list[SelectChoice]:
    names = Locale.parse(str(get_locale())).days["stand-alone"]["wide"]
    return [SelectChoice(str(n), names[n].capitalize()) for n in (6, 0, 1, 2, 3, 4, 5)]


class ScheduleForm(MemberForm):
    hour = SelectField(_l("Hour of the day"), choices=_hours)
    weekday = SelectField(_l("Day of the weekly digest"), choices=_weekdays)


class MailingForm(MemberForm):
    """An announcement: a subject and a text for every language of the registry, filled in by `in_languages`."""

    def validate(self, extra_validators: object = None) -> bool:
        fine = super().validate(extra_validators)
        written = [code for code in LANGUAGES if self[f"subject_{code}"].data and self[f"body_{code}"].data]
        half = [
            code
            for code in LANGUAGES
            if bool(self[f"subject_{code}"].data) != bool(self[f"body_{code}"].data)
        ]
        for code in half:
            name = f"subject_{code}" if not self[f"subject_{code}"].data else f"body_{code}"
            self[name].errors = [gettext("Subject and text belong together.")]
        if not written and not half:
            self.form_errors = [gettext("Please write it in one language at least.")]
        return bool(fine and written and not half)

    def texts(self, name: str) -> dict[str, str]:
        return {code: self[f"{name}_{code}"].data or "" for code in LANGUAGES}


def mailing_form() -> type[MailingForm]:
    """With a pair of fields for each language, each in the direction of its language (U20)."""
    fields: dict[str, object] = {}
    for code, language in LANGUAGES.items():
        known = {"lang": code, "dir": language.dir}
        fields[f"subject_{code}"] = StringField(_l("Subject"), validators=[Length(max=120)], render_kw=known)
        fields[f"body_{code}"] = TextAreaField(
            _l("Text"),
            description=_l("Plain text. An empty line begins a new paragraph."),
            validators=[Length(max=20000)],
            render_kw=known | {"rows": 12},
        )
    return type("MailingForm", (MailingForm,), fields)


def _consent_field() -> RadioField:
    return RadioField(
        _l("Consent"),
        choices=[
            SelectChoice("ask", _l("Send an email that asks for it")),
            SelectChoice("have", _l("It was given, and I can prove it")),
        ],
        default="ask",
    )


def _note_field() -> StringField:
    return StringField(
        _l("Where the consent comes from"),
        description=_l("For instance: form on paper of 3 May, kept in the office."),
        validators=[Length(max=200)],
        render_kw={"dir": "auto"},
    )


class SubscriberForm(MemberForm, WishesForm):
    """A subscriber entered by the owner."""

    email = email_field()
    consent = _consent_field()
    note = _note_field()

    def validate(self, extra_validators: object = None) -> bool:
        fine = super().validate(extra_validators)
        if self.consent.data == "have" and not self.note.data:
            self.note.errors = [gettext("Please say where the consent comes from.")]
            fine = False
        if not self.kinds.data and not self.announcements.data:
            self.kinds.errors = [gettext("Please choose at least one.")]
            fine = False
        return bool(fine)


class ImportForm(MemberForm):
    """A table of subscribers, as a file or pasted."""

    file = FileField(_l("File"), description=_l("A CSV file with a column called email."))
    table = TextAreaField(
        _l("Or the lines themselves"),
        validators=[Length(max=1_000_000)],
        render_kw={"rows": 6, "dir": "ltr", "spellcheck": "false"},
    )
    consent = _consent_field()
    note = _note_field()

"""The base of every form: WTForms' own messages in the reader's language, and cleaned text.

WTForms ships three quarters of its Arabic messages, one of them wrong. Ours stand in the portal's catalogue; the
list in `_MESSAGES` keeps them there, since they are not in our source otherwise.
"""

from typing import Any, Self

from flask import current_app
from flask_babel import get_domain, gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from itsdangerous import BadData, URLSafeTimedSerializer
from wtforms import EmailField, Field, Form, HiddenField, PasswordField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired, Length, StopValidation, ValidationError

from medportal import passwords
from medportal.i18n import LANGUAGES
from medportal.lib.bidi import strip_controls
from medportal.lib.dates import utc_now
from medportal.models.user import Role


class _Translations:
    def gettext(self, string: str) -> str:
        return str(gettext(string))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return str(get_domain().get_translations().ungettext(singular, plural, n))  # WTForms fills it in


class TranslatedForm(FlaskForm):
    """Names the language of its messages and strips blanks and direction overrides from typed text."""

    class Meta(FlaskForm.Meta):
        csrf = False  # readers have no session; the same-origin check stands in front of every unsafe request

        def get_translations(self, form: Any) -> _Translations:
            return _Translations()

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            filters = unbound_field.kwargs.get("filters", [])
            kind = unbound_field.field_class
            if issubclass(kind, StringField) and not issubclass(kind, PasswordField):  # those stay as typed
                filters = [_tidy, *filters]
            return unbound_field.bind(form=form, filters=filters, **options)


class MemberForm(TranslatedForm):
    """A form of somebody signed in: it carries the token of the session."""

    class Meta(TranslatedForm.Meta):
        csrf = True


class OpenForm(TranslatedForm):
    """A form for anybody that costs us a letter or a row: traps for programs, and none for people.

    People never see `website`; programs that fill every field do. `ts` says when the form was shown: nobody fills it in
    within two seconds. Who does is asked to send it again, with everything kept.
    """

    website = StringField(_l("Leave this empty"))
    ts = HiddenField()

    @property
    def is_from_a_program(self) -> bool:
        return bool(self.website.data)

    def stamp(self) -> str:
        return _clock().dumps("shown")

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        if fine and not self._was_shown():
            again = gettext("That was very quick. Please send it once more.")
            retype = gettext("That was very quick. Please type the password again and send it once more.")
            self.form_errors = [retype if "password" in self else again]
            return False
        return bool(fine)

    def _was_shown(self) -> bool:
        least = current_app.config["FORM_SECONDS"]
        try:
            _, when = _clock().loads(self.ts.data or "", max_age=30 * 86400, return_timestamp=True)
        except BadData:
            return False
        return (utc_now() - when).total_seconds() >= least


def _clock() -> URLSafeTimedSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt="form-shown")


def email_field(label: Any = None, description: Any = "", **attributes: str) -> EmailField:
    return EmailField(
        label or _l("Email address"),
        description=description,
        validators=[InputRequired(), ShortEnough(max=254), Email(allow_smtputf8=False)],
        render_kw={"autocomplete": "email", "dir": "ltr", "spellcheck": "false"} | attributes,
    )


class NewPassword:
    """A form in which a password is chosen: it is judged with all that the form and its account say of its owner."""

    role: str = Role.MEMBER
    words: tuple[str, ...] = ()

    def chosen_for(self, role: str, *words: str) -> Self:
        self.role, self.words = role, words
        least = passwords.shortest_for(role)
        hint = gettext("At least %(n)s characters. Several words are easy to remember.", n=least)
        self.password.description = hint  # type: ignore[attr-defined]
        return self


def _fit(form: Any, field: Field) -> None:
    typed = [form[name].data for name in ("email", "name") if name in form]
    words = passwords.context_words(*typed, *form.words)
    fault = passwords.fault_of(field.data, role=form.role, context=words)
    if fault:
        raise ValidationError(fault)


def password_field(label: Any = None, *, new: bool = False, description: Any = "") -> PasswordField:
    """Kept exactly as typed. A `new` one is judged; its form is a `NewPassword`."""
    return PasswordField(
        label or _l("Password"),
        description=description,
        validators=[InputRequired(), ShortEnough(max=256), *([_fit] if new else [])],
        render_kw={"autocomplete": "new-password" if new else "current-password", "dir": "ltr"},
    )


def language_field(label: Any) -> RadioField:
    return RadioField(
        label,
        choices=lambda: [SelectChoice(code, language.native_name) for code, language in LANGUAGES.items()],
    )


class ShortEnough(Length):
    """A length that ends the chain: what is absurdly long never reaches a costly check such as that of an address."""

    def __call__(self, form: Form, field: Field) -> None:
        try:
            super().__call__(form, field)
        except ValidationError as error:
            raise StopValidation(str(error)) from None


def _tidy(value: Any) -> Any:
    return strip_controls(value).strip() if isinstance(value, str) else value


def _plurals(n: int) -> tuple[str, ...]:
    """Marks WTForms' counted messages for the catalogue; never called."""
    return (
        ngettext(
            "Field must be at least %(min)d character long.",
            "Field must be at least %(min)d characters long.",
            n,
        ),
        ngettext(
            "Field cannot be longer than %(max)d character.",
            "Field cannot be longer than %(max)d characters.",
            n,
        ),
        ngettext(
            "Field must be exactly %(max)d character long.",
            "Field must be exactly %(max)d characters long.",
            n,
        ),
        ngettext(
            "'%(value)s' is not a valid choice for this field.",
            "'%(value)s' are not valid choices for this field.",
            n,
        ),
    )


_MESSAGES = (
    _l("Invalid field name '%s'."),
    _l("Field must be equal to %(other_name)s."),
    _l("Field must be between %(min)d and %(max)d characters long."),
    _l("Number must be at least %(min)s."),
    _l("Number must be at most %(max)s."),
    _l("Number must be between %(min)s and %(max)s."),
    _l("Date must be at least %(min)s."),
    _l("Date must be at most %(max)s."),
    _l("Date must be between %(min)s and %(max)s."),
    _l("This field is required."),
    _l("Invalid input."),
    _l("Invalid email address."),
    _l("Invalid IP address."),
    _l("Invalid Mac address."),
    _l("Invalid URL."),
    _l("Invalid UUID."),
    _l("Invalid value, must be one of: %(values)s."),
    _l("Invalid value, can't be any of: %(values)s."),
    _l("This field cannot be edited."),
    _l("This field is disabled and cannot have a value."),
    _l("Invalid CSRF Token."),
    _l("CSRF token missing."),
    _l("CSRF failed."),
    _l("CSRF token expired."),
    _l("Invalid Choice: could not coerce."),
    _l("Choices cannot be None."),
    _l("Not a valid choice."),
    _l("Invalid choice(s): one or more data inputs could not be coerced."),
    _l("Not a valid datetime value."),
    _l("Not a valid date value."),
    _l("Not a valid time value."),
    _l("Not a valid week value."),
    _l("Not a valid integer value."),
    _l("Not a valid decimal value."),
    _l("Not a valid float value."),
)

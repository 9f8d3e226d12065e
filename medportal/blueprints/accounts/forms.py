"""Forms at the door."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import InputRequired, Length

from medportal.forms import NewPassword, OpenForm, TranslatedForm, email_field, language_field, password_field


class SignUpForm(NewPassword, OpenForm):
    email = email_field(description=_l("An email with a link goes there, to confirm that it is yours."))
    password = password_field(
        new=True, description=_l("At least 10 characters. Several words are easy to remember.")
    )
    name = StringField(
        _l("Name"),
        description=_l("Shown only on your account page and to the owners of the site."),
        validators=[Length(max=120)],
        render_kw={"autocomplete": "name", "dir": "auto"},
    )


class AddressForm(OpenForm):
    """One address: a forgotten password, a confirmation once more."""

    email = email_field()


class SignInForm(TranslatedForm):
    email = email_field(autocomplete="username")
    password = password_field()
    lasting = BooleanField(
        _l("Stay signed in on this device"),
        description=_l(
            "Only on a device that nobody else uses. Otherwise you are signed out when the browser closes."
        ),
    )
    next = HiddenField()
    kept = HiddenField()


class PasswordForm(TranslatedForm):
    """The password once more, before something that matters."""

    password = password_field()
    next = HiddenField()
    kept = HiddenField()


class NewPasswordForm(NewPassword, TranslatedForm):
    password = password_field(_l("New password"), new=True)


class CodeForm(TranslatedForm):
    code = StringField(
        _l("Code"),
        description=_l("The six digits that the app shows now, or one of the recovery codes."),
        validators=[InputRequired(), Length(max=40)],
        render_kw={"autocomplete": "one-time-code", "dir": "ltr", "spellcheck": "false"},
    )
    next = HiddenField()
    kept = HiddenField()


def _name_field() -> StringField:
    return StringField(
        _l("Name"),
        validators=[InputRequired(), Length(max=120)],
        render_kw={"autocomplete": "name", "dir": "auto"},
    )


class InvitationForm(NewPassword, TranslatedForm):
    name = _name_field()
    password = password_field(new=True)


class FirstOwnerForm(NewPassword, TranslatedForm):
    code = StringField(
        _l("Code from the server"),
        description=_l("The server prints it when it starts."),
        validators=[InputRequired(), Length(max=40)],
        render_kw={"autocomplete": "off", "dir": "ltr", "spellcheck": "false"},
    )
    email = email_field(autocomplete="username")
    name = _name_field()
    password = password_field(new=True)
    language = language_field(_l("Language of the desk and of emails"))

"""Forms of the desk."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField
from wtforms.validators import InputRequired

from medportal.blueprints.accounts.labels import ROLES
from medportal.forms import MemberForm, email_field
from medportal.i18n import LANGUAGES
from medportal.models.user import Role


class RoleForm(MemberForm):
    role = SelectField(
        _l("Role"),
        choices=[(role.value, label) for role, label in ROLES.items()],
        validators=[InputRequired()],
    )


class InviteForm(MemberForm):
    email = email_field()
    role = RadioField(
        _l("Role"),
        choices=[(role.value, label) for role, label in ROLES.items() if role is not Role.MEMBER],
        default=Role.EDITOR.value,
    )
    language = RadioField(_l("Language of the email"))

    def offer_languages(self) -> None:
        self.language.choices = [(code, language.native_name) for code, language in LANGUAGES.items()]


class LatestForm(MemberForm):
    latest_members = BooleanField(_l("Show the latest members on the home page"))

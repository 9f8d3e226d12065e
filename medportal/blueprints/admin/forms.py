"""Forms of the desk."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from medportal.blueprints.accounts.labels import ROLES
from medportal.forms import MemberForm, email_field, language_field
from medportal.models.user import Role


class RoleForm(MemberForm):
    role = SelectField(
        _l("Role"),
        choices=[SelectChoice(role.value, label) for role, label in ROLES.items()],
        validators=[InputRequired()],
    )


class InviteForm(MemberForm):
    email = email_field()
    role = RadioField(
        _l("Role"),
        choices=[SelectChoice(role.value, label) for role, label in ROLES.items() if role is not Role.MEMBER],
        default=Role.EDITOR.value,
    )
    language = language_field(_l("Language of the email"))


class LatestForm(MemberForm):
    latest_members = BooleanField(_l("Show the latest members on the home page"))

"""Forms of My account."""

import re
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from medportal.forms import MemberForm, NewPassword, email_field, language_field, password_field
from medportal.lib.bidi import visible

_LINK = re.compile(r"[/@:\\]|www\.|\.[a-z]{2,}", re.I)


def _no_link(_form: Any, field: Field) -> None:
    if _LINK.search(field.data or "") or (field.data and not re.search(r"\w", field.data)):
        raise ValidationError(gettext("A name only, please: no address, no link."))


class ProfileForm(MemberForm):
    name = StringField(
        _l("Name"),
        description=_l("Shown only on your account page and to the owners of the site."),
        validators=[Length(max=120)],
        render_kw={"autocomplete": "name", "dir": "auto"},
    )
    display_name = StringField(
        _l("Display name"),
        description=_l("The name for others, where you agree to be shown."),
        validators=[Length(max=40), _no_link],
        filters=[lambda text: visible(text or "")],
        render_kw={"autocomplete": "nickname", "dir": "auto"},
    )
    shown_publicly = BooleanField(
        _l("Show my display name among the latest members"),
        description=_l("Only the display name, never what is read or followed."),
    )
    language = language_field(_l("Language of emails and of this account"))

    def validate_shown_publicly(self, field: Field) -> None:
        if field.data and not self.display_name.data:
            raise ValidationError(gettext("A display name is needed for that."))


class ChangePasswordForm(NewPassword, MemberForm):
    password = password_field(_l("New password"), new=True)


class ChangeAddressForm(MemberForm):
    email = email_field(
        _l("New email address"),
        description=_l("The change takes effect once the link sent there has been used."),
    )


class EnrolForm(MemberForm):
    code = StringField(
        _l("Code"),
        description=_l("The six digits that the app shows now."),
        validators=[InputRequired(), Length(max=20)],
        render_kw={"autocomplete": "one-time-code", "dir": "ltr", "inputmode": "numeric"},
    )


class DeleteForm(MemberForm):
    sure = BooleanField(
        _l("Yes, erase my account and everything that belongs to it"),
        validators=[InputRequired(_l("Please tick the box to confirm."))],
    )

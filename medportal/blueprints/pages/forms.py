"""Forms of readers without an account."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired, Length, Optional

from medportal.content_types.sections import SECTIONS
from medportal.forms import MemberForm, ShortEnough, TranslatedForm


class _MessageForm(TranslatedForm):
    # People never see this field; programs that fill every field do.
    website = StringField(_l("Leave this empty"))

    @property
    def is_from_a_program(self) -> bool:
        return bool(self.website.data)


class ContactForm(_MessageForm):
    name = StringField(_l("Name"), validators=[Length(max=120)], render_kw={"autocomplete": "name"})
    email = EmailField(
        _l("Email address"),
        description=_l("Only if an answer is wanted."),
        validators=[Optional(), ShortEnough(max=254), Email()],
        render_kw={"autocomplete": "email", "dir": "ltr"},
    )
    body = TextAreaField(
        _l("Message"),
        description=_l("No personal medical details, please."),
        validators=[InputRequired(), Length(min=10, max=5000)],
        render_kw={"rows": 8, "dir": "auto"},
    )


class ReportForm(_MessageForm):
    section = SelectField(_l("Where on the page"))
    body = TextAreaField(
        _l("What is wrong, and how do you know?"),
        validators=[InputRequired(), Length(min=10, max=5000)],
        render_kw={"rows": 6, "dir": "auto"},
    )
    email = EmailField(
        _l("Email address"),
        description=_l("Only if an answer is wanted."),
        validators=[Optional(), ShortEnough(max=254), Email()],
        render_kw={"autocomplete": "email", "dir": "ltr"},
    )

    def offer(self, keys: list[str]) -> None:
        """The sections of the page that the report is about."""
        self.section.choices = [
            SelectChoice("", _l("The whole page")),
            *(SelectChoice(key, SECTIONS[key]) for key in keys),
        ]


class AnswerForm(MemberForm):
    """The desk's answer to a message or report; `corrected` is asked for reports only."""

    answer = TextAreaField(
        _l("Answer"),
        description=_l("Plain text. An empty line begins a new paragraph."),
        validators=[InputRequired(), Length(min=10, max=5000)],
        render_kw={"rows": 10, "dir": "auto"},
    )
    corrected = BooleanField(
        _l("The page was corrected"),
        description=_l("The letter says so and leads to the list of corrections."),
    )

"""One small form for each group of choices. Names of fields differ over all of them: they stand on one page."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from babel import Locale, localedata
from babel.dates import get_month_names
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, Form, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import TextInput

from medportal import choices
from medportal.blueprints.settings import terms
from medportal.forms import MemberForm, ShortEnough, email_field
from medportal.i18n import LANGUAGES, current_language

MOST_LINKS = 10
ROOM = 2
"""Empty lines for further links."""
_LTR = {"dir": "ltr", "spellcheck": "false"}


def in_languages(
    name: str,
    label: Any,
    length: int,
    *,
    kind: type[StringField] = StringField,
    hint: Any = "",
    **attributes: Any,
) -> dict[str, Any]:
    """A field for each language of the registry, in its direction: `name_ar`, `name_en`."""
    return {
        f"{name}_{code}": kind(
            label,
            [Length(max=length)],
            description=hint,
            render_kw={"lang": code, "dir": language.dir} | attributes,
        )
        for code, language in LANGUAGES.items()
    }


def typed(form: Form, name: str) -> dict[str, str]:
    """What was typed into such fields; languages left empty are left out."""
    return {code: form[f"{name}_{code}"].data for code in LANGUAGES if form[f"{name}_{code}"].data}


def spread(name: str, value: dict[str, str] | None) -> dict[str, str]:
    """The other way round: a localized value as data of such fields."""
    return {f"{name}_{code}": (value or {}).get(code, "") for code in LANGUAGES}


def names_form() -> type[MemberForm]:
    fields = in_languages(
        "site_name", _l("Name of the site"), 60, hint=_l("Stands on every page, in letters and in feeds.")
    ) | in_languages(
        "tagline",
        _l("What the site is, in one sentence"),
        160,
        hint=_l("Search engines show it below the name."),
    )
    return type("NamesForm", (MemberForm,), fields)


def disclaimer_form() -> type[MemberForm]:
    fields = in_languages(
        "disclaimer",
        _l("Disclaimer"),
        1000,
        kind=TextAreaField,
        hint=_l(
            "Two or three sentences for the home page. Left empty, the sentences of the portal stand there."
        ),
        rows=4,
    )
    return type("DisclaimerForm", (MemberForm,), fields)


def _is_phone(_form: Form, field: Field) -> None:
    if not re.fullmatch(r"\+?[0-9 ()./-]{3,40}", field.data) or sum(map(str.isdigit, field.data)) < 3:
        raise ValidationError(gettext("Only digits, spaces and a + in front, for instance +963 11 000 0000."))


def _western_digits(text: str | None) -> str:
    return "".join(str(unicodedata.digit(char)) if char.isdigit() else char for char in text or "")


def contact_form() -> type[MemberForm]:
    fields: dict[str, Any] = in_languages("address", _l("Postal address"), 300, kind=TextAreaField, rows=3)
    fields["phone"] = StringField(
        _l("Telephone"),
        [Optional(), _is_phone],
        filters=[_western_digits],
        render_kw=_LTR | {"inputmode": "tel", "autocomplete": "off"},
    )
    email = email_field(_l("Email address for readers"))
    email.kwargs["validators"] = [Optional(), *email.kwargs["validators"][1:]]
    fields["email"] = email
    return type("ContactForm", (MemberForm,), fields)


def _is_https(_form: Form, field: Field) -> None:
    """Only addresses of other sites that a browser may open: nothing that runs, nothing without encryption."""
    try:
        parts = urlsplit(field.data)
        fine = parts.scheme == "https" and "." in (parts.hostname or "") and not parts.username
    except ValueError:
        fine = False
    if not fine or re.search(r"[\s\\<>\"]", field.data):
        raise ValidationError(gettext("An address begins with https:// and names a site."))


class LinksForm(MemberForm):
    """`link_name_0`, `link_url_0` and so on: one pair for each link, and room for more."""

    def pairs(self) -> list[tuple[Field, Field]]:
        count = sum(name.startswith("link_name_") for name in self._fields)
        return [(self[f"link_name_{n}"], self[f"link_url_{n}"]) for n in range(count)]

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        for name, url in self.pairs():
            if bool(name.data) != bool(url.data):
                empty = name if url.data else url
                empty.errors = [gettext("Name and address belong together.")]
                fine = False
        return fine

    def links(self) -> list[dict[str, str]]:
        return [{"name": name.data, "url": url.data} for name, url in self.pairs() if url.data]


def links_form(count: int) -> type[LinksForm]:
    fields: dict[str, Any] = {}
    for n in range(min(count, MOST_LINKS)):
        fields[f"link_name_{n}"] = StringField(
            _l("Name of the link"), [Optional(), Length(max=40)], render_kw={"dir": "auto"}
        )
        fields[f"link_url_{n}"] = StringField(
            _l("Address of the link"),
            [Optional(), ShortEnough(max=300), _is_https],
            render_kw=_LTR | {"inputmode": "url", "placeholder": "https://"},
        )
    return type("LinksForm", (LinksForm,), fields)


def _days(label: Any, most: int, hint: Any) -> IntegerField:
    return IntegerField(
        label,
        [Optional(), NumberRange(min=1, max=most)],
        widget=TextInput(),
        description=hint,
        render_kw={"dir": "ltr", "inputmode": "numeric", "autocomplete": "off"},
    )


class QuestionsForm(MemberForm):
    """Questions are on only when everything that an asker must be told is there, in every language."""

    questions_reply_days = _days(
        _l("An answer comes within so many days"), 60, _l("Said to everybody who asks, and measured.")
    )
    questions_look_in_days = _days(
        _l("Somebody looks in at least every so many days"),
        30,
        _l("When nobody did, no further questions are taken until somebody does."),
    )
    questions_on = BooleanField(_l("Take questions of readers"))

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        faults = {name: fault for name, fault in self._missing() if not self[name].errors}
        if not self.questions_on.data:
            return fine
        for name, fault in faults.items():
            self[name].errors = [fault]
        return fine and not faults

    def _missing(self) -> Iterator[tuple[str, str]]:
        for name in ("questions_physician", "questions_reply_days", "questions_look_in_days"):
            if not self[name].data:
                yield name, gettext("Needed before questions can be taken.")
        for code, language in LANGUAGES.items():
            name = f"questions_terms_{code}"
            shown = language.locale.get_display_name(current_language().code) or language.native_name
            if not self[name].data:
                yield name, gettext("Needed in %(language)s before questions can be taken.", language=shown)
            elif terms.is_draft(self[name].data, code):
                yield (
                    name,
                    gettext(
                        "The line that says it is a draft is still there (%(language)s).", language=shown
                    ),
                )


def logo_form(pictures: list[tuple[int, str]]) -> type[MemberForm]:
    """`pictures`: number and name of those that may be chosen."""
    offered = [SelectChoice("", _l("The mark of the portal"))]
    offered += [SelectChoice(str(number), name) for number, name in pictures]
    field = SelectField(_l("Logo"), [Optional()], choices=offered, render_kw={"dir": "auto"})
    return type("LogoForm", (MemberForm,), {"logo": field})


@lru_cache(maxsize=16)
def regions(lang: str) -> list[tuple[str, str]]:
    """Countries whose Arabic dates we know, each with how its year begins; the common names first."""
    known = sorted(
        {
            locale.territory
            for name in localedata.locale_identifiers()
            if name.startswith("ar_")
            and (locale := Locale.parse(name)).territory
            and len(locale.territory) == 2
        }
    )
    names = Locale.parse(lang).territories
    first = {code: get_month_names(locale=f"ar_{code}")[1] for code in known}
    common = get_month_names(locale="ar")[1]
    rows = sorted(
        ((code, f"{names.get(code, code)} ({first[code]})") for code in known), key=lambda row: row[1]
    )
    return [("", common), *rows]


class DatesForm(MemberForm):
    """Digits, names of months, and the clock."""

    arabic_digits = SelectField(
        _l("Digits of dates and counts on Arabic pages"),
        choices=[SelectChoice("no", "0 1 2 3"), SelectChoice("yes", "\u0660 \u0661 \u0662 \u0663")],
        description=_l("Texts are shown as they were written."),
        render_kw={"dir": "ltr"},
    )
    arabic_region = SelectField(
        _l("Names of the months on Arabic pages"),
        choices=lambda: [SelectChoice(*row) for row in regions(str(get_locale()).split("_")[0])],
        description=_l("In brackets stands how January is called there."),
    )
    time_zone = SelectField(
        _l("Time zone"),
        choices=lambda: [SelectChoice(name, name) for name in sorted(choices.zones())],
        description=_l(
            "By its clock days begin, digests leave, and dates are shown. What was published before keeps its day."
        ),
        render_kw={"dir": "ltr"},
    )


def questions_form(people: list[tuple[int, str]]) -> type[QuestionsForm]:
    """`people`: number and name of who may be responsible."""
    offered = [SelectChoice("", _l("Nobody yet")), *(SelectChoice(str(n), name) for n, name in people)]
    fields: dict[str, Any] = in_languages(
        "questions_terms",
        _l("Terms of asking"),
        20_000,
        kind=TextAreaField,
        hint=_l("Everybody who asks agrees to them. An empty line begins a paragraph."),
        rows=14,
    )
    fields["questions_physician"] = SelectField(
        _l("Responsible physician"),
        [Optional()],
        choices=offered,
        description=_l("People of the corner, and people with an account."),
        render_kw={"dir": "auto"},
    )
    return type("QuestionsForm", (QuestionsForm,), fields)


class HomeForm(MemberForm):
    latest_members = BooleanField(
        _l("Show the latest members on the home page"),
        description=_l("Only display names of members who agreed to it themselves."),
    )


class ReviewForm(MemberForm):
    review_months = IntegerField(
        _l("A reviewed text is due again after so many months"),
        [InputRequired(), NumberRange(min=1, max=120)],
        widget=TextInput(),
        render_kw={"dir": "ltr", "inputmode": "numeric"},
    )
    second_person = BooleanField(
        _l("Publishing needs a second person"),
        description=_l(
            "A text is then published by somebody other than who wrote it; changes of pages that are published already are shown at once. Only for sites with two editors or more."
        ),
    )

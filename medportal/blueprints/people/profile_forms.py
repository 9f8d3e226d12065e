"""The forms of a profile, of places and of what was checked."""

import re
from html import unescape
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional, ValidationError

from medportal.blueprints.media import queries as pictures
from medportal.blueprints.people import profiles, queries, rows
from medportal.blueprints.people.checks import CheckFacts, today
from medportal.blueprints.people.labels import CHECKS, GENDERS, ranks
from medportal.blueprints.people.profiles import ProfileFacts
from medportal.blueprints.subscriptions.forms import TicksField
from medportal.forms import MemberForm, ShortEnough
from medportal.i18n import LANGUAGES, current_language
from medportal.lib.slugs import slugify
from medportal.lib.tongues import tongue, tongues
from medportal.localized import Label, LocalizedForm, spread, with_labels
from medportal.models.media import Media
from medportal.models.people import Person
from medportal.models.practice import CredentialCheck, Place

_PLAIN = re.compile(r"(?:<p>[^<]*</p>\s*)*")


def tongue_choices(kept: list[str] | None = None) -> list[SelectChoice]:
    lang = current_language().code
    others = {code: tongue(code, lang) for code in kept or []}
    return [SelectChoice(*pair) for pair in {**tongues(lang), **others}.items()]


def biography_label() -> Label:
    return Label("biography", gettext("Biography"), most=20_000, rows=10)


def typed_biographies(person: Person) -> dict[str, str]:
    """As somebody would type them: plain text where there is nothing but paragraphs."""
    return {f"biography_{text.lang}": as_typed(text.biography) for text in person.texts}


def as_typed(html: str) -> str:
    if "&lt;" in html or not _PLAIN.fullmatch(html):
        return html
    return "\n\n".join(unescape(words) for words in re.findall(r"<p>([^<]*)</p>", html))


class ProfileForm(LocalizedForm):
    person: Person
    photo_media: Media | None = None

    listed = BooleanField(_l("Stands in the consultants' corner, with a profile"))
    gender = RadioField(_l("How the titles of this person are written"), default="")
    rank = SelectField(_l("Rank"))
    languages = TicksField(_l("Languages spoken"), choices=tongue_choices)
    account = SelectField(
        _l("Account"),
        description=_l("Of a consultant who signs in here and proposes changes of this profile."),
    )
    photo = StringField(
        _l("Picture"),
        description=_l("Its address in the library of pictures, such as /media/name.webp. Empty: initials."),
        validators=[ShortEnough(max=200)],
        render_kw={"dir": "ltr", "autocomplete": "off"},
    )

    def validate_photo(self, field: StringField) -> None:
        name = (field.data or "").rpartition("/")[2]
        if not name:
            return
        self.photo_media = pictures.by_file(name)
        if self.photo_media is None or self.photo_media.binned_at is not None:
            raise ValidationError(gettext("The library has no such picture."))

    def validate_listed(self, field: BooleanField) -> None:
        if field.data and self.person.form != "person":
            raise ValidationError(gettext("Organisations have no profile."))

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        for code, slug in self.localized("slug").items():
            if not slugify(slug):
                fault = gettext("Nothing of this can stand in an address.")
            elif profiles.slug_taken(code, slugify(slug), besides=self.person.id):
                fault = gettext("Another profile has this address.")
            else:
                continue
            self[f"slug_{code}"].errors, fine = [fault], False
        return bool(fine)

    def facts(self) -> ProfileFacts:
        return ProfileFacts(
            listed=bool(self.listed.data),
            gender=self.gender.data or None,
            rank=self.rank.data or None,
            languages=self.languages.data or [],
            slugs={code: slugify(slug) for code, slug in self.localized("slug").items()},
            biographies=self.localized("biography"),
            user_id=int(self.account.data) if self.account.data else None,
            photo_id=self.photo_media.id if self.photo_media is not None else None,
        )


def profile_form(person: Person, photo: Media | None) -> ProfileForm:
    words = Label("slug", gettext("Address"), most=80)
    data: dict[str, Any] = {
        "listed": person.listed,
        "gender": person.gender or "",
        "rank": person.rank or "",
        "languages": person.languages,
        "account": str(person.user_id or ""),
        "photo": f"/media/{photo.file_near(480)[2]}" if photo is not None else "",
        **{f"slug_{text.lang}": text.slug for text in person.texts},
        **typed_biographies(person),
    }
    form = with_labels(ProfileForm, words, biography_label())(data=data)
    form.person = person
    form.gender.choices = [SelectChoice("", _l("Not known")), *(SelectChoice(*p) for p in GENDERS.items())]
    form.rank.choices = [SelectChoice("", _l("None")), *(SelectChoice(*p) for p in ranks(None).items())]
    form.languages.choices = tongue_choices(person.languages)
    free = queries.consultant_accounts(person.id)
    form.account.choices = [
        SelectChoice("", _l("None")),
        *(SelectChoice(str(user.id), user.email) for user in free),
    ]
    return form


class PlacesForm(LocalizedForm):
    places_shown: int

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        return rows.judge_places(self, self.places_shown, next(iter(LANGUAGES))) and bool(fine)


def places_form(places: list[dict[str, Any]]) -> PlacesForm:
    n = rows.shown(len(places), rows.MOST_PLACES, "place{}_", fresh=False)
    made = rows.with_rows(PlacesForm, 0, n)
    made.places_shown = n
    return made(data=rows.spread_places(places))


def as_rows(places: list[Place]) -> list[dict[str, Any]]:
    """Places as forms and proposals have them."""
    return [
        {word: dict(getattr(place, word) or {}) for word in rows.WORDS}
        | {name: getattr(place, name) for name in rows.PLAIN}
        for place in places
    ]


class CheckForm(LocalizedForm):
    kind = SelectField(
        _l("What was seen"),
        choices=[SelectChoice(str(key), name) for key, name in CHECKS.items()],
        validators=[InputRequired()],
    )
    number = StringField(
        _l("Number on the paper"),
        description=_l("For the desk only; readers never see it."),
        validators=[ShortEnough(max=80)],
        render_kw={"dir": "ltr", "autocomplete": "off"},
    )
    seen_on = DateField(_l("Seen on"), validators=[InputRequired()], render_kw={"dir": "ltr"})
    valid_until = DateField(
        _l("Valid until"),
        description=_l("The last day on which it holds; empty when it does not run out."),
        validators=[Optional()],
        render_kw={"dir": "ltr"},
    )

    def validate_seen_on(self, field: DateField) -> None:
        if field.data and field.data > today():
            raise ValidationError(gettext("This day has not come yet."))

    def validate_valid_until(self, field: DateField) -> None:
        if field.data and self.seen_on.data and field.data < self.seen_on.data:
            raise ValidationError(gettext("It was over before it was seen."))

    def facts(self) -> CheckFacts:
        assert self.seen_on.data is not None
        return CheckFacts(
            kind=self.kind.data,
            what=self.localized("what"),
            issued_by=self.localized("issued_by"),
            number=self.number.data or "",
            seen_on=self.seen_on.data,
            valid_until=self.valid_until.data,
        )


def check_form(check: CredentialCheck | None = None) -> CheckForm:
    made = with_labels(
        CheckForm,
        Label("what", gettext("What it says"), most=300, needed=True),
        Label("issued_by", gettext("Issued by"), most=200, needed=True),
    )
    if check is None:
        return made(data={"seen_on": today()})
    return made(obj=check, data={**spread("what", check.what), **spread("issued_by", check.issued_by)})


class WithdrawForm(MemberForm):
    note = StringField(
        _l("Why"),
        description=_l("For the desk only."),
        validators=[InputRequired(), ShortEnough(max=500)],
        render_kw={"dir": "auto"},
    )

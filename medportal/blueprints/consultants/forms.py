"""The forms of the room and of the desk's answer."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from medportal.blueprints.people import profiles, rows
from medportal.blueprints.people.forms import INTERESTS
from medportal.blueprints.people.profile_forms import as_typed, biography_label, tongue_choices
from medportal.blueprints.subscriptions.forms import TicksField
from medportal.forms import MemberForm, ShortEnough
from medportal.i18n import LANGUAGES
from medportal.localized import Label, LocalizedForm, spread


class OwnForm(LocalizedForm):
    degrees_shown: int
    places_shown: int

    languages = TicksField(_l("Languages spoken"), choices=tongue_choices)
    disclosure = RadioField(
        _l("Conflicts of interest"),
        choices=[SelectChoice(*pair) for pair in INTERESTS.items()],
        default="unknown",
    )

    def validate(self, extra_validators: Any = None) -> bool:
        fine, first = bool(super().validate(extra_validators)), next(iter(LANGUAGES))
        if self.disclosure.data == "some" and not self.localized("interests"):
            said = gettext("Please write what was declared, or choose another answer above.")
            self[f"interests_{first}"].errors, fine = [said], False
        degrees = rows.judge_degrees(self, self.degrees_shown)
        return rows.judge_places(self, self.places_shown, first) and degrees and fine

    def wished(self) -> dict[str, Any]:
        """A whole proposal; see `services.present`."""
        interests = {"unknown": None, "none": {}, "some": self.localized("interests")}
        return {
            "title": self.localized("title"),
            "degrees": rows.degrees_of(self, self.degrees_shown),
            "languages": self.languages.data or [],
            "interests": interests[self.disclosure.data],
            "biography": {code: profiles.clean(text) for code, text in self.localized("biography").items()},
            "places": rows.places_of(self, self.places_shown),
        }


def own_form(wished: dict[str, Any]) -> OwnForm:
    """Filled with a proposal, or with what is public."""
    degrees = rows.shown(len(wished["degrees"]), rows.MOST_DEGREES, "degree{}_abbr", fresh=False)
    places = rows.shown(len(wished["places"]), rows.MOST_PLACES, "place{}_", fresh=False)
    made = rows.with_rows(
        OwnForm,
        degrees,
        places,
        Label("title", gettext("Position or title"), most=200),
        Label("interests", gettext("What was declared"), most=1000, rows=3),
        biography_label(),
    )
    made.degrees_shown, made.places_shown = degrees, places
    interests = wished["interests"]
    form = made(
        data={
            "languages": wished["languages"],
            "disclosure": "unknown" if interests is None else "some" if interests else "none",
            **spread("title", wished["title"]),
            **spread("interests", interests),
            **{f"biography_{code}": as_typed(html) for code, html in wished["biography"].items()},
            **rows.spread_degrees(wished["degrees"]),
            **rows.spread_places(wished["places"]),
        }
    )
    form.languages.choices = tongue_choices(wished["languages"])
    return form


class DeclineForm(MemberForm):
    note = StringField(
        _l("Why"),
        description=_l("The consultant reads it."),
        validators=[InputRequired(), ShortEnough(max=1000)],
        render_kw={"dir": "auto"},
    )

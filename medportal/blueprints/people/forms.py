"""The form of a person or organisation."""

from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from medportal.blueprints.people import queries
from medportal.blueprints.people.services import Facts
from medportal.blueprints.subscriptions.forms import TicksField
from medportal.forms import ShortEnough
from medportal.i18n import LANGUAGES, current_language
from medportal.lib.arabic import sort_key
from medportal.lib.countries import countries
from medportal.localized import Label, LocalizedForm, spread, with_labels
from medportal.models.people import Person
from medportal.models.types import localize

MOST_DEGREES = 8
FORMS = {"person": _l("A person"), "organisation": _l("An organisation")}
INTERESTS = {
    "unknown": _l("Not asked yet"),
    "none": _l("Asked: nothing to declare"),
    "some": _l("Asked: what stands below"),
}


def _countries() -> list[SelectChoice]:
    named = countries(current_language().code)
    return [SelectChoice("", _l("Not known")), *(SelectChoice(*pair) for pair in named.items())]


def _specialties() -> list[SelectChoice]:
    lang = current_language().code
    named = [(row.id, localize(row.name, lang)) for row in queries.specialties()]
    return [SelectChoice(*pair) for pair in sorted(named, key=lambda pair: sort_key(pair[1]))]


class PersonForm(LocalizedForm):
    degrees_shown: int

    kind = RadioField(
        _l("Who is it?"), choices=[SelectChoice(*pair) for pair in FORMS.items()], default="person"
    )
    country = SelectField(_l("Country"), choices=_countries)
    specialties = TicksField(_l("Specialties"), choices=_specialties, coerce=int)
    disclosure = RadioField(
        _l("Conflicts of interest"),
        description=_l("Who was never asked is shown to readers as: not stated."),
        choices=[SelectChoice(*pair) for pair in INTERESTS.items()],
        default="unknown",
    )

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        if self.disclosure.data == "some" and not self.localized("interests"):
            self._fault(
                "interests", gettext("Please write what was declared, or choose another answer above.")
            )
            fine = False
        for n in range(self.degrees_shown):
            if self.localized(f"degree{n}_meaning") and not self[f"degree{n}_abbr"].data:
                self[f"degree{n}_abbr"].errors = [gettext("Please write the letters of the degree too.")]
                fine = False
        return bool(fine)

    def _fault(self, name: str, words: str) -> None:
        self[f"{name}_{next(iter(LANGUAGES))}"].errors = [words]

    def facts(self) -> Facts:
        interests = {"unknown": None, "none": {}, "some": self.localized("interests")}
        rows = [
            {"abbr": self[f"degree{n}_abbr"].data, "meaning": self.localized(f"degree{n}_meaning")}
            for n in range(self.degrees_shown)
        ]
        return Facts(
            form=self.kind.data,
            name=self.localized("name"),
            title=self.localized("title") or None,
            degrees=[row for row in rows if row["abbr"]],
            country=self.country.data or None,
            interests=interests[self.disclosure.data],
            specialties=self.specialties.data or [],
        )


def person_form(person: Person | None = None, *, fresh: bool = False) -> PersonForm:
    """With a row for each degree and an empty one. `fresh`: as it is stored, whatever was sent."""
    degrees = person.degrees or [] if person is not None else []
    rows = min(max(len(degrees), 0 if fresh else _sent()) + 1, max(MOST_DEGREES, len(degrees)))
    made = with_labels(_with_degrees(rows), *_labels(rows))
    made.degrees_shown = rows
    data = _stored(person, degrees) if person is not None else {}
    return made(formdata=None, data=data) if fresh else made(data=data)


def _sent() -> int:
    """How many rows were filled in the form that was sent."""
    filled = [n for n in range(MOST_DEGREES) if request.form.get(f"degree{n}_abbr")]
    return max(filled) + 1 if filled else 0


def _with_degrees(rows: int) -> type[PersonForm]:
    fields = {
        f"degree{n}_abbr": StringField(
            _l("Letters of the degree"),
            validators=[ShortEnough(max=40)],
            render_kw={"dir": "ltr", "autocomplete": "off"},
        )
        for n in range(rows)
    }
    meta: Any = type(PersonForm)
    made: type[PersonForm] = meta("PersonForm", (PersonForm,), fields)
    return made


def _labels(rows: int) -> list[Label]:
    return [
        Label("name", gettext("Name"), most=200, needed=True),
        Label("title", gettext("Position or title"), most=200),
        Label("interests", gettext("What was declared"), most=1000, rows=3),
        *(Label(f"degree{n}_meaning", gettext("What it means"), most=200) for n in range(rows)),
    ]


def _stored(person: Person, degrees: list[dict[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {
        "kind": person.form,
        "country": person.country or "",
        "specialties": [specialty.id for specialty in person.specialties],
        "disclosure": "unknown" if person.interests is None else "some" if person.interests else "none",
        **spread("name", person.name),
        **spread("title", person.title),
        **spread("interests", person.interests),
    }
    for n, degree in enumerate(degrees):
        data |= {f"degree{n}_abbr": degree["abbr"], **spread(f"degree{n}_meaning", degree.get("meaning"))}
    return data

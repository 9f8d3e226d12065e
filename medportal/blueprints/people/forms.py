"""The form of a person or organisation."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice

from medportal.blueprints.people import queries
from medportal.blueprints.people import rows as row_fields
from medportal.blueprints.people.services import Facts
from medportal.blueprints.subscriptions.forms import TicksField
from medportal.i18n import LANGUAGES, current_language
from medportal.lib.arabic import sort_key
from medportal.localized import Label, LocalizedForm, spread
from medportal.models.people import Person
from medportal.models.types import localize

FORMS = {"person": _l("A person"), "organisation": _l("An organisation")}
INTERESTS = {
    "unknown": _l("Not asked yet"),
    "none": _l("Asked: nothing to declare"),
    "some": _l("Asked: what stands below"),
}


def _specialties() -> list[SelectChoice]:
    lang = current_language().code
    named = [(row.id, localize(row.name, lang)) for row in queries.specialties()]
    return [SelectChoice(*pair) for pair in sorted(named, key=lambda pair: sort_key(pair[1]))]


class PersonForm(LocalizedForm):
    degrees_shown: int

    kind = RadioField(
        _l("Who is it?"), choices=[SelectChoice(*pair) for pair in FORMS.items()], default="person"
    )
    country = SelectField(_l("Country"), choices=row_fields.country_choices)
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
        return row_fields.judge_degrees(self, self.degrees_shown) and bool(fine)

    def _fault(self, name: str, words: str) -> None:
        self[f"{name}_{next(iter(LANGUAGES))}"].errors = [words]

    def facts(self) -> Facts:
        interests = {"unknown": None, "none": {}, "some": self.localized("interests")}
        return Facts(
            form=self.kind.data,
            name=self.localized("name"),
            title=self.localized("title") or None,
            degrees=row_fields.degrees_of(self, self.degrees_shown),
            country=self.country.data or None,
            interests=interests[self.disclosure.data],
            specialties=self.specialties.data or [],
        )


def person_form(person: Person | None = None, *, fresh: bool = False) -> PersonForm:
    """With a row for each degree and an empty one. `fresh`: as it is stored, whatever was sent."""
    degrees = person.degrees or [] if person is not None else []
    rows = row_fields.shown(len(degrees), row_fields.MOST_DEGREES, "degree{}_abbr", fresh=fresh)
    made = row_fields.with_rows(PersonForm, rows, 0, *_labels())
    made.degrees_shown = rows
    data = _stored(person, degrees) if person is not None else {}
    return made(formdata=None, data=data) if fresh else made(data=data)


def _labels() -> list[Label]:
    return [
        Label("name", gettext("Name"), most=200, needed=True),
        Label("title", gettext("Position or title"), most=200),
        Label("interests", gettext("What was declared"), most=1000, rows=3),
    ]


def _stored(person: Person, degrees: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "kind": person.form,
        "country": person.country or "",
        "specialties": [specialty.id for specialty in person.specialties],
        "disclosure": "unknown" if person.interests is None else "some" if person.interests else "none",
        **spread("name", person.name),
        **spread("title", person.title),
        **spread("interests", person.interests),
        **row_fields.spread_degrees(degrees),
    }

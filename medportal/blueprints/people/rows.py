"""Rows of a form, one for each degree or place and an empty one: emptied rows go when it is saved."""

import re
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from medportal.forms import ShortEnough
from medportal.i18n import current_language
from medportal.lib.arabic import to_ascii_digits
from medportal.lib.countries import countries
from medportal.lib.html import safe_url
from medportal.localized import Label, LocalizedForm, spread, with_labels

F = TypeVar("F", bound=LocalizedForm)
MOST_DEGREES, MOST_PLACES = 8, 6
WORDS = ("name", "address", "city", "hours")
"""Of a place, in every language."""
PLAIN = ("country", "phone", "url")
_PHONE = re.compile(r"\+?[\d][\d() /.-]*")


def country_choices() -> list[SelectChoice]:
    named = countries(current_language().code)
    return [SelectChoice("", _l("Not known")), *(SelectChoice(*pair) for pair in named.items())]


def with_rows(form: type[F], degrees: int, places: int, *labels: Label) -> type[F]:
    """This form with so many rows of each, and with these labels."""
    fields = _degree_fields(degrees) | _place_fields(places)
    meta: Any = type(form)
    made: type[F] = meta(form.__name__, (form,), fields)
    return with_labels(made, *labels, *_degree_labels(degrees), *_place_labels(places))


def shown(stored: int, most: int, name: str, *, fresh: bool) -> int:
    """How many rows a form has: what is stored or was sent, and one more. `name`: a pattern of a row's fields."""
    sent = 0 if fresh else _sent(name, most)
    return min(max(stored, sent) + 1, max(most, stored))


def _sent(name: str, most: int) -> int:
    filled = [
        n for n in range(most) if any(k.startswith(name.format(n)) and v for k, v in request.form.items())
    ]
    return max(filled) + 1 if filled else 0


def _degree_fields(rows: int) -> dict[str, Any]:
    return {
        f"degree{n}_abbr": StringField(
            _l("Letters of the degree"),
            validators=[ShortEnough(max=40)],
            render_kw={"dir": "ltr", "autocomplete": "off"},
        )
        for n in range(rows)
    }


def _degree_labels(rows: int) -> list[Label]:
    return [Label(f"degree{n}_meaning", gettext("What it means"), most=200) for n in range(rows)]


def _place_fields(rows: int) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for n in range(rows):
        fields[f"place{n}_country"] = SelectField(_l("Country"), choices=country_choices, default="")
        fields[f"place{n}_phone"] = StringField(
            _l("Telephone number"),
            filters=[lambda text: " ".join(to_ascii_digits(text).split()) if text else ""],
            validators=[ShortEnough(max=30)],
            render_kw={"dir": "ltr", "inputmode": "tel", "autocomplete": "off"},
        )
        fields[f"place{n}_url"] = StringField(
            _l("Web address"),
            validators=[ShortEnough(max=500)],
            render_kw={"dir": "ltr", "inputmode": "url", "autocomplete": "off"},
        )
    return fields


def _place_labels(rows: int) -> list[Label]:
    labels = []
    for n in range(rows):
        labels += [
            Label(f"place{n}_name", gettext("Name of the place"), most=200),
            Label(f"place{n}_address", gettext("Street and number"), most=300),
            Label(f"place{n}_city", gettext("Town"), most=100),
            Label(f"place{n}_hours", gettext("Hours"), most=500, rows=2),
        ]
    return labels


def degrees_of(form: LocalizedForm, rows: int) -> list[dict[str, Any]]:
    found = [
        {"abbr": form[f"degree{n}_abbr"].data, "meaning": form.localized(f"degree{n}_meaning")}
        for n in range(rows)
    ]
    return [row for row in found if row["abbr"]]


def places_of(form: LocalizedForm, rows: int) -> list[dict[str, Any]]:
    """Places as `Place` has them, those with a name."""
    found = []
    for n in range(rows):
        place: dict[str, Any] = {word: form.localized(f"place{n}_{word}") for word in WORDS}
        place |= {
            "country": form[f"place{n}_country"].data or None,
            "phone": form[f"place{n}_phone"].data or "",
            "url": form[f"place{n}_url"].data or None,
        }
        if place["name"]:
            found.append(place)
    return found


def spread_degrees(degrees: list[dict[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for n, degree in enumerate(degrees):
        data |= {f"degree{n}_abbr": degree["abbr"], **spread(f"degree{n}_meaning", degree.get("meaning"))}
    return data


def spread_places(places: list[dict[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for n, place in enumerate(places):
        for word in WORDS:
            data |= spread(f"place{n}_{word}", place[word])
        data |= {f"place{n}_{name}": place[name] or "" for name in PLAIN}
    return data


def judge_degrees(form: LocalizedForm, rows: int) -> bool:
    """Whether every explained degree has its letters; the fault stands at the field."""
    fine = True
    for n in range(rows):
        if form.localized(f"degree{n}_meaning") and not form[f"degree{n}_abbr"].data:
            form[f"degree{n}_abbr"].errors = [gettext("Please write the letters of the degree too.")]
            fine = False
    return fine


def judge_places(form: LocalizedForm, rows: int, first: str) -> bool:
    """Whether every place has a name, and numbers and addresses that work. `first`: the language whose field says so."""
    fine = True
    for n in range(rows):
        row = {name: form[f"place{n}_{name}"] for name in PLAIN}
        said = any(form.localized(f"place{n}_{word}") for word in WORDS[1:]) or any(
            field.data for field in row.values()
        )
        if said and not form.localized(f"place{n}_name"):
            form[f"place{n}_name_{first}"].errors = [gettext("Please write the name of the place too.")]
            fine = False
        if row["phone"].data and not _PHONE.fullmatch(row["phone"].data):
            row["phone"].errors = [gettext("Only digits, spaces and the signs + ( ) - are possible.")]
            fine = False
        address = (safe_url(row["url"].data) or "").lower()
        if row["url"].data and not address.startswith(("http://", "https://")):
            row["url"].errors = [gettext("Please write the whole address, with https:// at the beginning.")]
            fine = False
    return fine

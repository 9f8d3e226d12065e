"""What stands before the form of a question: the signs that cannot wait for an answer, and whom to call in one's country."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from medportal.blueprints.emergency import queries
from medportal.i18n import current_language
from medportal.lib.countries import countries
from medportal.models.emergency import EmergencyNumber

ELSEWHERE = "other"
"""Who names no country goes on too."""

SIGNS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (
        _l(
            "Pressure, squeezing or pain in the chest that lasts more than a few minutes, or goes away and comes back"
        ),
        ("mi-nhlbi",),
    ),
    (
        _l(
            "Suddenly a face that droops on one side, a weak or numb arm or leg, trouble speaking, or confusion"
        ),
        ("str-fast", "str-cdc-faq"),
    ),
    (
        _l("Suddenly trouble seeing or walking, or a severe headache with no known cause"),
        ("str-cdc-faq",),
    ),
    (
        _l("Too breathless to walk, talk, eat or sleep; blue lips or fingernails"),
        ("ast-nhlbi", "ast-asthmauk-attacks"),
    ),
    (
        _l("Swollen tongue or lips, or a tight throat, as with a severe allergy"),
        ("oth-medline-anaphylaxis",),
    ),
    (
        _l(
            "Somebody who cannot be woken, or a seizure that is the first ever or lasts more than five minutes"
        ),
        ("pns-penn-brainstem", "pns-utmb-seizures", "pns-mplus-seizures"),
    ),
    (
        _l("Thoughts of suicide or of harming oneself: please tell somebody who can help at once"),
        ("oth-seniorhealth-depression",),
    ),
)
"""Each with the references of the sample texts (`demo/references.csv`) that it is taken from."""


@dataclass(frozen=True)
class Stop:
    """`country`: the chosen one, "" for none; `numbers`: what of it readers may see today; `countries`: to choose from."""

    country: str
    numbers: Sequence[EmergencyNumber]
    countries: Mapping[str, str]
    signs: Sequence[Any]


def rows(country: str | None) -> Stop:
    """What the screen shows for a country as asked for; what is none is no choice. Nothing is remembered."""
    lang = current_language().code
    known = countries(lang)
    chosen = (country or "").upper()
    chosen = chosen if chosen in known else ""
    numbers = queries.shown(queries.today(), lang).get(chosen, []) if chosen else []
    return Stop(chosen, numbers, known, [sign for sign, _sources in SIGNS])

"""Words about people: ranks in the form of whoever bears them, and what was checked."""

from functools import lru_cache
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import pgettext

from medportal.i18n import locale_now
from medportal.models.people import Gender, Rank, Standing
from medportal.models.practice import ChangeState, CheckKind

GENDERS = {
    Gender.FEMININE: _l("As of a woman"),
    Gender.MASCULINE: _l("As of a man"),
}
CHECKS = {
    CheckKind.DEGREE: _l("Degree"),
    CheckKind.LICENCE: _l("Licence to practise"),
    CheckKind.MEMBERSHIP: _l("Membership of a professional body"),
    CheckKind.EMPLOYMENT: _l("Employment"),
}
NEEDED = _l(
    "Published pages rest on this: their author needs a title, a degree or a rank and a statement of interests, who "
    "reviewed a page is a person, and who gave an opinion has a specialty."
)
CHANGES = {
    ChangeState.WAITING: _l("waiting"),
    ChangeState.ACCEPTED: _l("accepted"),
    ChangeState.DECLINED: _l("declined"),
    ChangeState.TAKEN_BACK: _l("taken back"),
}
PARTS: dict[str, Any] = {
    "title": _l("Position or title"),
    "degrees": _l("Degrees"),
    "languages": _l("Languages spoken"),
    "interests": _l("Conflicts of interest"),
    "biography": _l("Biography"),
    "places": _l("Places and hours"),
}
"""What a consultant may propose to change, in the order in which it is shown."""


def ranks(gender: str | None) -> dict[str, str]:
    """rank → its word in the page's language. Languages that do not tell the forms apart say the same three times;
    of somebody who chose neither, both forms are written."""
    return _ranks(gender, str(locale_now()))


@lru_cache(maxsize=32)
def _ranks(gender: str | None, _locale: str) -> dict[str, str]:
    if gender == Gender.FEMININE:
        return {
            Rank.PHYSICIAN: pgettext("a woman", "Physician"),
            Rank.SPECIALIST: pgettext("a woman", "Specialist"),
            Rank.CONSULTANT: pgettext("a woman", "Consultant"),
            Rank.PROFESSOR: pgettext("a woman", "Professor"),
            Rank.DENTIST: pgettext("a woman", "Dentist"),
            Rank.PHARMACIST: pgettext("a woman", "Pharmacist"),
            Rank.PSYCHOLOGIST: pgettext("a woman", "Psychologist"),
            Rank.NURSE: pgettext("a woman", "Nurse"),
        }
    if gender == Gender.MASCULINE:
        return {
            Rank.PHYSICIAN: pgettext("a man", "Physician"),
            Rank.SPECIALIST: pgettext("a man", "Specialist"),
            Rank.CONSULTANT: pgettext("a man", "Consultant"),
            Rank.PROFESSOR: pgettext("a man", "Professor"),
            Rank.DENTIST: pgettext("a man", "Dentist"),
            Rank.PHARMACIST: pgettext("a man", "Pharmacist"),
            Rank.PSYCHOLOGIST: pgettext("a man", "Psychologist"),
            Rank.NURSE: pgettext("a man", "Nurse"),
        }
    return {
        Rank.PHYSICIAN: pgettext("a person", "Physician"),
        Rank.SPECIALIST: pgettext("a person", "Specialist"),
        Rank.CONSULTANT: pgettext("a person", "Consultant"),
        Rank.PROFESSOR: pgettext("a person", "Professor"),
        Rank.DENTIST: pgettext("a person", "Dentist"),
        Rank.PHARMACIST: pgettext("a person", "Pharmacist"),
        Rank.PSYCHOLOGIST: pgettext("a person", "Psychologist"),
        Rank.NURSE: pgettext("a person", "Nurse"),
    }


def rank_of(person: Standing) -> str:
    """ "" for whom none is recorded."""
    return ranks(person.gender).get(person.rank or "", "")

"""Whether questions are taken. They are off until everything is arranged, and close by themselves when nobody looks in."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from medportal.changes import site_changed
from medportal.choices import setting
from medportal.extensions import db, insert
from medportal.i18n import LANGUAGES
from medportal.lib.dates import utc_now
from medportal.models.people import Person
from medportal.models.setting import Setting


class Why(StrEnum):
    """Why no question is taken."""

    OFF = "off"
    PHYSICIAN = "physician"
    REPLY_DAYS = "reply_days"
    LOOK_IN_DAYS = "look_in_days"
    TERMS = "terms"
    NOT_LOOKED_IN = "not_looked_in"


WHY = {
    Why.OFF: _l("Questions are switched off in the settings."),
    Why.PHYSICIAN: _l("No responsible physician is named."),
    Why.REPLY_DAYS: _l("It is not said within how many days an answer is given."),
    Why.LOOK_IN_DAYS: _l("It is not said how often somebody looks in."),
    Why.TERMS: _l("The terms are not written in every language."),
    Why.NOT_LOOKED_IN: _l("Nobody has looked in within the stated time."),
}


def _days(key: str) -> int:
    value = setting(key)
    return value if isinstance(value, int) and value > 0 else 0


def reply_days() -> int:
    return _days("questions_reply_days")


def look_in_days() -> int:
    return _days("questions_look_in_days")


def terms(lang: str) -> str:
    """What an asker agrees to, as plain text."""
    return str((setting("questions_terms") or {}).get(lang, "")).strip()


def terms_hash(lang: str) -> str:
    return hashlib.sha256(terms(lang).encode()).hexdigest()


def physician() -> Person | None:
    """Who answers for the questions; nobody who has left both the corner and the account."""
    number = setting("questions_physician")
    person = db.session.get(Person, number) if isinstance(number, int) else None
    return person if person is not None and (person.listed or person.user_id) else None


def looked_in_at() -> datetime | None:
    written: Any = setting("questions_looked_in_at")
    return datetime.fromisoformat(written) if isinstance(written, str) else None


def whys() -> list[Why]:
    """What stands in the way; nothing when questions are taken."""
    looked = looked_in_at()
    missing = {
        Why.OFF: not setting("questions_on"),
        Why.PHYSICIAN: physician() is None,
        Why.REPLY_DAYS: not reply_days(),
        Why.LOOK_IN_DAYS: not look_in_days(),
        Why.TERMS: not all(terms(code) for code in LANGUAGES),
        Why.NOT_LOOKED_IN: looked is None or looked + timedelta(days=look_in_days()) < utc_now(),
    }
    return [why for why, is_missing in missing.items() if is_missing]


def questions_open() -> bool:
    return not whys()


def look_in() -> None:
    """Somebody who answers for the questions is here. Flushes."""
    was_closed = not questions_open()
    now = utc_now().isoformat(timespec="seconds")
    db.session.execute(
        insert(Setting)
        .values(key="questions_looked_in_at", value=now)
        .on_conflict_do_update(index_elements=["key"], set_={"value": now})
    )
    if was_closed:
        site_changed()  # pages offer the way to ask

"""What the owner chose for the whole site: read once a request; where nothing is chosen, the configuration holds."""

from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from flask import current_app, g, has_request_context

from medportal.models.setting import all_settings
from medportal.parts import remembered

REVIEW_MONTHS = 24


def setting(key: str, default: Any = None) -> Any:
    """A choice of the owner. Outside of requests nothing is kept: the loop of jobs lives longer than a choice."""
    if not has_request_context():
        return all_settings().get(key, default)
    if "settings" not in g:
        public = not g.get("session_allowed", True)
        g.settings = remembered("settings", all_settings) if public else all_settings()
    return g.settings.get(key, default)


def time_zone() -> str:
    """The name of the zone whose clock the site goes by."""
    chosen = setting("time_zone")
    return chosen if chosen in zones() else str(current_app.config["TIME_ZONE"])


def zone() -> ZoneInfo:
    return ZoneInfo(time_zone())


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """Every zone of the zone database that is named after a place, and UTC."""
    return frozenset(
        name for name in available_timezones() if "/" in name and not name.startswith("Etc/")
    ) | {"UTC"}


def arabic_region() -> str:
    """The country whose names of months Arabic pages use; "" for the common ones."""
    chosen = setting("arabic_region")
    return str(current_app.config["ARABIC_REGION"] if chosen is None else chosen)


def arabic_digits() -> bool:
    """Whether Arabic pages show dates and counts in Arabic-Indic digits."""
    chosen = setting("arabic_digits")
    return bool(current_app.config["ARABIC_DIGITS"] if chosen is None else chosen)


def review_months() -> int:
    """After how many months a reviewed text is due again, unless the reviewer says otherwise."""
    return int(setting("review_months") or REVIEW_MONTHS)


def needs_second_person() -> bool:
    """Whether a text is published only by somebody other than who wrote it last."""
    return bool(setting("second_person", False))

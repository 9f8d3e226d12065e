"""What the desk asks of the backups."""

from datetime import datetime

from flask_babel import gettext

from medportal.backups import nightly, records
from medportal.lib.dates import utc_now


def late_count() -> int:
    return int(nightly.is_late(utc_now()))


def say_late(_n: int) -> str:
    return gettext("The last backup that was tried out is more than a day and a half old.")


def hours_since(moment: datetime | None) -> int | None:
    return None if moment is None else max(0, int((utc_now() - moment).total_seconds() // 3600))


def newest() -> datetime | None:
    return records.last_verified()

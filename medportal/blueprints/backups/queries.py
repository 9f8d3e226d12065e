"""What the desk asks of the backups."""

from datetime import datetime

from flask_babel import gettext

from medportal.backups import nightly, offsite, records
from medportal.lib.dates import utc_now


def late_count() -> int:
    return int(nightly.is_late(utc_now()))


def say_late(_n: int) -> str:
    return gettext("The last backup that was tried out is more than a day and a half old.")


def failed_copies() -> int:
    newest = next(iter(records.every()), None)
    return int(newest is not None and newest.copied is False and offsite.place() is not None)


def say_failed_copy(_n: int) -> str:
    return gettext("The newest backup did not reach the other place.")


def hours_since(moment: datetime | None) -> int | None:
    return None if moment is None else max(0, int((utc_now() - moment).total_seconds() // 3600))


def newest() -> datetime | None:
    return records.last_verified()

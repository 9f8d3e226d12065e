"""When a digest is due: an hour of the site's day, a day of its week, the first of its month."""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from medportal import choices
from medportal.extensions import db
from medportal.lib.dates import local_to_utc
from medportal.models.setting import Setting
from medportal.models.subscription import Frequency

SETTING = "digests"


_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Choice:
    """The owner's choice: `hour` of the site's clock, `weekday` as in `date.weekday()` (6: Sunday), `paused`: digests
    are written but none leaves. `since`: from when this hour and day hold; what they would have made due before is not.
    """

    hour: int = 7
    weekday: int = 6
    paused: bool = False
    since: datetime = _ALWAYS


def choice() -> Choice:
    stored = db.session.scalar(sa.select(Setting.value).where(Setting.key == SETTING)) or {}
    kept = {name: stored[name] for name in ("hour", "weekday", "paused") if name in stored}
    if "since" in stored:
        kept["since"] = datetime.fromisoformat(stored["since"])
    return Choice(**kept)


def choose(new: Choice) -> None:
    row = db.session.get(Setting, SETTING) or Setting(key=SETTING)
    row.value = asdict(new) | {"since": new.since.isoformat()}
    db.session.add(row)
    db.session.flush()


def last_due(frequency: str, now: datetime) -> datetime:
    """The latest moment, not after `now`, at which a digest of this frequency was to be written."""
    chosen, zone = choice(), choices.time_zone()
    day = now.astimezone(ZoneInfo(zone)).date()
    while True:
        moment = local_to_utc(day, time(chosen.hour), zone)
        if moment <= now and _is_day(frequency, day, chosen):
            return moment
        day -= timedelta(days=1)


def next_due(frequency: str, now: datetime) -> datetime:
    """The first moment after `now`."""
    chosen, zone = choice(), choices.time_zone()
    day = now.astimezone(ZoneInfo(zone)).date()
    while True:
        moment = local_to_utc(day, time(chosen.hour), zone)
        if moment > now and _is_day(frequency, day, chosen):
            return moment
        day += timedelta(days=1)


def _is_day(frequency: str, day: date, chosen: Choice) -> bool:
    if frequency == Frequency.WEEKLY:
        return day.weekday() == chosen.weekday
    return frequency != Frequency.MONTHLY or day.day == 1

"""What is said of backups. Who makes them tells here how it went: `told_by(function)`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from medportal.health.findings import Finding, duration, fine, problem
from medportal.lib.dates import utc_now

TOO_OLD = timedelta(hours=36)


@dataclass(frozen=True)
class Backup:
    """`made`: when the newest one was finished; `restored`: when one was last restored on trial, with success."""

    made: datetime | None
    restored: datetime | None


_tellers: list[Callable[[], Backup]] = []


def told_by(teller: Callable[[], Backup] | None) -> None:
    """From now on `teller` is asked; None: nobody."""
    _tellers[:] = [teller] if teller else []


def age() -> Finding | None:
    if not _tellers:
        return None
    told, now = _tellers[0](), utc_now()
    remedy = _l(
        "Run: `flask backup create`, and read what it says. Then see whether the jobs program runs and whether the disk "
        "has room."
    )
    if told.made is None:
        return problem("backup", _l("There is no backup."), remedy)
    if now - told.made > TOO_OLD:
        return problem(
            "backup", _l("The newest backup is %(age)s old.", age=duration(now - told.made)), remedy
        )
    if told.restored is None or now - told.restored > 2 * TOO_OLD:
        return problem(
            "backup",
            _l("No backup of the last days has been restored on trial: nobody knows whether it is good."),
            _l("Run: `flask backup verify`, and read what it says."),
        )
    return fine(
        "backup",
        _l("The newest backup is %(age)s old and was restored on trial.", age=duration(now - told.made)),
    )

"""What is said of backups."""

from flask_babel import lazy_gettext as _l

from medportal.backups import nightly, offsite, records
from medportal.health.findings import Finding, duration, fine, problem
from medportal.lib.dates import utc_now


def elsewhere() -> Finding | None:
    """None where no other place was named, or nothing was copied yet."""
    newest = next(iter(records.every()), None)
    if newest is None or newest.copied is None or offsite.place() is None:
        return None
    if newest.copied:
        return fine("copy", _l("The newest backup is in the other place too."))
    return problem(
        "copy",
        _l("The newest backup did not reach the other place."),
        _l(
            "Run: `flask backup make`, and see in the log why. Is `BACKUP_COPY_TO` right, is the folder or the other "
            "machine there, and is there room?"
        ),
    )


def age() -> Finding | None:
    """None on a site so new that its first night is still to come."""
    now, tried = utc_now(), records.last_verified()
    if nightly.is_late(now):
        remedy = _l(
            "Run: `flask backup make`, and read what it says. Then see whether the jobs program runs and whether the "
            "disk has room."
        )
        if tried is None:
            return problem("backup", _l("There is no backup that was restored on trial."), remedy)
        return problem(
            "backup", _l("The newest sound backup is %(age)s old.", age=duration(now - tried)), remedy
        )
    if tried is None:
        return None
    return fine(
        "backup",
        _l("The newest backup is %(age)s old and was restored on trial.", age=duration(now - tried)),
    )

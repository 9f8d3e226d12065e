"""The line of `jobs.py`: every night an archive, tried out by a real restore, copied elsewhere, the old ones thrown away.
When that did not happen, the owners get one letter a day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import sqlalchemy as sa

from medportal import mail
from medportal.backups import archive, keep, offsite, places, records, trial
from medportal.backups.records import Record
from medportal.choices import zone
from medportal.extensions import db, reading
from medportal.lib.dates import utc_now
from medportal.logs import log
from medportal.models.user import User

HOUR = 2
"""By the site's clock."""
AGAIN = timedelta(hours=3)
"""How long after a failure it is tried again."""
LATE = timedelta(hours=36)


def work() -> None:
    """Commits nothing while an archive is made: nobody waits for the writer's turn."""
    asked = records.is_asked()
    if asked or _look(is_due):
        records.answered()
        if attempt() and not asked:
            tell()
    if _look(is_late):
        tell()


def _look(question: Callable[[datetime], bool]) -> bool:
    with reading():
        answer = question(utc_now())
        db.session.rollback()
    return answer


def is_due(now: datetime) -> bool:
    """Whether the last night's is still missing; a new site waits for its first night."""
    last = records.every()
    since = max((record.made_at for record in last if record.verified), default=None) or born()
    tried = records.attempt()
    if tried and tried.problem and now - AGAIN < tried.at <= now:
        return False
    return since is not None and since < last_night(now)


def last_night(now: datetime) -> datetime:
    local = now.astimezone(zone())
    night = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return night if night <= local else night - timedelta(days=1)


def born() -> datetime | None:
    """Since when there is something to keep: the first account."""
    return db.session.scalar(sa.select(sa.func.min(User.created_at)))


def is_late(now: datetime) -> bool:
    since = records.last_verified() or born()
    return since is not None and now - since > LATE


def attempt() -> str:
    """Make one with all that belongs to it; "" or what went wrong."""
    problem = ""
    try:
        problem = make().problem
    except Exception as error:  # whatever it is: the owners are told, and the loop goes on
        log.error("the backup failed", exc_info=error)
        problem = f"{type(error).__name__}: {error}"
    db.session.rollback()
    records.note_attempt(problem)
    return problem


def make() -> Record:
    began = monotonic()
    path = archive.make()
    record = records.first(path, archive.look(path))
    records.note(record)
    record = replace(verify(path, record), seconds=round(monotonic() - began, 1))
    records.note(record)
    copy(path, record)
    keep.prune()
    return record


def verify(path: Path, record: Record) -> Record:
    """The record with what the trial said, which is noted."""
    problem = ""
    try:
        trial.verify(path, room=places.folder())
    except Exception as error:  # a missing tool is as bad as a damaged archive: nothing was proved
        log.error("the restore test failed", exc_info=error)
        problem = str(error)[:300] or type(error).__name__
    record = replace(record, tried_at=utc_now(), problem=problem)
    records.note(record)
    return record


def copy(path: Path, record: Record) -> None:
    try:
        copied = offsite.copy(path)
    except (OSError, offsite.NotThere) as error:
        log.error("the copy of the backup failed", exc_info=error)
        copied = False
    records.note(replace(record, copied=copied))


def tell() -> None:
    """A letter to every owner, one a day. Commits."""
    last, day = records.last_verified(), utc_now().astimezone(zone()).date()
    when = last.isoformat() if last else None
    mail.queue_for_owners("backup_missing", occasion=f"backup:{day.isoformat()}", last=when)
    db.session.commit()

"""Recurring work, done by `flask jobs run --loop`: one line each in `JOBS`.

A job is taken by an UPDATE that also checks that nobody holds it, with a lease, so that two loops (two machines)
never do the same thing at once. No broker, no thread in the web server.
"""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from medportal import delivery, queues, receipts, renewals, retention, samples
from medportal.backups import nightly
from medportal.blueprints.accounts import erasure
from medportal.blueprints.consultants import expiry
from medportal.blueprints.editing import publishing, reminders
from medportal.blueprints.polls import services as polls
from medportal.blueprints.questions import upkeep as questions
from medportal.digests import bounces, lateness, staging
from medportal.extensions import db, is_no_passing_trouble, reading
from medportal.health import heartbeat
from medportal.importers import runs as imports
from medportal.lib.dates import utc_now
from medportal.logs import log
from medportal.models.outbox import Job
from medportal.search import upkeep as search_upkeep

LEASE = timedelta(minutes=30)
REST = 60.0


@dataclass(frozen=True)
class Recurring:
    """`work` commits for itself, in pieces of less than half a second; what it answers is not looked at."""

    name: str
    every: timedelta
    work: Callable[[], object]
    lease: timedelta = LEASE
    """After this long without a word another loop takes over; short for work that two may do at once."""


JOBS = (
    Recurring("digests", timedelta(seconds=30), staging.keep, lease=timedelta(seconds=30)),
    Recurring("publish", timedelta(seconds=30), publishing.publish_due),
    Recurring("imports", timedelta(seconds=2), imports.step, lease=timedelta(seconds=60)),
    Recurring("samples", timedelta(seconds=10), samples.keep_on),
    Recurring("polls", timedelta(seconds=30), polls.turn),
    Recurring("heartbeat", timedelta(minutes=1), heartbeat.beat),
    Recurring("renewals", timedelta(minutes=1), renewals.keep),
    Recurring("bounces", timedelta(minutes=10), bounces.read),
    Recurring("erase-accounts", timedelta(minutes=10), erasure.erase_due),
    Recurring("search-index", timedelta(minutes=10), search_upkeep.keep),
    Recurring("reviews", timedelta(hours=1), reminders.remind),
    Recurring("credentials", timedelta(hours=1), expiry.tell),
    Recurring("questions", timedelta(hours=1), questions.keep),
    Recurring("digests-late", timedelta(hours=1), lateness.work),
    Recurring("backups", timedelta(seconds=30), nightly.work, lease=timedelta(hours=2)),
    Recurring("clean-up", timedelta(hours=1), retention.clean_up),
)


def run_once(*, stop: Callable[[], bool] = lambda: False) -> int:
    """Everything that is due now; how many things were done. OutOfReach after the rest was done."""
    _recover()
    done = 0
    for job in JOBS:
        if not stop() and take(job):
            run(job)
            done += 1
    if not stop() and mail_is_due():
        done += delivery.send_due(stop=stop)
    return done


def _recover() -> None:
    """Before anything else: once the lease of letters that left is over, another machine would send them again."""
    try:
        receipts.recover()
    except OSError as error:  # of the folder; backups and the rest do not wait for it
        log.error("the receipts of letters cannot be read", exc_info=error)


def mail_is_due() -> bool:
    """Looked at every second, so it must not ask for the writer's turn."""
    with reading():
        waiting = delivery.is_due(utc_now())
        db.session.rollback()
    return waiting


def take(job: Recurring) -> bool:
    """Make the job ours if it is due and free. A due time or lease beyond the longest possible is a set-back clock's."""
    now = utc_now()
    with reading():
        row = db.session.execute(
            sa.select(Job.due_at, Job.lease_until).where(Job.name == job.name)
        ).one_or_none()
        db.session.rollback()
    if row is None:
        return _first(job)
    if now < row.due_at <= now + job.every:
        return False
    if row.lease_until is not None and now < row.lease_until <= now + job.lease:
        return False
    taken = db.session.execute(
        sa.update(Job)
        .where(
            Job.name == job.name,
            Job.due_at == row.due_at,
            Job.lease_until.is_not_distinct_from(row.lease_until),
        )
        .values(lease_until=now + job.lease, leased_by=queues.identity())
    )
    db.session.commit()
    return taken.rowcount == 1  # type: ignore[attr-defined]


def _first(job: Recurring) -> bool:
    try:
        now = utc_now()
        db.session.add(
            Job(name=job.name, due_at=now, lease_until=now + job.lease, leased_by=queues.identity())
        )
        db.session.commit()
    except IntegrityError:  # another loop was faster
        db.session.rollback()
        return False
    return True


def run(job: Recurring) -> None:
    error = ""
    try:
        job.work()
        db.session.commit()
    except Exception as problem:  # the loop goes on; the traceback is kept and the desk shows that it failed
        db.session.rollback()
        log.error("job %s failed", job.name, exc_info=problem)
        error = f"{type(problem).__name__}: {problem}"[:300]
    now = utc_now()
    db.session.execute(
        sa.update(Job)
        .where(Job.name == job.name, Job.leased_by == queues.identity())
        .values(due_at=now + job.every, lease_until=None, leased_by=None, finished_at=now, error=error)
    )
    db.session.commit()


class Loop:
    """Until SIGTERM or SIGINT; the letter on the line is finished first."""

    def __init__(self, pause: float = 1.0) -> None:
        self.pause, self.stopped = pause, False

    def stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        self.stopped = True

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        while not self.stopped:
            pause = self.round()
            until = time.monotonic() + pause
            while not self.stopped and time.monotonic() < until:
                time.sleep(min(0.2, pause))

    def round(self) -> float:
        """One look at everything; how many seconds to let pass before the next."""
        try:
            return 0 if run_once(stop=lambda: self.stopped) else self.pause
        except delivery.OutOfReach as error:
            log.warning("mail waits a minute: %s", error)
            return REST
        except Exception as error:  # a full disk, a restarting database: the loop outlives it
            log.error("the jobs loop stumbled", exc_info=error)
            return REST if is_no_passing_trouble(error) else self.pause
        finally:
            db.session.remove()

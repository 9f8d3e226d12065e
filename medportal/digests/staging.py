"""A run: from the moment it is due to the moment its letters may leave.

Deliveries are written in batches, each a short transaction that also moves the run's cursor and notes how far these
subscribers have been told. None leaves before all are written: one UPDATE releases them. Whoever is killed meanwhile
goes on at the cursor; two loops at once do each batch once, since the cursor decides.
"""

import contextlib
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from medportal.changes import site_changed
from medportal.content_types import listed_kinds
from medportal.digests import editions, happenings, schedule, subscribers
from medportal.digests.matching import Window
from medportal.digests.subscribers import Wishes
from medportal.digests.writers import writer_of
from medportal.extensions import db, insert
from medportal.lib.dates import utc_now
from medportal.logs import log
from medportal.models.digest import Delivery, Digest, Edition, Happening, Mailing, News, Occasion, Stage
from medportal.models.outbox import MailState
from medportal.models.subscription import Frequency, Standing, Subscriber

TRIES = 5


def keep() -> int:
    """Everything that is due: unfinished runs first, then safety corrections, then each frequency. Commits; answers
    how many runs were released."""
    now = utc_now()
    done = catch_up(now) + len(open_all_due(now))
    finish()
    return done


def catch_up(now: datetime) -> int:
    """Pauses that are over, runs that were left unfinished, safety corrections: how many runs were released. Commits."""
    subscribers.resume_due(utc_now())
    db.session.commit()
    done = sum(stage(number) for number in _unfinished())
    return done + sum(stage(open_correction(number, now)) for number in corrections_to_tell())


def open_all_due(now: datetime) -> list[int]:
    """The runs that were due, by number, staged and released. Commits."""
    opened = [number for frequency in Frequency if (number := open_due(frequency, now)) is not None]
    for number in opened:
        stage(number)
    return opened


def waiting(runs: Sequence[int]) -> int:
    """How many letters of these runs are still to leave."""
    query = sa.select(sa.func.count()).where(Delivery.digest_id.in_(runs), Delivery.state == MailState.QUEUED)
    return db.session.scalar(query) or 0


def _unfinished() -> Sequence[int]:
    return db.session.scalars(
        sa.select(Digest.id).where(Digest.state == Stage.STAGING).order_by(Digest.id)
    ).all()


# Opening


def corrections_to_tell() -> Sequence[int]:
    """The numbers of safety corrections that have no run yet."""
    told = sa.select(Digest.happening_id).where(Digest.happening_id.is_not(None))
    return db.session.scalars(
        sa.select(Happening.id)
        .where(Happening.what == News.SAFETY, Happening.id.not_in(told))
        .order_by(Happening.id)
    ).all()


def open_correction(happening: int, now: datetime) -> int:
    return _open(f"safety:{happening}", Occasion.SAFETY, now, upto=happening, happening_id=happening)


def open_mailing(mailing: Mailing, now: datetime) -> int:
    return _open(f"mailing:{mailing.id}", Occasion.MAILING, now, upto=0, mailing_id=mailing.id)


def open_due(frequency: str, now: datetime) -> int | None:
    """The run that is due and has not been opened; None when there is none. A missed one is caught up, once."""
    if frequency == Frequency.AT_ONCE:
        upto, last = _reach(), last_run(frequency)
        if upto <= (last.upto if last else 0) and not _somebody_waits(upto):
            return None
        return _open(f"{frequency}:{upto}:{last.id if last else 0}", frequency, now, upto=upto)
    moment = schedule.last_due(frequency, now)
    if moment < schedule.choice().since or _was_opened(frequency, moment, now):
        return None
    return open_run(frequency, moment)


def _somebody_waits(upto: int) -> bool:
    """Who changed over from a slower frequency."""
    waits = sa.select(Subscriber.id).where(
        Subscriber.frequency == Frequency.AT_ONCE,
        Subscriber.state == Standing.ACTIVE,
        Subscriber.told_until < upto,
    )
    return db.session.scalar(waits.limit(1)) is not None


def is_missing(frequency: str, now: datetime) -> bool:
    """Whether the run that was due before `now` has not been opened."""
    moment = schedule.last_due(frequency, now)
    return moment >= schedule.choice().since and not _was_opened(frequency, moment, utc_now())


def _was_opened(frequency: str, moment: datetime, now: datetime) -> bool:
    """Whether there is a run for this moment or one after it; one of the future is a wrong clock's."""
    found = sa.select(Digest.id).where(
        Digest.occasion == frequency, Digest.due_at >= moment, Digest.due_at <= now + timedelta(hours=1)
    )
    return db.session.scalar(found.limit(1)) is not None


def open_run(frequency: str, due_at: datetime) -> int:
    """The run of this frequency and moment, due or not; whoever has been told everything gets nothing."""
    return _open(f"{frequency}:{due_at:%Y%m%dT%H%M%S.%fZ}", frequency, due_at, upto=_reach())


def last_run(occasion: str) -> Digest | None:
    return db.session.scalar(
        sa.select(Digest).where(Digest.occasion == occasion).order_by(Digest.id.desc()).limit(1)
    )


def _reach() -> int:
    """Up to where a run may tell: a safety correction is told by its own run first."""
    told = sa.select(Digest.happening_id).where(
        Digest.happening_id.is_not(None), Digest.state != Stage.STAGING
    )
    first = db.session.scalar(
        sa.select(sa.func.min(Happening.id)).where(Happening.what == News.SAFETY, Happening.id.not_in(told))
    )
    return first - 1 if first is not None else happenings.latest()


def _open(key: str, occasion: str, due_at: datetime, **values: Any) -> int:
    """The number of the run with this key, made if there is none. Commits."""
    before = last_run(occasion)
    number = db.session.scalar(
        insert(Digest)
        .values(
            key=key, occasion=occasion, due_at=due_at, state=Stage.STAGING, created_at=utc_now(), **values
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Digest.id)
    )
    if number is not None and occasion == Occasion.WEEKLY:
        _archive(number, before.upto if before else 0, values["upto"])
    db.session.commit()
    return int(number or db.session.scalars(sa.select(Digest.id).where(Digest.key == key)).one())


def _archive(digest_id: int, since: int, upto: int) -> None:
    """Everything of the week, for the archive on the site; nothing when nothing happened."""
    window = Window(since, upto)
    every = Wishes(kinds=frozenset(kind.key for kind in listed_kinds()))
    for lang in window.languages():
        view = window.view(lang, other_language=False, told_until=since)
        items = window.in_order([window.item(view, n) for n in view.wanted(every)])
        if items:
            editions.add(digest_id, lang, items, archived=True)
            site_changed()


# Writing the deliveries


def stage(number: int) -> int:
    """Write what is missing of a run's deliveries, and release it: 1, or 0 when another loop did."""
    for _ in range(TRIES):
        with contextlib.suppress(IntegrityError):  # a page or reader was erased between two looks: look again
            return _stage(number)
        db.session.rollback()
    log.warning("digest %s could not be staged, and will be tried again", number)
    return 0


def _stage(number: int) -> int:
    digest = db.session.get(Digest, number)
    if digest is None or digest.state != Stage.STAGING:
        db.session.rollback()
        return 0
    writer, cursor = writer_of(digest), digest.cursor
    db.session.rollback()
    while True:
        began = time.monotonic()
        last = writer.write(cursor)
        if last is None:
            return _release(number, cursor)
        moved = db.session.execute(
            sa.update(Digest)
            .where(Digest.id == number, Digest.cursor == cursor, Digest.state == Stage.STAGING)
            .values(cursor=last)
        )
        if moved.rowcount != 1:  # type: ignore[attr-defined]
            db.session.rollback()  # another loop was here
            return 0
        db.session.commit()
        cursor = last
        writer.pace(time.monotonic() - began)


def _release(number: int, cursor: int) -> int:
    released = db.session.execute(
        sa.update(Digest)
        .where(Digest.id == number, Digest.cursor == cursor, Digest.state == Stage.STAGING)
        .values(state=Stage.RELEASED, released_at=utc_now())
    )
    db.session.commit()
    return int(released.rowcount)  # type: ignore[attr-defined]


# The end


def finish() -> None:
    """Runs whose letters have all left, or were given up. Commits."""
    waiting = sa.select(Delivery.id).where(
        Delivery.digest_id == Digest.id, Delivery.state == MailState.QUEUED
    )
    db.session.execute(
        sa.update(Digest)
        .where(Digest.state == Stage.RELEASED, ~waiting.exists())
        .values(state=Stage.DONE, done_at=utc_now())
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def hold(digest: Digest) -> None:
    _move(digest, (Stage.RELEASED,), Stage.PAUSED)


def go_on(digest: Digest) -> None:
    _move(digest, (Stage.PAUSED,), Stage.RELEASED)


def call_off(digest: Digest) -> None:
    """What has not left does not leave, and is not told later. Not before all of it is written."""
    _move(digest, (Stage.RELEASED, Stage.PAUSED), Stage.CANCELLED)


def _move(digest: Digest, before: Sequence[Stage], after: Stage) -> None:
    """Only from where it may come: somebody else may be deciding at the same time."""
    ended = {"done_at": utc_now()} if after == Stage.CANCELLED else {}
    db.session.execute(
        sa.update(Digest).where(Digest.id == digest.id, Digest.state.in_(before)).values(state=after, **ended)
    )
    db.session.expire(digest)


def archived(lang: str) -> sa.Select[Edition]:
    """The editions of the archive, newest first."""
    return (
        sa.select(Edition)
        .join(Digest, Digest.id == Edition.digest_id)
        .where(Edition.archived, Edition.lang == lang)
        .order_by(Digest.id.desc())
    )

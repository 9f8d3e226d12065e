"""A run: from the moment it is due to the moment its letters may leave.

Deliveries are written in batches, each a short transaction that also moves the run's cursor and notes how far these
subscribers have been told. None leaves before all are written: one UPDATE releases them. Whoever is killed meanwhile
goes on at the cursor; two loops at once do each batch once, since the cursor decides.
"""

import contextlib
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from medportal.content_types import listed_kinds
from medportal.digests import editions, happenings, schedule, subscribers
from medportal.digests.matching import Item, Known, Window, known_of
from medportal.digests.subscribers import Wishes, wishes_from
from medportal.extensions import db, insert
from medportal.lib.dates import utc_now
from medportal.logs import log
from medportal.models.digest import Delivery, Digest, Edition, Happening, Mailing, News, Occasion, Stage
from medportal.models.listing import Listing
from medportal.models.outbox import MailState
from medportal.models.subscription import Follow, Frequency, Standing, Subscriber, What

FIRST_BATCH, SMALLEST, LARGEST = 100, 20, 2000
BRISK, SLOW = 0.1, 0.2
"""Seconds: a batch that took longer is followed by a smaller one, one that took less by a larger."""
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
    writer, cursor = _writer(digest), digest.cursor
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


def _writer(digest: Digest) -> "_Writer":
    if digest.occasion == Occasion.SAFETY:
        return _CorrectionWriter(digest)
    if digest.occasion == Occasion.MAILING:
        return _MailingWriter(digest)
    return _NewsWriter(digest)


class _Writer:
    """Writes the deliveries of one run, a batch of subscribers at a time."""

    def __init__(self, digest: Digest) -> None:
        self.digest_id, self.upto, self.next_at = digest.id, digest.upto, digest.created_at
        self.occasion = digest.occasion
        self.size = FIRST_BATCH
        self._editions: dict[Any, int] = {}

    def pace(self, seconds: float) -> None:
        """So that nobody waits long for the writer's turn, on a slow disk or with many different editions."""
        if seconds > SLOW:
            self.size = max(SMALLEST, self.size // 3)
        elif seconds < BRISK:
            self.size = min(LARGEST, self.size * 2)

    def write(self, cursor: int) -> int | None:
        """The next batch after subscriber `cursor`: the last number of it, or None when there is nobody left."""
        rows = db.session.execute(
            self.readers(
                sa.select(
                    Subscriber.id,
                    Subscriber.lang,
                    Subscriber.other_language,
                    Subscriber.named,
                    Subscriber.told_until,
                )
            )
            .where(Subscriber.state == Standing.ACTIVE, Subscriber.id > cursor)
            .order_by(Subscriber.id)
            .limit(self.size)
            .with_for_update(of=Subscriber)
        ).all()
        if not rows:
            db.session.rollback()
            return None
        found = [
            {
                "digest_id": self.digest_id,
                "edition_id": edition,
                "subscriber_id": row.id,
                "next_at": self.next_at,
                "queued_at": self.next_at,
                "state": MailState.QUEUED,
                "attempts": 0,
                "error": "",
            }
            for row, edition in self.told(rows)
        ]
        if found:
            db.session.execute(insert(Delivery).on_conflict_do_nothing(), found)
        self.note(rows)
        return int(rows[-1].id)

    def readers(self, query: Any) -> Any:
        """Who may get something."""
        raise NotImplementedError

    def told(self, rows: Sequence[Any]) -> Iterable[tuple[Any, int]]:
        """Those of a batch who get something, each with the edition."""
        raise NotImplementedError

    def note(self, rows: Sequence[Any]) -> None:
        """What else is to be written of a batch."""

    def edition(self, lang: str, items: Sequence[Item], *, named: bool, other_language: bool) -> int:
        said = (lang, named, other_language, tuple(items))
        number = self._editions.get(said)
        if number is None:
            if len(self._editions) > 20_000:
                self._editions.clear()
            number = self._editions[said] = editions.add(
                self.digest_id, lang, items, named=named, other_language=other_language
            )
        return number


class _NewsWriter(_Writer):
    """A frequency's run."""

    def __init__(self, digest: Digest) -> None:
        super().__init__(digest)
        since = db.session.scalar(
            self.readers(sa.select(sa.func.min(Subscriber.told_until))).where(
                Subscriber.state == Standing.ACTIVE
            )
        )
        self.window = Window(digest.upto if since is None else since, digest.upto)

    def readers(self, query: Any) -> Any:
        return query.where(Subscriber.frequency == self.occasion, Subscriber.told_until < self.upto)

    def told(self, rows: Sequence[Any]) -> Iterable[tuple[Any, int]]:
        if min(row.told_until for row in rows) < self.window.since:  # somebody changed over meanwhile
            self.window = Window(min(row.told_until for row in rows), self.upto)
        wishes = _wishes(rows)
        views = {row.id: self.window.view(row.lang, row.other_language, row.told_until) for row in rows}
        known = known_of(rows[0].id, rows[-1].id, self.window.unsure()) if wishes else Known()
        for row in rows:
            if row.id not in wishes:
                continue
            items = self.window.items(views[row.id], wishes[row.id], row.id, known)
            if items:
                yield (
                    row,
                    self.edition(row.lang, items, named=row.named, other_language=row.other_language),
                )

    def note(self, rows: Sequence[Any]) -> None:
        db.session.execute(
            sa.update(Subscriber)
            .where(Subscriber.id.in_([row.id for row in rows]))
            .values(told_until=self.upto)
            .execution_options(synchronize_session=False)
        )


def _wishes(rows: Sequence[Any]) -> dict[int, Wishes]:
    follows: dict[int, list[Any]] = defaultdict(list)
    for row in db.session.execute(
        sa.select(
            Follow.subscriber_id, Follow.what, Follow.kind, Follow.category_id, Follow.content_id
        ).where(Follow.subscriber_id.in_([row.id for row in rows]))
    ):
        follows[row.subscriber_id].append(row)
    return {number: wishes_from(found) for number, found in follows.items()}


class _CorrectionWriter(_Writer):
    """A safety correction goes at once to those who follow that page, whatever their frequency, and to nobody else:
    to readers of the corrected text's language, and to those in whose language there is no text of it."""

    def __init__(self, digest: Digest) -> None:
        super().__init__(digest)
        happening = db.session.get_one(Happening, digest.happening_id)
        self.item = Item(happening.content_id, happening.id, News.SAFETY)
        self.langs = {
            row.lang
            for row in db.session.execute(
                sa.select(Listing.lang, Listing.own, Listing.text_lang).where(
                    Listing.content_id == happening.content_id
                )
            )
            if (row.lang if row.own else row.text_lang) == happening.lang
        }

    def readers(self, query: Any) -> Any:
        return query.join(Follow, Follow.subscriber_id == Subscriber.id).where(
            Follow.what == What.CONTENT,
            Follow.content_id == self.item.content_id,
            Subscriber.told_until < self.item.happening_id,  # was here when it happened
            Subscriber.lang.in_(self.langs or {""}),
        )

    def told(self, rows: Sequence[Any]) -> Iterable[tuple[Any, int]]:
        for row in rows:
            yield row, self.edition(row.lang, [self.item], named=row.named, other_language=True)


class _MailingWriter(_Writer):
    """To who asked for announcements, in their language if it was written in it, else if they allow another."""

    def __init__(self, digest: Digest) -> None:
        super().__init__(digest)
        self.written = set(db.session.get_one(Mailing, digest.mailing_id).body)

    def readers(self, query: Any) -> Any:
        return query.where(
            Subscriber.announcements,
            sa.or_(Subscriber.lang.in_(self.written), Subscriber.other_language),
        )

    def told(self, rows: Sequence[Any]) -> Iterable[tuple[Any, int]]:
        for row in rows:
            yield row, self.edition(row.lang, [], named=False, other_language=row.other_language)


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

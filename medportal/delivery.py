"""Sends what is to be sent, row by row: taken with a lease, sent, marked; nothing is lost and nothing repeated but the
letters that were on the lines when a process died, and those keep their Message-ID.

Two queues, one way: the outbox (letters with a cause of their own) goes first, then the deliveries of digests. One
transaction marks what just left and takes what leaves next, so the database is asked once for every letter or less.
"""

import os
import re
import smtplib
import socket
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from medportal import suppressions
from medportal.carriers import Hand, NoConnection, Pool
from medportal.digests import editions, letters, schedule, subscribers
from medportal.extensions import db, reading
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.logs import log
from medportal.mail import NotNeeded, compose
from medportal.models.digest import Delivery, Digest, Edition, Occasion, Stage
from medportal.models.outbox import MailState, Outbox, Posted
from medportal.models.subscription import Standing, Subscriber

GIVE_UP = timedelta(days=2)
BACKOFF = [timedelta(minutes=m) for m in (1, 2, 4, 8, 15, 30, 60, 120, 240, 480)]
SLACK = timedelta(minutes=1)
IDENTITY = f"{socket.gethostname()}:{os.getpid()}"
DROPS = 5
"""Lines that break one after the other before the server is left in peace for a while."""
_STEPS = 12  # answers that one letter waits for at most, from the greeting to the end of its text
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_KEPT_READY = 64
_HOUR = timedelta(hours=1)


class OutOfReach(Exception):
    """The server itself, not this letter, is the trouble: the others wait too."""


def lease() -> timedelta:
    """How long one letter may take: a server that answers each step at the last moment is still waited for."""
    return timedelta(seconds=current_app.config["MAIL_TIMEOUT"] * _STEPS)


def send_due(*, stop: Callable[[], bool] = lambda: False, limit: int = 500) -> int:
    """Send what is due, at most `limit` letters; how many were dealt with. Commits as it goes.

    OutOfReach when the mail server cannot be used: the caller lets some time pass.
    """
    with Pool() as pool:
        return _Round(pool, stop, limit).run()


def due(table: type[Posted], now: datetime) -> sa.ColumnElement[bool]:
    """Queued, not asked to wait, in nobody's hands. Pauses and leases that reach further ahead than any we give are
    those of a clock that was set back since: void."""
    too_far = table.lease_until > now + lease() + SLACK
    free = sa.or_(table.lease_until.is_(None), table.lease_until < now, too_far)
    ready = sa.or_(table.next_at <= now, *(_waits_too_long(table, n, now) for n in range(len(BACKOFF) + 1)))
    return sa.and_(table.state == MailState.QUEUED, ready, free)


def _waits_too_long(table: type[Posted], tries: int, now: datetime) -> sa.ColumnElement[bool]:
    """Longer than anybody asked it to after so many tries."""
    longest = BACKOFF[tries - 1] if tries else BACKOFF[0]
    count = table.attempts >= tries if tries == len(BACKOFF) else table.attempts == tries
    return sa.and_(count, table.next_at > now + longest + SLACK)


def is_due(now: datetime) -> bool:
    """Whether there is anything to send; a look, no more."""
    query = sa.select(Outbox.id).where(due(Outbox, now)).limit(1)
    if db.session.scalar(query) is not None:
        return True
    return allowance(now) > 0 and any(
        db.session.scalar(
            sa.select(Delivery.id).where(Delivery.digest_id == number, due(Delivery, now)).limit(1)
        )
        is not None
        for number in _leaving()
    )


def _leaving() -> Sequence[int]:
    """Digests whose letters may leave, corrections first; none while the owner has paused them all."""
    if schedule.choice().paused:
        return []
    first = sa.case((Digest.occasion == Occasion.SAFETY, 0), else_=1)
    return db.session.scalars(
        sa.select(Digest.id).where(Digest.state == Stage.RELEASED).order_by(first, Digest.id)
    ).all()


def allowance(now: datetime) -> int:
    """How many letters of digests may leave now under the hourly cap; letters with a cause count but never wait."""
    cap: int = current_app.config["MAIL_PER_HOUR"]
    if not cap:
        return 1_000_000
    sent = [
        db.session.scalar(
            sa.select(sa.func.count()).where(table.sent_at > now - _HOUR, table.sent_at <= now + SLACK)
        )
        or 0
        for table in (Outbox, Delivery)
    ]
    return max(0, cap - sum(sent))


def take(wanted: int, *, leaving: Sequence[int], cap: int) -> list[Hand]:
    """Up to so many letters for ourselves; flushes. Letters with a cause first, then deliveries, at most `cap`."""
    now = utc_now()
    hands = _take(Outbox, wanted, now, due(Outbox, now), (Outbox.next_at, Outbox.id))
    order = (Delivery.next_at, Delivery.edition_id, Delivery.id)
    for number in leaving:
        room = min(wanted - len(hands), cap)
        if room <= 0:
            break
        hands += _take(Delivery, room, now, sa.and_(Delivery.digest_id == number, due(Delivery, now)), order)
    return hands


def _take(
    table: Any, wanted: int, now: datetime, which: sa.ColumnElement[bool], order: tuple[Any, ...]
) -> list[Hand]:
    free = sa.select(table.id).where(which).order_by(*order).limit(wanted).with_for_update(skip_locked=True)
    candidates = db.session.scalars(free).all()
    if not candidates:
        return []
    rows = db.session.execute(
        sa.update(table)
        .where(table.id.in_(candidates), table.state == MailState.QUEUED)
        .values(
            lease_until=now + lease(),
            leased_by=IDENTITY,
            attempts=table.attempts + 1,
            queued_at=sa.case(
                (table.attempts == 0, now), else_=table.queued_at
            ),  # patience runs from the first try
        )
        .returning(table.id, table.attempts, table.queued_at)
        .execution_options(synchronize_session=False)
    ).all()
    return [Hand(table, row.id, row.attempts, row.queued_at) for row in sorted(rows)]


class _Round:
    """One go at the queues."""

    def __init__(self, pool: Pool, stop: Callable[[], bool], limit: int) -> None:
        self.pool, self.stop, self.left = pool, stop, limit
        self.done = self.drops = 0
        self.trouble = ""
        self._ready: OrderedDict[tuple[int, int], tuple[int, letters.Ready] | None] = OrderedDict()
        with reading():
            self.leaving, self.looked = _leaving(), utc_now()
            self.cap = allowance(self.looked)
            db.session.rollback()

    def run(self) -> int:
        ended: list[tuple[Hand, BaseException | None]] = []
        while True:
            hands = self._mark_and_take(ended)
            for hand in hands:
                if self._prepare(hand):
                    self.pool.send(hand)
            if not hands and not self.pool.busy:
                break
            ended = self.pool.finished(patient=not self.pool.free or not hands)
        if self.trouble:
            raise OutOfReach(self.trouble)
        return self.done

    def _mark_and_take(self, ended: list[tuple[Hand, BaseException | None]]) -> list[Hand]:
        """One transaction, and none where there is nothing to do."""
        wanted = 0 if self.trouble or self.stop() else min(self.pool.free, self.left)
        if not ended and not wanted:
            return []
        self._mark(ended)
        hands = []
        if wanted and not self.trouble:
            self._look_again()
            hands = take(wanted, leaving=self.leaving, cap=self.cap)
        db.session.commit()
        self.left -= len(hands)
        self.cap -= len(hands)
        self.done += len(hands)
        return hands

    def _look_again(self) -> None:
        """The owner may have paused something; at most once a second."""
        if abs(utc_now() - self.looked) > timedelta(seconds=1):
            self.leaving, self.looked = _leaving(), utc_now()
            self.cap = allowance(self.looked)  # other loops send too

    def _mark(self, ended: list[tuple[Hand, BaseException | None]]) -> None:
        sent = [hand for hand, error in ended if error is None]
        if sent:
            self.drops = 0
        _mark_sent(sent)
        for hand, error in ended:
            if error is not None:
                self._mark_trouble(hand, error)

    def _mark_trouble(self, hand: Hand, error: BaseException) -> None:
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            _recipient_refused(hand, *next(iter(error.recipients.values())))
        elif isinstance(error, smtplib.SMTPDataError):
            said = _words(error.smtp_code, error.smtp_error)
            if error.smtp_code < 500:
                _again(hand, said)
            else:
                _end(hand, MailState.FAILED, said)
        elif isinstance(error, (smtplib.SMTPException, OSError, NoConnection)):
            said = f"the mail server cannot be used: {type(error).__name__} {error}"
            _again(hand, said, counts=False)
            self.drops += 1
            dropped = isinstance(error, (smtplib.SMTPServerDisconnected, ConnectionError))
            if not dropped or self.drops >= DROPS:
                self.trouble = str(error)
        else:
            _could_not_be_made(hand, error)

    def _prepare(self, hand: Hand) -> bool:
        """Make the letter; False when there is none to send any more. No transaction is left open."""
        try:
            return self._letter(hand) if hand.table is Outbox else self._delivery(hand)
        except NotNeeded as reason:
            db.session.rollback()
            _end(hand, MailState.DROPPED, str(reason))
        except (
            Exception
        ) as error:  # one letter that cannot be made must not stop the others; it is tried again
            db.session.rollback()
            _could_not_be_made(hand, error)
        db.session.commit()
        return False

    def _letter(self, hand: Hand) -> bool:
        hand.last = {"data": {}}
        with reading():
            row = db.session.get_one(Outbox, hand.id)
            refused = suppressions.holds(row.recipient)
            hand.stored = row.recipient
            if not refused:
                letter = compose(row)
                hand.address, hand.message = str(letter.recipients[0]), letter.as_bytes()
            db.session.rollback()
        if refused:
            _end(hand, MailState.SUPPRESSED, "the address refused mail before")
            db.session.commit()
        return not refused

    def _delivery(self, hand: Hand) -> bool:
        with reading():
            row = db.session.execute(_WHO, {"id": hand.id}).one_or_none()
            db.session.rollback()
        if row is None:
            return False  # its subscriber was erased a moment ago
        wanted = row.state == Standing.ACTIVE and (row.occasion != Occasion.MAILING or row.announcements)
        ready = self._edition(row.edition_id, row.version) if wanted else None
        if ready is None:
            silent = row.state == Standing.SUPPRESSED
            _end(hand, MailState.SUPPRESSED if silent else MailState.DROPPED, "not wanted any more")
            db.session.commit()
            return False
        number, letter = ready
        if number != row.edition_id:
            hand.last = {"edition_id": number}
        hand.stored = row.email
        hand.address = row.email if row.email.isascii() else addresses.ascii_form(row.email)
        hand.message = letter.to(
            letters.Reader(row.subscriber_id, hand.address, row.seed), row.digest_id, utc_now()
        )
        return True

    def _edition(self, number: int, version: int) -> tuple[int, letters.Ready] | None:
        """The edition's letter, made once for as long as none of its texts changes."""
        key = (number, version)
        if key not in self._ready:
            self._ready[key] = _made(number)
            if len(self._ready) > _KEPT_READY:
                self._ready.popitem(last=False)
        return self._ready[key]


def _made(number: int) -> tuple[int, letters.Ready] | None:
    """With the number of the edition that it came to be. A successor is written where something was taken back."""
    while True:
        with reading():
            now = editions.look(number)
            ready = letters.make(now.edition, now.entries) if now is not None and now.is_whole else None
            found = now.edition.id if now is not None else 0
            db.session.rollback()
        if ready is not None:
            return found, ready
        successor = editions.succeed(found) if found else None
        db.session.commit()
        if successor is None:
            return None
        number = successor


_WHO = (
    sa.select(
        Delivery.digest_id,
        Delivery.edition_id,
        Delivery.subscriber_id,
        Digest.occasion,
        Edition.version,
        Subscriber.email,
        Subscriber.seed,
        Subscriber.state,
        Subscriber.announcements,
    )
    .join(Digest, Digest.id == Delivery.digest_id)
    .join(Edition, Edition.id == Delivery.edition_id)
    .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
    .where(Delivery.id == sa.bindparam("id"))
)


# What became of a letter. Only while the lease is still ours: who took over meanwhile knows better.


def _write(table: Any, numbers: Sequence[int], **values: Any) -> None:
    db.session.execute(
        sa.update(table)
        .where(table.id.in_(numbers), table.leased_by == IDENTITY)
        .values(lease_until=None, leased_by=None, **values)
        .execution_options(synchronize_session=False)
    )


def _mark_sent(hands: Sequence[Hand]) -> None:
    now = utc_now()
    alike: dict[Any, list[Hand]] = {}
    for hand in hands:
        alike.setdefault((hand.table, str(hand.last)), []).append(hand)
    for (table, _), group in alike.items():
        numbers = [hand.id for hand in group]
        _write(table, numbers, state=MailState.SENT, error="", sent_at=now, **group[0].last)


def _end(hand: Hand, state: MailState, error: str) -> None:
    """For good. What failed keeps its data, for the owner may try it again."""
    gone: dict[str, Any] = {} if state == MailState.FAILED or hand.table is not Outbox else {"data": {}}
    _write(hand.table, [hand.id], state=state, error=error[:300], **gone)


def _could_not_be_made(hand: Hand, error: BaseException) -> None:
    log.error("a letter could not be made", exc_info=error)
    _again(hand, f"the letter could not be made: {type(error).__name__}")


def _recipient_refused(hand: Hand, code: int, answer: bytes | str) -> None:
    """Only an address that does not exist (RFC 3463: X.1.x, X.2.1) is written to no more. Other refusals, such as
    "relaying denied", say more of us than of the address: they are tried again."""
    said = _words(code, answer).replace(hand.address, addresses.mask(hand.address))
    status = _ENHANCED.search(said)
    unknown = is_unknown(status[1]) if status else code in (550, 551, 553)
    if code >= 500 and unknown:
        suppress(hand.stored, said)
        _end(hand, MailState.FAILED, said)
    else:
        _again(hand, said)


def is_unknown(status: str) -> bool:
    """Whether an enhanced status code says that there is nobody at this address."""
    return status.startswith("5.1.") or status == "5.2.1"


def _words(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {text}"[:300]


def _again(hand: Hand, error: str, *, counts: bool = True) -> None:
    """Later, at growing distances; for good after two days. `counts`: whether it was this letter's own trouble."""
    now = utc_now()
    if now - hand.queued_at > GIVE_UP:
        _write(hand.table, [hand.id], state=MailState.FAILED, error=error[:300])
        return
    tries = hand.attempts if counts else hand.attempts - 1
    wait = BACKOFF[min(hand.attempts, len(BACKOFF)) - 1] if counts else BACKOFF[0]
    _write(hand.table, [hand.id], next_at=now + wait, attempts=tries, error=error[:300])


# Addresses that are not written to


def suppress(address: str, reason: str) -> None:
    """Write to this address no more, digests included, until the owner lifts it."""
    suppressions.add(address, reason)
    subscribers.silence(address)


def oldest_waiting() -> datetime | None:
    """Since when the oldest letter of either queue waits; those of digests that may leave."""
    direct = sa.select(sa.func.min(Outbox.queued_at)).where(Outbox.state == MailState.QUEUED)
    digests = sa.select(sa.func.min(Delivery.queued_at)).where(
        Delivery.digest_id.in_(_leaving()), Delivery.state == MailState.QUEUED
    )
    moments = [moment for moment in (db.session.scalar(direct), db.session.scalar(digests)) if moment]
    return min(moments, default=None)

"""Sends what is to be sent: taken with a lease, sent, noted, marked; nothing is lost and nothing repeated but the
letters that were on the lines when a process died, and those keep their Message-ID.

Two queues, one way: the outbox (letters with a cause of their own) goes first, then the deliveries of digests. Several
lines work side by side (`carriers.Pool`); the database is asked by this thread alone.
"""

import re
import smtplib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from medportal import queues, receipts, suppressions
from medportal.carriers import Ended, Hand, NoConnection, Pool
from medportal.digests import editions, letters, schedule, subscribers
from medportal.extensions import db, reading
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.logs import log
from medportal.mail import NotNeeded, compose
from medportal.models.digest import Delivery, Digest, Edition, Occasion, Stage
from medportal.models.outbox import MailState, Outbox
from medportal.models.subscription import Standing, Subscriber

AHEAD, LOW = 40, 5
"""Letters made ready for each line, and how few of them are a sign to take more."""
FRESH = timedelta(seconds=1)
"""How long they may lie there: who stops meanwhile must not get them."""
MARKED_AFTER = 0.25
"""Seconds until the database knows of a letter that left."""
DROPS = 5
"""Lines that break one after the other before the server is left in peace for a while."""
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_KEPT_READY = 64
_HOUR = timedelta(hours=1)


class OutOfReach(Exception):
    """The server itself, not this letter, is the trouble: the others wait too."""


def send_due(*, stop: Callable[[], bool] = lambda: False, limit: int = 1000) -> int:
    """Send what is due, at most `limit` letters; how many were dealt with. Commits as it goes.

    OutOfReach when the mail server cannot be used: the caller lets some time pass.
    """
    receipts.recover()
    with receipts.Receipts() as notes, Pool(notes.note, low=LOW) as pool:
        return _Round(pool, stop, limit).run()


def is_due(now: datetime) -> bool:
    """Whether there is anything to send; a look, no more."""
    return queues.anything_due(now, _leaving() if allowance(now) else [])


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
            sa.select(sa.func.count()).where(table.sent_at > now - _HOUR, table.sent_at <= now + queues.SLACK)
        )
        or 0
        for table in (Outbox, Delivery)
    ]
    return max(0, cap - sum(sent))


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
        while True:
            taken = self._settle(self.pool.finished(MARKED_AFTER))
            for hand in self._prepared(taken):
                self.pool.send(hand)
            if not taken and not self.pool.busy:
                break
        if self.pool.broken:
            raise self.pool.broken
        if self.trouble:
            raise OutOfReach(self.trouble)
        return self.done

    def _settle(self, ended: Ended) -> list[Hand]:
        """What ended is marked, and more is taken when little is left: answers that. One transaction."""
        self._mark(ended)
        over = bool(self.trouble or self.pool.broken) or self.stop()
        stale = abs(utc_now() - self.looked) > FRESH
        if over or stale:
            self._put_back(self.pool.take_back())
        hands = []
        if not over and self.left > 0 and self.pool.low:
            if stale:
                self._look_again()
            wanted = min(self.left, self.pool.size * AHEAD)
            hands = queues.take(wanted, digests=self.leaving, cap=self.cap)
        db.session.commit()
        self._count(len(hands), sum(hand.table is Delivery for hand in hands))
        return hands

    def _count(self, hands: int, deliveries: int) -> None:
        self.left -= hands
        self.cap -= deliveries
        self.done += hands

    def _put_back(self, hands: Sequence[Hand]) -> None:
        queues.put_back(hands)
        self._count(-len(hands), -sum(hand.table is Delivery for hand in hands))

    def _look_again(self) -> None:
        """The owner may have paused something, and other loops send too."""
        self.leaving, self.looked = _leaving(), utc_now()
        self.cap = allowance(self.looked)

    # What became of it

    def _mark(self, ended: Ended) -> None:
        sent = [hand for hand, error in ended if error is None]
        if sent:
            self.drops = 0
            queues.sent(sent)
        for hand, error in ended:
            if error is not None:
                self._mark_trouble(hand, error)

    def _mark_trouble(self, hand: Hand, error: BaseException) -> None:
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            _recipient_refused(hand, *next(iter(error.recipients.values())))
        elif isinstance(error, smtplib.SMTPDataError):
            said = _words(error.smtp_code, error.smtp_error)
            if error.smtp_code < 500:
                queues.again(hand, said)
            else:
                queues.end(hand, MailState.FAILED, said)
        elif isinstance(error, (smtplib.SMTPException, OSError, NoConnection)):
            said = f"the mail server cannot be used: {type(error).__name__} {error}"
            queues.again(hand, said, counts=False)
            self.drops += 1
            dropped = isinstance(error, (smtplib.SMTPServerDisconnected, ConnectionError))
            if not dropped or self.drops >= DROPS:
                self.trouble = str(error)
        else:
            _could_not_be_made(hand, error)

    # Making letters

    def _prepared(self, hands: Sequence[Hand]) -> list[Hand]:
        """Those that have something to say and somebody to say it to. No transaction is left open."""
        numbers = [hand.id for hand in hands if hand.table is Delivery]
        with reading():
            rows = {row.id: row for row in db.session.execute(_WHO, {"ids": numbers})} if numbers else {}
            db.session.rollback()
        return [hand for hand in hands if self._prepare(hand, rows.get(hand.id))]

    def _prepare(self, hand: Hand, row: Any) -> bool:
        try:
            return self._letter(hand) if hand.table is Outbox else self._delivery(hand, row)
        except NotNeeded as reason:
            db.session.rollback()
            queues.end(hand, MailState.DROPPED, str(reason))
        except Exception as error:  # one that cannot be made must not stop the others; it is tried again
            db.session.rollback()
            _could_not_be_made(hand, error)
        db.session.commit()
        return False

    def _letter(self, hand: Hand) -> bool:
        hand.last = {"data": {}}
        with reading():
            row = db.session.get(Outbox, hand.id)
            refused = row is None or suppressions.holds(row.recipient)
            if row is not None and not refused:
                letter, hand.stored = compose(row), row.recipient
                hand.address, hand.message = str(letter.recipients[0]), letter.as_bytes()
            db.session.rollback()
        if refused:
            queues.end(hand, MailState.SUPPRESSED, "the address refused mail before")
            db.session.commit()
        return not refused

    def _delivery(self, hand: Hand, row: Any) -> bool:
        if row is None:
            return False  # its subscriber was erased a moment ago
        wanted = row.state == Standing.ACTIVE and (row.occasion != Occasion.MAILING or row.announcements)
        ready = self._edition(row.edition_id, row.version) if wanted else None
        if ready is None:
            silent = row.state == Standing.SUPPRESSED
            state = MailState.SUPPRESSED if silent else MailState.DROPPED
            queues.end(hand, state, "not wanted any more")
            db.session.commit()
            return False
        number, letter = ready
        if number != row.edition_id:
            hand.last = {"edition_id": number}
        hand.stored = row.email
        hand.address = row.email if row.email.isascii() else addresses.ascii_form(row.email)
        reader = letters.Reader(row.subscriber_id, hand.address, row.seed)
        hand.message = letter.to(reader, row.digest_id, utc_now())
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
            db.session.expunge_all()  # every commit would look at them
        if ready is not None:
            return found, ready
        successor = editions.succeed(found) if found else None
        db.session.commit()
        if successor is None:
            return None
        number = successor


_WHO = (
    sa.select(
        Delivery.id,
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
    .where(Delivery.id.in_(sa.bindparam("ids", expanding=True)))
)


def _could_not_be_made(hand: Hand, error: BaseException) -> None:
    log.error("a letter could not be made", exc_info=error)
    queues.again(hand, f"the letter could not be made: {type(error).__name__}")


def _recipient_refused(hand: Hand, code: int, answer: bytes | str) -> None:
    """Only an address that does not exist (RFC 3463: X.1.x, X.2.1) is written to no more. Other refusals, such as
    "relaying denied", say more of us than of the address: they are tried again."""
    said = _words(code, answer).replace(hand.address, addresses.mask(hand.address))
    status = _ENHANCED.search(said)
    unknown = is_unknown(status[1]) if status else code in (550, 551, 553)
    if code >= 500 and unknown:
        suppress(hand.stored, said)
        queues.end(hand, MailState.FAILED, said)
    else:
        queues.again(hand, said)


def is_unknown(status: str) -> bool:
    """Whether an enhanced status code says that there is nobody at this address."""
    return status.startswith("5.1.") or status == "5.2.1"


def _words(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {text}"[:300]


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

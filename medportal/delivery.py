"""Sends what stands in the outbox, row by row: taken with a lease, sent, marked; nothing is lost and nothing repeated
but the one letter that was on the line when a process died, and that one keeps its Message-ID.
"""

import os
import re
import smtplib
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from medportal import carriers, tokens
from medportal.extensions import db, insert, reading
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.logs import log
from medportal.mail import Letter, NotNeeded, compose
from medportal.models.outbox import MailState, Outbox, Suppression

GIVE_UP = timedelta(days=2)
BACKOFF = [timedelta(minutes=m) for m in (1, 2, 4, 8, 15, 30, 60, 120, 240, 480)]
SLACK = timedelta(minutes=1)
IDENTITY = f"{socket.gethostname()}:{os.getpid()}"
_STEPS = 12  # answers that one letter waits for at most, from the greeting to the end of its text
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


class OutOfReach(Exception):
    """The server itself, not this letter, is the trouble: the others wait too."""


def lease() -> timedelta:
    """How long one letter may take: a server that answers each step at the last moment is still waited for."""
    return timedelta(seconds=current_app.config["MAIL_TIMEOUT"] * _STEPS)


def send_due(*, stop: Callable[[], bool] = lambda: False, limit: int = 200) -> int:
    """Send what is due, at most `limit` letters; how many were dealt with. Commits after each.

    OutOfReach when the mail server cannot be used: the caller lets some time pass.
    """
    by = carriers.carrier()
    done = 0
    try:
        while done < limit and not stop():
            row = claim()
            if row is None:
                break
            _deal_with(row, by)
            done += 1
    finally:
        by.close()
    return done


def due(now: datetime) -> sa.ColumnElement[bool]:
    """Queued, not asked to wait, in nobody's hands. Pauses and leases that reach further ahead than any we give are
    those of a clock that was set back since: void."""
    too_far = Outbox.lease_until > now + lease() + SLACK
    free = sa.or_(Outbox.lease_until.is_(None), Outbox.lease_until < now, too_far)
    ready = sa.or_(Outbox.next_at <= now, *(_waits_too_long(tries, now) for tries in range(len(BACKOFF) + 1)))
    return sa.and_(Outbox.state == MailState.QUEUED, ready, free)


def _waits_too_long(tries: int, now: datetime) -> sa.ColumnElement[bool]:
    """Longer than anybody asked it to after so many tries."""
    longest = BACKOFF[tries - 1] if tries else BACKOFF[0]
    count = Outbox.attempts >= tries if tries == len(BACKOFF) else Outbox.attempts == tries
    return sa.and_(count, Outbox.next_at > now + longest + SLACK)


def claim() -> Outbox | None:
    """Take the next due letter for ourselves. The row is detached: while a server is spoken to, no transaction is
    open."""
    now = utc_now()
    candidate = (
        sa.select(Outbox.id)
        .where(due(now))
        .order_by(Outbox.next_at, Outbox.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = db.session.scalar(
        sa.update(Outbox)
        .where(Outbox.id == candidate.scalar_subquery(), Outbox.state == MailState.QUEUED)
        .values(lease_until=now + lease(), leased_by=IDENTITY, attempts=Outbox.attempts + 1)
        .returning(Outbox)
        .execution_options(populate_existing=True)
    )
    if row is not None:
        db.session.expunge(row)
    db.session.commit()
    return row


def _deal_with(row: Outbox, by: carriers.Carrier) -> None:
    """Make, send, note how it went."""
    try:
        letter = _ready(row)
        if letter is None:
            _update(row, state=MailState.SUPPRESSED, error="the address refused mail before", data={})
        else:
            _hand_over(row, letter, by)
    except NotNeeded as reason:
        _update(row, state=MailState.DROPPED, error=str(reason), data={})
    except OutOfReach:
        raise
    except Exception as error:  # one letter that cannot be made must not stop the others; it is tried again
        log.error("a letter could not be made", exc_info=error)
        _again(row, f"the letter could not be made: {type(error).__name__}")


def _ready(row: Outbox) -> Letter | None:
    """The letter, whole, or None for an address that is not written to; no transaction is left open."""
    with reading():
        try:
            return None if is_suppressed(row.recipient) else compose(row)
        finally:
            db.session.rollback()


def _hand_over(row: Outbox, letter: Letter, by: carriers.Carrier) -> None:
    try:
        by.send(letter, row)
    except smtplib.SMTPRecipientsRefused as error:
        by.close()
        _recipient_refused(row, *next(iter(error.recipients.values())))
    except smtplib.SMTPDataError as error:
        by.close()
        said = _words(error.smtp_code, error.smtp_error)
        if error.smtp_code < 500:
            _again(row, said)
        else:
            _update(row, state=MailState.FAILED, error=said)
    except (smtplib.SMTPException, OSError) as error:
        by.close()
        _again(row, f"the mail server cannot be used: {type(error).__name__} {error}", counts=False)
        raise OutOfReach(str(error)) from error
    else:
        _update(row, state=MailState.SENT, error="", data={}, sent_at=utc_now())


def _recipient_refused(row: Outbox, code: int, answer: bytes | str) -> None:
    """Only an address that does not exist (RFC 3463: X.1.x, X.2.1) is written to no more. Other refusals, such as
    "relaying denied", say more of us than of the address: they are tried again."""
    said = _words(code, answer).replace(row.recipient, addresses.mask(row.recipient))
    status = _ENHANCED.search(said)
    unknown = status[1].startswith("5.1.") or status[1] == "5.2.1" if status else code in (550, 551, 553)
    if code >= 500 and unknown:
        suppress(row.recipient, said)
        _update(row, state=MailState.FAILED, error=said)
    else:
        _again(row, said)


def _words(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {text}"[:300]


def _again(row: Outbox, error: str, *, counts: bool = True) -> None:
    """Later, at growing distances; for good after two days. `counts`: whether it was this letter's own trouble."""
    now = utc_now()
    if now - row.queued_at > GIVE_UP:
        _update(row, state=MailState.FAILED, error=error[:300])
        return
    tries = row.attempts if counts else row.attempts - 1
    wait = BACKOFF[min(row.attempts, len(BACKOFF)) - 1] if counts else BACKOFF[0]
    _update(row, next_at=now + wait, attempts=tries, error=error[:300])


def _update(row: Outbox, **values: Any) -> None:
    """Only while the lease is still ours: who took over meanwhile knows better."""
    db.session.execute(
        sa.update(Outbox)
        .where(Outbox.id == row.id, Outbox.leased_by == IDENTITY)
        .values(lease_until=None, leased_by=None, **values)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def suppress(address: str, reason: str) -> None:
    """Write to this address no more, until the owner lifts it."""
    db.session.execute(
        insert(Suppression)
        .values(
            hash=tokens.keyed("address", addresses.key(address)),
            masked=addresses.mask(address)[:80],
            reason=reason[:300],
            at=utc_now(),
        )
        .on_conflict_do_nothing(index_elements=["hash"])
    )


def suppression_of(address: str) -> Suppression | None:
    hashes = tokens.keyed_with_all("address", addresses.key(address))
    return db.session.scalar(sa.select(Suppression).where(Suppression.hash.in_(hashes)))


def is_suppressed(address: str) -> bool:
    return suppression_of(address) is not None


def oldest_waiting() -> datetime | None:
    return db.session.scalar(sa.select(sa.func.min(Outbox.queued_at)).where(Outbox.state == MailState.QUEUED))

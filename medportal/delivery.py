"""Sends what stands in the outbox, row by row: taken with a lease, sent, marked; nothing is lost and nothing repeated
but the one letter that was on the line when a process died, and that one keeps its Message-ID.
"""

import os
import smtplib
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app
from flask_mail import Connection, Mail

from medportal import tokens
from medportal.extensions import db, reading
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.logs import log
from medportal.mail import Letter, NotNeeded, compose
from medportal.models.outbox import MailState, Outbox, Suppression

LEASE = timedelta(seconds=180)  # longer than a server may take over one letter
GIVE_UP = timedelta(days=2)
BACKOFF = [timedelta(minutes=m) for m in (1, 2, 4, 8, 15, 30, 60, 120, 240, 480)]
IDENTITY = f"{socket.gethostname()}:{os.getpid()}"
_REFUSED_FOR_GOOD = range(500, 600)


class PatientConnection(Connection):
    """Flask-Mail's connection with a time-out: a dead server must not hold the loop for minutes."""

    def configure_host(self) -> smtplib.SMTP:
        patience = current_app.config["MAIL_TIMEOUT"]
        kind = smtplib.SMTP_SSL if self.mail.use_ssl else smtplib.SMTP
        host = kind(self.mail.server, self.mail.port, timeout=patience)
        if self.mail.use_tls:
            host.starttls()
        if self.mail.username and self.mail.password:
            host.login(self.mail.username, self.mail.password)
        return host


class Post(Mail):
    def connect(self) -> PatientConnection:
        return PatientConnection(current_app.extensions["mail"])


post = Post()


def init_app(app: Flask) -> None:
    post.init_app(app)


class Folder:
    """Without a mail server: each letter is a file in `instance/mail`, readable at the desk."""

    def send(self, letter: Letter, row: Outbox) -> None:
        folder = mail_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = folder / f"{row.id}.part"
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(letter.as_bytes())
        part.rename(folder / f"{row.id}.eml")

    def close(self) -> None: ...


class Server:
    """One connection, kept while there is something to send."""

    def __init__(self) -> None:
        self._connection: PatientConnection | None = None

    def send(self, letter: Letter, _row: Outbox) -> None:
        if self._connection is None:
            self._connection = post.connect().__enter__()
        self._connection.send(letter)

    def close(self) -> None:
        if self._connection is not None and self._connection.host is not None:
            try:
                self._connection.host.quit()
            except (OSError, smtplib.SMTPException):
                self._connection.host.close()
        self._connection = None


def mail_folder() -> Path:
    return Path(current_app.instance_path) / "mail"


def carrier() -> Folder | Server:
    return Server() if current_app.config["MAIL_SERVER"] else Folder()


def send_due(*, stop: Callable[[], bool] = lambda: False, limit: int = 200) -> int:
    """Send what is due, at most `limit` letters; how many were dealt with. Commits after each."""
    by = carrier()
    done = 0
    try:
        row = claim()
        while row is not None and done < limit:
            if not _deal_with(row, by):
                break
            done += 1
            row = None if stop() or done >= limit else claim()
    finally:
        by.close()
    return done


def claim() -> Outbox | None:
    """Take the next due letter for ourselves. A lease or pause further ahead than any we give is a set-back clock's:
    void. The row is detached: while a server is spoken to, no transaction is open."""
    now = utc_now()
    free = sa.or_(
        Outbox.lease_until.is_(None), Outbox.lease_until < now, Outbox.lease_until > now + LEASE + BACKOFF[0]
    )
    due = sa.or_(Outbox.next_at <= now, *(_too_far(tries, now) for tries in range(len(BACKOFF) + 1)))
    candidate = (
        sa.select(Outbox.id)
        .where(Outbox.state == MailState.QUEUED, due, free)
        .order_by(Outbox.next_at, Outbox.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = db.session.scalar(
        sa.update(Outbox)
        .where(Outbox.id == candidate.scalar_subquery(), Outbox.state == MailState.QUEUED)
        .values(lease_until=now + LEASE, leased_by=IDENTITY, attempts=Outbox.attempts + 1)
        .returning(Outbox)
        .execution_options(populate_existing=True)
    )
    if row is not None:
        db.session.expunge(row)
    db.session.commit()
    return row


def _too_far(tries: int, now: datetime) -> sa.ColumnElement[bool]:
    """Waiting for longer than anybody asked it to after so many tries."""
    longest = BACKOFF[tries - 1] if tries else timedelta(0)
    count = Outbox.attempts >= tries if tries == len(BACKOFF) else Outbox.attempts == tries
    return sa.and_(count, Outbox.next_at > now + longest + BACKOFF[0])


def _deal_with(row: Outbox, by: Folder | Server) -> bool:
    """Make, send, note how it went; False when the server itself is out of reach: the rest waits too."""
    try:
        letter = _ready(row)
    except NotNeeded as reason:
        return _finish(row, MailState.FAILED, str(reason))
    except Exception as error:  # the loop goes on with the next letter; this one is tried again
        log.error("a letter could not be made", exc_info=error)
        return _again(row, f"the letter could not be made: {type(error).__name__}")
    if letter is None:
        return _finish(row, MailState.SUPPRESSED, "the address refused mail before")
    return _hand_over(row, letter, by)


def _hand_over(row: Outbox, letter: Letter, by: Folder | Server) -> bool:
    try:
        by.send(letter, row)
    except smtplib.SMTPRecipientsRefused as error:
        by.close()
        code, said = next(iter(error.recipients.values()))
        return _refused(row, code, said, of_the_address=True)
    except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
        by.close()
        return _refused(row, error.smtp_code, error.smtp_error, of_the_address=False)
    except (smtplib.SMTPException, OSError) as error:
        by.close()
        _again(row, f"the mail server cannot be used: {type(error).__name__} {error}", count=False)
        return False
    return _finish(row, MailState.SENT)


def _ready(row: Outbox) -> Letter | None:
    """The letter, or None for an address that is not written to; no transaction is left open."""
    with reading():
        try:
            return None if is_suppressed(row.recipient) else compose(row)
        finally:
            db.session.rollback()


def _finish(row: Outbox, state: MailState, error: str = "") -> bool:
    _update(row, state=state, error=error, data={}, sent_at=utc_now() if state is MailState.SENT else None)
    return True


def _refused(row: Outbox, code: int, said: bytes | str, *, of_the_address: bool) -> bool:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    if code not in _REFUSED_FOR_GOOD:
        return _again(row, f"{code} {words}")
    if of_the_address:
        suppress(row.recipient, f"{code} {words}")
    _update(row, state=MailState.FAILED, error=f"{code} {words}"[:300])
    return True


def _again(row: Outbox, error: str, *, count: bool = True) -> bool:
    """Later, at growing distances; for good after two days."""
    now = utc_now()
    if now - row.created_at > GIVE_UP:
        _update(row, state=MailState.FAILED, error=error[:300])
        return True
    wait = BACKOFF[min(row.attempts, len(BACKOFF)) - 1] if count else BACKOFF[0]
    _update(row, next_at=now + wait, error=error[:300])
    return True


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
    hashed = tokens.keyed("address", addresses.key(address))
    if db.session.scalar(sa.select(Suppression.id).where(Suppression.hash == hashed)) is None:
        db.session.add(Suppression(hash=hashed, masked=addresses.mask(address)[:80], reason=reason[:300]))


def is_suppressed(address: str) -> bool:
    hashed = tokens.keyed("address", addresses.key(address))
    return db.session.scalar(sa.select(Suppression.id).where(Suppression.hash == hashed)) is not None


def oldest_waiting() -> datetime | None:
    return db.session.scalar(
        sa.select(sa.func.min(Outbox.created_at)).where(Outbox.state == MailState.QUEUED)
    )

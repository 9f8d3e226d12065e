"""What carries a letter: an SMTP server, or without one a folder of files. Several connections work side by side;
they are given ready bytes and know nothing of the database."""

import contextlib
import os
import smtplib
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from types import TracebackType
from typing import Any, Protocol, Self

from flask import Flask, current_app
from flask_mail import Connection, Mail


class CalledOff(Exception):
    """It did not leave after all."""


class NoConnection(Exception):
    """The server itself cannot be used."""


@dataclass
class Hand:
    """A letter in our hands: a row of `table` under our lease, with its bytes once they are made.

    `stored`: the address as we keep it; `address`: as mail servers know it. `last`: what is to be written with the
    row's end. `marked` is set when it was written down how it went: before that its line gives no further text.
    """

    table: Any
    id: int
    attempts: int
    queued_at: datetime
    stored: str = ""
    address: str = ""
    message: bytes = b""
    last: dict[str, Any] = field(default_factory=dict)
    marked: Event = field(default_factory=Event)

    @property
    def file_name(self) -> str:
        return f"{'' if self.table.__tablename__ == 'outbox' else 'd'}{self.id}.eml"


class PatientConnection(Connection):
    """Flask-Mail's connection with a time-out and checked certificates: a dead server must not hold the loop for
    minutes, and nobody in between may read the password or a link."""

    def __init__(self, mail: Any, patience: int) -> None:
        super().__init__(mail)
        self.patience = patience

    def configure_host(self) -> smtplib.SMTP:
        checked = ssl.create_default_context()
        host: smtplib.SMTP
        if self.mail.use_ssl:
            host = smtplib.SMTP_SSL(self.mail.server, self.mail.port, timeout=self.patience, context=checked)
        else:
            host = smtplib.SMTP(self.mail.server, self.mail.port, timeout=self.patience)
        if self.mail.use_tls:
            host.starttls(context=checked)
        if self.mail.username and self.mail.password:
            host.login(self.mail.username, self.mail.password)
        return host


post = Mail()


def init_app(app: Flask) -> None:
    post.init_app(app)


class Carrier(Protocol):
    def send(self, hand: Hand, may_go: Callable[[], None]) -> None:
        """`may_go` is asked before the text is given; it may wait, or call it off."""

    def close(self) -> None: ...


class Folder:
    """Without a mail server: each letter is a file in `instance/mail`, readable at the desk."""

    def __init__(self) -> None:
        self.folder = mail_folder()

    def send(self, hand: Hand, may_go: Callable[[], None]) -> None:
        may_go()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / f"{hand.file_name}.part"
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(hand.message)
        part.rename(self.folder / hand.file_name)

    def close(self) -> None: ...


class Server:
    """One connection, kept while there is something to send."""

    def __init__(self) -> None:
        self.sender = current_app.config["MAIL_SENDER"]
        self._made = PatientConnection(current_app.extensions["mail"], current_app.config["MAIL_TIMEOUT"])
        self._host: smtplib.SMTP | None = None

    def send(self, hand: Hand, may_go: Callable[[], None]) -> None:
        """NoConnection when there is none to be had; smtplib's errors for what befalls this letter."""
        if self._host is None:
            try:
                self._host = self._made.configure_host()
            except (OSError, smtplib.SMTPException) as error:
                raise NoConnection(f"{type(error).__name__} {error}") from error
        self._transfer(self._host, hand, may_go)

    def _transfer(self, host: smtplib.SMTP, hand: Hand, may_go: Callable[[], None]) -> None:
        """As smtplib's `sendmail`, with a pause before the text."""
        host.ehlo_or_helo_if_needed()
        size = [f"size={len(hand.message)}"] if host.does_esmtp and host.has_extn("size") else []
        code, said = host.mail(self.sender, size)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, said, self.sender)
        code, said = host.rcpt(hand.address)
        if code not in (250, 251):
            raise smtplib.SMTPRecipientsRefused({hand.address: (code, said)})
        may_go()
        code, said = host.data(hand.message)
        if code != 250:
            raise smtplib.SMTPDataError(code, said)

    def close(self) -> None:
        if self._host is not None:
            try:
                self._host.quit()
            except (OSError, smtplib.SMTPException):
                self._host.close()
        self._host = None


def forget_files(names: Iterable[str]) -> None:
    """Letters kept as files whose rows are gone; call after the commit."""
    for name in names:
        (mail_folder() / name).unlink(missing_ok=True)


def mail_folder() -> Path:
    return Path(current_app.instance_path) / "mail"


Ended = list[tuple[Hand, BaseException | None]]


class Pool:
    """Lines that work side by side, a thread each, with one letter at a time.

    A line names its next reader while the mark of its last letter is still being written, and gives the text once
    `marked` is set on that: so at most one letter a line is sent and not yet marked.
    """

    def __init__(self) -> None:
        to_server = bool(current_app.config["MAIL_SERVER"])
        self.size: int = current_app.config["MAIL_CONNECTIONS"] if to_server else 1
        self._out = 0
        self._abandoned = False
        self._given: SimpleQueue[Hand | None] = SimpleQueue()
        self._ended: SimpleQueue[tuple[Hand, BaseException | None]] = SimpleQueue()
        carriers: list[Carrier] = [Server() if to_server else Folder() for _ in range(self.size)]
        self._threads = [Thread(target=self._work, args=(one,), name="mail") for one in carriers]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Letters that no line has begun with."""
        return self._given.qsize()

    @property
    def busy(self) -> bool:
        return self._out > 0

    def send(self, hand: Hand) -> None:
        self._out += 1
        self._given.put(hand)

    def take_back(self) -> list[Hand]:
        """What no line has begun with."""
        found = []
        with contextlib.suppress(Empty):
            while (hand := self._given.get_nowait()) is not None:
                found.append(hand)
        self._out -= len(found)
        return found

    def finished(self) -> Ended:
        """What came to an end; waits for at least one, if any is on its way."""
        found: Ended = []
        with contextlib.suppress(Empty):
            while self.busy:
                found.append(self._ended.get(block=not found))
                self._out -= 1
        return found

    def _work(self, carrier: Carrier) -> None:
        before: Hand | None = None

        def may_go() -> None:
            while before is not None and not self._abandoned and not before.marked.wait(0.1):
                pass
            if self._abandoned:
                raise CalledOff

        while (hand := self._given.get()) is not None:
            try:
                carrier.send(hand, may_go)
            except BaseException as error:
                carrier.close()  # whatever is left half said on that line must not reach the next letter
                self._ended.put((hand, error))
            else:
                self._ended.put((hand, None))
            before = hand
        carrier.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """After an error no text is given any more."""
        self._abandoned = kind is not None
        self.take_back()
        for _ in self._threads:
            self._given.put(None)
        for thread in self._threads:
            thread.join()

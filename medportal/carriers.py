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


class NoConnection(Exception):
    """The server itself cannot be used."""


@dataclass
class Hand:
    """A letter in our hands: a row of `table` under our lease, with its bytes once they are made.

    `queued_at`: None where nobody asks. `stored`: the address as we keep it; `address`: as mail servers know it.
    `last`: what is to be written with the row's end, fit for JSON.
    """

    table: Any
    id: int
    attempts: int
    queued_at: datetime | None
    stored: str = ""
    address: str = ""
    message: bytes = b""
    last: dict[str, Any] = field(default_factory=dict)

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
    def send(self, hand: Hand) -> None: ...

    def close(self) -> None: ...


class Folder:
    """Without a mail server: each letter is a file in `instance/mail`, readable at the desk."""

    def __init__(self) -> None:
        self.folder = mail_folder()

    def send(self, hand: Hand) -> None:
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

    def send(self, hand: Hand) -> None:
        """NoConnection when there is none to be had; smtplib's errors for what befalls this letter."""
        if self._host is None:
            try:
                self._host = self._made.configure_host()
            except (OSError, smtplib.SMTPException) as error:
                raise NoConnection(f"{type(error).__name__} {error}") from error
        self._host.sendmail(self.sender, [hand.address], hand.message)

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

    `note` is told of each letter that left, by its line and before the next one begins: a process that is killed
    leaves at most one letter a line that was sent and not noted. Where noting fails, no more is sent (`broken`).
    """

    def __init__(self, note: Callable[[Hand], None], *, low: int) -> None:
        """`low`: how few letters for each line are a sign that more are wanted."""
        to_server = bool(current_app.config["MAIL_SERVER"])
        self.size: int = current_app.config["MAIL_CONNECTIONS"] if to_server else 1
        self.broken: Exception | None = None
        self._note, self._low = note, low * self.size
        self._out = 0
        self._abandoned = False
        self._given: SimpleQueue[Hand | None] = SimpleQueue()
        self._ended: SimpleQueue[tuple[Hand, BaseException | None]] = SimpleQueue()
        self._look = Event()
        carriers: list[Carrier] = [Server() if to_server else Folder() for _ in range(self.size)]
        self._threads = [Thread(target=self._work, args=(one,), name="mail") for one in carriers]
        for thread in self._threads:
            thread.start()

    @property
    def low(self) -> bool:
        """Whether the lines will soon have nothing to do."""
        return self._given.qsize() < self._low

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

    def finished(self, patience: float) -> Ended:
        """What came to an end. Waits, at most so many seconds, until little is left to do or something went wrong."""
        if self.busy:
            self._look.wait(patience)
        self._look.clear()
        found: Ended = []
        with contextlib.suppress(Empty):
            while True:
                found.append(self._ended.get_nowait())
        self._out -= len(found)
        return found

    def _work(self, carrier: Carrier) -> None:
        while (hand := self._given.get()) is not None:
            if self._abandoned:
                self._given.put(hand)
                break
            error = self._carry(carrier, hand)
            self._ended.put((hand, error))
            if error is not None or self.broken or self.low:
                self._look.set()
        carrier.close()

    def _carry(self, carrier: Carrier, hand: Hand) -> BaseException | None:
        try:
            carrier.send(hand)
        except BaseException as error:
            carrier.close()  # whatever is left half said on that line must not reach the next letter
            return error
        try:
            self._note(hand)
        except Exception as error:
            self.broken, self._abandoned = error, True
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """After an error no further letter is begun."""
        self._abandoned = self._abandoned or kind is not None
        self.take_back()
        for _ in self._threads:
            self._given.put(None)
        for thread in self._threads:
            thread.join()

"""What carries a letter: an SMTP server, or without one a folder of files. Several connections work side by side;
they are given ready bytes and know nothing of the database."""

import os
import smtplib
import ssl
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
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
    row's end. `go_on` is set when its text may be given: not before the letter that left on the same line is marked.
    """

    table: Any
    id: int
    attempts: int
    queued_at: datetime
    stored: str = ""
    address: str = ""
    message: bytes = b""
    last: dict[str, Any] = field(default_factory=dict)
    go_on: Event = field(default_factory=Event)
    is_called_off: bool = False

    def call_off(self) -> None:
        """Its text is not given."""
        self.is_called_off = True
        self.go_on.set()

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
        _wait(hand)
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
        self._transfer(self._host, hand)

    def _transfer(self, host: smtplib.SMTP, hand: Hand) -> None:
        """As smtplib's `sendmail`, with a pause before the text."""
        host.ehlo_or_helo_if_needed()
        size = [f"size={len(hand.message)}"] if host.does_esmtp and host.has_extn("size") else []
        code, said = host.mail(self.sender, size)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, said, self.sender)
        code, said = host.rcpt(hand.address)
        if code not in (250, 251):
            raise smtplib.SMTPRecipientsRefused({hand.address: (code, said)})
        _wait(hand)
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


def _wait(hand: Hand) -> None:
    hand.go_on.wait()
    if hand.is_called_off:
        raise CalledOff


def forget_files(names: Iterable[str]) -> None:
    """Letters kept as files whose rows are gone; call after the commit."""
    for name in names:
        (mail_folder() / name).unlink(missing_ok=True)


def mail_folder() -> Path:
    return Path(current_app.instance_path) / "mail"


class Pool:
    """Carriers that work side by side, each with one letter at a time."""

    def __init__(self) -> None:
        to_server = bool(current_app.config["MAIL_SERVER"])
        self.size: int = current_app.config["MAIL_CONNECTIONS"] if to_server else 1
        self._all: list[Carrier] = [Server() if to_server else Folder() for _ in range(self.size)]
        self._free = list(self._all)
        self._running: dict[Future[None], tuple[Carrier, Hand]] = {}
        self._threads = ThreadPoolExecutor(self.size, thread_name_prefix="mail")

    @property
    def free(self) -> int:
        return len(self._free)

    @property
    def busy(self) -> bool:
        return bool(self._running)

    def send(self, hand: Hand) -> None:
        carrier = self._free.pop()
        self._running[self._threads.submit(_carry, carrier, hand)] = (carrier, hand)

    def finished(self, *, patient: bool) -> list[tuple[Hand, BaseException | None]]:
        """What came to an end; `patient` waits for at least one."""
        if not self._running:
            return []
        done, _ = wait(self._running, timeout=None if patient else 0, return_when=FIRST_COMPLETED)
        found = []
        for future in done:
            carrier, hand = self._running.pop(future)
            self._free.append(carrier)
            found.append((hand, future.exception()))
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=True)
        for carrier in self._all:
            carrier.close()


def _carry(carrier: Carrier, hand: Hand) -> None:
    try:
        carrier.send(hand)
    except BaseException:
        carrier.close()  # whatever is left half said on that line must not reach the next letter
        raise

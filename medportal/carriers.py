"""What carries a letter: an SMTP server, or without one a folder of files."""

import os
import smtplib
import ssl
from pathlib import Path

from flask import Flask, current_app
from flask_mail import Connection, Mail

from medportal.mail import Letter
from medportal.models.outbox import Outbox


class PatientConnection(Connection):
    """Flask-Mail's connection with a time-out and checked certificates: a dead server must not hold the loop for
    minutes, and nobody in between may read the password or a link."""

    def configure_host(self) -> smtplib.SMTP:
        patience = current_app.config["MAIL_TIMEOUT"]
        checked = ssl.create_default_context()
        host: smtplib.SMTP
        if self.mail.use_ssl:
            host = smtplib.SMTP_SSL(self.mail.server, self.mail.port, timeout=patience, context=checked)
        else:
            host = smtplib.SMTP(self.mail.server, self.mail.port, timeout=patience)
        if self.mail.use_tls:
            host.starttls(context=checked)
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


Carrier = Folder | Server


def carrier() -> Carrier:
    return Server() if current_app.config["MAIL_SERVER"] else Folder()

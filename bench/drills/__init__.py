"""Drills: what the portal promises for bad days, tried with its real server on real files in scratch folders.

    python -m bench.drills.NAME          killed, backup_under_load, restored, full_disk, damaged, clocks

Each prints a line for every promise, with pass or FAIL, and ends with 1 when one was broken.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from urllib.parse import urlencode

from flask_migrate import upgrade

from bench.accounts import free_port, line, use
from medportal import create_app
from medportal.config import ROOT
from medportal.demo import loader
from medportal.extensions import db
from medportal.serve import PAGES_ALONE, SERVER

PATIENCE = 60.0


class Promises:
    """What was kept and what was broken."""

    def __init__(self) -> None:
        self.broken = 0

    def note(self, what: str, figures: str, target: str, fine: bool) -> None:
        line(what, figures, target, fine)
        self.broken += not fine

    def skip(self, what: str, why: str) -> None:
        print(f"  {what:22}skipped: {why}", flush=True)

    def end(self) -> None:
        raise SystemExit(1 if self.broken else 0)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: HTTPMessage

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def cookies(self) -> str:
        """As a browser sends them back."""
        return "; ".join(kept.split(";")[0] for kept in self.headers.get_all("Set-Cookie") or ())


class Server:
    """The portal on a port of its own, as `make run` serves it; every request has a connection of its own."""

    def __init__(self, log: Path, port: int = 0, **settings: str) -> None:
        self.port, self.log = port or free_port(), log
        self._environment = (
            os.environ | PAGES_ALONE | settings | {"SITE_URL": f"http://127.0.0.1:{self.port}"}
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Answers when it listens, whatever it says then."""
        command = [sys.executable, *SERVER.split(), f"--bind=127.0.0.1:{self.port}"]
        with self.log.open("ab") as file:
            self.process = subprocess.Popen(
                command, env=self._environment, cwd=ROOT, stderr=file, start_new_session=True
            )
        if not wait(self._listens, PATIENCE):
            raise SystemExit(f"the server does not answer:\n{self.said()}")

    def _listens(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise SystemExit(f"the server ended before it answered:\n{self.said()}")
        try:
            self.get("/robots.txt")
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """As a service is."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)

    def kill(self) -> None:
        """All of it at once, as when the power goes."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)

    def workers(self) -> list[int]:
        assert self.process is not None
        number = self.process.pid
        return [int(child) for child in Path(f"/proc/{number}/task/{number}/children").read_text().split()]

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, form: dict[str, str], **headers: str) -> Answer:
        """A form as one of our own pages sends it."""
        own = {
            "Origin": f"http://127.0.0.1:{self.port}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self._ask("POST", path, urlencode(form), own | headers)

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), answer.headers)
        finally:
            connection.close()


@contextmanager
def serving(port: int = 0, **settings: str) -> Iterator[Server]:
    """Its log lies outside of the instance, which may be full, damaged or gone."""
    with tempfile.TemporaryDirectory(prefix="medportal-log-") as folder:
        server = Server(Path(folder, "server.log"), port, **settings)
        try:
            server.start()
            yield server
            server.stop()
        finally:
            server.kill()


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """An empty instance that we, and what we start, use from here on."""
    with tempfile.TemporaryDirectory(prefix=f"medportal-{name}-") as folder:
        use(folder)
        yield Path(folder)


def fill(*, sample: bool = True) -> None:
    """A database of the newest form, with the sample site in it."""
    with create_app({"LOG_LEVEL": "ERROR"}).app_context():
        upgrade()
        if sample:
            loader.load()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def flask(*words: str, fine: bool = True, **settings: str) -> subprocess.CompletedProcess[str]:
    """One of the portal's commands, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", *words],
        env=os.environ | settings,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if fine and done.returncode:
        raise SystemExit(f"flask {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return done


def message(words: str) -> dict[str, str]:
    """A contact form that is fine, and tells which one it was."""
    return {"name": "Drill", "email": "", "body": f"A message of a drill: {words}"}


def open_poll(connection: sqlite3.Connection) -> tuple[int, int]:
    """Of the sample site: its number, and that of an answer."""
    found = connection.execute(
        "SELECT poll_id, c.id FROM poll_choice c JOIN poll p ON p.id = poll_id "
        "WHERE p.opens_at < datetime('now') AND (p.closes_at IS NULL OR p.closes_at > datetime('now')) LIMIT 1"
    )
    poll, choice = found.fetchone()
    return poll, choice


def wait(until: Callable[[], bool], patience: float) -> bool:
    end = time.monotonic() + patience
    while not until():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True

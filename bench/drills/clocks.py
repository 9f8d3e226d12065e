"""The machine's clock jumps three hours ahead and back: does the portal stumble, freeze or say anything twice?

    python -m bench.drills.clocks                    about 3 minutes; needs a C compiler (apt install gcc libc6-dev)

The clock of the server and of the jobs program is moved while they run (clock.c): +3 h, back, -3 h, back; clients read and write all the time, and a real SMTP server takes the letters, among them a digest. Before each jump some
letters are due, some put off for a minute, some in the hands of another loop, one account is locked after too many wrong
passwords, and one member signs in. Counted: answers of 500 and above; letters that do not leave within a minute, or leave
twice; recurring work that stands still; whether the locked account can be used again and the member is still signed in.
"""

import asyncio
import os
import struct
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from http.client import HTTPException
from itertools import cycle
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiosmtpd.controller import Controller

from bench import crowd
from bench.accounts import PASSWORD, WRONG, free_port
from bench.drills import Promises, Server, fill, message, scratch, serving, wait
from medportal import create_app, mail, passwords, queues
from medportal.blueprints.accounts import services as accounts
from medportal.config import ROOT
from medportal.extensions import db, reading
from medportal.i18n import LANGUAGES
from medportal.lib.dates import utc_now
from medportal.models.outbox import Job, Outbox

HOURS = 3
JUMPS = (HOURS, 0, -HOURS, 0)
LETTERS = 10
"""Of each sort, before every jump."""
READERS = 20
WAIT_SECONDS = 60
WATCHED = ("digests", "publish", "polls")
"""What is done every thirty seconds."""


class Clock:
    """Of the processes started with `settings`."""

    def __init__(self, library: Path) -> None:
        self.file, self.hours = library.with_suffix(".offset"), 0
        self.file.write_bytes(struct.pack("q", 0))
        self.settings = {"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(self.file)}

    def move(self, hours: int) -> None:
        with self.file.open("r+b", buffering=0) as file:
            file.write(struct.pack("q", hours * 3600))
        self.hours = hours

    def offset(self) -> timedelta:
        return timedelta(hours=self.hours)


def library(folder: Path) -> Path | None:
    """What moves the clock, made from its source; None where there is no compiler."""
    made, source = folder / "clock.so", Path(__file__).with_name("clock.c")
    try:
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", made, source, "-ldl"], check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return made


class Sink:
    def __init__(self) -> None:
        self.arrived: list[tuple[str, str]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        name = str(message_from_bytes(envelope.content)["Message-ID"])
        self.arrived += [(address, name) for address in envelope.rcpt_tos]
        await asyncio.sleep(0.005)
        return "250 OK"

    def addresses(self) -> set[str]:
        return {address for address, _ in self.arrived}

    def twice(self) -> int:
        return sum(count - 1 for count in Counter(self.arrived).values())


@contextmanager
def receiving() -> Iterator[Sink]:
    sink = Sink()
    receiver = Controller(sink, hostname="127.0.0.1", port=free_port())
    receiver.start()
    os.environ |= {
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(receiver.port),
        "MAIL_USE_TLS": "False",
        "MAIL_TIMEOUT": "2",
    }
    try:
        yield sink
    finally:
        receiver.stop()


class Clients:
    """Read and write without a pause."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.answers: Counter[str] = Counter()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(3)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, number: int) -> None:
        for lang in cycle(LANGUAGES):
            for path in ("", "diseases/", "search?q=diabetes", "polls/", "subscriptions/"):
                self._count(lambda path=path, lang=lang: self.server.get(f"/{lang}/{path}").status)
            self._count(lambda lang=lang: self.server.post(f"/{lang}/contact", message(str(number))).status)
            if self._over.wait(0.1):
                return

    def _count(self, ask: Any) -> None:
        try:
            self.answers[str(ask())] += 1
        except (OSError, HTTPException):
            self.answers["broken"] += 1


class Site:
    """The tables, as this program sees them: its own clock stands still."""

    def __init__(self) -> None:
        self.app = create_app({"LOG_LEVEL": "ERROR"})

    def prepare(self) -> None:
        with self.app.app_context():
            crowd.subscribers(READERS, crowd.texts(), sure=True)
            hashed = passwords.hash_of(PASSWORD)
            for number in range(len(JUMPS)):
                for name in ("locked", "member"):
                    accounts.add_user(_address(name, number), hashed, name="", lang="en", role="member")
            db.session.commit()
            db.session.remove()

    def queue(self, number: int, offset: timedelta) -> set[str]:
        """Letters as they may stand when the clock jumps; to whom."""
        with self.app.app_context():
            now, to = utc_now() + offset, set()
            for sort, values in (
                ("due", {"next_at": now}),
                ("put-off", {"next_at": now + timedelta(minutes=1), "attempts": 1}),
                ("taken", {"lease_until": now + queues.lease(), "leased_by": "elsewhere:1", "attempts": 1}),
            ):
                for letter in range(LETTERS):
                    address = _address(f"{sort}-{letter}-of", number)
                    to.add(address)
                    mail.queue(
                        "account_changed",
                        to=address,
                        lang=list(LANGUAGES)[letter % len(LANGUAGES)],
                        dedupe=f"drill:{address}",
                        what="password",
                        at=now.isoformat(timespec="minutes"),
                    )
                    row = sa.update(Outbox).where(Outbox.recipient == address)
                    db.session.execute(row.values(**({"next_at": now} | values)))
            db.session.commit()
            db.session.remove()
        return to

    def finished(self) -> dict[str, object]:
        with self.app.app_context(), reading():
            rows = db.session.execute(sa.select(Job.name, Job.finished_at).where(Job.name.in_(WATCHED))).all()
            db.session.rollback()
            return {name: at for name, at in rows}  # noqa: C416  # rows are no pairs to mypy


def _address(name: str, number: int) -> str:
    return f"{name}-{number}@mail.example.com"


@contextmanager
def jobs_loop(clock: Clock) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "flask", "jobs", "run", "--loop"]
    loop = subprocess.Popen(command, cwd=ROOT, env=os.environ | clock.settings)
    try:
        yield loop
    finally:
        loop.kill()
        loop.wait()


def sign_in(server: Server, email: str, password: str) -> tuple[int, str]:
    answer = server.post("/en/account/sign-in", {"email": email, "password": password})
    return answer.status, answer.cookies


def lock(server: Server, email: str) -> int:
    """What the right password is answered after ten wrong ones."""
    for _ in range(10):
        sign_in(server, email, WRONG)
    return sign_in(server, email, PASSWORD)[0]


def jump(promises: Promises, server: Server, site: Site, sink: Sink, clock: Clock, number: int) -> None:
    hours = JUMPS[number]
    when = f"{clock.hours:+d} h to {hours:+d} h"
    locked = lock(server, _address("locked", number))
    _, cookies = sign_in(server, _address("member", number), PASSWORD)
    to = site.queue(number, clock.offset())
    clock.move(hours)
    before = site.finished()
    left = wait(lambda: to <= sink.addresses(), WAIT_SECONDS)
    arrived = len(to & sink.addresses())
    promises.note(when, f"{arrived} of {len(to)} letters left", "all within a minute", left)
    moved = wait(lambda: all(before.get(name) != at for name, at in site.finished().items()), WAIT_SECONDS)
    promises.note("  recurring work", "goes on" if moved else "stands still", "goes on", moved)
    own = server.get("/en/account/", Cookie=cookies).status
    again, _ = sign_in(server, _address("locked", number), PASSWORD)
    figures = f"signed in: {own}; locked account: {locked}, afterwards {again}"
    promises.note("  accounts", figures, "200; 429, 303", (own, locked, again) == (200, 429, 303))


def main() -> None:
    promises = Promises()
    with scratch("clocks") as folder, receiving() as sink:
        found = library(folder)
        if found is None:
            promises.skip("clocks", "there is no C compiler: apt install gcc libc6-dev")
            promises.end()
            return
        fill(sample=False)
        site, clock = Site(), Clock(found)
        site.prepare()
        readers = {crowd.address(number) for number in range(1, READERS + 1)}
        with serving(**clock.settings) as server, jobs_loop(clock) as loop:
            clients = Clients(server)
            clients.start()
            try:
                told = wait(lambda: readers <= sink.addresses(), 2 * WAIT_SECONDS)
                figures = f"{len(readers & sink.addresses())} of {READERS}"
                promises.note("a digest before", figures, "all", told)
                for number in range(len(JUMPS)):
                    jump(promises, server, site, sink, clock, number)
            finally:
                clients.stop()
            alive = loop.poll() is None
            said = server.said()
        wrong = sum(
            count for answer, count in clients.answers.items() if answer == "broken" or answer >= "500"
        )
        figures = ", ".join(f"{count} x {answer}" for answer, count in sorted(clients.answers.items()))
        promises.note("answers", figures, "none from 500", wrong == 0)
        if wrong:
            print(said[-3000:], flush=True)
        promises.note("the jobs program", "goes on" if alive else "ended", "goes on", alive)
        copies = Counter(address for address, _ in sink.arrived)
        digests = sum(copies[reader] for reader in readers)
        figures = f"{len(sink.arrived)} letters, {sink.twice()} twice; {digests} digests to {READERS} readers"
        fine = sink.twice() == 0 and digests == READERS
        promises.note("letters", figures, "0 twice", fine)
    promises.end()


if __name__ == "__main__":
    main()

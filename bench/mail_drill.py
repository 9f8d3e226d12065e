"""The loop that sends mail, killed again and again: is a letter lost, and how many come twice?

    python -m bench.mail_drill                                       5,000 letters of a digest, 20 kills
    python -m bench.mail_drill --letters 300 --kills 4 --connections 4

Prints, with pass or fail: letters lost and copies too many, Message-IDs, whether refused addresses are written to no
more, whether any letter of the digest left before all were written, the longest transaction that kept other writers
waiting, how long the rest took after the last kill, what the tables say in the end; and whether letters leave whose
times lie three hours ahead, as after a clock was set back.

A tenth as many letters with a cause of their own (the outbox) leave beside the digest. A real SMTP server in this
process answers 1 to 5 ms later; of a hundred addresses it refuses one for good and one at the first try; now and then
it drops the line in the middle of a letter, at times after having kept it. `flask jobs run --loop` is killed with
SIGKILL: the first times while the digest is being written, then within or between letters, or before the first one.
A loop that was killed while it wrote holds its turn for half a minute; we take it from it rather than wait so often.
"""

import argparse
import asyncio
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from flask import Flask
from flask_migrate import upgrade

from bench import crowd
from bench.accounts import finish, free_port, line, use
from medportal import create_app, mail
from medportal.config import ROOT
from medportal.extensions import db, reading
from medportal.jobs import JOBS
from medportal.lib.dates import utc_now
from medportal.models.digest import Delivery, Digest
from medportal.models.outbox import Job, MailState, Outbox, Suppression
from medportal.models.subscription import Standing, Subscriber
from medportal.search import glossary

MAIL_TIMEOUT = 2
SLOWNESS = (0.001, 0.005)
REFUSED, LATER = 7, 13
"""Of every hundred addresses, the one that is refused for good, and the one that is refused once."""
DROPPED = 0.004
"""The share of letters during which the line breaks; half of them the server has kept."""
STARTING = 8.0
"""A loop that sent nothing for so long has nothing to send: what is left is leased to one that was killed."""
PATIENCE = 240.0
BACK_OFF = 60
REST_SECONDS = 120 + BACK_OFF
LONGEST_SECONDS = 0.5
SET_BACK = timedelta(hours=3)
AFTER_SET_BACK = 40
_NUMBER = re.compile(r"^<(\d+)\.\d+\.[0-9a-f]{24}@")


class Sink:
    """What arrived: address and Message-ID. A letter counts from when its text is here, as with any mail server."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.arrived: list[tuple[str, str]] = []
        self.put_off: set[str] = set()
        self.drops = self.kept_drops = self.too_early = 0
        self._looking: sqlite3.Connection | None = None

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        share = number_of(address) % 100
        if share == REFUSED:
            return "550 5.1.1 nobody here"
        if share == LATER and address not in self.put_off:
            self.put_off.add(address)
            return "451 4.7.1 later, please"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content)
        name = str(message["Message-ID"])
        self._look(name)
        self.arrived += [(address, name) for address in envelope.rcpt_tos]
        await asyncio.sleep(random.uniform(*SLOWNESS))
        if random.random() < DROPPED / 2:
            self.drops += 1
            self.kept_drops += 1
            server.transport.abort()
        return "250 OK"

    def _look(self, name: str) -> None:
        """Is the digest still being written of which this letter is?"""
        found = _NUMBER.match(name)
        if found:
            if self._looking is None:
                self._looking = sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)
            state = self._looking.execute("SELECT state FROM digest WHERE id = ?", [int(found[1])]).fetchone()
            self.too_early += state == ("staging",)


class Dropping(SMTP):
    """Breaks the line now and then where the text should begin."""

    async def smtp_DATA(self, arg: str) -> None:
        if random.random() < DROPPED / 2:
            self.event_handler.drops += 1
            await self.push("354 go on")
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class Receiver(Controller):
    def factory(self) -> SMTP:
        return Dropping(self.handler, **self.SMTP_kwargs)


def number_of(address: str) -> int:
    return int(re.sub(r"\D", "", address))


@contextmanager
def receiving(folder: str, connections: int) -> Iterator[Sink]:
    """The sink; our settings say where it is."""
    use(folder)
    sink = Sink(Path(folder, "medportal.db"))
    receiver = Receiver(sink, hostname="127.0.0.1", port=free_port())
    receiver.start()
    os.environ |= {
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(receiver.port),
        "MAIL_USE_TLS": "False",
        "MAIL_TIMEOUT": str(MAIL_TIMEOUT),
        "MAIL_CONNECTIONS": str(connections),
        "LOG_LEVEL": "ERROR",
    }
    try:
        yield sink
    finally:
        receiver.stop()


# How long others wait


def _watch(database: str, stop: Any, found: Any) -> None:
    """In a process of its own: ask for the writer's turn all the time. The longest stretch without it and without any
    commit is the longest transaction (`found[0]`); the longest stretch without it at all is `found[1]`."""
    connection = sqlite3.connect(database, timeout=0, isolation_level=None)
    version, since, waiting = _version(connection), time.monotonic(), time.monotonic()
    while not stop.is_set():
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            free = True
        except sqlite3.OperationalError:
            free = False
        now, seen = time.monotonic(), _version(connection)
        found[0] = max(found[0], now - since)
        found[1] = max(found[1], now - waiting)
        if free or seen != version:
            version, since = seen, now
        if free:
            waiting = now
        time.sleep(0.003 if free else 0.0005)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


@contextmanager
def watching(database: Path) -> Iterator[Any]:
    apart = get_context("spawn")
    stop, found = apart.Event(), apart.Array("d", 2)
    process = apart.Process(target=_watch, args=(str(database), stop, found))
    process.start()
    try:
        yield found
    finally:
        stop.set()
        process.join(10)


# What is to be sent


def fill(app: Flask, letters: int) -> None:
    """Letters in the outbox, and a daily digest that is due since nobody ever wrote one; other recurring work was done
    just now, so that the longest transaction is one of mail."""
    with app.app_context():
        upgrade()
        crowd.subscribers(letters, crowd.texts(), sure=True)
        for number in range(letters // 10):
            mail.queue(
                "account_changed",
                to=f"account{number}@mail.example.com",
                lang="ar" if number % 2 else "en",
                dedupe=f"drill:{number}",
                what="password",
                at=utc_now().isoformat(timespec="minutes"),
            )
        glossary.load()
        db.session.add_all(
            Job(name=job.name, due_at=utc_now() + job.every) for job in JOBS if job.name != "digests"
        )
        db.session.commit()
        db.session.remove()


def refused(prefix: str, numbers: range) -> set[str]:
    return {f"{prefix}{n}@mail.example.com" for n in numbers if n % 100 == REFUSED}


def everybody(letters: int) -> tuple[set[str], set[str]]:
    """Addresses that are to get a letter, and those that refuse it."""
    accounts, readers = range(letters // 10), range(1, letters + 1)
    no = refused("account", accounts) | refused("reader", readers)
    yes = {f"account{n}@mail.example.com" for n in accounts} | {crowd.address(n) for n in readers}
    return yes - no, no


# Killing


def flask(*words: str) -> list[str]:
    return [sys.executable, "-m", "flask", *words]


@contextmanager
def looping() -> Iterator[subprocess.Popen[bytes]]:
    loop = subprocess.Popen(flask("jobs", "run", "--loop"), cwd=ROOT)
    try:
        yield loop
    finally:
        loop.kill()
        loop.wait()


def wait(until: Callable[[], bool], patience: float) -> bool:
    end = time.monotonic() + patience
    while not until():
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True


def kill(loop: subprocess.Popen[bytes]) -> None:
    assert loop.poll() is None, "the loop ended by itself"
    loop.send_signal(signal.SIGKILL)
    loop.wait()


def kill_while_writing(database: Path) -> bool:
    """One life of the loop that ends while the digest is being written; False when it was written before."""
    looking = sqlite3.connect(database, timeout=10, isolation_level=None)
    looking.execute(
        "UPDATE job SET lease_until = NULL, due_at = '2001-01-01 00:00:00.000000' WHERE name = 'digests'"
    )
    left = looking.execute(
        "SELECT count(*) FROM subscriber WHERE told_until < (SELECT max(id) FROM happening)"
    ).fetchone()[0]
    if not left:
        return False

    def is_writing() -> bool:
        return bool(looking.execute("SELECT 1 FROM digest WHERE state = 'staging' LIMIT 1").fetchone())

    with looping() as loop:
        if not is_writing():
            wait(is_writing, STARTING)
        else:  # what it was killed in before; it needs a moment to begin
            cursor = _cursor(looking)
            wait(lambda: _cursor(looking) != cursor or random.random() < 0.0005, STARTING)
        time.sleep(random.uniform(0, 0.08))
        kill(loop)
    return True


def _cursor(looking: sqlite3.Connection) -> object:
    return looking.execute("SELECT max(cursor), count(*) FROM digest").fetchone()


def kill_at_random(sink: Sink, most: int) -> int:
    """One life of the loop: up to `most` letters and a moment more, or not even its first one. How many it sent."""
    before = len(sink.arrived)
    letters = random.randint(0, most)
    with looping() as loop:
        if letters:
            wait(lambda: len(sink.arrived) - before >= letters or loop.poll() is not None, STARTING)
            time.sleep(random.uniform(0, 0.05))
        else:
            time.sleep(random.uniform(0, 2))
        kill(loop)
    return len(sink.arrived) - before


def drain(app: Flask) -> float | None:
    """Left alone, and stopped as a service is; the seconds, or None when something still waits after our patience."""
    start = time.monotonic()
    with looping() as loop:
        done = wait(lambda: not _waiting(app), PATIENCE)
        seconds = time.monotonic() - start
        loop.terminate()
        loop.wait(30)
    return seconds if done else None


def _waiting(app: Flask) -> int:
    time.sleep(0.1)
    with app.app_context(), reading():
        queued = [
            db.session.scalar(sa.select(sa.func.count()).where(table.state == MailState.QUEUED)) or 0
            for table in (Outbox, Delivery)
        ]
        queued.append(db.session.scalar(sa.select(sa.func.count()).where(Digest.state == "staging")) or 0)
        db.session.rollback()
        return sum(queued)


# What came of it


def report(sink: Sink, letters: int, kills: int, connections: int) -> None:
    yes, no = everybody(letters)
    copies = Counter(address for address, _ in sink.arrived)
    lost, extra = len(yes - copies.keys()), len(sink.arrived) - len(copies)
    figures = f"{len(copies)} of {len(yes)} addresses, lost {lost}, at refused ones {len(no & copies.keys())}"
    line("arrived", figures, "lost 0", lost == 0 and copies.keys() == yes)
    most = kills * connections + sink.kept_drops
    figures = f"{extra} after {kills} kills and {sink.drops} broken lines, of a letter at most "
    line("copies too many", f"{figures}{max(copies.values()) - 1}", f"at most {most}", extra <= most)
    names = set(sink.arrived)
    same = len(names) == len(copies) == len({name for _, name in names})
    line("Message-IDs", f"{len(names)} for {len(copies)} letters", "one a letter, kept", same)


def report_writing(sink: Sink, in_writing: int, found: Any) -> None:
    figures = f"{in_writing} kills in it; {sink.too_early} letters left before its end"
    line("writing the digest", figures, "0 before its end", sink.too_early == 0 and in_writing > 0)
    figures = f"{found[0]:.3f} s; longest wait for the writer's turn {found[1]:.3f} s"
    line("longest transaction", figures, f"at most {LONGEST_SECONDS} s", found[0] <= LONGEST_SECONDS)


def report_tables(app: Flask, letters: int) -> None:
    no = len(refused("reader", range(1, letters + 1)))
    with app.app_context(), reading():
        states = Counter(dict(db.session.execute(_counts(Delivery)).all()))
        outbox = Counter(dict(db.session.execute(_counts(Outbox)).all()))
        silent = db.session.scalar(sa.select(sa.func.count()).where(Subscriber.state == Standing.SUPPRESSED))
        hashes = db.session.scalar(sa.select(sa.func.count()).select_from(Suppression))
        db.session.rollback()
    fine = states == {MailState.SENT: letters - no, MailState.FAILED: no} or (no == 0 and len(states) == 1)
    line("digest's letters", _said(states), f"sent {letters - no}, failed {no}", fine)
    line("outbox", _said(outbox), "none waits", not outbox[MailState.QUEUED])
    figures = f"{silent} readers, {hashes} addresses in all"
    line("written to no more", figures, f"{no} readers", silent == no)


def _counts(table: Any) -> Any:
    return sa.select(table.state, sa.func.count()).group_by(table.state)


def _said(states: Counter[str]) -> str:
    return ", ".join(f"{state} {count}" for state, count in sorted(states.items()))


def clock_set_back(app: Flask, sink: Sink) -> None:
    """A further digest for some readers; its letters were put off, or taken, when the clock was three hours ahead."""
    with app.app_context():
        few = sa.select(Subscriber.id).where(Subscriber.state == Standing.ACTIVE).limit(AFTER_SET_BACK)
        db.session.execute(
            sa.update(Subscriber).where(Subscriber.id.not_in(few)).values(state=Standing.STOPPED)
        )
        db.session.commit()
        crowd.one_more(1000)
    subprocess.run(
        flask("digest", "queue", "--frequency", "daily"), cwd=ROOT, check=True, capture_output=True
    )
    before = len(sink.arrived)
    ahead = utc_now() + SET_BACK
    with app.app_context():
        queued = list(db.session.scalars(sa.select(Delivery.id).where(Delivery.state == MailState.QUEUED)))
        half = len(queued) // 2
        for numbers, values in (
            (queued[:half], {"next_at": ahead, "attempts": 1}),
            (queued[half:], {"lease_until": ahead, "leased_by": "elsewhere:1", "attempts": 1}),
        ):
            db.session.execute(sa.update(Delivery).where(Delivery.id.in_(numbers)).values(**values))
        db.session.commit()
        db.session.remove()
    seconds = drain(app)
    arrived = len({address for address, _ in sink.arrived[before:]})
    figures = f"{arrived} of {len(queued)} put off or taken 3 h ahead" + (
        f", in {seconds:.0f} s" if seconds else ""
    )
    line("clock set back", figures, "all leave", seconds is not None and 0 < len(queued) == arrived)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--letters", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--connections", type=int, default=2)
    options = parser.parse_args()
    letters, kills = options.letters, options.kills
    with (
        tempfile.TemporaryDirectory(prefix="medportal-drill-") as folder,
        receiving(folder, options.connections) as sink,
    ):
        app = create_app()
        fill(app, letters)
        print(f"{letters} letters of a digest, {letters // 10} others, {kills} kills", flush=True)
        with watching(sink.database) as found:
            in_writing = 0
            while in_writing < max(1, kills // 4) and kill_while_writing(sink.database):
                in_writing += 1
            left = kills - in_writing
            most = round(1.4 * letters / max(1, left))  # so that enough is left for every kill
            start = time.monotonic()
            lives = [kill_at_random(sink, most) for _ in range(left)]
            took = time.monotonic() - start
            print(f"  letters between kills: {' '.join(map(str, lives))}, in {took:.0f} s", flush=True)
            seconds = drain(app)
        report(sink, letters, kills, options.connections)
        report_writing(sink, in_writing, found)
        figures = f"{seconds:.0f} s after the last kill" if seconds else "some of it still waits"
        target = f"at most {REST_SECONDS} s"
        line("the rest took", figures, target, seconds is not None and seconds <= REST_SECONDS)
        report_tables(app, letters)
        clock_set_back(app, sink)


if __name__ == "__main__":
    main()
    finish()

"""How fast a digest leaves and is written, each figure with its target and pass or fail.

    python -m bench.mail                            4,000 letters; digests for 1,000, 10,000 and 100,000 readers
    python -m bench.mail --letters 1000 --readers 1000 10000

Prints, for 1, 2 and 4 connections: letters a second, beside a bare loop of smtplib that sends ready letters of the
same bytes over as many connections to the same server (in a process of its own, which answers at once), in turn; the
ratio of the medians.

Prints, for each number of readers, each in a process of its own: the seconds in which a daily digest is written, what
one reader costs, the most memory, and the longest transaction; and whether a reader costs the same however many
there are.
"""

import argparse
import json
import os
import queue
import re
import resource
import smtplib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiosmtpd.controller import Controller
from flask import Flask, current_app
from flask_migrate import upgrade

from bench import crowd
from bench.accounts import finish, free_port, line, use
from medportal import carriers, create_app, delivery
from medportal.config import ROOT
from medportal.digests import staging
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.digest import Delivery, Edition
from medportal.models.outbox import MailState
from medportal.models.subscription import Frequency

ROUNDS = 3
CONNECTIONS = (1, 2, 4)
RATIO = 0.80
WRITE_SECONDS, WRITE_MEGABYTES, LONGEST_SECONDS, FLAT = 60, 300, 0.5, 1.3
Letters = list[tuple[str, bytes]]


# Sending


class _Sink:
    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:
        return "250 OK"


def _serve(port: int, ready: Any, stop: Any) -> None:
    controller = Controller(_Sink(), hostname="127.0.0.1", port=port)
    controller.start()
    ready.set()
    stop.wait()
    controller.stop()


@contextmanager
def server() -> Iterator[int]:
    """A mail server in a process of its own; its port."""
    apart = get_context("spawn")
    ready, stop, port = apart.Event(), apart.Event(), free_port()
    process = apart.Process(target=_serve, args=(port, ready, stop))
    process.start()
    try:
        assert ready.wait(30), "the mail server does not begin"
        yield port
    finally:
        stop.set()
        process.join(10)


def again() -> None:
    """Every letter is to leave once more."""
    db.session.execute(sa.update(Delivery).values(state=MailState.QUEUED, sent_at=None, next_at=utc_now()))
    db.session.commit()


def ours(letters: int) -> float:
    """Seconds; one go, as the loop does it."""
    again()
    start = time.perf_counter()
    sent = delivery.send_due(limit=letters)
    took = time.perf_counter() - start
    left = db.session.scalar(sa.select(sa.func.count()).where(Delivery.state != MailState.SENT))
    db.session.rollback()
    assert (sent, left) == (letters, 0), f"{sent} of {letters} letters, {left} left"
    return took


def bare(letters: Letters, connections: int) -> float:
    """Seconds; the same bytes to the same addresses."""
    waiting: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
    for letter in letters:
        waiting.put(letter)
    server, port = current_app.config["MAIL_SERVER"], current_app.config["MAIL_PORT"]
    sender = current_app.config["MAIL_SENDER"]

    def carry() -> None:
        with smtplib.SMTP(server, port) as host:
            while True:
                try:
                    address, message = waiting.get_nowait()
                except queue.Empty:
                    return
                host.sendmail(sender, [address], message)

    threads = [threading.Thread(target=carry) for _ in range(connections)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


@contextmanager
def listening() -> Iterator[Letters]:
    """What is handed to connections meanwhile: the very bytes."""
    found: Letters = []
    send = carriers.Server.send

    def noted(self: carriers.Server, hand: carriers.Hand) -> None:
        found.append((hand.address, hand.message))
        send(self, hand)

    carriers.Server.send = noted  # type: ignore[method-assign]
    try:
        yield found
    finally:
        carriers.Server.send = send  # type: ignore[method-assign]


def prepare(app: Flask, readers: int, *, sure: bool) -> int:
    """A site with its readers; the number of the digest that is due."""
    with app.app_context():
        upgrade()
        crowd.subscribers(readers, crowd.texts(), sure=sure)
        number = staging.open_run(Frequency.DAILY, utc_now())
        db.session.remove()
    return number


def compare(app: Flask, letters: int) -> None:
    with app.app_context():
        with listening() as same:
            ours(letters)
        editions = db.session.scalar(sa.select(sa.func.count(Delivery.edition_id.distinct())))
        size = statistics.mean(len(message) for _, message in same) / 1000
        print(
            f"{letters} letters in {editions} editions, {size:.0f} kB each, medians of {ROUNDS}", flush=True
        )
        for connections in CONNECTIONS:
            app.config["MAIL_CONNECTIONS"] = connections
            pairs = [(ours(letters), bare(same, connections)) for _ in range(ROUNDS)]
            we, they = (statistics.median(times) for times in zip(*pairs, strict=True))
            figures = f"{letters / we:.0f} a second, bare {letters / they:.0f}; ratio {they / we:.2f}"
            name = f"{connections} connection{'s' if connections > 1 else ''}"
            line(name, figures, f"at least {RATIO:.2f}", they / we >= RATIO)
        db.session.remove()


def few_editions(letters: int) -> None:
    """Readers fall into a handful of editions: the largest of each language and manner; the others get one of them."""
    rows = db.session.execute(
        sa.select(Edition.id, Edition.lang)
        .join(Delivery, Delivery.edition_id == Edition.id)
        .group_by(Edition.id, Edition.lang)
        .order_by(sa.func.count().desc())
    ).all()
    kept = [next(row.id for row in rows if row.lang == lang) for lang in crowd.LANGS]
    kept += [row.id for row in rows if row.id not in kept][:4]
    for n, number in enumerate(kept):
        share = (Delivery.edition_id.not_in(kept), Delivery.id % len(kept) == n)
        db.session.execute(sa.update(Delivery).where(*share).values(edition_id=number))
    db.session.commit()
    assert db.session.scalar(sa.select(sa.func.count(Delivery.id))) == letters
    db.session.rollback()


def sending(letters: int) -> None:
    with tempfile.TemporaryDirectory(prefix="medportal-mail-") as folder, server() as port:
        use(folder)
        os.environ |= {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_USE_TLS": "False"}
        app = create_app()
        number = prepare(app, letters, sure=True)
        with app.app_context():
            staging.stage(number)
            few_editions(letters)
        compare(app, letters)


# Writing


class Longest:
    """The longest transaction of this process, from BEGIN to the end of COMMIT or ROLLBACK."""

    def __init__(self) -> None:
        self.seconds, self._begun = 0.0, 0.0
        sa.event.listen(db.engine, "begin", self._begin, insert=True)
        dialect = db.engine.dialect  # the engine's own events come before the database has done it
        for name in ("do_commit", "do_rollback"):
            setattr(dialect, name, self._ending(getattr(dialect, name)))

    def _begin(self, _connection: Any) -> None:
        self._begun = time.perf_counter()

    def _ending(self, end: Callable[[Any], None]) -> Callable[[Any], None]:
        def timed(connection: Any) -> None:
            end(connection)
            if self._begun:
                self.seconds = max(self.seconds, time.perf_counter() - self._begun)
            self._begun = 0.0

        return timed


def write_one(readers: int) -> None:
    """In a process of its own: write a digest for so many readers. Prints JSON."""
    with tempfile.TemporaryDirectory(prefix="medportal-mail-") as folder:
        use(folder)
        subprocess.run(_self("--prepare", str(readers)), cwd=ROOT, check=True, env=_environment(folder))
        app = create_app()
        with app.app_context():
            number = db.session.scalars(sa.text("SELECT id FROM digest")).one()
            db.session.rollback()
            longest, start = Longest(), time.perf_counter()
            staging.stage(number)
            seconds = time.perf_counter() - start
            letters = db.session.scalar(sa.select(sa.func.count(Delivery.id)))
            editions = db.session.scalar(sa.select(sa.func.count(Edition.id)))
        found = {"seconds": seconds, "longest": longest.seconds, "letters": letters, "editions": editions}
        print(json.dumps(found | {"megabytes": most_memory()}))


def most_memory() -> float:
    """Megabytes of this process at its largest. Where there is /proc: getrusage counts what our parent had, too."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))
        assert found
        return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _self(*words: str) -> list[str]:
    return [sys.executable, "-m", "bench.mail", *words]


def _environment(folder: str) -> dict[str, str]:
    return os.environ | {"MEDPORTAL_INSTANCE": folder}


def writing(sizes: list[int]) -> None:
    print("Writing a daily digest, each in a process of its own", flush=True)
    costs: dict[int, float] = {}
    for readers in sizes:
        done = subprocess.run(
            _self("--write", str(readers)), cwd=ROOT, check=True, capture_output=True, text=True
        )
        found = json.loads(done.stdout)
        costs[readers] = found["seconds"] / readers * 1000
        figures = f"{found['seconds']:.1f} s, {costs[readers]:.3f} ms a reader, {found['letters']} letters"
        figures += f" in {found['editions']} editions"
        fine = found["seconds"] <= WRITE_SECONDS
        line(f"{readers} readers", figures, f"at most {WRITE_SECONDS} s", fine)
        figures = f"{found['megabytes']:.0f} MB at most, longest transaction {found['longest']:.3f} s"
        fine = found["megabytes"] <= WRITE_MEGABYTES and found["longest"] <= LONGEST_SECONDS
        line("", figures, f"{WRITE_MEGABYTES} MB, {LONGEST_SECONDS} s", fine)
    ratio = costs[max(costs)] / costs[min(costs)]
    line("flat", f"a reader of most costs {ratio:.2f} of one of fewest", f"at most {FLAT}", ratio <= FLAT)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--letters", type=int, default=4000)
    parser.add_argument("--readers", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--write", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--prepare", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        prepare(create_app(), options.prepare, sure=False)
    elif options.write:
        write_one(options.write)
    else:
        load = os.getloadavg()[0]
        print(f"{os.cpu_count()} processors, of which {load:.1f} were at work in the last minute")
        sending(options.letters)
        writing(options.readers)


if __name__ == "__main__":
    main()
    finish()

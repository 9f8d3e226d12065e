"""The loop that sends mail, killed again and again: is a letter lost, and how many come twice?

    python -m bench.mail_drill                          500 letters, 20 kills
    python -m bench.mail_drill --letters 50 --kills 3

Prints, with pass or fail: how many letters arrived, how many copies too many, whether copies have the Message-ID of
their first, how long the rest took after the last kill, and what `flask mail status --json` says in the end.

A real SMTP server in this process takes each letter and answers 10 to 20 ms later; `flask jobs run --loop` is killed
with SIGKILL, most times between or within its letters, sometimes before its first one.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller
from flask import Flask
from flask_migrate import upgrade

from bench.accounts import free_port, line, use
from medportal import create_app, delivery, mail
from medportal.config import ROOT
from medportal.extensions import db, reading
from medportal.lib.dates import utc_now

MAIL_TIMEOUT = 2
SLOWNESS = (0.010, 0.020)
STARTING = 6.0
"""A loop that sent nothing for so long has nothing to send: what is left is leased to one that was killed."""
PATIENCE = 120.0


class Sink:
    """What arrived: address and Message-ID. A letter counts from when its text is here, as with any mail server."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, str]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content)
        self.arrived += [(address, str(message["Message-ID"])) for address in envelope.rcpt_tos]
        await asyncio.sleep(random.uniform(*SLOWNESS))
        return "250 OK"


@contextmanager
def receiving(folder: str) -> Iterator[Sink]:
    """The sink; our settings say where it is."""
    use(folder)
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    os.environ |= {
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(controller.port),
        "MAIL_USE_TLS": "False",
        "MAIL_TIMEOUT": str(MAIL_TIMEOUT),
        "LOG_LEVEL": "WARNING",
    }
    try:
        yield sink
    finally:
        controller.stop()


def fill(app: Flask, letters: int) -> None:
    with app.app_context():
        upgrade()
        for number in range(letters):
            mail.queue(
                "account_changed",
                to=f"reader{number}@mail.example.com",
                lang="ar" if number % 2 else "en",
                dedupe=f"drill:{number}",
                what="password",
                at=utc_now().isoformat(timespec="minutes"),
            )
        db.session.commit()
        db.session.remove()


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
        assert loop.poll() is None, "the loop ended by itself"
        loop.kill()
        loop.wait()
    return len(sink.arrived) - before


def drain(app: Flask) -> bool:
    """Left alone, and stopped as a service is; False when something still waits after our patience."""
    with looping() as loop:
        done = wait(lambda: not _is_waiting(app), PATIENCE)
        loop.terminate()
        loop.wait(30)
    return done


def _is_waiting(app: Flask) -> bool:
    time.sleep(0.1)
    with app.app_context(), reading():
        return delivery.oldest_waiting() is not None


def report(sink: Sink, letters: int, kills: int) -> None:
    copies = Counter(address for address, _ in sink.arrived)
    extra = len(sink.arrived) - len(copies)
    names = set(sink.arrived)
    same = len(names) == len(copies) == len({name for _, name in names})
    lost = letters - len(copies)
    line("arrived", f"{len(copies)} letters of {letters}, lost {lost}", "lost 0", lost == 0)
    line(
        "copies too many",
        f"{extra}, of a letter at most {max(copies.values()) - 1}",
        f"at most {kills}",
        extra <= kills,
    )
    line("Message-IDs", f"{len(names)} for {len(copies)} letters", "one a letter, kept", same)


def report_end(letters: int, seconds: float, drained: bool) -> None:
    line("the rest took", f"{seconds:.1f} s after the last kill", f"at most {PATIENCE:.0f} s", drained)
    asked = subprocess.run(
        flask("mail", "status", "--json"), cwd=ROOT, check=True, capture_output=True, text=True
    )
    said = json.loads(asked.stdout)
    sent_all = said["sent"] == letters == sum(n for n in said.values() if isinstance(n, int))
    line("mail status", ", ".join(f"{k} {v}" for k, v in said.items() if v), f"sent {letters}", sent_all)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--letters", type=int, default=500)
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="medportal-drill-") as folder, receiving(folder) as sink:
        app = create_app()
        fill(app, options.letters)
        most = round(1.4 * options.letters / max(1, options.kills))  # so that enough is left for every kill
        print(f"{options.letters} letters, {options.kills} kills", flush=True)
        start = time.monotonic()
        lives = [kill_at_random(sink, most) for _ in range(options.kills)]
        killed = time.monotonic()
        print(f"  letters between kills: {' '.join(map(str, lives))}, in {killed - start:.0f} s", flush=True)
        drained = drain(app)
        seconds = time.monotonic() - killed
        report(sink, options.letters, options.kills)
        report_end(options.letters, seconds, drained)


if __name__ == "__main__":
    main()

"""`flask backup make` while readers write fifty times a second: is the archive whole, and does anybody have to wait?

    python -m bench.drills.backup_under_load                    the sample site, about 1 minute
    python -m bench.drills.backup_under_load --gigabyte         a database of 1 GB, about 4 minutes and 5 GB of disk

Contact messages come in through the server, fifty a second, before, during and after the backup. Counted: messages that
were answered before it began and are not in the archive; what `flask backup verify` says; how long writers stood still at
most; messages lost in the portal itself. With `--gigabyte` also the seconds until the archive is there, and until it was
tried out by a restore.
"""

import argparse
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPException
from itertools import pairwise
from pathlib import Path

from bench.drills import Promises, Server, fill, flask, message, scratch, serving, wait
from medportal.config import ROOT
from medportal.i18n import LANGUAGES

A_SECOND = 50
CLIENTS = 8
STANDSTILL = 5.0
"""What SQLite's patience is; longer, and a reader would be told to come back."""
GIGABYTE = 1000**3
MOST_SECONDS = 60


class Writers:
    """Fifty messages a second, each at its own moment, whatever the ones before are waiting for."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.answered: list[tuple[float, str]] = []
        self.refused = 0
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(CLIENTS)
        self._clock = threading.Thread(target=self._run)

    def start(self) -> None:
        self._clock.start()

    def stop(self) -> None:
        self._over.set()
        self._clock.join()
        self._pool.shutdown()

    def _run(self) -> None:
        began, sent = time.monotonic(), 0
        while not self._over.is_set():
            for number in range(sent, int((time.monotonic() - began) * A_SECOND)):
                self._pool.submit(self._send, number)
                sent = number + 1
            time.sleep(0.01)

    def _send(self, number: int) -> None:
        form = message(str(number))
        lang = list(LANGUAGES)[number % len(LANGUAGES)]
        try:
            fine = self.server.post(f"/{lang}/contact", form).status == 303
        except (OSError, HTTPException):
            fine = False
        if fine:
            self.answered.append((time.monotonic(), form["body"]))
        else:
            self.refused += 1

    def longest_gap(self, start: float, end: float) -> float:
        moments = [start, *(at for at, _ in sorted(self.answered) if start < at < end), end]
        return max(later - earlier for earlier, later in pairwise(moments))

    def between(self, start: float, end: float) -> int:
        return sum(start < at < end for at, _ in self.answered)


def grow(database: Path) -> None:
    """To a gigabyte, of messages made of the sample site's own words."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        words = " ".join(row[0] for row in connection.execute("SELECT html FROM part")).split()
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        while connection.execute("PRAGMA page_count").fetchone()[0] * size < GIGABYTE:
            with connection:
                connection.executemany(
                    "INSERT INTO message (kind, lang, name, email, body, state, sent_at) "
                    "VALUES ('contact', 'en', '', '', ?, 'done', datetime('now'))",
                    _letters(words, 2000),
                )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _letters(words: list[str], count: int) -> Iterator[tuple[str]]:
    for _ in range(count):
        start = random.randrange(len(words))
        yield (" ".join(random.sample(words, 40) + words[start : start + 400])[:5000],)


def back_up(folder: Path) -> tuple[float, float, float, Path]:
    """When it began; seconds until the archive was there, and until it had been tried out; the archive."""
    began = time.monotonic()
    command = [sys.executable, "-m", "flask", "backup", "make"]
    making = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def archives() -> list[Path]:
        return sorted((folder / "backups").glob("medportal-*.zip"))

    wait(lambda: bool(archives()) or making.poll() is not None, 600)
    there = time.monotonic() - began
    said = making.communicate(timeout=600)[0]
    if making.returncode:
        raise SystemExit(f"flask backup make failed:\n{said}")
    return began, there, time.monotonic() - began, archives()[-1]


def bodies(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT body FROM message WHERE body LIKE 'A message of a drill%'")
        return {row[0] for row in found}


def bodies_in(archive: Path, room: Path) -> set[str]:
    with zipfile.ZipFile(archive) as packed:
        return bodies(Path(packed.extract("database.sqlite", room)))


def report(
    promises: Promises, writers: Writers, began: float, there: float, tried: float, gigabyte: bool
) -> None:
    count = writers.between(began, began + tried)
    figures = f"{count / tried:.0f} a second while it was made and tried out; {writers.refused} refused"
    promises.note("writes", figures, f"{A_SECOND} a second, all", writers.refused == 0)
    gap = writers.longest_gap(began, began + tried)
    promises.note("longest standstill", f"{gap:.2f} s", f"under {STANDSTILL:.0f} s", gap < STANDSTILL)
    figures = f"there after {there:.1f} s, tried out after {tried:.1f} s"
    promises.note("the archive", figures, f"{MOST_SECONDS} s", there <= MOST_SECONDS or not gigabyte)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gigabyte", action="store_true")
    gigabyte = parser.parse_args().gigabyte
    promises = Promises()
    with scratch("backup") as folder:
        fill()
        database = folder / "medportal.db"
        if gigabyte:
            grow(database)
        size = database.stat().st_size / 1000**2
        print(f"  {size:,.0f} MB; {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}", flush=True)
        with serving(RATE_LIMITS="False") as server:
            writers = Writers(server)
            writers.start()
            try:
                wait(lambda: len(writers.answered) > 3 * A_SECOND, 60)
                before = {body for _, body in writers.answered}
                began, there, tried, archive = back_up(folder)
                time.sleep(1)
            finally:
                writers.stop()
        report(promises, writers, began, there, tried, gigabyte)
        verified = flask("backup", "verify", str(archive), fine=False)
        said = (verified.stdout or verified.stderr).strip()[:60]
        promises.note("flask backup verify", said, "whole", verified.returncode == 0)
        with tempfile.TemporaryDirectory(dir=folder) as room:
            kept = bodies_in(archive, Path(room))
        missing = len(before - kept)
        figures = f"{len(kept)} messages in it, {missing} missing of {len(before)} answered before"
        promises.note("complete", figures, "0 missing", missing == 0)
        lost = len({body for _, body in writers.answered} - bodies(database))
        promises.note("the portal itself", f"{lost} of {len(writers.answered)} lost", "0 lost", lost == 0)
    promises.end()


if __name__ == "__main__":
    main()

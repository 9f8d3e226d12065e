"""What accounts cost, what they give away, and what readers feel of it; each figure with its target and pass or fail.

    python -m bench.accounts

Prints, within 90 seconds:
    the time of one Argon2id hash as configured by default;
    how long sign-in, sign-up and "forgotten password" take for a known and for an unknown address;
    how many of fifty wrong passwords are looked at that fifty clients send at one moment;
    how long readers wait while nobody and while twenty people sign in, over and over, each on a new device.

The sample site in a temporary folder, served by gunicorn as `make run` does it; limits are off but for the third part.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from socket import socket
from threading import Barrier, Event
from typing import NoReturn
from urllib.parse import urlencode

from flask import Flask
from flask_migrate import upgrade

from medportal import create_app, passwords
from medportal.blueprints.accounts import services
from medportal.config import ROOT, SETTINGS
from medportal.extensions import db
from medportal.serve import PAGES_ALONE, SERVER

HASHES = 15
HASH_LEAST, HASH_MOST = 40, 120
TRIES = 30
TELLS_MS, TELLS_SHARE = 5, 0.15
AT_ONCE = 50
LOOKED_AT = 10
PEOPLE = 20
IDLE_SECONDS, BUSY_SECONDS = 10, 30
WAIT_MS = 120

KNOWN = 40
_failed: list[str] = []
PASSWORD = "correct horse battery"
WRONG = "incorrect horse battery"
PAGES = {"home": "/en/", "disease": "/en/diseases/type-2-diabetes"}
_new = count()


class Site:
    """The server, as its clients see it. Every request has a connection of its own."""

    def __init__(self, port: int, log: Path) -> None:
        self.port, self.log = port, log

    def get(self, path: str, encoding: str = "br, gzip") -> tuple[int, bytes]:
        return self._ask("GET", path, None, {"Accept-Encoding": encoding})

    def send(self, path: str, form: dict[str, str], claims: str = "") -> int:
        """A form as one of our own pages sends it; `claims` stands in X-Forwarded-For."""
        headers = {
            "Origin": f"http://127.0.0.1:{self.port}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        if claims:
            headers["X-Forwarded-For"] = claims
        return self._ask("POST", path, urlencode(form), headers)[0]

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def sign_in(self, email: str, password: str, claims: str = "") -> int:
        return self.send("/en/account/sign-in", {"email": email, "password": password}, claims)

    def locked_out(self) -> int:
        """How many requests gave up because another one was writing all the time."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return sum("database is locked" in entry for entry in lines)

    def stamp(self) -> str:
        """The moment at which a form was shown, and the two seconds that people need to fill it in."""
        page = self.get("/en/account/sign-up", "identity")[1].decode()
        found = re.search(r'name="ts" value="([^"]+)"', page)
        assert found, "the form has no stamp"
        time.sleep(2.1)
        return found[1]


def milliseconds(work: Callable[[], object], rounds: int) -> list[float]:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times)


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def use(folder: str) -> None:
    """From here on, for us and for what we start: this instance folder and no setting of whoever calls us."""
    for name in SETTINGS:
        os.environ.pop(name, None)
    os.environ |= {"MEDPORTAL_INSTANCE": folder, "LOG_LEVEL": "ERROR"}


def line(what: str, figures: str, target: str, fine: bool) -> None:
    """Print one; `finish` knows whether any was not fine."""
    if not fine:
        _failed.append(what)
    print(f"  {what:22}{figures:68}{target:26}{'pass' if fine else 'FAIL'}", flush=True)


def finish() -> NoReturn:
    """Last of all: the program's exit code says whether a line failed."""
    sys.exit(bool(_failed))


def others(answers: Counter[int], *usual: int) -> str:
    """ "2 with 500, 1 with 503", or "none otherwise"."""
    rest = [f"{n} with {status}" for status, n in sorted(answers.items()) if status not in usual]
    return ", ".join(rest) or "none otherwise"


@contextmanager
def serving(**settings: str) -> Iterator[Site]:
    """The portal on a port of its own, both workers awake."""
    port = free_port()
    environment = os.environ | PAGES_ALONE | settings | {"SITE_URL": f"http://127.0.0.1:{port}"}
    command = [sys.executable, *SERVER.split(), f"--bind=127.0.0.1:{port}"]
    log = Path(os.environ["MEDPORTAL_INSTANCE"], f"server-{port}.log")
    with log.open("wb") as file:
        server = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=file)
    try:
        site = Site(port, log)
        _wait_for(site, server)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(site.get, list(PAGES.values()) * 16))
        yield site
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(site: Site, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise SystemExit(f"the server ended before it answered:\n{site.log.read_text(encoding='utf-8')}")
        try:
            site.get("/healthz")
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server does not answer")


def address(number: int) -> str:
    """Of an account that is there."""
    return f"reader{number % KNOWN}@mail.example.com"


def nobody() -> str:
    """An address that nobody ever typed."""
    return f"nobody{next(_new)}@mail.example.com"


def fill(app: Flask) -> None:
    """The sample site and `KNOWN` accounts that share one password."""
    with app.app_context():
        upgrade()
    loaded = app.test_cli_runner().invoke(args=["demo", "load"])
    assert loaded.exit_code == 0, loaded.output
    with app.app_context():
        hashed = passwords.hash_of(PASSWORD)
        for number in range(KNOWN):
            services.add_user(address(number), hashed, name="", lang="en", role="member")
        db.session.commit()
        db.session.remove()


def cost_of_a_hash(app: Flask) -> None:
    print("One Argon2id hash", flush=True)
    with app.app_context():
        times = milliseconds(lambda: passwords.hash_of(PASSWORD), HASHES)
    median = statistics.median(times)
    figures = f"median {median:5.1f} ms of {HASHES}, {times[0]:.1f} to {times[-1]:.1f}"
    fine = HASH_LEAST <= median <= HASH_MOST
    line("default settings", figures, f"{HASH_LEAST} to {HASH_MOST} ms", fine)


def what_time_tells(site: Site) -> None:
    print(f"Known and unknown addresses, {TRIES} tries each, in turn", flush=True)
    stamp = site.stamp()

    def sign_in(email: str) -> int:
        return site.sign_in(email, WRONG)

    def sign_up(email: str) -> int:
        form = {"email": email, "password": "a calm unusual phrase", "ts": stamp}
        return site.send("/en/account/sign-up", form)

    def forgot(email: str) -> int:
        return site.send("/en/account/forgot", {"email": email, "ts": stamp})

    for name, work, status in (("sign-in", sign_in, 422), ("sign-up", sign_up, 303), ("forgot", forgot, 303)):
        _compare(name, work, status)


def _compare(name: str, work: Callable[[str], int], status: int) -> None:
    for number in range(6):  # both workers have done it once
        work(address(number))
        work(nobody())
    known: list[float] = []
    unknown: list[float] = []
    for number in range(TRIES):
        pair = [(known, address(number)), (unknown, nobody())]
        for times, email in pair if number % 2 else reversed(pair):
            times.append(_timed(work, email, status))
    here, there = statistics.median(known), statistics.median(unknown)
    apart = abs(here - there)
    figures = f"known {here:6.1f} ms, unknown {there:6.1f} ms, apart {apart:4.1f} ms ({apart / there:.0%})"
    target = f"< {TELLS_MS} ms or {TELLS_SHARE:.0%}"
    line(name, figures, target, apart < TELLS_MS or apart < TELLS_SHARE * there)


def _timed(work: Callable[[str], int], email: str, status: int) -> float:
    start = time.perf_counter()
    answered = work(email)
    took = (time.perf_counter() - start) * 1000
    assert answered == status, f"{email} was answered {answered}, not {status}"
    return took


def wrong_ones_looked_at(site: Site) -> None:
    print(f"{AT_ONCE} wrong passwords for one account at one moment, limits on", flush=True)
    start = Barrier(AT_ONCE)

    def one(number: int) -> int:
        start.wait()
        return site.sign_in(address(0), WRONG, claims=f"203.0.113.{number + 1}")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = Counter(pool.map(one, range(AT_ONCE)))
    looked, turned_away = answers[422], answers[429]
    figures = f"{looked} looked at (422), {turned_away} turned away (429), {others(answers, 422, 429)}"
    fine = 0 < looked <= LOOKED_AT and looked + turned_away == AT_ONCE
    line("50 claimed addresses", figures, f"at most {LOOKED_AT} looked at", fine)


def readers_beside_sign_ins(site: Site) -> None:
    print(f"One reader, one page after the other, while {PEOPLE} people sign in", flush=True)
    idle = _read(site, IDLE_SECONDS)
    done = Event()

    def sign_in(number: int) -> Counter[int]:
        answers: Counter[int] = Counter()
        while not done.is_set():
            answers[site.sign_in(address(number), PASSWORD)] += 1
        return answers

    with ThreadPoolExecutor(PEOPLE) as pool:
        people = [pool.submit(sign_in, number) for number in range(PEOPLE)]
        start = time.perf_counter()
        try:
            with ProcessPoolExecutor(
                1, get_context("spawn")
            ) as apart:  # not behind the others' interpreter lock
                busy = apart.submit(_read, site, BUSY_SECONDS).result()
        finally:
            done.set()
        answers = sum((person.result() for person in people), Counter[int]())
        took = time.perf_counter() - start
    for name in PAGES:
        _report(name, idle[name], busy[name])
    figures = f"{answers[303] / took:.1f} a second, {others(answers, 303)}"
    if locked := site.locked_out():
        figures += f" ({locked} found the database locked)"
    line("sign-ins meanwhile", figures, "none otherwise", answers.total() == answers[303])


def _read(site: Site, seconds: float) -> dict[str, list[float]]:
    """Milliseconds of each page, sorted."""
    times: dict[str, list[float]] = {name: [] for name in PAGES}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for name, path in PAGES.items():
            start = time.perf_counter()
            status, _ = site.get(path)
            times[name].append((time.perf_counter() - start) * 1000)
            assert status == 200, f"{path} answered {status}"
    return {name: sorted(found) for name, found in times.items()}


def _report(name: str, idle: list[float], busy: list[float]) -> None:
    before, meanwhile = _p99(idle), _p99(busy)
    figures = (
        f"p50 {statistics.median(idle):5.1f} -> {statistics.median(busy):5.1f} ms, "
        f"p99 {before:5.1f} -> {meanwhile:5.1f} ms ({len(idle)}, {len(busy)})"
    )
    line(name, figures, f"p99 at most +{WAIT_MS} ms", meanwhile <= before + WAIT_MS)


def _p99(times: list[float]) -> float:
    return times[int(len(times) * 0.99)]


def main() -> None:
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} processors, of which {load:.1f} were at work in the last minute")
    with tempfile.TemporaryDirectory(prefix="medportal-accounts-") as folder:
        use(folder)
        app = create_app()
        fill(app)
        cost_of_a_hash(app)
        with serving(RATE_LIMITS="False", SIGN_UP_BURST="100000") as site:
            what_time_tells(site)
        with serving() as site:
            wrong_ones_looked_at(site)
        with serving(RATE_LIMITS="False") as site:
            readers_beside_sign_ins(site)


if __name__ == "__main__":
    main()
    finish()

"""Voting flat out: `python -m bench.polls [SECONDS]` (30 unless told).

A portal in a temporary instance with the server's own two workers, 64 clients that vote as fast as they are answered,
each vote as somebody new. Every vote that was acknowledged must be in the tally, and nothing may answer 5xx. Limits
are off: all clients share one address.
"""

import os
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection, HTTPException

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from bench.accounts import finish, line, serving, use
from medportal import create_app
from medportal.blueprints.polls import services
from medportal.extensions import db
from medportal.i18n import LANGUAGES
from medportal.lib.dates import utc_now
from medportal.models.poll import PollChoice, Vote

CLIENTS = 64
SECONDS = 30


def make(app: Flask) -> tuple[int, list[int]]:
    """The numbers of an open poll and of its answers."""
    with app.app_context():
        upgrade()
        label = dict.fromkeys(LANGUAGES, "x")
        facts = services.Facts(
            question=label,
            opens_at=utc_now() - timedelta(days=1),
            closes_at=None,
            answers=[services.Answer(None, label) for _ in range(6)],
        )
        poll = services.add(facts, by="bench")
        db.session.commit()
        made = poll.id, [choice.id for choice in poll.choices]
        db.session.remove()
    return made


def client(port: int, poll: int, choices: list[int], number: int, until: float) -> Counter[str]:
    """Votes on one connection until the time is over; what it was answered."""
    answers: Counter[str] = Counter()
    headers = {"Origin": f"http://127.0.0.1:{port}", "Content-Type": "application/x-www-form-urlencoded"}
    lang = list(LANGUAGES)[number % len(LANGUAGES)]
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    while time.monotonic() < until:
        body = f"choice={choices[number % len(choices)]}"
        try:
            connection.request("POST", f"/{lang}/polls/{poll}/vote", body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            answers["broken"] += 1
            connection.close()
            continue
        done = answer.status == 303 and (answer.headers["Location"] or "").endswith("voted=1")
        answers["counted" if done else str(answer.status)] += 1
    connection.close()
    return answers


def tally(app: Flask) -> tuple[int, int]:
    """Votes counted, and people who voted."""
    with app.app_context():
        votes = db.session.scalar(sa.select(sa.func.sum(PollChoice.votes))) or 0
        people = db.session.scalar(sa.select(sa.func.count(Vote.id))) or 0
        db.session.remove()
    return votes, people


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} processors, of which {load:.1f} were at work in the last minute", flush=True)
    with tempfile.TemporaryDirectory(prefix="medportal-polls-") as folder:
        use(folder)
        app = create_app()
        poll, choices = make(app)
        with serving(RATE_LIMITS="False") as site:
            start, ready = time.monotonic(), threading.Barrier(CLIENTS)

            def one(number: int) -> Counter[str]:
                ready.wait()
                return client(site.port, poll, choices, number, start + seconds)

            with ThreadPoolExecutor(CLIENTS) as pool:
                answers = sum(pool.map(one, range(CLIENTS)), Counter[str]())
            took = time.monotonic() - start
        votes, people = tally(app)
    counted, failed = answers["counted"], sum(n for status, n in answers.items() if status.startswith("5"))
    print(f"{CLIENTS} clients for {took:.1f} s, each vote as somebody new", flush=True)
    line("rate", f"{counted / took:.0f} votes a second", "", True)
    figures = f"{counted} acknowledged, {votes} in the tally, {people} people"
    line("nothing lost", figures, "all the same", counted == votes == people)
    rest = {status: n for status, n in answers.items() if status != "counted"}
    line(
        "other answers",
        ", ".join(f"{n} {status}" for status, n in rest.items()) or "none",
        "no 5xx",
        not failed,
    )


if __name__ == "__main__":
    main()
    finish()

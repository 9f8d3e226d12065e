"""Kill -9 in the middle of parallel writes: is anything lost that was answered, and is the file whole?

    python -m bench.drills.killed                    20 kills, about 1 minute

Eight clients send contact messages, votes and subscriptions as fast as they are answered. Every other kill takes one
worker of the server, which must come back by itself; the others take the whole server at once, which is started again.
Counted: answered messages, votes and subscriptions that are not in the database afterwards; votes that the tally and the
list of voters tell apart; letters and their links, counted; what `PRAGMA integrity_check` says after each kill.
"""

import argparse
import os
import random
import signal
import sqlite3
import threading
import time
from contextlib import closing
from http.client import HTTPException
from pathlib import Path

from bench.drills import Answer, Promises, Server, fill, message, open_poll, scratch, serving, wait
from medportal.i18n import LANGUAGES

CLIENTS = 8
BETWEEN = (0.3, 1.5)


class Clients:
    """Write until they are told to stop; keep in mind what was answered as done."""

    def __init__(self, server: Server, poll: int, choice: int) -> None:
        self.server, self.poll, self.choice = server, poll, choice
        self.messages: set[str] = set()
        self.readers: set[str] = set()
        self.votes = self.broken = 0
        self.strange: set[int] = set()
        self._number = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._write) for _ in range(CLIENTS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def answered(self) -> int:
        return len(self.messages) + len(self.readers) + self.votes

    def _write(self) -> None:
        while not self._over.is_set():
            with self._lock:
                self._number += 1
                number = self._number
            try:
                self._send(number, list(LANGUAGES)[number % len(LANGUAGES)])
            except (OSError, HTTPException):
                self.broken += 1
                time.sleep(0.05)

    def _send(self, number: int, lang: str) -> None:
        match number % 3:
            case 0:
                form = message(str(number))
                if self._done(self.server.post(f"/{lang}/contact", form)):
                    self.messages.add(form["body"])
            case 1:
                answer = self.server.post(f"/{lang}/polls/{self.poll}/vote", {"choice": str(self.choice)})
                if self._done(answer) and str(answer.headers["Location"]).endswith("voted=1"):
                    with self._lock:
                        self.votes += 1
            case _:
                email = f"reader{number}@mail.example.com"
                form = {"email": email, "kinds": "disease", "language": lang, "frequency": "weekly"}
                if self._done(self.server.post(f"/{lang}/subscriptions/", form)):
                    self.readers.add(email)

    def _done(self, answer: Answer) -> bool:
        if answer.status not in (303, 503):  # 503: another one wrote for more than five seconds
            self.strange.add(answer.status)
        return answer.status == 303


def kill_a_worker(server: Server) -> bool:
    """Whether the server has two workers again, without any help."""
    before = server.workers()
    os.kill(random.choice(before), signal.SIGKILL)
    return wait(lambda: len(server.workers()) == len(before) and set(server.workers()) != set(before), 30)


def kill_all(server: Server) -> bool:
    server.kill()
    server.start()
    return True


def integrity(database: Path) -> str:
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        return str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])


def look(promises: Promises, database: Path, clients: Clients) -> None:
    with closing(sqlite3.connect(database)) as connection:

        def every(query: str) -> set[str]:
            return {str(row[0]) for row in connection.execute(query)}

        def number(query: str) -> int:
            return int(connection.execute(query).fetchone()[0])

        lost = clients.messages - every("SELECT body FROM message")
        unknown = clients.readers - every("SELECT recipient FROM outbox WHERE template = 'subscribe'")
        links = number("SELECT count(*) FROM token WHERE purpose = 'subscribe'")
        letters = number("SELECT count(*) FROM outbox WHERE template = 'subscribe'")
        people = number(f"SELECT count(*) FROM vote WHERE poll_id = {clients.poll}")
        tally = number(f"SELECT sum(votes) FROM poll_choice WHERE poll_id = {clients.poll}")
    promises.note("messages", f"{len(clients.messages)} answered, {len(lost)} lost", "0 lost", not lost)
    figures = f"{len(clients.readers)} answered, {len(unknown)} lost, {letters} letters, {links} links"
    promises.note("subscriptions", figures, "0 lost, as many", not unknown and letters == links)
    figures = f"{clients.votes} answered, {people} voters, {tally} counted"
    promises.note("votes", figures, "all, and the same", clients.votes <= people == tally)
    figures = f"{clients.broken} requests broken off; other answers: {sorted(clients.strange) or 'none'}"
    promises.note("answers", figures, "303, or none", not clients.strange)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20)
    kills = parser.parse_args().kills
    promises = Promises()
    with scratch("killed") as folder:
        fill()
        database = folder / "medportal.db"
        with closing(sqlite3.connect(database)) as connection, connection:
            poll, choice = open_poll(connection)
            connection.execute("UPDATE poll_choice SET votes = 0")
            connection.execute("DELETE FROM vote")
        with serving(RATE_LIMITS="False", SIGN_UP_BURST="1000000") as server:
            clients = Clients(server, poll, choice)
            clients.start()
            whole, back = [], []
            try:
                for turn in range(kills):
                    before = clients.answered
                    wait(lambda least=before + 5: clients.answered >= least, 30)
                    time.sleep(random.uniform(*BETWEEN))
                    back.append((kill_all if turn % 2 else kill_a_worker)(server))
                    whole.append(integrity(database))
            finally:
                clients.stop()
        figures = f"{kills} kills, back after {sum(back)}"
        promises.note("the server", figures, "back each time", all(back) and len(back) == kills)
        figures = f"ok after {whole.count('ok')} kills"
        promises.note("integrity_check", figures, f"ok after {kills}", whole.count("ok") == kills)
        look(promises, database, clients)
    promises.end()


if __name__ == "__main__":
    main()

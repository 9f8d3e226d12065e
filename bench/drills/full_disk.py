"""The disk of the instance runs full, and is set read-only by the kernel: reading goes on, saving is refused kindly.

    sudo env "PATH=$PATH" python -m bench.drills.full_disk                    about 2 minutes

The instance lies on a small ext4 image of its own, which only root can mount; without that the drill is skipped and says
so. The server and the jobs program run all the time, and a member is signed in. Counted, while the disk is full and while
it is read-only: pages, among them a member's own, that are not 200; forms that are not a 503 in words of the reader's
language; /healthz other than 503. After room was made: forms that are not saved without any restart. In the end: saved
messages that are lost, and what SQLite says of the file. A restart on a full disk is tried too.
"""

import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from flask_babel import force_locale, gettext

from bench.accounts import PASSWORD, use
from bench.drills import Answer, Promises, Server, fill, message, open_poll, serving, wait
from medportal import create_app, passwords
from medportal.blueprints.accounts import services as accounts
from medportal.config import ROOT
from medportal.extensions import db
from medportal.i18n import LANGUAGES

MEGABYTES = 96
EMAIL = "reader@mail.example.com"
PAGES = (
    "",
    "diseases/",
    "search?q=diabetes",
    "polls/",
    "contact",
    "subscriptions/",
)


class Disk:
    def __init__(self, folder: Path) -> None:
        self.image, self.root = folder / "image", folder / "disk"
        self.root.mkdir()
        with self.image.open("wb") as file:
            file.truncate(MEGABYTES * 1024 * 1024)
        _run("mkfs.ext4", "-q", "-m", "0", str(self.image))

    def mount(self) -> None:
        _run("mount", "-o", "loop,errors=remount-ro", str(self.image), str(self.root))

    def unmount(self) -> None:
        if os.path.ismount(self.root):
            _run("umount", str(self.root))

    def run_full(self, database: Path) -> None:
        """To the last byte. What SQLite keeps beside the database would otherwise take some more writes."""
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        handle = os.open(self.root / "filler", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    os.write(handle, b"x" * size)
            except OSError:
                os.fsync(handle)
        os.close(handle)

    def make_room(self) -> None:
        (self.root / "filler").unlink()

    def fail(self) -> None:
        """As the kernel does when a disk answers with errors: read-only from one moment to the next."""
        subprocess.run(["mount", "-o", "remount,abort", str(self.root)], check=False, capture_output=True)

    def mend(self) -> None:
        self.unmount()
        subprocess.run(["e2fsck", "-fy", str(self.image)], check=False, capture_output=True)
        self.mount()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def a_disk() -> Iterator[Disk | None]:
    with tempfile.TemporaryDirectory(prefix="medportal-full-") as folder:
        try:
            disk = Disk(Path(folder))
            disk.mount()
        except (OSError, subprocess.CalledProcessError):
            yield None
            return
        try:
            yield disk
        finally:
            disk.unmount()


class Reader:
    """Who reads, writes and is signed in; keeps in mind what was saved."""

    def __init__(self, server: Server, database: Path) -> None:
        self.server, self.database = server, database
        self.saved: list[str] = []
        self.cookie = self.stamp = ""
        self._number = 0
        with closing(sqlite3.connect(database)) as connection:
            self.poll, self.choice = open_poll(connection)

    def sign_in(self) -> None:
        answer = self.server.post("/en/account/sign-in", {"email": EMAIL, "password": PASSWORD})
        self.cookie = answer.cookies
        found = re.search(r'name="ts" value="([^"]+)"', self.server.get("/en/account/forgot").text)
        assert answer.status == 303
        assert found
        self.stamp = found[1]
        time.sleep(2.1)  # people need so long to fill in a form

    def was_away(self) -> None:
        """So long that the next visit is noted down, which needs a write."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute("UPDATE user_session SET seen_at = datetime(seen_at, '-20 minutes')")

    def pages(self) -> Counter[str]:
        found = Counter(
            f"{self.server.get(f'/{lang}/{path}').status}"
            for _ in range(3)
            for lang in LANGUAGES
            for path in PAGES
        )
        for lang in LANGUAGES:
            found[f"own {self.server.get(f'/{lang}/account/', Cookie=self.cookie).status}"] += 1
        return found

    def forms(self) -> Counter[str]:
        """Status of every kind of form, and "unkind" where a refusal does not say in the reader's language what is."""
        found: Counter[str] = Counter()
        for _ in range(3):
            for lang in LANGUAGES:
                for answer in self._send(lang):
                    found[str(answer.status)] += 1
                    if answer.status == 503 and not _is_kind(answer, lang):
                        found["unkind"] += 1
        return found

    def _send(self, lang: str) -> Iterator[Answer]:
        self._number += 1
        words = f"{self._number} of {lang}"
        answer = self.server.post(f"/{lang}/contact", message(words))
        if answer.status == 303:
            self.saved.append(message(words)["body"])
        yield answer
        yield self.server.post(f"/{lang}/polls/{self.poll}/vote", {"choice": str(self.choice)})
        yield self.server.post(f"/{lang}/account/forgot", {"email": EMAIL, "ts": self.stamp})
        yield self.server.post(f"/{lang}/account/sign-in", {"email": EMAIL, "password": PASSWORD})

    def lost(self) -> int:
        with closing(sqlite3.connect(self.database)) as connection:
            there = {row[0] for row in connection.execute("SELECT body FROM message")}
        return len(set(self.saved) - there)

    def said_of_file(self) -> str:
        with closing(sqlite3.connect(self.database)) as connection:
            return str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])


_kind: dict[str, str] = {}


def _is_kind(answer: Answer, lang: str) -> bool:
    return _kind[lang] in answer.text and answer.headers["Retry-After"] is not None


def prepare() -> None:
    fill()
    app = create_app({"LOG_LEVEL": "ERROR"})
    with app.test_request_context():
        for lang, language in LANGUAGES.items():
            with force_locale(str(language.locale)):
                _kind[lang] = gettext("The portal cannot save at the moment")
    with app.app_context():
        accounts.add_user(EMAIL, passwords.hash_of(PASSWORD), name="", lang="en", role="member")
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


@contextmanager
def jobs_loop() -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "flask", "jobs", "run", "--loop"]
    loop = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield loop
    finally:
        loop.kill()
        loop.wait()


def refuses(promises: Promises, reader: Reader, when: str) -> None:
    pages, forms = reader.pages(), reader.forms()
    fine = all(key.removeprefix("own ") == "200" for key in pages)
    promises.note(f"{when}: pages", _said(pages), "200 only", fine)
    promises.note(f"{when}: forms", _said(forms), "503 only, kindly", set(forms) == {"503"})
    healthz = reader.server.get("/healthz").status
    promises.note(f"{when}: /healthz", str(healthz), "503", healthz == 503)


def saves(promises: Promises, reader: Reader, when: str) -> None:
    wait(lambda: reader.server.get("/healthz").status == 200, 10)
    forms, healthz = reader.forms(), reader.server.get("/healthz").status
    fine = set(forms) == {"303"} and healthz == 200
    promises.note(when, f"forms {_said(forms)}; /healthz {healthz}", "saved", fine)


def whole(promises: Promises, reader: Reader, when: str) -> None:
    lost, said = reader.lost(), reader.said_of_file()
    figures = f"{lost} of {len(reader.saved)} saved messages lost; {said}"
    promises.note(when, figures, "0 lost; ok", lost == 0 and said == "ok")


def _said(found: Counter[str]) -> str:
    return ", ".join(f"{count} x {answer}" for answer, count in sorted(found.items()))


def runs_full(promises: Promises, disk: Disk, database: Path) -> None:
    with jobs_loop() as loop:
        with serving(RATE_LIMITS="False") as server:
            reader = Reader(server, database)
            reader.sign_in()
            saves(promises, reader, "before")
            reader.was_away()
            disk.run_full(database)
            refuses(promises, reader, "full")
            disk.make_room()
            saves(promises, reader, "room again")
            promises.note("the member", _said(reader.pages()), "still in", _all_200(reader.pages))
            disk.run_full(database)
            server.stop()
            server.start()
            refuses(promises, reader, "restart when full")
            disk.make_room()
            saves(promises, reader, "room again")
        alive = loop.poll() is None
        promises.note(
            "the jobs program", "goes on" if alive else f"ended: {loop.returncode}", "goes on", alive
        )
        whole(promises, reader, "in the end")


def _all_200(pages: Callable[[], Counter[str]]) -> bool:
    return all(key.removeprefix("own ") == "200" for key in pages())


def fails(promises: Promises, disk: Disk, database: Path) -> None:
    with jobs_loop() as loop:
        with serving(RATE_LIMITS="False") as server:
            reader = Reader(server, database)
            reader.sign_in()
            saves(promises, reader, "before")
            reader.was_away()
            disk.fail()
            refuses(promises, reader, "read-only")
            alive = loop.poll() is None
        figures = "goes on" if alive else f"ended: {loop.returncode}"
        promises.note("the jobs program", figures, "goes on", alive)
    disk.mend()
    whole(promises, reader, "disk mended")
    with serving(RATE_LIMITS="False") as server:
        reader.server = server
        saves(promises, reader, "started again")


def main() -> None:
    promises = Promises()
    with a_disk() as disk:
        if disk is None:
            promises.skip("full disk", "only root may mount a small disk (loop device, ext4)")
            promises.end()
            return
        instance = disk.root / "instance"
        use(str(instance))
        prepare()
        runs_full(promises, disk, instance / "medportal.db")
        fails(promises, disk, instance / "medportal.db")
    promises.end()


if __name__ == "__main__":
    main()

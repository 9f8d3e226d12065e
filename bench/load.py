"""Many readers at once: is every page right and new, how long do they wait, and what does the server need?

    python -m bench.load                        three minutes, on 2,000 made-up texts
    WEB_CONCURRENCY=1 python -m bench.load      as on a machine with little memory

1. 64 connections for 20 seconds over all public pages and searches while an editor saves once a second: no error, no page
   older than a second, memory flat.
2. Kept pages only, 16 connections, nobody saves: p99.
3. One worker of two is killed with SIGKILL under load: who else loses an answer?
4. Memory of web and jobs with the page cache full; seconds from the start to the first page.
"""

import compileall
import os
import random
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import quote, urlencode

import sqlalchemy as sa
from flask_migrate import upgrade

from bench.accounts import finish, line, use
from bench.client import Answer, Run, get, hammer
from bench.pages import PASSWORD
from bench.server import Server, pss
from medportal import create_app, passwords
from medportal.blueprints.accounts import services as accounts
from medportal.blueprints.content import services
from medportal.blueprints.editing import services as editing
from medportal.config import ROOT
from medportal.content_types import KINDS
from medportal.demo import loader, scale
from medportal.extensions import db
from medportal.models.listing import Listing
from medportal.models.taxonomy import Category

WORKERS = int(os.environ.get("WEB_CONCURRENCY", "2"))
SECONDS = 20
STALE = 1.0
P99_MS = 15
PSS_MB = 320
COLD_SECONDS = 1.5
SEARCHES = ("diabetes", "السكري", "ارتفاع ضغط الدم", "asthma cough", "fever")
EDITED = f"/en/{KINDS['page'].path}/page-0"


def prepare(texts: int) -> tuple[list[str], int]:
    """The addresses of all public pages, and the number of the page that the editor changes."""
    app = create_app({"LOG_LEVEL": "ERROR"})
    with app.app_context():
        upgrade()
        loader.load()
        db.session.commit()
        scale.fill(texts, echo=lambda _line: None)
        accounts.add_user("bench@example.org", passwords.hash_of(PASSWORD), name="", lang="en", role="owner")
        content = editing.begin("page", {"en": "Page 0"}, source_lang="en", by="bench")
        services.publish(content.texts[0], by="bench")
        number = content.id
        db.session.commit()
        return _addresses(), number


def _addresses() -> list[str]:
    found = []
    for lang in ("ar", "en"):
        found += [f"/{lang}/", f"/{lang}/categories/", f"/{lang}/consultants/", f"/{lang}/polls/"]
        found += [f"/{lang}/{kind.path}/" for kind in KINDS.values() if kind.listed]
        found += [f"/{lang}/categories/{slug}" for slug in db.session.scalars(sa.select(Category.slug))]
        rows = db.session.execute(
            sa.select(Listing.kind, Listing.slug).where(
                Listing.lang == lang, Listing.own, Listing.kind != "page"
            )
        )
        found += [f"/{lang}/{KINDS[row.kind].path}/{quote(row.slug)}" for row in rows]
    db.session.rollback()
    return found


class Editor(threading.Thread):
    """Saves the page once a second; `saved` is what was answered: (moment, number)."""

    def __init__(self, port: int, number: int) -> None:
        super().__init__(daemon=True)
        self.port, self.number = port, number
        self.saved: list[tuple[float, int]] = []
        self.over = threading.Event()
        self.cookie = ""

    def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Sec-Fetch-Site": "same-origin", "Cookie": self.cookie}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, urlencode(form) if form is not None else None, headers)
        answer = connection.getresponse()
        cookies = "; ".join(answer.headers.get_all("Set-Cookie", []))
        return answer.status, answer.read().decode(), cookies

    def run(self) -> None:
        form = {"email": "bench@example.org", "password": PASSWORD}
        status, _, cookies = self._ask("POST", "/en/account/sign-in", form)
        assert status == 303, status
        found = re.search(r"sid=[^;]+", cookies)
        assert found
        self.cookie = found[0]
        path, number = f"/en/admin/texts/{self.number}", 0
        while not self.over.wait(1):
            number += 1
            page = self._ask("GET", path)[1]
            token, base = (re.search(rf'name="{n}" value="([^"]*)"', page) for n in ("csrf_token", "base-en"))
            assert token, page[:500]
            assert base, page[:500]
            sent = {
                "csrf_token": token[1],
                "base-en": base[1],
                "en-title": f"Page {number}",
                "en-slug": EDITED.rsplit("/", 1)[1],
                "en-made": "written",
                "en-body_0": f"<p>Words {number}.</p>",
                "en-body_state": "written",
            }
            status, answer, _ = self._ask("POST", path, sent)
            assert status == 303, (status, answer[-2000:])
            self.saved.append((time.monotonic(), number))


def everything(addresses: list[str]) -> Iterator[bytes]:
    """All pages in an order of chance, every tenth a search, every twentieth the page that changes."""
    dice = random.Random(3)  # no secret
    while True:
        for _ in range(20):
            yield get(dice.choice(addresses), Accept_Encoding="br, gzip")
        for _ in range(2):
            yield get(f"/{dice.choice(('ar', 'en'))}/search?q={quote(dice.choice(SEARCHES))}")
        yield get(EDITED)


def mixed(addresses: list[str], number: int) -> None:
    with Server("wsgi:app", {"RATE_LIMITS": "False", "STAFF_2FA": "optional"}, "/en/") as server:
        hammer(
            server.port, everything(addresses), connections=64, seconds=10
        )  # warm, and the cache filled once
        before = sum(pss(process) for process in server.processes())
        editor, late = Editor(server.port, number), [0.0]

        def look(answer: Answer) -> None:
            if EDITED.encode() in answer.request:
                shown = int(re.search(rb"<h1>Page (\d+)</h1>", answer.body)[1])  # type: ignore[index]
                missed = [at for at, saved in editor.saved if saved > shown and at < answer.sent]
                late[0] = max([late[0], *(answer.sent - at for at in missed)])

        editor.start()
        run = hammer(server.port, everything(addresses), connections=64, seconds=SECONDS, look=look)
        editor.over.set()
        editor.join()
        after = sum(pss(process) for process in server.processes())
    wrong = {status: n for status, n in run.statuses.items() if status != 200}
    figures = f"{run.answers / run.seconds:.0f} pages/s, {len(editor.saved)} saves, p50 {run.percentile(0.5):.0f} ms, "
    figures += f"p99 {run.percentile(0.99):.0f} ms, errors {wrong or 0}, broken {run.broken}"
    line("64 readers, an editor", figures, "no error", not wrong and not run.broken)
    line("oldest page seen", f"{late[0]:.2f} s after a newer one was saved", f"{STALE} s", late[0] <= STALE)
    line("memory", f"{before:.0f} MB, then {after:.0f} MB", "flat (+10 %)", after <= before * 1.1)


def kept_only(addresses: list[str]) -> None:
    few = [get(path, Accept_Encoding="br, gzip") for path in addresses[:40]]
    with Server("wsgi:app", {}, "/en/") as server:
        hammer(server.port, few * 10, connections=16)
        run = hammer(server.port, _again(few), connections=16, seconds=SECONDS)
    figures = f"{run.answers / run.seconds:.0f} pages/s, p50 {run.percentile(0.5):.1f} ms, p99 {run.percentile(0.99):.1f} ms"
    line(
        "kept pages",
        figures,
        f"p99 {P99_MS} ms",
        run.percentile(0.99) <= P99_MS and set(run.statuses) == {200},
    )


def _again(requests: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests


def killed(addresses: list[str]) -> None:
    few = [get(path) for path in addresses[:40]]
    with Server("wsgi:app", {}, "/en/") as server:
        hammer(server.port, few * 4, connections=16)
        victim = server.processes()[1]
        held = [0]

        def kill() -> None:
            listing = subprocess.run(
                ["ss", "-Htnp", "state", "established"],
                capture_output=True,
                check=True,
                text=True,
            )
            held[0] = sum(f"pid={victim}," in entry for entry in listing.stdout.splitlines())
            os.kill(victim, signal.SIGKILL)

        timer = threading.Timer(3, kill)
        timer.start()
        run: Run = hammer(server.port, _again(few), connections=32, seconds=8)
        timer.join()
    figures = f"{run.answers} answers, {run.broken} broken; the worker held {held[0]} connections"
    fine = run.broken <= max(held[0], 32) and set(run.statuses) == {200}
    line("a worker killed", figures, "its own only", fine)


def memory(addresses: list[str]) -> None:
    """64 MB of kept pages in all."""
    with Server("wsgi:app", {"PAGE_CACHE_MB": str(64 // WORKERS), "WEB_JOBS": "1"}, "/en/") as server:
        hammer(server.port, [get(path, Accept_Encoding="br, gzip") for path in addresses * 3], connections=16)
        time.sleep(3)
        every = [pss(process) for process in server.processes()]
        first = server.seconds_to_first_answer
    figures = f"{sum(every):.0f} MB: the first process {every[0]:.0f}, jobs {every[1]:.0f}, pages {sum(every[2:]):.0f}"
    line("memory, cache full", figures, f"{PSS_MB} MB", sum(every) <= PSS_MB)
    line("cold start", f"{first:.2f} s to the first page", f"{COLD_SECONDS} s", first <= COLD_SECONDS)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        use(folder)
        compileall.compile_dir(str(ROOT / "medportal"), quiet=1)  # as an installed portal is
        addresses, number = prepare(2000)
        print(f"{len(addresses)} pages, {WORKERS} workers")
        mixed(addresses, number)
        kept_only(addresses)
        killed(addresses)
        memory(addresses)


if __name__ == "__main__":
    main()
    finish()

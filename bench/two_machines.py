"""The looks of `bench/two_machines.sh`, which starts this on a PostgreSQL of its own. Each prints pass or FAIL."""

import http.client
import io
import os
import re
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from PIL import Image

from bench import crowd
from bench.accounts import finish, free_port, line, use
from medportal import create_app, mail, passwords
from medportal.blueprints.accounts import services as accounts
from medportal.blueprints.content import services
from medportal.blueprints.editing import services as editing
from medportal.config import ROOT
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.digest import Delivery
from medportal.models.outbox import MailState, Outbox
from medportal.search import glossary
from medportal.serve import PAGES_ALONE, SERVER
from tests.sink import Sink, smtp_sink

EMAIL, PASSWORD = "bench@example.org", "a bench phrase that is long"
SAVES = 20
LETTERS = 500
CONNECTIONS = 2
PATIENCE = 240.0
READERS = 8
FORM = 5030
"""Our mark for a form that was answered with 503: "try again". A page is asked of the other machine instead."""
PATHS = ("/en/", "/ar/", "/en/diseases/", "/en/search?q=heart", "/en/pages/bench")


class TimedSink(Sink):
    """`moments`: when which address got something."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[tuple[str, float]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.moments += [(address, time.monotonic()) for address in envelope.rcpt_tos]
        return await super().handle_DATA(server, session, envelope)


class Door:
    """Where one knocks: a machine's own port, or the proxy. Cookies are the caller's."""

    def __init__(self, port: int, site: str, *, proxy: bool = False) -> None:
        self.port, self.site = port, site
        self.headers = {"Host": site.removeprefix("http://")}
        if not proxy:  # as the proxy would set them
            self.headers |= {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "http"}
            self.headers["X-Forwarded-Host"] = self.headers["Host"]

    def ask(
        self, path: str, cookie: str = "", form: dict[str, str] | None = None
    ) -> tuple[int, str, http.client.HTTPMessage]:
        if form is None:
            return self._ask("GET", path, None, {"Cookie": cookie})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        return self._ask("POST", path, urlencode(form).encode(), headers)

    def post(self, path: str, cookie: str, body: bytes, kind: str) -> int:
        return self._ask("POST", path, body, {"Cookie": cookie, "Content-Type": kind})[0]

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, str, http.client.HTTPMessage]:
        headers = self.headers | {name: value for name, value in headers.items() if value}
        if body is not None:
            headers["Origin"] = self.site
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace"), answer.headers
        finally:
            connection.close()

    def status(self, path: str, cookie: str = "") -> int:
        return self.ask(path, cookie)[0]

    def sign_in(self, password: str = PASSWORD) -> tuple[int, str]:
        """The status, and the cookie."""
        form = {"email": EMAIL, "password": password}
        status, _, headers = self.ask("/en/account/sign-in", form=form)
        return status, "; ".join(entry.split(";")[0] for entry in headers.get_all("Set-Cookie", []))

    def token(self, cookie: str, path: str = "/en/account/") -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.ask(path, cookie)[1])
        assert found, f"no token on {path}"
        return found[1]


class Machine:
    """A web server and a jobs program with an instance folder of their own."""

    def __init__(self, name: str, room: Path, site: str, settings: dict[str, str]) -> None:
        self.instance = room / name
        self.instance.mkdir(mode=0o700)
        (self.instance / "media").symlink_to(room / "media")
        self.door = Door(free_port(), site)
        self.settings = os.environ | PAGES_ALONE | settings | {"MEDPORTAL_INSTANCE": str(self.instance)}
        self.settings["LOG_LEVEL"] = "WARNING"
        self.web = self.serve()
        self.jobs: subprocess.Popen[bytes] | None = None

    def serve(self) -> subprocess.Popen[bytes]:
        command = [*SERVER.split(), f"--bind=127.0.0.1:{self.door.port}"]
        return self._start(command, "web.log")

    def work(self) -> subprocess.Popen[bytes]:
        return self._start(["-m", "flask", "jobs", "run", "--loop"], "jobs.log")

    def _start(self, command: list[str], log: str) -> subprocess.Popen[bytes]:
        with (self.instance / log).open("ab") as file:
            return subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self.settings,
                stderr=file,
                stdout=file,
                start_new_session=True,
            )

    def restart(self, how: signal.Signals) -> None:
        """As systemd does it: what is left of a killed service goes with it."""
        self.web.send_signal(how)
        self.web.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(self.web.pid, signal.SIGKILL)
        time.sleep(1)
        self.web = self.serve()
        assert wait(lambda: answers(self.door), 30), self.log("web.log")

    def log(self, name: str) -> str:
        return (self.instance / name).read_text(encoding="utf-8", errors="replace")

    def end(self) -> None:
        ours = [process for process in (self.web, self.jobs) if process]
        for process in ours:
            process.terminate()
        for process in ours:
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()


@contextmanager
def proxy(room: Path, port: int, machines: list[Machine]) -> Iterator[None]:
    """nginx with deploy/nginx.conf, but for ports, paths and the two of them."""
    ours = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    both = "\n".join(f"    server 127.0.0.1:{machine.door.port} fail_timeout=1s;" for machine in machines)
    for old, new in (
        ("    server 127.0.0.1:8000 fail_timeout=1s;", both),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("    listen [::]:80;\n", ""),
        ("server_name portal.example;", "server_name _;"),
        ("/var/log/nginx/medportal.log", str(room / "access.log")),
    ):
        assert old in ours, old
        ours = ours.replace(old, new)
    paths = "".join(
        f"{name}_temp_path {room}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"daemon off;\npid {room}/nginx.pid;\nerror_log {room}/nginx.log;\nevents {{}}\nhttp {{\n{paths}{ours}}}\n"
    # Host with its port, since this one does not listen on 80
    file = room / "nginx.conf"
    file.write_text(whole.replace("$host;", "$http_host;"), encoding="utf-8")
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program
    nginx = subprocess.Popen([program, "-c", str(file), "-e", str(room / "nginx.log")])
    try:
        yield
    finally:
        nginx.terminate()
        nginx.wait(10)


def fill(app: Flask) -> None:
    with app.app_context():
        upgrade()
        content = editing.begin("page", {"en": "Page 0"}, source_lang="en", by="bench")
        (text,) = content.texts
        text.slug = "bench"
        services.publish(text, by="bench")
        accounts.add_user(EMAIL, passwords.hash_of(PASSWORD), name="", lang="en", role="owner")
        glossary.load()
        db.session.commit()
        db.session.remove()


def wait(until: Callable[[], bool], patience: float = PATIENCE) -> bool:
    end = time.monotonic() + patience
    while not until():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def answers(door: Door, path: str = "/healthz") -> bool:
    try:
        return door.status(path) == 200
    except OSError:
        return False


# What is looked at


def changes(a: Machine, b: Machine, content: int) -> None:
    """Saved via one, asked of both all the time."""
    _, cookie = a.door.sign_in()
    address = f"/en/admin/texts/{content}"
    delays = []
    with ThreadPoolExecutor(16) as pool:  # every worker has made the page once
        list(pool.map(lambda n: (a, b)[n % 2].door.ask("/en/pages/bench"), range(64)))
    for number in range(1, SAVES + 1):
        via, name = (a, b)[number % 2], f"Bench page {number}"
        page = via.door.ask(address, cookie)[1]
        base = re.search(r'name="base-en"[^>]*value="(\d+)"', page)
        assert base, "the editor has no base"
        form = {"csrf_token": via.door.token(cookie, address), "base-en": base[1], "en-title": name}
        form |= {"en-slug": "bench", "en-made": "written", "en-body_state": "written"}
        status, _, _ = via.door.ask(address, cookie, form | {"en-body_0": f"<p>Words {number}.</p>"})
        assert status == 303, status
        saved = time.monotonic()
        for machine in (a, b):
            seen = wait(lambda m=machine, n=name: f">{n}<" in m.door.ask("/en/pages/bench")[1], 5)
            delays.append(time.monotonic() - saved if seen else float("inf"))
    figures = f"{SAVES} saves via both in turn, longest {max(delays):.2f} s, median {statistics.median(delays):.2f} s"
    line("a change is seen", figures, "within 1 s on both", max(delays) <= 1)


def sessions(a: Machine, b: Machine) -> None:
    _, cookie = a.door.sign_in()
    there = b.door.status("/en/account/", cookie)
    out = a.door.ask("/en/account/sign-out", cookie, {"csrf_token": a.door.token(cookie)})[0]
    after = b.door.status("/en/account/", cookie)
    figures = f"in via A: {there} on B; out via A ({out}): {after} on B"
    line("sessions", figures, "200, then turned away", there == 200 and out == 303 and after != 200)


def limits(a: Machine, b: Machine) -> None:
    """Forty at one moment, from forty addresses, half of them to each."""

    def one(number: int) -> int:
        door = Door((a, b)[number % 2].door.port, a.door.site)
        door.headers["X-Forwarded-For"] = f"203.0.113.{number + 1}"
        return door.sign_in("not the phrase at all")[0]

    with ThreadPoolExecutor(40) as pool:
        seen = Counter(pool.map(one, range(40)))
    figures = f"{seen[422]} of 40 looked at, {seen[429]} turned away"
    line("wrong passwords", figures, "at most 10 looked at", 0 < seen[422] <= 10 and sum(seen.values()) == 40)


def pictures(a: Machine, b: Machine) -> None:
    """Sent to one, asked of both: they have one folder."""
    _, cookie = a.door.sign_in()
    made = io.BytesIO()
    Image.new("RGB", (1200, 800), (180, 40, 40)).save(made, "PNG")
    form = {"csrf_token": a.door.token(cookie), "alt_en": "A square", "alt_ar": "A square"}
    form |= {"source": "Our drawing", "licence": "CC BY 4.0"}
    parts = [(f'name="{name}"', value.encode()) for name, value in form.items()]
    parts.append(('name="files"; filename="a.png"\r\nContent-Type: image/png', made.getvalue()))
    body = b"".join(
        b"--edge\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + value + b"\r\n"
        for head, value in parts
    )
    kind = "multipart/form-data; boundary=edge"
    sent = a.door.post("/en/admin/pictures/new", cookie, body + b"--edge--\r\n", kind)
    found = re.search(r"/media/[^\"\s,]+", b.door.ask("/en/admin/pictures/1", cookie)[1])
    seen = [machine.door.status(found[0]) for machine in (a, b)] if found else []
    line("pictures", f"sent to A ({sent}): {seen} on A and B", "on both", seen == [200, 200])


def mails(app: Flask, a: Machine, b: Machine, sink: TimedSink, happened: crowd.Happened) -> None:
    """A digest and as many letters of the outbox, by both loops; then letters while A's loop is killed and comes back
    as systemd brings it back. A mail server that took a letter and whose thanks nobody heard gets it once more."""
    readers = {crowd.address(number) for number in range(1, LETTERS + 1)}
    with app.app_context():
        crowd.subscribers(LETTERS, happened, sure=True)
        db.session.remove()
    wanted = _queue(app, "one") | readers
    a.jobs, b.jobs = a.work(), b.work()
    done = wait(lambda: not _waiting(app))
    _count("mail of two loops", sink, wanted, done, most=0)

    sink.letters.clear()
    wanted = _queue(app, "two")
    assert wait(lambda: len(sink.letters) > LETTERS // 3), "no letter left"
    a.jobs.kill()
    a.jobs.wait()
    time.sleep(2)  # RestartSec
    a.jobs = a.work()
    done = wait(lambda: not _waiting(app))
    _count("… one is killed", sink, wanted, done, most=CONNECTIONS)


def _queue(app: Flask, name: str) -> set[str]:
    """Letters of the outbox; to whom."""
    wanted = {f"{name}{number}@mail.example.com" for number in range(LETTERS)}
    at = utc_now().isoformat(timespec="minutes")
    with app.app_context():
        db.engine.dispose()
        for to in sorted(wanted):
            mail.queue("account_changed", to=to, lang="en", dedupe=f"bench:{to}", what="password", at=at)
        db.session.commit()
        db.session.remove()
    return wanted


def _count(what: str, sink: TimedSink, wanted: set[str], done: bool, *, most: int) -> None:
    ours = [(to, str(message["Message-ID"])) for to, message in list(sink.letters) if to in wanted]
    copies, names = Counter(to for to, _ in ours), set(ours)
    twice = copies.total() - len(copies)
    figures = f"{len(wanted & copies.keys())} of {len(wanted)} arrived, {twice} twice"
    figures += ", under one Message-ID" if twice and len(names) == len(copies) else ""
    for address, count in copies.items():
        if count > 1:
            moments = [at for to, at in sink.moments if to == address]
            figures += f", {moments[-1] - moments[0]:.0f} s apart"
    fine = done and wanted <= copies.keys() and twice <= most and len(names) == len(copies)
    line(what, figures, f"all; twice at most {most}" if most else "each once", fine)


def _waiting(app: Flask) -> int:
    time.sleep(0.5)
    with app.app_context():
        left = sum(
            db.session.scalar(sa.select(sa.func.count()).where(table.state == MailState.QUEUED)) or 0
            for table in (Outbox, Delivery)
        )
        left += not db.session.scalar(sa.select(sa.func.count(Delivery.id)))  # the digest was not even begun
        db.session.remove()
        return left


class Crowd:
    """Readers who never rest, one of whom sends a form; when they got which answer."""

    def __init__(self, door: Door) -> None:
        self.door, self.over = door, threading.Event()
        self.seen: list[tuple[float, str, str]] = []

    def _read(self, number: int) -> None:
        while not self.over.is_set():
            path = PATHS[(number + len(self.seen)) % len(PATHS)]
            try:
                if number:
                    status, body, _ = self.door.ask(path)
                else:  # a form that is not filled in well, which nginx must not send twice
                    status, body, _ = self.door.ask("/en/contact", form={"body": "short"})
                    status = {422: 200, 503: FORM}.get(status, status)
                self.seen.append((time.monotonic(), str(status), "" if status == 200 else body))
            except (OSError, http.client.HTTPException) as error:
                self.seen.append((time.monotonic(), type(error).__name__, ""))
            time.sleep(0.02)

    def __enter__(self) -> "Crowd":
        self._threads = [threading.Thread(target=self._read, args=(n,)) for n in range(READERS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join()

    def told(self) -> Counter[str]:
        return Counter(status for _, status, _ in self.seen)


def one_machine_ends(door: Door, machine: Machine, how: signal.Signals) -> None:
    """Readers at the proxy while one of the two is stopped or killed, and comes back."""
    with Crowd(door) as crowd:
        time.sleep(2)
        machine.restart(how)
        time.sleep(2)
    seen = crowd.told()
    again = seen.pop(str(FORM), 0)
    figures = f"{seen.total()} answers over nginx, {seen.total() - seen['200']} not 200; forms to be sent again: {again}"
    line(f"one machine {how.name}", figures, "pages: none; forms: one", seen.keys() == {"200"} and again <= 1)


def database_restarts(door: Door, machines: list[Machine], app: Flask, sink: TimedSink) -> None:
    """Under load, twice: at once, and away for five seconds."""
    version = os.environ["PGVERSION"]
    with Crowd(door) as crowd:
        for away in (0, 5):
            time.sleep(2)
            begun, first = time.monotonic(), len(crowd.seen)
            for what in ("stop", "start"):
                command = ["pg_ctlcluster", version, "regress", what]
                subprocess.run([*command, "-m", "fast"] if what == "stop" else command, check=True)
                time.sleep(away if what == "stop" else 0)
            back = time.monotonic()
            time.sleep(5)
            seen = crowd.seen[first:]
            bad = [moment for moment, status, _ in seen if status != "200"]
            kinds = Counter(status for _, status, _ in seen if status != "200")
            rude = [
                body
                for _, status, body in seen
                if status not in ("200", "503", str(FORM)) or "Traceback" in body
            ]
            late = max(0.0, max(bad, default=0) - back)
            figures = f"away {back - begun:.1f} s; {dict(kinds) or 'no page'} instead of pages; well {late:.1f} s after it was back"
            line(f"PostgreSQL, {away} s", figures, "503 only, well in 2 s", not rude and late <= 2)
    before, start = len(sink.letters), time.monotonic()
    with app.app_context():
        db.engine.dispose()
        at = utc_now().isoformat(timespec="minutes")
        mail.queue(
            "account_changed",
            to="after@mail.example.com",
            lang="en",
            dedupe="bench:after",
            what="password",
            at=at,
        )
        db.session.commit()
        db.session.remove()
    came = wait(lambda: len(sink.letters) > before, 120)
    programs = [program for machine in machines for program in (machine.jobs, machine.web)]
    same = all(program is not None and program.poll() is None for program in programs)
    figures = f"a letter left {time.monotonic() - start:.1f} s later; the same processes: {same}"
    line("the loops afterwards", figures, "without a restart", came and same)


def main() -> None:
    database = os.environ["DATABASE_URL"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended, too
    with ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="medportal-two-")))
        room.chmod(0o755)
        (room / "media").mkdir()
        if "KEEP_LOGS" in os.environ:
            stack.callback(shutil.copytree, room, os.environ["KEEP_LOGS"], dirs_exist_ok=True, symlinks=True)
        sink, mail_port = stack.enter_context(smtp_sink(free_port(), kind=TimedSink))
        use(str(room / "us"))
        port = free_port()
        site = f"http://127.0.0.1:{port}"
        settings = {
            "DATABASE_URL": database,
            "SECRET_KEY": secrets.token_hex(32),
            "SITE_URL": site,
            "PROXY_HOPS": "1",
            "STAFF_2FA": "optional",
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(mail_port),
            "MAIL_USE_TLS": "False",
            "MAIL_CONNECTIONS": str(CONNECTIONS),
            "MAIL_TIMEOUT": "8",
        }
        os.environ |= settings
        app = create_app()
        fill(app)
        with app.app_context():
            content = db.session.scalar(sa.text("SELECT content_id FROM content_text WHERE slug = 'bench'"))
            happened = crowd.texts()
            db.session.remove()
        a, b = (Machine(name, room, site, settings) for name in "ab")
        stack.callback(a.end)
        stack.callback(b.end)
        stack.enter_context(proxy(room, port, [a, b]))
        assert wait(lambda: answers(a.door) and answers(b.door), 30), a.log("web.log")
        door = Door(port, site, proxy=True)
        assert wait(lambda: answers(door), 10), (room / "nginx.log").read_text()
        print("Two machines, one PostgreSQL, nginx", flush=True)
        if "mail" not in sys.argv[1:]:
            changes(a, b, content)
            sessions(a, b)
            pictures(a, b)
        mails(app, a, b, sink, happened)
        if "mail" in sys.argv[1:]:
            return
        one_machine_ends(door, a, signal.SIGTERM)
        one_machine_ends(door, b, signal.SIGKILL)
        database_restarts(door, [a, b], app, sink)
        limits(a, b)


if __name__ == "__main__":
    main()
    finish()

"""Servers for WSGI side by side: what a request costs, and whether stopping, reloading and killing loses one.

    python -m bench.servers                              those that are installed (pip install granian waitress …)
    python -m bench.servers gunicorn granian-1 --tries 5

Prints one table. CPU is of all processes of the server, by 36 KB over 16 kept connections. "lost" are requests that
somebody would have noticed: sent before SIGTERM and not answered; at a reload or a killed worker not answered although
repeated once on a new connection, as proxies do. A killed worker may take its own connections with it, no others.
"""

import argparse
import asyncio
import importlib.util
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.accounts import free_port
from medportal.config import ROOT

CONNECTIONS = 16
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 12.0
"""Who has not ended so long after SIGTERM hangs."""
REST = 4.0
"""Between two kills: some servers give up when workers die in quick succession."""
_GTHREAD = "-m gunicorn --no-control-socket --preload --worker-class=gthread --workers=2 --threads=16 --graceful-timeout=10 --log-level=error"
_GRANIAN = "-m granian --interface=wsgi --workers=2 --respawn-failed-workers --no-access-log --log-level=error --host=127.0.0.1"


@dataclass(frozen=True)
class Server:
    """A command line after the interpreter; `{app}` is module:name."""

    name: str
    package: str
    command: str
    reloads: bool = True
    workers: bool = True


SERVERS = (
    Server("gunicorn", "gunicorn", f"{_GTHREAD} --bind=127.0.0.1:{{port}} {{app}}"),
    Server("gunicorn-ka75", "gunicorn", f"{_GTHREAD} --keep-alive=75 --bind=127.0.0.1:{{port}} {{app}}"),
    Server("granian-1", "granian", f"{_GRANIAN} --port={{port}} --blocking-threads=1 {{app}}"),
    Server("granian-16", "granian", f"{_GRANIAN} --port={{port}} --blocking-threads=16 {{app}}"),
    Server(
        "waitress",
        "waitress",
        "-m waitress --threads=16 --listen=127.0.0.1:{port} {app}",
        reloads=False,
        workers=False,
    ),
    Server(
        "cheroot",
        "cheroot",
        "-m cheroot --threads=16 --bind=127.0.0.1:{port} {app}",
        reloads=False,
        workers=False,
    ),
    Server(
        "uwsgi",
        "pyuwsgi",
        "{bin}/pyuwsgi --http11-socket=127.0.0.1:{port} --master --processes=2 --threads=16 --die-on-term --lazy-apps "
        "--disable-logging --log-master --wsgi={app}",
    ),
)


# The load: as little work as Python can do


@dataclass
class Seen:
    """`workers`: by whom they were answered; `latest`: by whom the last one."""

    times: list[float] = field(default_factory=list)
    repeated: int = 0
    lost: list[str] = field(default_factory=list)
    own: int = 0
    """Lost with the worker that was killed."""
    workers: set[int] = field(default_factory=set)
    latest: int = 0


@dataclass
class Moment:
    """What the clients must know of what is done to the server."""

    stopped_at: float = float("inf")
    """From here on nobody need be let in."""
    victim: int = 0
    killed_at: float = float("inf")
    over: bool = False


class Cut(Exception):
    """The line ended; `blank`: before the first byte of the answer."""

    def __init__(self, blank: bool) -> None:
        self.blank = blank


class Line:
    """One connection."""

    def __init__(self, port: int) -> None:
        self.port, self.since, self.uses, self.worker = port, 0.0, 0, 0
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str) -> None:
        """One whole answer, or Cut; OSError when there is no connection to be had."""
        if self._ends is None:
            self.since, self.uses, self.worker = time.monotonic(), 0, 0
            self._ends = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        reader, writer = self._ends
        self.uses += 1
        head = b""
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(
                entry.split(": ", 1) for entry in head.decode().lower().split("\r\n")[1:] if ": " in entry
            )
            await reader.readexactly(int(fields["content-length"]))
        except asyncio.IncompleteReadError as error:
            self.close()
            raise Cut(blank=not head and not error.partial) from None
        except OSError:
            self.close()
            raise Cut(blank=not head) from None
        assert head.startswith(b"HTTP/1.1 200"), head
        self.worker = int(fields.get("x-worker", 0))
        if fields.get("connection") == "close":
            self.close()

    def close(self) -> None:
        if self._ends is not None:
            self._ends[1].close()
        self._ends = None


async def client(port: int, path: str, seen: Seen, moment: Moment, *, fresh: bool = False) -> None:
    """Asks until it is over. `fresh`: a connection for every request."""
    line = Line(port)
    repeating = False
    while not moment.over:
        asked = time.monotonic()
        try:
            await asyncio.wait_for(line.ask(path), PATIENCE)
        except (Cut, OSError, TimeoutError) as error:
            late = asked >= moment.stopped_at
            line.close()
            if late:
                return
            if isinstance(error, Cut) and error.blank and line.uses > 1 and not repeating:
                seen.repeated += 1  # closed as it was sent: any proxy sends it once more
                repeating = True
                continue
            if line.since < moment.killed_at < time.monotonic() and line.worker in (0, moment.victim):
                seen.own += 1
            else:
                seen.lost.append(f"{path}: {error!r}")
            repeating = False
            await asyncio.sleep(0.01)
            continue
        repeating = False
        seen.times.append(time.monotonic() - asked)
        seen.workers.add(line.worker)
        seen.latest = line.worker
        if fresh:
            line.close()
    line.close()


@dataclass
class Plan:
    """How many clients ask for what."""

    kept: int = 0
    fresh: int = 0
    slow: int = 0
    slow_ms: int = 500


async def _crowd(port: int, plan: Plan, moment: Moment, script: Any) -> tuple[Seen, Seen]:
    fast, slow = Seen(), Seen()
    clients = [client(port, "/", fast, moment) for _ in range(plan.kept)]
    clients += [client(port, "/", fast, moment, fresh=True) for _ in range(plan.fresh)]
    clients += [client(port, f"/slow/{plan.slow_ms}", slow, moment) for _ in range(plan.slow)]
    tasks = [asyncio.create_task(one) for one in clients]
    await script(fast, slow)
    moment.over = True
    await asyncio.gather(*tasks)
    return fast, slow


def crowd(port: int, plan: Plan, script: Any, moment: Moment | None = None) -> tuple[Seen, Seen]:
    return asyncio.run(_crowd(port, plan, moment or Moment(), script))


# The server and its processes


@contextmanager
def started(server: Server, app: str, port: int, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [
        sys.executable,
        *server.command.format(port=port, app=app, bin=Path(sys.executable).parent).split(),
    ]
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | settings, stdout=out, stderr=out, start_new_session=True
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def awake(port: int, patience: float = 20) -> float:
    """Seconds until the first answer."""
    start = time.monotonic()

    async def once() -> None:
        line = Line(port)
        await asyncio.wait_for(line.ask("/"), 3)
        line.close()

    while time.monotonic() - start < patience:
        try:
            asyncio.run(once())
        except (OSError, Cut, TimeoutError):
            time.sleep(0.01)
        else:
            return time.monotonic() - start
    raise SystemExit("the server does not answer")


def family(pid: int) -> list[int]:
    """The process and all below it."""
    below: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                below.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += below.get(one, [])
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def cpu(pid: int) -> float:
    """Seconds of processor time of them all."""
    used = 0
    for one in family(pid):
        with suppress(OSError):
            fields = _stat(one)
            used += int(fields[11]) + int(fields[12])
    return used / TICKS


def ended(process: subprocess.Popen[bytes], patience: float = PATIENCE) -> bool:
    """Whether it and all of its workers are gone."""
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        return False
    end = time.monotonic() + 1
    while time.monotonic() < end:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


# What is looked at


def cost(server: Server, app: str, seconds: int) -> float:
    """CPU milliseconds a request. `wrk` leaves the server more of the machine than our own client."""
    port = free_port()
    with started(server, f"bench.served:{app}", port) as process:
        awake(port)
        crowd(port, Plan(kept=CONNECTIONS), _pause(0.5))
        before = cpu(process.pid)
        if shutil.which("wrk"):
            command = (
                f"wrk --threads=1 --connections={CONNECTIONS} --duration={seconds} http://127.0.0.1:{port}/"
            )
            told = subprocess.run(command.split(), capture_output=True, text=True, check=True).stdout
            answers = int(told.partition(" requests in ")[0].split()[-1])
        else:
            answers = len(crowd(port, Plan(kept=CONNECTIONS), _pause(seconds))[0].times)
        return (cpu(process.pid) - before) * 1000 / answers


def _pause(seconds: float) -> Any:
    async def script(*_seen: Seen) -> None:
        await asyncio.sleep(seconds)

    return script


def beside_slow_ones(server: Server) -> str:
    port = free_port()
    with started(server, "bench.served:hello", port):
        awake(port)
        fast, _ = crowd(port, Plan(kept=4, slow=4, slow_ms=2000), _pause(6))
    times = sorted(fast.times)
    return f"{times[min(len(times) - 1, int(len(times) * 0.99))] * 1000:.0f} ms" if times else "none"


def stops(server: Server, tries: int) -> tuple[str, str]:
    """Stopped under load and started anew on the same port."""
    port = free_port()
    lost = clean = 0
    seconds, starts = [], []
    for _ in range(tries):
        with started(server, "bench.served:hello", port, BENCH_START="0.3") as process:
            starts.append(awake(port))
            moment = Moment()

            async def script(*_seen: Seen, process: Any = process, moment: Any = moment) -> None:
                await asyncio.sleep(random.uniform(0.6, 0.9))
                moment.stopped_at = time.monotonic()
                process.terminate()
                gone = await asyncio.to_thread(ended, process)
                seconds.append(time.monotonic() - moment.stopped_at if gone else float("inf"))

            fast, slow = crowd(port, Plan(kept=6, fresh=2, slow=6), script, moment)
            lost += len(fast.lost) + len(slow.lost)
            clean += seconds[-1] < PATIENCE and process.returncode in (0, -signal.SIGTERM)
    took = f"{clean}/{tries} clean, {lost} lost, {statistics.median(seconds):.1f} to {max(seconds):.1f} s"
    return took, f"{statistics.median(starts):.1f} s"


def stops_while_starting(server: Server, tries: int) -> str:
    port = free_port()
    seconds: list[float] = []
    for number in range(tries):
        with started(server, "bench.served:hello", port, BENCH_START="0.3") as process:
            time.sleep(0.05 + number * 0.9 / tries)
            asked = time.monotonic()
            process.terminate()
            seconds.append(time.monotonic() - asked if ended(process) else float("inf"))
    hung = sum(one > PATIENCE for one in seconds)
    return f"{hung} of {tries} hung" if hung else f"{tries}/{tries}, {max(seconds):.1f} s"


def reloads(server: Server, tries: int) -> str:
    """SIGHUP, again and again, under load."""
    if not server.reloads:
        return "cannot"
    port = free_port()

    async def script(seen: Seen, process: Any) -> None:
        await asyncio.sleep(0.5)
        for _ in range(tries):
            before = set(seen.workers)
            process.send_signal(signal.SIGHUP)
            end = time.monotonic() + PATIENCE
            while len(seen.workers - before) < 2 and time.monotonic() < end:
                await asyncio.sleep(0.02)
            await asyncio.sleep(1)

    with started(server, "bench.served:hello", port, BENCH_START="0.3") as process:
        awake(port)
        fast, slow = crowd(port, Plan(kept=4, fresh=2, slow=4), lambda seen, _: script(seen, process))
        seen = len(fast.workers | slow.workers)
        still = process.poll() is None
    lost, repeated = len(fast.lost) + len(slow.lost), fast.repeated + slow.repeated
    new = seen >= 2 * tries
    return f"{lost} lost, {repeated} repeated" + ("" if still and new else f"; {seen} workers seen, {still=}")


def kills(server: Server, tries: int) -> str:
    """kill -9 of one worker after the other, under load."""
    if not server.workers:
        return "all of it"
    port = free_port()
    moment = Moment()

    async def script(seen: Seen, slow: Seen, process: Any) -> None:
        await asyncio.sleep(REST)
        for number in range(tries):
            alive = sorted((seen.workers - {0}) & set(family(process.pid)))
            if not alive:
                seen.lost.append("no worker came back")
                return
            seen.workers.clear()
            victim = slow.latest if number % 2 == 0 and slow.latest in alive else random.choice(alive)
            moment.victim, moment.killed_at = victim, time.monotonic()
            os.kill(moment.victim, signal.SIGKILL)
            end = time.monotonic() + PATIENCE
            while len(seen.workers & set(family(process.pid))) < 2 and time.monotonic() < end:
                await asyncio.sleep(0.05)
            await asyncio.sleep(REST)

    with started(server, "bench.served:hello", port, BENCH_START="0.3") as process:
        awake(port)
        fast, slow = crowd(
            port, Plan(kept=4, fresh=2, slow=4), lambda seen, slow: script(seen, slow, process), moment
        )
    lost, own = fast.lost + slow.lost, fast.own + slow.own
    repeated = fast.repeated + slow.repeated
    return f"{len(lost)} others lost; of its own {own} lost, {repeated} repeated"


ROWS = (
    "bare WSGI, CPU ms",
    "Flask hello, CPU ms",
    "p99 beside 4 of 2 s",
    "stop under load",
    "start, 0.3 s of it app",
    "stop while starting",
    "SIGHUP under load",
    "kill -9 of a worker",
)


def look(server: Server, tries: int, seconds: int) -> list[str]:
    costs = [f"{cost(server, app, seconds):.3f}" for app in ("bare", "hello")]
    stop, start = stops(server, tries)
    rest = [stops_while_starting(server, tries), reloads(server, tries), kills(server, tries)]
    return [*costs, beside_slow_ones(server), stop, start, *rest]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("servers", nargs="*", help=", ".join(server.name for server in SERVERS))
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    here = [server for server in SERVERS if importlib.util.find_spec(server.package)]
    for server in here:
        if not options.servers or server.name in options.servers:
            print(server.name, flush=True)
            for what, figure in zip(ROWS, look(server, options.tries, options.seconds), strict=True):
                print(f"    {what:26}{figure}", flush=True)


if __name__ == "__main__":
    main()

"""The server of the portal for benches, in front of the portal or of something plain, and what it costs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

from bench.accounts import free_port
from medportal.config import ROOT
from medportal.serve import MEMORY, PAGES_ALONE, SERVER


class Server:
    """`with Server("bench.plain:bare", env) as server:` serves on `server.port` until the block ends."""

    def __init__(self, app: str, env: dict[str, str], path: str = "/") -> None:
        self.app, self.env, self.path = app, env, path
        self.port = free_port()
        self.seconds_to_first_answer = 0.0

    def __enter__(self) -> "Server":
        command = [*SERVER.replace("wsgi:app", self.app).split(), f"--bind=127.0.0.1:{self.port}"]
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, **MEMORY, **PAGES_ALONE, **self.env},
            cwd=ROOT,
        )
        while True:
            try:
                urlopen(f"http://127.0.0.1:{self.port}{self.path}", timeout=10).read()
                break
            except OSError:
                assert self.process.poll() is None, f"{self.app} ended at once"
                time.sleep(0.02)
        self.seconds_to_first_answer = time.monotonic() - began
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def processes(self) -> list[int]:
        """The master and its workers."""
        return family(self.process.pid)

    def cpu(self) -> float:
        """Seconds on a processor that all its processes have used so far."""
        return sum(_cpu(number) for number in self.processes())


def family(parent: int) -> list[int]:
    found = [parent]
    for task in Path(f"/proc/{parent}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def _cpu(process: int) -> float:
    tasks = Path(f"/proc/{process}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def pss(process: int) -> float:
    """Memory of a process in MB, what it shares counted in parts."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0

"""A database file that is empty, no database, cut off, damaged inside, or gone: nothing is served from it, nothing is done to it.

    python -m bench.drills.damaged                    about 2 minutes

For each kind of damage the server is started on the file, asked for pages and forms in both languages and for /healthz,
and stopped; then `flask doctor` is asked, and one round of the jobs program is run. Counted: answers other than 503,
faults that neither the log nor the doctor names, and changed bytes or new files.
"""

import json
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from bench.drills import Promises, Server, fill, flask, message, scratch, serving
from medportal.i18n import LANGUAGES

PAGE = 4096


def empty(path: Path) -> None:
    path.write_bytes(b"")


def random_bytes(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def gone(path: Path) -> None:
    path.unlink()


def cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // PAGE * PAGE)


def first_page(path: Path) -> None:
    """Its first sixteen bytes still say that it is SQLite."""
    _overwrite(path, 16, PAGE - 16)


def inside(path: Path) -> None:
    """A tenth of it, in the middle."""
    size = path.stat().st_size
    _overwrite(path, size // 2 // PAGE * PAGE, size // 10)


def one_table(path: Path) -> None:
    """One page only: the root of what readers send us."""
    with sqlite3.connect(path) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'message'").fetchone()[0]
    connection.close()
    _overwrite(path, (root - 1) * PAGE, PAGE)


def _overwrite(path: Path, start: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(os.urandom(length))


WAYS: tuple[Callable[[Path], None], ...] = (
    empty,
    random_bytes,
    gone,
    cut_off,
    first_page,
    inside,
    one_table,
)


def answers(server: Server) -> Counter[str]:
    found: Counter[str] = Counter()
    for _ in range(4):  # both workers, several threads
        found[f"healthz {server.get('/healthz').status}"] += 1
        for lang in LANGUAGES:
            for path in ("", "diseases/", "search?q=diabetes", "polls/"):
                found[f"page {server.get(f'/{lang}/{path}').status}"] += 1
            found[f"form {server.post(f'/{lang}/contact', message('damaged')).status}"] += 1
    return found


def contents(folder: Path) -> dict[str, str]:
    """All files but copies of our own static ones, and the two in which SQLite's readers agree and which hold nothing."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "static" not in path.parts
        if not path.name.endswith("-shm") and not (path.name.endswith("-wal") and not path.stat().st_size)
    }


def try_out(promises: Promises, damage: Callable[[Path], None], whole: Path) -> None:
    name = damage.__name__.replace("_", " ")
    with scratch("damaged") as folder:
        shutil.copy(whole, folder / "medportal.db")
        (folder / "secret_key").write_text("0" * 64)
        damage(folder / "medportal.db")
        before = contents(folder)
        with serving(RATE_LIMITS="False") as server:
            found = answers(server)
            server.stop()
            said = server.said()
            why = any(word in said for word in ("is damaged", "is missing", "is empty"))
        promises.note(name, _said(found), "503 only", all(key.endswith("503") for key in found))
        doctor = flask("doctor", "--json", fine=False)
        problems = {
            finding["key"]
            for finding in json.loads(doctor.stdout)["findings"]
            if finding["level"] == "problem"
        }
        told = doctor.returncode == 1 and bool(problems & {"database", "integrity"})
        promises.note("  why", f"log {_yes(why)}, doctor {_yes(told)}", "both", why and told)
        jobs = flask("jobs", "run", "--once", fine=False)
        figures = f"flask jobs run --once ended with {jobs.returncode}"
        promises.note("  jobs", figures, "an error", jobs.returncode != 0)
        after = contents(folder)
        changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
        promises.note("  touched", ", ".join(changed) or "nothing", "nothing", not changed)


def _said(found: Counter[str]) -> str:
    return ", ".join(f"{count} x {answer}" for answer, count in sorted(found.items()))


def _yes(told: bool) -> str:
    return "says why" if told else "is silent"


def main() -> None:
    promises = Promises()
    with scratch("whole") as folder:
        fill()
        for damage in WAYS:
            try_out(promises, damage, folder / "medportal.db")
    promises.end()


if __name__ == "__main__":
    main()

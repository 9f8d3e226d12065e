"""SQLite's file, when something is wrong with it: said, and left alone (57).

No process opens an empty file, which SQLite would turn into a new database. The server and the jobs program also look
through the whole file when they start, and take no further step, not even a read, in a file that turned out to be damaged:
they would only carry the damage on. A restart looks again.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext

from medportal.extensions import db, sqlite_file
from medportal.logs import log

SECONDS = 0.7
"""What a start may wait for. A larger file is looked through by the nightly test of its backup."""
CORRUPT = {11, 26, 523, 779}
"""SQLite's codes for damage; not 267, a search index that only needs to be built anew."""


class Guard:
    """What this process knows of its file."""

    def __init__(self, path: Path) -> None:
        self.path, self.found = path, ""

    def note(self, found: str) -> None:
        if found and not self.found:
            self.found = found
            log.error(
                "The database %s is damaged and is left alone: %s. Stop portal and jobs program, put the file aside "
                "and restore the newest backup (flask backup restore); flask doctor says more.",
                self.path,
                found,
            )

    def on_error(self, context: ExceptionContext) -> None:
        problem = context.original_exception
        if getattr(problem, "sqlite_errorcode", None) in CORRUPT:
            self.note(str(problem))

    def on_begin(self, _connection: sa.Connection) -> None:
        if self.found:
            problem = sqlite3.DatabaseError(f"left alone since it is damaged: {self.found}")
            raise sa.exc.DatabaseError(None, None, problem)


def guard() -> None:
    """For programs that go on for long: look through the file now, and stop at the first damage that shows later."""
    path = sqlite_file()
    if path is None:
        return
    watch = Guard(path)
    watch.note(look_through(path))
    event.listen(db.engine, "handle_error", watch.on_error)
    event.listen(db.engine, "begin", watch.on_begin, insert=True)


def look_through(path: Path, seconds: float = SECONDS) -> str:
    """What is damaged in the structure of a file that is there, "" if nothing was found in time."""
    until = time.monotonic() + seconds
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
            rows = [str(row[0]) for row in connection.execute("PRAGMA quick_check(100)")]
    except sqlite3.DatabaseError as problem:
        return str(problem) if getattr(problem, "sqlite_errorcode", None) in CORRUPT else ""
    return next((" ".join(said.split()) for said in rows if "*** in database" in said), "")[:300]

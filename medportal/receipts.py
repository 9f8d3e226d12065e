"""Which letters a mail server took over from us, noted in a file the moment it says so, until the database knows.

A transaction for every letter would cost as much as sending it, and one for many letters would be too late for those
that left before the process was killed. A line in a file costs next to nothing and outlives us. So the database is
told every quarter of a second, and who comes after a process that was killed reads its file first. (When a whole
machine is lost, its file is too: letters of its last quarter of a second may come twice.)
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from flask import current_app

from medportal import queues
from medportal.carriers import Hand
from medportal.extensions import db
from medportal.logs import log
from medportal.models.digest import Delivery
from medportal.models.outbox import Outbox

_TABLES = {table.__tablename__: table for table in (Outbox, Delivery)}


class Receipts:
    """The file of one round. Locked for as long as we live; gone when everything in it is in the database."""

    def __init__(self) -> None:
        new = _folder() / f"{secrets.token_hex(8)}.new"
        self._path = new.with_suffix(".log")
        self._file = os.open(new, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        new.rename(self._path)  # nobody sees it unlocked
        self._write({"us": queues.identity()})

    def note(self, hand: Hand) -> None:
        """From any thread: a line is written whole. OSError when it could not be."""
        self._write({"table": hand.table.__tablename__, "id": hand.id, "last": hand.last})

    def _write(self, values: dict[str, object]) -> None:
        line = json.dumps(values).encode() + b"\n"
        if os.write(self._file, line) != len(line):
            raise OSError("the disk is full")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """After an error it stays, for whoever comes next."""
        if kind is None:
            self._path.unlink()
        os.close(self._file)


def recover() -> None:
    """Tell the database what those who were killed could not. Commits."""
    for path in sorted(_folder().glob("*.log")):
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # its owner is at work
            who, *lines = list(_lines(file.read())) or [{}]
            queues.sent(list(_hands(lines)), us=str(who.get("us", "")))
            db.session.commit()
            path.unlink(missing_ok=True)


def _lines(content: bytes) -> Iterator[dict[str, object]]:
    """The last one may have been cut short."""
    for line in content.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            log.warning("a receipt that cannot be read: %r", line[:200])


def _hands(lines: Sequence[dict[str, object]]) -> Iterator[Hand]:
    for line in lines:
        hand = Hand(_TABLES[str(line["table"])], int(str(line["id"])), 0, None)
        last = line["last"]
        hand.last = dict(last) if isinstance(last, dict) else {}
        yield hand


def _folder() -> Path:
    folder = Path(current_app.instance_path) / "mail-receipts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder

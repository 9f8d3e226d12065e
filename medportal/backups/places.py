"""Where archives lie: `instance/backups`, for the portal's own account only. They are found by their form, never by what
somebody typed."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import current_app

from medportal.lib.dates import utc_now

NAME = re.compile(r"medportal-\d{8}-\d{6}(?:-\d{3})?\.zip")
SCRATCH = "scratch-"
LEFT_BEHIND = 86400
"""Seconds after which a scratch folder belongs to a program that was killed."""


def folder() -> Path:
    path = Path(current_app.instance_path) / "backups"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def archives() -> list[Path]:
    """The newest first."""
    found = (path for path in folder().iterdir() if NAME.fullmatch(path.name))
    return sorted(found, key=lambda path: path.stem, reverse=True)


def find(name: str) -> Path | None:
    return next((path for path in archives() if path.name == name), None)


def new_name() -> Path:
    stem = f"medportal-{utc_now():%Y%m%d-%H%M%S}"
    names = [f"{stem}.zip", *(f"{stem}-{n:03}.zip" for n in range(2, 1000))]
    return next(path for name in names if not (path := folder() / name).exists())


@contextmanager
def scratch(parent: Path | None = None) -> Iterator[Path]:
    """A folder that is gone afterwards, and so are those of programs that were killed."""
    where = parent or folder()
    for old in where.glob(f"{SCRATCH}*"):
        if old.stat().st_mtime < time.time() - LEFT_BEHIND:
            shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=where) as name:  # made with 0700
        yield Path(name)


def private(path: Path) -> int:
    """A new file that only the portal's own account can read."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def settle(part: Path, path: Path) -> None:
    """Whole or not at all, even when the power goes."""
    for file in (part, part.parent):
        if file == part.parent:
            part.rename(path)
        handle = os.open(file, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

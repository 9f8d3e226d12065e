"""Files of pictures: whole or not there at all, and readable by the portal only."""

import os
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from flask import current_app

OURS = re.compile(r"([0-9a-f]{16})-\d{1,4}\.webp(?:\.part)?")


def folder() -> Path:
    return Path(current_app.instance_path) / "media"


def store(files: Mapping[int, bytes]) -> str:
    """Write the widths of one picture; answers what their names begin with."""
    stem = secrets.token_hex(8)
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    for width, data in files.items():
        _write(folder() / f"{stem}-{width}.webp", data)
    handle = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return stem


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)


def remove(names: Iterable[str]) -> None:
    for name in names:
        (folder() / name).unlink(missing_ok=True)


def stems_before(moment: datetime) -> dict[str, list[str]]:
    """Files of ours that are older than this, by what their names begin with."""
    found: dict[str, list[str]] = {}
    for path in folder().glob("*-*.webp*"):
        match = OURS.fullmatch(path.name)
        if match and path.stat().st_mtime < moment.timestamp():
            found.setdefault(match[1], []).append(path.name)
    return found

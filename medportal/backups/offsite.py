"""The copy in another place: a folder on another disk or machine that is mounted here. A folder that is not there is
never made: it would lie on the very disk that it shall outlive."""

import shutil
from collections.abc import Iterable
from hashlib import file_digest
from pathlib import Path

from flask import current_app

from medportal.backups import places


class NotThere(Exception):
    pass


def folder() -> Path | None:
    """None: no other place was named."""
    named = current_app.config["BACKUP_COPY_TO"]
    return Path(named) if named else None


def copy(path: Path) -> bool | None:
    """True when the copy was read back and is the same; None without another place."""
    there = folder()
    if there is None:
        return None
    if not there.is_dir():
        raise NotThere(f"the folder for copies is not there: {there}")
    part = there / f"{path.name}.part"
    part.unlink(missing_ok=True)
    with path.open("rb") as source, open(places.private(part), "wb") as target:
        shutil.copyfileobj(source, target, 1024 * 1024)
    if _digest(part) != _digest(path):
        part.unlink()
        raise NotThere("the copy differs from the archive")
    places.settle(part, there / path.name)
    return True


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def remove(names: Iterable[str]) -> None:
    there = folder()
    for name in names:
        if there is not None and places.NAME.fullmatch(name):
            (there / name).unlink(missing_ok=True)

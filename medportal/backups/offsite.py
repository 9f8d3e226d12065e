"""The copy in another place: a folder on another disk or machine that is mounted here, or another machine by SFTP. A
folder that is not there is never made: it would lie on the very disk that it shall outlive."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from flask import current_app

from medportal.backups import places, sftp


class NotThere(Exception):
    pass


@dataclass(frozen=True)
class Folder:
    path: Path

    def copy(self, path: Path) -> None:
        """What arrived is read back."""
        if not self.path.is_dir():
            raise NotThere(f"the folder for copies is not there: {self.path}")
        part = self.path / f"{path.name}.part"
        part.unlink(missing_ok=True)
        with path.open("rb") as source, open(places.private(part), "wb") as target:
            shutil.copyfileobj(source, target, 1024 * 1024)
        if _digest(part) != _digest(path):
            part.unlink()
            raise NotThere("the copy differs from the archive")
        places.settle(part, self.path / path.name)

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            (self.path / name).unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def place() -> Folder | sftp.Machine | None:
    """None: no other place was named."""
    named = current_app.config["BACKUP_COPY_TO"]
    if named.startswith("sftp:"):
        return sftp.Machine(named)
    return Folder(Path(named)) if named else None


def copy(path: Path) -> bool | None:
    """True when it arrived whole; None without another place."""
    there = place()
    if there is None:
        return None
    try:
        there.copy(path)
    except sftp.Unreachable as error:
        raise NotThere(str(error)) from None
    return True


def remove(names: Iterable[str]) -> None:
    there, ours = place(), [name for name in names if places.NAME.fullmatch(name)]
    if there is None or not ours:
        return
    try:
        there.remove(ours)
    except sftp.Unreachable as error:
        raise NotThere(str(error)) from None

"""Files that owners bring for an import. They lie in `instance/imports` under names of our own making, readable for the
portal only, until the import is finished or a week has passed."""

import gzip
import os
import secrets
import shutil
import stat
import time
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import IO, Any

from flask import current_app
from flask_babel import gettext
from werkzeug.datastructures import FileStorage

from medportal.blueprints.imports.labels import Source
from medportal.lib.bidi import visible

MOST_FILES = 50
MOST_UNPACKED = 64 * 1024 * 1024
"""Of all files together, as they are read: a small file may unpack to anything."""
KEPT = timedelta(days=7)
_PIECE = 64 * 1024


class Refused(Exception):
    """What is wrong with a file, in the owner's language."""


class _Basket:
    """The folder of one import being filled."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.files, self.unpacked = folder, list[dict[str, Any]](), 0

    def add(self, source: IO[bytes], name: str, suffix: str, **more: Any) -> None:
        if len(self.files) >= MOST_FILES:
            raise Refused(gettext("At most %(n)s files at a time, please.", n=MOST_FILES))
        path = self.folder / f"{len(self.files)}{suffix}"
        size = 0
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            while piece := source.read(_PIECE):
                size += len(piece)
                if not suffix.endswith(".gz"):
                    self._count(len(piece))
                target.write(piece)
        if suffix.endswith(".gz"):
            self._measure(path, name)
        shown = visible(PurePosixPath(name.replace("\\", "/")).name)[:120]
        self.files.append({"name": shown, "file": path.name, "size": size} | more)

    def _measure(self, path: Path, name: str) -> None:
        try:
            with gzip.open(path, "rb") as file:
                while piece := file.read(_PIECE):
                    self._count(len(piece))
        except (OSError, EOFError, zlib.error):
            raise Refused(
                gettext("%(name)s is damaged or no file of its kind.", name=visible(name)[:120])
            ) from None

    def _count(self, size: int) -> None:
        self.unpacked += size
        if self.unpacked > MOST_UNPACKED:
            raise Refused(gettext("Unpacked, the files are too large. Please bring them in parts."))


def root() -> Path:
    return Path(current_app.instance_path) / "imports"


def take(
    source: Source, records: Sequence[FileStorage], companion: FileStorage | None
) -> tuple[str, list[dict[str, Any]]]:
    """(folder, what lies in it). Nothing is left behind when something is refused."""
    name = secrets.token_hex(16)
    folder = root() / name
    folder.mkdir(mode=0o700, parents=True)
    basket = _Basket(folder)
    try:
        for file in records:
            _take_one(basket, source, file)
        if not basket.files:
            raise Refused(gettext("Please choose a file."))
        if companion is not None and companion.filename:
            if not companion.filename.lower().endswith(".csv"):
                raise Refused(gettext("The companion must be a CSV file."))
            basket.add(companion.stream, companion.filename, ".csv", index=True)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return name, basket.files


def _take_one(basket: _Basket, source: Source, file: FileStorage) -> None:
    name = file.filename or ""
    if not name:
        return
    suffix = _suffix(name, source.suffixes)
    if suffix:
        basket.add(file.stream, name, suffix)
    elif source.archives and name.lower().endswith(".zip"):
        _unpack(basket, source, file)
    else:
        raise Refused(_wrong_kind(name, [*source.suffixes, *([".zip"] if source.archives else [])]))


def _suffix(name: str, suffixes: Iterable[str]) -> str:
    return next((suffix for suffix in suffixes if name.lower().endswith(suffix)), "")


def _wrong_kind(name: str, suffixes: Sequence[str]) -> str:
    return gettext(
        "%(name)s is not a file of this source. Its files end with %(suffixes)s.",
        name=visible(name)[:120],
        suffixes=" ".join(suffixes),
    )


def _unpack(basket: _Basket, source: Source, file: FileStorage) -> None:
    """What an archive says of itself is looked at before anything is unpacked, and not believed while it is."""
    damaged = gettext("%(name)s is damaged or no file of its kind.", name=visible(file.filename or "")[:120])
    try:
        with zipfile.ZipFile(file.stream) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) > MOST_FILES:
                raise Refused(gettext("At most %(n)s files at a time, please.", n=MOST_FILES))
            if sum(member.file_size for member in members) > MOST_UNPACKED:
                raise Refused(gettext("Unpacked, the files are too large. Please bring them in parts."))
            for member in members:
                _check(member, source)
            for member in members:
                with archive.open(member) as inside:
                    basket.add(inside, member.filename, _suffix(member.filename, source.suffixes))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
        raise Refused(damaged) from None


def _check(member: zipfile.ZipInfo, source: Source) -> None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise Refused(gettext("The archive holds a link. Please pack plain files only."))
    if member.flag_bits & 1:
        raise Refused(gettext("The archive is locked with a password. Please pack it without one."))
    if not _suffix(member.filename, source.suffixes):
        raise Refused(_wrong_kind(member.filename, source.suffixes))


def paths(folder: str, files: Iterable[dict[str, Any]]) -> dict[Path, str]:
    """Where the files lie → what their owner calls them. FileNotFoundError when they are gone."""
    found = {root() / folder / file["file"]: str(file["name"]) for file in files}
    for path in found:
        if not path.is_file():
            raise FileNotFoundError(path.name)
    return found


def are_there(folder: str) -> bool:
    return (root() / folder).is_dir()


def forget(folder: str) -> None:
    shutil.rmtree(root() / folder, ignore_errors=True)


def forget_old() -> None:
    """What nobody continued within a week, and what was left by a server that fell over while files came in."""
    if not root().is_dir():
        return
    before = time.time() - KEPT.total_seconds()
    for folder in root().iterdir():
        if folder.is_dir() and folder.stat().st_mtime < before:
            shutil.rmtree(folder, ignore_errors=True)

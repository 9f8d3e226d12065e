"""Writing an archive and reading one: a plain zip, so that it can be opened anywhere. Names inside never become paths:
what does not look exactly like one of ours is refused before anything is unpacked."""

import contextlib
import json
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from flask import current_app

from medportal import config, tokens
from medportal.backups import engines, places
from medportal.backups.manifest import (
    DATABASES,
    MANIFEST,
    MEDIA,
    SETTINGS,
    Damaged,
    Manifest,
    Member,
    read,
    version,
)
from medportal.extensions import db, reading
from medportal.lib.dates import utc_now

SECRET = frozenset({"SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASE_URL"})
SECRET_WORDS = ("PASSWORD", "TOKEN", "SECRET")
_PIECE = 1024 * 1024
_LARGEST_MANIFEST = 64 * 1024 * 1024


def key_of_this_site() -> str:
    return tokens.keyed("backup")


def make() -> Path:
    """A new archive. The database comes first: a picture is stored before its row, so none of a row is missing."""
    path = places.new_name()
    with places.scratch() as room:
        name = DATABASES[engines.dialect()]
        manifest = Manifest(
            made_at=utc_now().isoformat(timespec="seconds"),
            version=version(),
            migration=_migration(),
            database=engines.dialect(),
            site=current_app.config["SITE_URL"],
            key=key_of_this_site(),
            counts=engines.copy_out(room / name),
        )
        part = room / path.name
        with open(places.private(part), "wb") as file, zipfile.ZipFile(file, "w") as archive:
            files = {name: _add(archive, name, room / name, packed=manifest.database == "sqlite")}
            (room / name).unlink()
            for picture in media():
                with contextlib.suppress(FileNotFoundError):  # deleted a moment ago
                    files[f"media/{picture.name}"] = _add(archive, f"media/{picture.name}", picture)
            files[SETTINGS] = _write(archive, SETTINGS, _settings())
            _write(archive, MANIFEST, replace(manifest, files=files).text())
        places.settle(part, path)
    return path


def _migration() -> str:
    with reading(), db.engine.connect() as connection:
        found = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    if found is None:
        raise Damaged("the database does not say of which migration it is")
    return str(found)


def media() -> list[Path]:
    folder = Path(current_app.instance_path) / "media"
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(
        path
        for path in found
        if MEDIA.fullmatch(f"media/{path.name}") and path.is_file() and not path.is_symlink()
    )


def _settings() -> str:
    """What differs from the defaults and is no secret; passwords and keys are kept elsewhere."""
    shown = {
        name: current_app.config[name]
        for name, (default, _) in config.SETTINGS.items()
        if name not in SECRET
        and not (any(word in name for word in SECRET_WORDS) and not isinstance(default, int))
        and current_app.config[name] != default
    }
    return json.dumps(shown, ensure_ascii=False, indent=1)


def _info(name: str, *, packed: bool) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, utc_now().timetuple()[:6])
    info.external_attr = (stat.S_IFREG | 0o600) << 16
    info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    info._compresslevel = 1  # type: ignore[attr-defined]  # the public name came with Python 3.13
    return info


def _add(archive: zipfile.ZipFile, name: str, path: Path, *, packed: bool = False) -> Member:
    with path.open("rb") as source:
        info = _info(name, packed=packed)
        info.file_size = path.stat().st_size
        with archive.open(info, "w") as target:
            return _pour(source, target.write)


def _write(archive: zipfile.ZipFile, name: str, text: str) -> Member:
    data = text.encode()
    archive.writestr(_info(name, packed=True), data)
    return Member(len(data), sha256(data).hexdigest())


def _pour(source: IO[bytes], write: Callable[[bytes], Any], most: int | None = None) -> Member:
    size, digest = 0, sha256()
    while piece := source.read(_PIECE):
        size += len(piece)
        if most is not None and size > most:
            raise Damaged("a file is larger than the manifest says")
        digest.update(piece)
        write(piece)
    return Member(size, digest.hexdigest())


# Reading


def look(path: Path) -> Manifest:
    """The manifest of an archive whose list of contents is in order. Nothing is unpacked."""
    with _reading(path) as archive:
        return _checked(archive)


def unpack(path: Path, room: Path) -> Manifest:
    """Everything into an empty folder of ours, compared with its checksums."""
    with _reading(path) as archive:
        manifest = _checked(archive)
        if sum(file.size for file in manifest.files.values()) > shutil.disk_usage(room).free:
            raise Damaged("there is not enough room on the disk to unpack the archive")
        (room / "media").mkdir(mode=0o700)
        for name, file in manifest.files.items():
            with archive.open(name) as source, open(places.private(room / name), "wb") as target:
                found = _pour(source, target.write, file.size)
            if found != file:
                raise Damaged(f"{name} is not what the manifest says")
    return manifest


@contextlib.contextmanager
def _reading(path: Path) -> Any:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError) as problem:
        raise Damaged(f"the archive cannot be read: {problem}") from None


def _checked(archive: zipfile.ZipFile) -> Manifest:
    members = {member.filename: member for member in archive.infolist()}
    if len(members) != len(archive.infolist()):
        raise Damaged("a name appears twice in the archive")
    for member in members.values():
        _refuse_strange(member)
    if MANIFEST not in members or members[MANIFEST].file_size > _LARGEST_MANIFEST:
        raise Damaged("the archive has no manifest")
    manifest = read(archive.read(MANIFEST))
    if set(manifest.files) | {MANIFEST} != set(members) or manifest.member not in manifest.files:
        raise Damaged("the archive does not hold what its manifest lists")
    return manifest


def _refuse_strange(member: zipfile.ZipInfo) -> None:
    name = member.filename
    if name not in (MANIFEST, SETTINGS, *DATABASES.values()) and not MEDIA.fullmatch(name):
        raise Damaged(f"the archive holds a file that is none of ours: {ascii(name)[:80]}")
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
        raise Damaged("the archive holds a link")
    if member.flag_bits & 1:
        raise Damaged("the archive is locked with a password")

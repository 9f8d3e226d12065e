"""The way back. What was there is kept aside, never overwritten; nothing is touched before the archive was tried out."""

import contextlib
import json
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import current_app

from medportal import config
from medportal.backups import archive, engines, places, trial, waiting
from medportal.backups.manifest import SETTINGS, Damaged, Manifest
from medportal.extensions import db, reading
from medportal.lib.dates import utc_now

SETTINGS_COPY = "config.restored.py"


class Refused(Exception):
    """Why nothing was restored, in a sentence that says what to do."""


@dataclass
class Restored:
    manifest: Manifest
    aside: str = ""
    settings: Path | None = None
    same_key: bool = True
    pictures: int = 0
    held: str = ""
    """What is said of mail that waits for the owner's word now."""


def restore(path: Path, *, replace: bool = False) -> Restored:
    """Into this instance, which must be empty unless `replace`."""
    instance = Path(current_app.instance_path)
    instance.mkdir(parents=True, exist_ok=True)
    _check(archive.look(path), replace)
    with places.scratch(instance) as room:
        manifest = archive.unpack(path, room)
        stamp = f"before_{utc_now():%Y%m%d_%H%M%S}"
        if manifest.database == "sqlite":
            trial.compare(manifest, *engines.facts_of_sqlite(room / manifest.member))
            aside = _put_sqlite(room / manifest.member, instance / stamp)
        else:
            aside = _put_postgres(room / manifest.member, stamp, manifest)
        done = Restored(manifest, aside=aside, same_key=manifest.key == archive.key_of_this_site())
        with db.engine.begin() as connection:
            done.held = waiting.hold(connection)
        db.engine.dispose()
        if _put_media(room / "media", instance, instance / stamp):
            done.aside = done.aside or str(instance / stamp)
        done.settings = _put_settings(room / SETTINGS, instance)
        done.pictures = sum(name.startswith("media/") for name in manifest.files)
    return done


def into(path: Path, target: Path) -> Restored:
    """Into another folder, to look at it or to move it: a whole instance but for the secret key."""
    if target.exists() and any(target.iterdir()):
        raise Refused(f"{target} is not empty.")
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    with places.scratch(target) as room:
        manifest = archive.unpack(path, room)
        name, held = manifest.member, ""
        if manifest.database == "sqlite":
            trial.compare(manifest, *engines.facts_of_sqlite(room / name))
            name = "medportal.db"
            held = _hold_in(room / manifest.member)
        (room / manifest.member).rename(target / name)
        (room / "media").rename(target / "media")
        done = Restored(manifest, same_key=manifest.key == archive.key_of_this_site(), held=held)
        done.settings = _put_settings(room / SETTINGS, target)
        done.pictures = sum(name.startswith("media/") for name in manifest.files)
    return done


def _hold_in(database: Path) -> str:
    engine = sa.create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        held = waiting.hold(connection)
    engine.dispose()
    return held


def _check(manifest: Manifest, replace: bool) -> None:
    if manifest.database != engines.dialect():
        raise Refused(
            f"The archive is of {manifest.database}, this portal runs on {engines.dialect()}: restore it with "
            "--into a folder, or where DATABASE_URL names the same kind, and move it with flask db-copy."
        )
    folder = current_app.extensions["migrate"].directory
    known = {script.revision for script in ScriptDirectory(folder).walk_revisions()}
    if manifest.migration not in known:
        raise Refused(
            f"The archive is of a newer version ({manifest.version}, migration {manifest.migration}): update first."
        )
    media = Path(current_app.instance_path) / "media"
    if media.is_symlink() or media.is_mount():
        raise Refused(
            f"{media} is a link or another disk, which cannot be put aside: take it away first, and move the restored "
            "pictures there afterwards."
        )
    if not replace and not is_empty():
        raise Refused("There is a site here already. --replace puts it aside first.")


def is_empty() -> bool:
    """No account and no text: a database that was only made counts as empty, and so does a missing one."""
    if any(archive.media()):
        return False
    if engines.dialect() == "sqlite" and not engines.sqlite_file().exists():
        return True
    try:
        with reading(), db.engine.connect() as connection:
            tables = set(sa.inspect(connection).get_table_names()) & {"user", "content"}
            return not any(
                connection.scalar(sa.select(sa.literal(1)).select_from(sa.table(table)).limit(1))
                for table in tables
            )
    except sa.exc.DatabaseError:  # damaged: something is there
        return False
    finally:
        db.engine.dispose()


def _put_sqlite(database: Path, aside: Path) -> str:
    """The old file is folded into one and moved away, then the new one takes its place."""
    target, kept = engines.sqlite_file(), ""
    db.session.remove()
    db.engine.dispose()
    if target.exists():
        close(target)
        aside.mkdir(mode=0o700, exist_ok=True)
        for suffix in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{target}{suffix}").rename(aside / f"{target.name}{suffix}")
        kept = str(aside)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        places.settle(database, target)
    except OSError:  # the database lies on another disk than the instance
        part = target.with_name(f"{target.name}.part")
        part.unlink(missing_ok=True)
        with database.open("rb") as source, open(places.private(part), "wb") as copy:
            shutil.copyfileobj(source, copy, 1024 * 1024)
        places.settle(part, target)
    return kept


def close(target: Path) -> None:
    """Leaving WAL works only when nobody else has the file open: a running portal would write on into the old one."""
    try:
        with engines.opened(target) as connection:
            if connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete":
                raise Refused("The database is in use. Please stop the portal and the jobs program first.")
    except sqlite3.OperationalError:
        raise Refused("The database is in use. Please stop the portal and the jobs program first.") from None
    except sqlite3.DatabaseError:  # a damaged file is moved away as it is
        return


def _put_postgres(dump: Path, stamp: str, manifest: Manifest) -> str:
    """What was there stays in a schema of its own. When the archive cannot be restored, it comes back."""
    db.session.remove()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        filled = bool(sa.inspect(connection).get_table_names())
        if filled:
            connection.execute(sa.text(f"ALTER SCHEMA public RENAME TO {stamp}"))
            connection.execute(sa.text("CREATE SCHEMA public"))
        try:
            engines.pg_restore(dump, db.engine.url)
            trial.compare(manifest, *engines.facts_of_postgres(db.engine))
        except (engines.ToolFailed, Damaged):
            if filled:
                connection.execute(sa.text("DROP SCHEMA public CASCADE"))
                connection.execute(sa.text(f"ALTER SCHEMA {stamp} RENAME TO public"))
            raise
    db.engine.dispose()
    return f"schema {stamp}" if filled else ""


def _put_media(media: Path, instance: Path, aside: Path) -> bool:
    """True when pictures were there and lie aside now."""
    target = instance / "media"
    was_there = target.is_dir() and any(target.iterdir())
    if was_there:
        aside.mkdir(mode=0o700, exist_ok=True)
        target.rename(aside / "media")
    elif target.is_dir():
        target.rmdir()
    media.rename(target)
    return was_there


def _put_settings(written: Path, folder: Path) -> Path | None:
    """To look at, never in force by itself: the new machine has its own address and mail server, and nothing in an
    archive shall ever be run."""
    try:
        values = json.loads(written.read_text(encoding="utf-8"))
        shown = {name: value for name, value in values.items() if name in config.SETTINGS}
    except (OSError, ValueError, AttributeError):
        return None
    if not shown:
        return None
    path = folder / SETTINGS_COPY
    path.unlink(missing_ok=True)
    with open(places.private(path), "w", encoding="utf-8") as file:
        file.write(
            "# Settings of the machine the backup was made on. What holds here too belongs into config.py.\n"
        )
        file.writelines(f"# {name} = {value!r}\n" for name, value in sorted(shown.items()))
    return path

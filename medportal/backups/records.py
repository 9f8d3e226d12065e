"""What is known of each archive, in a small file beside it, and of the last attempt: files, because a restored database
knows nothing of the archives made since, and a broken one nothing at all."""

import contextlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from medportal.backups import places
from medportal.backups.manifest import Manifest
from medportal.lib.dates import utc_now

ATTEMPT = "attempt.json"
WANTED = "wanted.json"


@dataclass(frozen=True)
class Record:
    """`problem`: "" or why the restore test failed. `copied`: None without another place, else whether it arrived."""

    name: str
    made_at: datetime
    size: int
    tried_at: datetime | None = None
    problem: str = ""
    seconds: float = 0.0
    copied: bool | None = None
    texts: int = 0
    members: int = 0
    pictures: int = 0

    @property
    def verified(self) -> bool:
        return self.tried_at is not None and not self.problem


def of(path: Path) -> Record:
    """What is known; an archive that somebody put there has only its name and size."""
    values = _load(path.with_suffix(".json"))
    bare = Record(path.name, _moment_in(path.name), path.stat().st_size)
    try:
        return Record(
            **{**values, "name": bare.name, "size": bare.size}
            | {
                "made_at": datetime.fromisoformat(values["made_at"]),
                "tried_at": datetime.fromisoformat(values["tried_at"]) if values["tried_at"] else None,
            }
        )
    except (KeyError, TypeError, ValueError):
        return bare


def _moment_in(name: str) -> datetime:
    with contextlib.suppress(ValueError):
        return datetime.strptime(name[10:25], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    return utc_now()


def every() -> list[Record]:
    """The newest first."""
    found = []
    for path in places.archives():
        with contextlib.suppress(FileNotFoundError):  # thrown away a moment ago
            found.append(of(path))
    return found


def last_verified() -> datetime | None:
    return max((record.made_at for record in every() if record.verified), default=None)


def first(path: Path, manifest: Manifest) -> Record:
    """Of an archive that was just made."""
    return Record(
        path.name,
        datetime.fromisoformat(manifest.made_at),
        path.stat().st_size,
        texts=manifest.counts.get("content", 0),
        members=manifest.counts.get("user", 0),
        pictures=sum(name.startswith("media/") for name in manifest.files),
    )


def note(record: Record) -> None:
    _keep(places.folder() / Path(record.name).with_suffix(".json"), asdict(record))


def forget(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_suffix(".json").unlink(missing_ok=True)


# The last attempt, and what an owner asked for


@dataclass(frozen=True)
class Attempt:
    at: datetime
    problem: str = ""


def attempt() -> Attempt | None:
    values = _load(places.folder() / ATTEMPT)
    try:
        return Attempt(datetime.fromisoformat(values["at"]), str(values["problem"]))
    except (KeyError, TypeError, ValueError):
        return None


def note_attempt(problem: str) -> None:
    _keep(places.folder() / ATTEMPT, {"at": utc_now(), "problem": problem[:300]})


def ask() -> None:
    _keep(places.folder() / WANTED, {"at": utc_now()})


def is_asked() -> bool:
    return (places.folder() / WANTED).exists()


def answered() -> None:
    (places.folder() / WANTED).unlink(missing_ok=True)


def _load(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def _keep(path: Path, values: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with open(places.private(part), "w", encoding="utf-8") as file:
        json.dump(values, file, default=lambda moment: moment.isoformat(timespec="seconds"))
    part.rename(path)

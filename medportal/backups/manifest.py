"""What an archive says of itself. Nothing in it is believed before it was compared with what is there."""

import json
import re
import tomllib
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from medportal.config import ROOT

FORMAT = 1
MANIFEST = "manifest.json"
SETTINGS = "settings.json"
DATABASES = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
MEDIA = re.compile(r"media/([0-9A-Za-z][0-9A-Za-z_-]{0,99}\.[0-9a-z]{1,5})")
"""A plain name: no folder, no dot in front."""

LEFT_OUT = ("user_session", "token", "rate_bucket")
"""Sessions: nobody shall be signed in by a stolen copy. Links that work once: they end within days, hold addresses that
were never confirmed, and a link that was used since must not work again. Counts of attempts: they end within a day."""


class Damaged(Exception):
    """The archive is not what it says it is; the message names why."""


@dataclass(frozen=True)
class Member:
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """`key`: a keyed hash that tells whether a machine has the site's secret key, which is never in an archive."""

    made_at: str
    version: str
    migration: str
    database: str
    site: str
    key: str
    counts: dict[str, int]
    files: dict[str, Member] = field(default_factory=dict)
    left_out: tuple[str, ...] = LEFT_OUT
    format: int = FORMAT

    def text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @property
    def member(self) -> str:
        return DATABASES[self.database]


def read(text: bytes) -> Manifest:
    try:
        values: dict[str, Any] = json.loads(text)
        files = {
            str(name): Member(int(file["size"]), str(file["sha256"]))
            for name, file in values["files"].items()
        }
        texts: dict[str, Any] = {
            name: str(values[name]) for name in ("made_at", "version", "migration", "database", "site", "key")
        }
        counts = {str(table): int(n) for table, n in values["counts"].items()}
        form = int(values["format"])
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise Damaged(f"the manifest cannot be read: {type(problem).__name__}") from None
    if form != FORMAT or texts["database"] not in DATABASES:
        raise Damaged("the archive was written by a newer version of the portal")
    return Manifest(**texts, counts=counts, files=files, format=form)


@lru_cache(maxsize=1)
def version() -> str:
    """Of the portal, as pyproject.toml names it."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])

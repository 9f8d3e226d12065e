"""What every importer is, and the one loop that runs it.

An importer turns files into `Record`s grouped by the thing they describe, and saves one group. The loop does the
rest: batches with a commit each, progress, repeatability, totals that add up.
"""

from __future__ import annotations

import hashlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa

from medportal.changes import content_changed
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.content import ContentText, ImportItem, Status
from medportal.models.trust import Revision

BATCH_SECONDS = 0.25
"""A batch is committed after this long: no write transaction of an import lasts over half a second."""

LONGEST_LINE = 2_000_000


@dataclass(frozen=True)
class Options:
    """index: a companion table, or None. dry_run: read and count only. publish: show the texts at once. link: the number of
    the page that facts are shown on, or None."""

    index: Path | None = None
    dry_run: bool = False
    publish: bool = False
    link: int | None = None


@dataclass(frozen=True)
class Record:
    """One record of a source. `group` names the thing it is about; records of one group become one page."""

    external_id: str
    group: str
    data: dict[str, Any]

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(json.dumps(self.data, sort_keys=True).encode()).hexdigest()


@dataclass
class Totals:
    """read = made + merged + skipped; `broken` are those of the skipped that could not be read. `published`: pages
    of an earlier run that were still drafts."""

    read: int = 0
    made: int = 0
    merged: int = 0
    skipped: int = 0
    broken: int = 0
    published: int = 0
    stopped: bool = False
    """Ended by its watcher: a later run goes on."""

    def summary(self) -> str:
        assert self.read == self.made + self.merged + self.skipped, "the totals of an import must add up"
        return (
            f"{self.read} records read = {self.made} made a page + {self.merged} merged into one "
            f"+ {self.skipped} skipped ({self.broken} broken, {self.skipped - self.broken} known already)"
            + (f"; {self.published} drafts of earlier runs published" if self.published else "")
        )


class Source(ABC):
    """Files of one origin. `name` is stored with every record, so it must never change; `attribution` is what its
    licence asks to be said, "" where it asks nothing; `unit` is what the numbers in its messages count."""

    name: str
    attribution = ""
    unit = "line"

    def __init__(self, options: Options) -> None:
        self.options = options

    @abstractmethod
    def read(self, path: Path, broken: Callable[[int, str], None]) -> Iterator[Record]:
        """The records of a file. `broken(line, why)` notes one that cannot be used; reading goes on."""


class Importer(Source):
    """A source whose records become pages."""

    @abstractmethod
    def save(self, records: Sequence[Record], content_id: int | None) -> int:
        """Make one page of these records, or add them to the imported thing `content_id`; the content's id.

        Flushes; neither commits nor calls `content_changed` (the loop does both).
        """

    def prepare(self) -> None:  # most sources need none
        """Called once before anything is saved."""


class Watcher:
    """Looks on while an import runs, and may end it. `run_id` is noted with every record."""

    run_id: int | None = None

    def broken(self, path: Path, line: int, why: str) -> None:
        """A record cannot be used."""

    def batch(self, totals: Totals, done: int, of: int) -> bool:
        """Inside the transaction of a batch, before its commit. False ends the run after it."""
        return True


def run(
    importer: Importer,
    files: Iterable[Path],
    *,
    echo: Callable[[str], None],
    watcher: Watcher | None = None,
) -> Totals:
    """Read the files and save what is new. Stopped at any moment, a later run finishes the work."""
    totals = Totals()
    groups = _grouped(importer, files, totals, echo, watcher)
    if importer.options.dry_run:
        known = _known(importer.name)
        for group, records in groups.items():
            new = [r for r in records if r.external_id not in known]
            _count(totals, len(records), len(new), merges_all=_page_of(group, records, known) is not None)
        echo("Dry run: nothing was saved.")
        return totals
    importer.prepare()
    db.session.commit()
    _save_all(importer, groups, totals, echo, watcher)
    if importer.attribution:
        echo(importer.attribution)
    return totals


def _grouped(
    importer: Importer,
    files: Iterable[Path],
    totals: Totals,
    echo: Callable[[str], None],
    watcher: Watcher | None,
) -> dict[str, list[Record]]:
    groups: dict[str, list[Record]] = {}
    seen: set[str] = set()
    for path in files:

        def broken(line: int, why: str, path: Path = path) -> None:
            totals.read += 1
            totals.skipped += 1
            totals.broken += 1
            if watcher:
                watcher.broken(path, line, why)
            echo(f"{path.name}, line {line}: skipped, {why}")

        for record in importer.read(path, broken):
            totals.read += 1
            if record.external_id in seen:
                totals.skipped += 1
                continue
            seen.add(record.external_id)
            groups.setdefault(record.group, []).append(record)
    return groups


def _known(source: str) -> dict[str, int | None]:
    """external id → content id of what came from this source before."""
    rows = db.session.execute(
        sa.select(ImportItem.external_id, ImportItem.content_id).where(ImportItem.source == source)
    )
    return {row[0]: row[1] for row in rows}


def _page_of(group: str, records: Sequence[Record], known: dict[str, int | None]) -> int | None:
    """The page that records of this group made before; None when there is none or the owner has deleted it."""
    return next((known[r.external_id] for r in records if known.get(r.external_id)), None) or known.get(
        f"group:{group}"
    )


def _count(totals: Totals, all_records: int, new: int, *, merges_all: bool) -> None:
    totals.skipped += all_records - new
    if new:
        totals.made += 0 if merges_all else 1
        totals.merged += new if merges_all else new - 1


def _save_all(
    importer: Importer,
    groups: dict[str, list[Record]],
    totals: Totals,
    echo: Callable[[str], None],
    watcher: Watcher | None,
) -> None:
    known = _known(importer.name)
    drafts = _untouched_drafts(importer.name) if importer.options.publish else {}
    db.session.rollback()
    changed: list[int] = []
    started = shown = time.monotonic()
    for done, (group, records) in enumerate(groups.items(), 1):
        new = [r for r in records if r.external_id not in known]
        existing = _page_of(group, records, known)
        if new:
            content_id = importer.save(new, existing)
            run_id = watcher.run_id if watcher else None
            _remember(importer.name, group, new, content_id, known, run_id)
            changed.append(content_id)
        elif existing and existing in drafts:
            publish_draft(drafts[existing])
            changed.append(existing)
            totals.published += 1
        _count(totals, len(records), len(new), merges_all=existing is not None)
        if changed and time.monotonic() - started > BATCH_SECONDS:
            if not _finish_batch(changed, watcher, totals, done, len(groups)):
                totals.stopped = done < len(groups)
                return
            started = time.monotonic()
        if time.monotonic() - shown > 2:
            shown = time.monotonic()
            echo(f"{done} of {len(groups)} pages")
    if changed or watcher:
        _finish_batch(changed, watcher, totals, len(groups), len(groups))


def _untouched_drafts(source: str) -> dict[int, int]:
    """content id → text id of what this source brought as a draft and nobody has edited since."""
    edited = sa.select(Revision.id).where(
        Revision.text_id == ContentText.id, Revision.saved_by != f"import {source}"
    )
    rows = db.session.execute(
        sa.select(ContentText.content_id, ContentText.id)
        .join(ImportItem, ImportItem.content_id == ContentText.content_id)
        .where(ImportItem.source == source, ContentText.status == Status.DRAFT, ~edited.exists())
    )
    return {row[0]: row[1] for row in rows}


def publish_draft(text_id: int) -> None:
    db.session.execute(
        sa.update(ContentText)
        .where(ContentText.id == text_id)
        .values(status=Status.PUBLISHED, published_at=utc_now())
    )


def _remember(
    source: str,
    group: str,
    records: Sequence[Record],
    content_id: int,
    known: dict[str, int | None],
    run_id: int | None,
) -> None:
    """Note the records and the page of their group, which may be a new one after the owner deleted the first."""
    rows = [
        {
            "source": source,
            "external_id": r.external_id,
            "fingerprint": r.fingerprint,
            "content_id": content_id,
            "run_id": run_id,
        }
        for r in records
    ]
    name = f"group:{group}"
    if name not in known:
        rows.append(
            {
                "source": source,
                "external_id": name,
                "fingerprint": "",
                "content_id": content_id,
                "run_id": run_id,
            }
        )
    elif known[name] != content_id:
        db.session.execute(
            sa.update(ImportItem)
            .where(ImportItem.source == source, ImportItem.external_id == name)
            .values(content_id=content_id, run_id=run_id)
        )
    known[name] = content_id
    db.session.execute(sa.insert(ImportItem), rows)


def _finish_batch(changed: list[int], watcher: Watcher | None, totals: Totals, done: int, of: int) -> bool:
    """Commit; whether to go on."""
    if changed:
        content_changed(*changed)
    go_on = watcher.batch(totals, done, of) if watcher else True
    db.session.commit()
    db.session.expunge_all()
    changed.clear()
    return go_on


def lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """The lines of a file with their numbers; None for one that is absurdly long, which is never held as a whole."""
    number, whole = 0, True
    while piece := file.readline(LONGEST_LINE):
        complete = piece.endswith(b"\n") or len(piece) < LONGEST_LINE
        if whole:
            number += 1
            yield number, piece if complete else None
        whole = complete

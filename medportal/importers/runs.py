"""Does what owners asked for at the desk: checks, imports, undoes. A line of `jobs.py`.

A step lasts some seconds, then the mail has its turn; the next step goes on where the last one ended. Killed at any
moment, it does so too: pages and counts of a batch are committed together.
"""

import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from medportal.blueprints.content import services
from medportal.blueprints.imports import files, queries
from medportal.blueprints.specialists import services as specialists
from medportal.extensions import db, reading
from medportal.importers import IMPORTERS, run
from medportal.importers.base import BATCH_SECONDS, Options, Totals, Watcher
from medportal.lib.bidi import strip_controls
from medportal.lib.dates import utc_now
from medportal.logs import log
from medportal.models.content import Content, ImportItem
from medportal.models.imports import ACTIVE, ImportRun, ImportState
from medportal.models.specialist import Trial

STEP_SECONDS = 8.0
MESSAGES = 200
MOST_BROKEN = 10_000
"""Beyond this it is the wrong file."""


class WrongFile(Exception):
    pass


def step() -> None:
    """Work on what waits, the oldest first, for some seconds."""
    deadline = time.monotonic() + STEP_SECONDS
    files.forget_old()
    while time.monotonic() < deadline:
        number = _next()
        if number is None:
            return
        _do(number, deadline)


def _next() -> int | None:
    with reading():
        number = db.session.scalar(
            sa.select(ImportRun.id).where(ImportRun.state.in_(ACTIVE)).order_by(ImportRun.id).limit(1)
        )
        db.session.rollback()
    return number


def _do(number: int, deadline: float) -> None:
    row = db.session.get_one(ImportRun, number)
    try:
        if row.state == ImportState.UNDOING:
            _undo(row, deadline)
        else:
            _import(row, deadline)
    except OperationalError:  # a busy or restarting database: the next step tries again
        raise
    except Exception as problem:
        db.session.rollback()
        log.error("import %s failed", number, exc_info=problem)
        _set(number, state=ImportState.FAILED, error=_said(problem), finished_at=utc_now())
        db.session.commit()


def _said(problem: Exception) -> str:
    return strip_controls(f"{type(problem).__name__}: {problem}")[:300]


def _set(number: int, **values: Any) -> None:
    db.session.execute(sa.update(ImportRun).where(ImportRun.id == number).values(**values))


class _Desk(Watcher):
    """Keeps the row of a run up to date. What a run made so far is added to what earlier steps of it made."""

    def __init__(self, row: ImportRun, names: dict[Path, str], deadline: float) -> None:
        self.run_id, self.names, self.deadline = row.id, names, deadline
        self.unit = IMPORTERS[row.source].unit
        self.before = Totals(made=row.made, merged=row.merged, published=row.published)
        self.messages: list[str] = []
        self.found = 0

    def broken(self, path: Path, line: int, why: str) -> None:
        self.found += 1
        if self.found > MOST_BROKEN:
            raise WrongFile(f"more than {MOST_BROKEN} records cannot be read")
        if len(self.messages) < MESSAGES:
            self.messages.append(strip_controls(f"{self.names[path]}, {self.unit} {line}: {why}")[:300])

    def batch(self, totals: Totals, done: int, of: int) -> bool:
        assert self.run_id is not None
        _set(self.run_id, position=done, total=of, messages=self.messages, **self.counts(totals))
        state = db.session.scalar(sa.select(ImportRun.state).where(ImportRun.id == self.run_id))
        return state == ImportState.RUNNING and time.monotonic() < self.deadline

    def counts(self, totals: Totals) -> dict[str, int]:
        """`skipped` last, from the rest: what an earlier step made is known to this one, and yet was not skipped."""
        made, merged = self.before.made + totals.made, self.before.merged + totals.merged
        return {
            "read": totals.read,
            "broken": totals.broken,
            "made": made,
            "merged": merged,
            "published": self.before.published + totals.published,
            "skipped": max(totals.broken, totals.skipped - self.before.made - self.before.merged),
        }


def _import(row: ImportRun, deadline: float) -> None:
    number, folder, dry = row.id, row.folder, row.is_dry
    if row.state == ImportState.QUEUED:
        row.state, row.started_at = ImportState.RUNNING, row.started_at or utc_now()
    brought = files.paths(folder, row.files)
    indexes = {files.root() / folder / file["file"] for file in row.files if file.get("index")}
    options = Options(index=next(iter(indexes), None), dry_run=dry, publish=bool(row.options.get("publish")))
    importer, watcher = IMPORTERS[row.source](options), _Desk(row, brought, deadline)
    db.session.commit()
    totals = run(importer, [p for p in brought if p not in indexes], echo=lambda _: None, watcher=watcher)
    if totals.stopped:
        return
    ended = db.session.execute(
        sa.update(ImportRun)
        .where(ImportRun.id == number, ImportRun.state == ImportState.RUNNING)
        .values(
            state=ImportState.CHECKED if dry else ImportState.DONE,
            finished_at=utc_now(),
            messages=watcher.messages,
            **watcher.counts(totals),
        )
    )
    db.session.commit()
    if ended.rowcount and not dry:  # type: ignore[attr-defined]
        files.forget(folder)


def _undo(row: ImportRun, deadline: float) -> None:
    number, folder, by = row.id, row.folder, f"import {row.source}"
    while time.monotonic() < deadline:
        if not _remove_some(number, by):
            row = db.session.get_one(ImportRun, number)
            row.state, row.finished_at = ImportState.UNDONE, utc_now()
            row.kept = queries.count(queries.kept(row))
            db.session.commit()
            files.forget(folder)
            return


def _remove_some(number: int, by: str) -> int:
    """A batch, committed; how many pages it removed."""
    row, began, removed = db.session.get_one(ImportRun, number), time.monotonic(), 0
    if queries.brings_facts(row):
        return _remove_facts(row, by)
    for content_id in db.session.scalars(queries.removable(row).order_by(Content.id).limit(100)).all():
        db.session.execute(sa.delete(ImportItem).where(ImportItem.content_id == content_id))
        services.delete_content(db.session.get_one(Content, content_id), by=by)
        removed += 1
        if time.monotonic() - began > BATCH_SECONDS:
            break
    _removed(number, removed)
    return removed


def _remove_facts(run_row: ImportRun, by: str) -> int:
    number, source = run_row.id, run_row.source
    found = db.session.scalars(queries.removable_rows(run_row).limit(100)).all()
    for row in found:
        external = row.number if isinstance(row, Trial) else row.external_id
        db.session.execute(
            sa.delete(ImportItem).where(ImportItem.source == source, ImportItem.external_id == external)
        )
        specialists.delete_record(row, by=by)
    _removed(number, len(found))
    return len(found)


def _removed(number: int, count: int) -> None:
    _set(number, removed=ImportRun.removed + count, position=ImportRun.position + count)
    db.session.commit()
    db.session.expunge_all()

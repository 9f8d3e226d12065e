"""Importers of facts: a record of the source becomes one row of ours, and is renewed when the source renewed it.

Unlike texts, facts are not edited here: what the source says later counts, unless a person changed the row meanwhile.
"""

import json
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from medportal.blueprints.specialists import services
from medportal.extensions import db
from medportal.importers.base import BATCH_SECONDS, Record, Source, Totals, Watcher
from medportal.lib.bidi import strip_controls
from medportal.lib.html import sanitise, to_text
from medportal.models.content import ImportItem, Origin
from medportal.models.specialist import DrugUpdate, Trial

LARGEST = 64 * 1024 * 1024


class FactTotals(Totals):
    def summary(self) -> str:
        assert self.read == self.made + self.merged + self.skipped, "the totals of an import must add up"
        return (
            f"{self.read} records read = {self.made} new + {self.merged} renewed + {self.skipped} skipped "
            f"({self.broken} broken, {self.skipped - self.broken} known already)"
        )


class FactsImporter(Source):
    """A source whose records become rows that pages show. `day` is the column that says of which day a record is."""

    unit = "record"
    day: str

    @abstractmethod
    def found(self, external_id: str) -> Trial | DrugUpdate | None:
        """The row of this record, whoever made it."""

    @abstractmethod
    def new(self) -> Trial | DrugUpdate: ...

    def wanted(self, record: Record, row: Trial | DrugUpdate | None, known: dict[str, str]) -> str:
        """made, merged or skipped. What a person changed, recorded first or deleted stays as they left it, and nothing
        older replaces what is newer."""
        if row is None:
            return "skipped" if record.external_id in known else "made"
        if row.origin == Origin.OWN or known.get(record.external_id) == record.fingerprint:
            return "skipped"
        there = getattr(row, self.day)
        if there is not None and (record.data[self.day] or "") < there.isoformat():
            return "skipped"
        return "merged"


def run(
    importer: FactsImporter,
    files: Iterable[Path],
    *,
    echo: Callable[[str], None],
    watcher: Watcher | None = None,
) -> Totals:
    """As `base.run`: made are new rows, merged those that were renewed, skipped what is known and what is broken."""
    totals = FactTotals()
    records = _read(importer, files, totals, echo, watcher)
    known = _fingerprints(importer.name)
    db.session.rollback()
    if importer.options.dry_run:
        for record in records:
            _count(totals, importer.wanted(record, importer.found(record.external_id), known))
        db.session.rollback()
        echo("Dry run: nothing was saved.")
        return totals
    began, unsaved = time.monotonic(), False
    for done, record in enumerate(records, 1):
        _count(totals, _save(importer, record, known, watcher))
        unsaved = True
        if time.monotonic() - began > BATCH_SECONDS:
            go_on = watcher.batch(totals, done, len(records)) if watcher else True
            db.session.commit()
            db.session.expunge_all()
            began, unsaved = time.monotonic(), False
            if not go_on:
                totals.stopped = done < len(records)
                return totals
    if watcher:
        watcher.batch(totals, len(records), len(records))
    if unsaved or watcher:
        db.session.commit()
    if importer.attribution:
        echo(importer.attribution)
    return totals


def _read(
    importer: FactsImporter,
    files: Iterable[Path],
    totals: Totals,
    echo: Callable[[str], None],
    watcher: Watcher | None,
) -> list[Record]:
    found: dict[str, Record] = {}
    for path in files:

        def broken(number: int, why: str, path: Path = path) -> None:
            totals.read += 1
            totals.skipped += 1
            totals.broken += 1
            if watcher:
                watcher.broken(path, number, why)
            echo(f"{path.name}, {importer.unit} {number}: skipped, {why}")

        for record in importer.read(path, broken):
            totals.read += 1
            other = found.get(record.external_id)
            totals.skipped += other is not None
            if other is None or (other.data[importer.day] or "") < (record.data[importer.day] or ""):
                found[record.external_id] = record
    return list(found.values())


def _fingerprints(source: str) -> dict[str, str]:
    rows = db.session.execute(
        sa.select(ImportItem.external_id, ImportItem.fingerprint).where(ImportItem.source == source)
    )
    return {row[0]: row[1] for row in rows}


def _count(totals: Totals, what: str) -> None:
    setattr(totals, what, getattr(totals, what) + 1)


def _save(importer: FactsImporter, record: Record, known: dict[str, str], watcher: Watcher | None) -> str:
    by, link = f"import {importer.name}", importer.options.link
    row = importer.found(record.external_id)
    what = importer.wanted(record, row, known)
    if row is None:
        if what == "skipped":
            return what
        row = importer.new()
    if what != "skipped":
        services.save_record(row, _values(record), by=by, origin=Origin.IMPORTED)
        _remember(importer.name, record, known, watcher)
    if link is not None:
        services.link(row, link, by=by)
    return what


def _values(record: Record) -> dict[str, Any]:
    """The columns of the row; days stand as text in a record, since it is told from others by its JSON."""
    days = ("status_as_of", "issued_on")
    return {
        name: date.fromisoformat(value) if name in days and value else value
        for name, value in record.data.items()
    }


def _remember(source: str, record: Record, known: dict[str, str], watcher: Watcher | None) -> None:
    if record.external_id in known:
        db.session.execute(
            sa.update(ImportItem)
            .where(ImportItem.source == source, ImportItem.external_id == record.external_id)
            .values(fingerprint=record.fingerprint)
        )
    else:
        item = ImportItem(source=source, external_id=record.external_id, fingerprint=record.fingerprint)
        item.run_id = watcher.run_id if watcher else None
        db.session.add(item)
    known[record.external_id] = record.fingerprint
    db.session.flush()


# What files hold


def read_json(path: Path, broken: Callable[[int, str], None]) -> Any:
    """The JSON of a file; None, and said, when it holds none."""
    if path.stat().st_size > LARGEST:
        broken(1, "the file is too large")
        return None
    try:
        found = json.loads(path.read_bytes().decode("utf-8-sig"))
        if found is None:
            broken(1, "nothing in it")
        return found
    except UnicodeDecodeError:
        broken(1, "not UTF-8")
    except RecursionError:
        broken(1, "nested too deeply")
    except ValueError as error:
        broken(1, f"not JSON ({error.args[0]})"[:200])
    return None


def words(value: Any, most: int) -> str:
    """Plain words of whatever stands there, without markup, cut at a word's end."""
    if not isinstance(value, str):
        return ""
    valid = value[: most * 20].encode("utf-8", "replace").decode()  # JSON can hold halves of a character
    clean = strip_controls(" ".join(to_text(sanitise(valid)).split()))
    return clean if len(clean) <= most else clean[: most - 1].rsplit(" ", 1)[0] + "…"


def word_list(value: Any, most: int, longest: int) -> list[str]:
    found = (words(item, longest) for item in (value if isinstance(value, list) else []))
    return list(dict.fromkeys(word for word in found if word))[:most]


def first(value: Any, most: int) -> str:
    """The first of a list of words, as openFDA has everything."""
    return words(value[0], most) if isinstance(value, list) and value else words(value, most)


def part(value: Any, *path: str) -> Any:
    """What stands at this path of nested objects; None where one of them is missing or something else."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value

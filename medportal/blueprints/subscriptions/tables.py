"""Subscribers as a table (CSV, UTF-8): what is written here can be read again, here or elsewhere."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm import selectinload

from medportal import audit
from medportal.blueprints.subscriptions import queries, services
from medportal.content_types import KINDS, listed_kinds
from medportal.digests import subscribers
from medportal.digests.subscribers import Consent, Manner, Wishes
from medportal.extensions import db
from medportal.i18n import LANGUAGES, current_language
from medportal.lib import addresses, sheets
from medportal.models.subscription import Frequency, Standing, Subscriber

COLUMNS = (
    *("email", "language", "frequency", "kinds", "other_language", "announcements"),
    *("state", "consent_at", "consent_how", "consent_note"),
)
"""Not which categories, pages and consultants somebody follows: that says something about their health."""

MOST = 5_000
BATCH = 50


class NotATable(Exception):
    """What is wrong, in the owner's language."""


@dataclass
class Result:
    """`refused`: (line, what stood there) of lines that name no address; lines count from 1, the heading's."""

    added: int = 0
    asked: int = 0
    silent: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Known:
    """The numbers of what a table names by the end of its address."""

    categories: dict[str, int]
    profiles: dict[str, int]


def write() -> Iterator[str]:
    """The whole table, in pieces."""
    yield sheets.MARK + sheets.lines([COLUMNS])
    last = 0
    while True:
        rows = db.session.scalars(
            sa.select(Subscriber)
            .where(Subscriber.id > last)
            .order_by(Subscriber.id)
            .limit(1000)
            .options(selectinload(Subscriber.follows))
        ).all()
        if not rows:
            return
        last = rows[-1].id
        yield sheets.lines([_row(row) for row in rows])
        db.session.expunge_all()


def _row(row: Subscriber) -> list[str]:
    return [
        row.email,
        row.lang,
        row.frequency,
        " ".join(sorted(follow.kind for follow in row.follows if follow.kind)),
        *("yes" if flag else "no" for flag in (row.other_language, row.announcements)),
        row.state,
        row.consent_at.isoformat(timespec="seconds"),
        row.consent_how,
        row.consent_note,
    ]


def read(file: bytes, pasted: str) -> list[tuple[int, dict[str, str]]]:
    """(line, what stands in it by column) of the lines below the heading. A table of addresses needs no heading."""
    try:
        text = file.decode("utf-8-sig") if file else pasted.lstrip("\ufeff")
    except UnicodeDecodeError:
        raise NotATable(gettext("The file must be saved as CSV in UTF-8.")) from None
    if not text.strip():
        raise NotATable(gettext("Please choose a file or paste lines."))
    first = text.split("\n", 1)[0]
    separator, headed = max(",;\t", key=first.count), "@" not in first
    try:
        rows = list(csv.reader(io.StringIO(text.replace("\x00", "")), delimiter=separator))
    except csv.Error:
        raise NotATable(gettext("This cannot be read as a table.")) from None
    names = [name.strip().lower() for name in rows[0]] if headed else ["email", "language"]
    if "email" not in names:
        raise NotATable(gettext("No column is called email."))
    if len(rows) > MOST:
        raise NotATable(gettext("At most %(n)s lines at a time, please.", n=MOST))
    return [
        (line, {name: _plain(cell) for name, cell in zip(names, row, strict=False)})
        for line, row in enumerate(rows, 1)
        if any(row) and not (headed and line == 1)
    ]


def _plain(cell: str) -> str:
    """Without the mark that `sheets.lines` puts before what begins as a formula."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(sheets.FORMULA) else cell


def take_in(rows: Sequence[tuple[int, dict[str, str]]], *, have: bool, note: str, by: str) -> Result:
    """Add them; who is here already keeps what was chosen, and who stopped stays stopped. Commits in batches."""
    result = Result()
    known = Known({row.slug: row.id for row in queries.categories()}, queries.profiles())
    audit.record("subscribers imported", actor=by, lines=len(rows))
    for start in range(0, len(rows), BATCH):
        for line, row in rows[start : start + BATCH]:
            try:
                email = addresses.normalise(row.get("email", ""))
            except ValueError:
                result.refused.append((line, row.get("email", "")[:80]))
                continue
            _take_in_one(email, row, known, result, have=have, note=note)
        db.session.commit()
    return result


def _take_in_one(
    email: str, row: dict[str, str], known: Known, result: Result, *, have: bool, note: str
) -> None:
    there = subscribers.of_address(email)
    silent = row.get("state") in (Standing.STOPPED, Standing.SUPPRESSED)
    if there is not None or silent:
        result.silent += 1
        return
    wishes, manner = _wishes(row, known), _manner(row)
    if not have:
        services.ask(email, wishes, manner, burst=0, by_owner=True)
        result.asked += 1
        return
    subscribers.subscribe(email, wishes, manner, Consent(lang=manner.lang, how="owner", note=note))
    result.added += 1


def _wishes(row: dict[str, str], known: Known) -> Wishes:
    def numbers(name: str, slugs: dict[str, int]) -> frozenset[int]:
        return frozenset(slugs[slug] for slug in row.get(name, "").split() if slug in slugs)

    kinds = frozenset(key for key in row.get("kinds", "").split() if key in KINDS and KINDS[key].listed)
    wishes = Wishes(
        kinds=kinds,
        within=numbers("only_in_categories", known.categories),
        categories=numbers("categories", known.categories),
        contents=frozenset(
            int(n) for n in row.get("pages", "").split() if n.isascii() and n.isdigit() and len(n) < 10
        ),
        people=numbers("consultants", known.profiles),
        announcements=row.get("announcements", "").lower() == "yes",
    )
    return wishes if wishes else Wishes(kinds=frozenset(kind.key for kind in listed_kinds()))


def _manner(row: dict[str, str]) -> Manner:
    lang, frequency = row.get("language", "").lower(), row.get("frequency", "").lower()
    return Manner(
        lang=lang if lang in LANGUAGES else current_language().code,
        frequency=frequency if frequency in list(Frequency) else Frequency.WEEKLY,
        other_language=row.get("other_language", "").lower() == "yes",
    )

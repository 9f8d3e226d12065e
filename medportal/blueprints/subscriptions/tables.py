"""Subscribers as a table (CSV, UTF-8): what is written here can be read again, here or elsewhere."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext
from sqlalchemy.orm import selectinload

from medportal import audit
from medportal.blueprints.subscriptions import queries, services
from medportal.content_types import KINDS, listed_kinds
from medportal.digests import subscribers
from medportal.digests.subscribers import Consent, Manner, Wishes
from medportal.extensions import db
from medportal.i18n import LANGUAGES, current_language
from medportal.lib import addresses
from medportal.models.subscription import Frequency, Standing, Subscriber, What

COLUMNS = (
    *("email", "language", "frequency", "kinds", "only_in_categories", "categories", "pages"),
    *("other_language", "announcements", "state", "consent_at", "consent_how", "consent_note"),
)
MOST = 20_000
BATCH = 200
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class NotATable(Exception):
    """What is wrong, in the owner's language."""


@dataclass
class Result:
    """`refused`: (line, what stood there) of lines that name no address; lines count from 1, the heading's."""

    added: int = 0
    asked: int = 0
    silent: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def write() -> Iterator[str]:
    """The whole table, in pieces."""
    yield "\ufeff" + _lines([COLUMNS])
    slugs = {row.id: row.slug for row in queries.categories()}
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
        yield _lines([_row(row, slugs) for row in rows])
        db.session.expunge_all()


def _row(row: Subscriber, slugs: dict[int, str]) -> list[str]:
    by_what: dict[str, list[str]] = {what: [] for what in What}
    for follow in row.follows:
        target = follow.kind or slugs.get(follow.category_id or 0) or follow.content_id
        by_what[follow.what].append(str(target))
    return [
        row.email,
        row.lang,
        row.frequency,
        *(" ".join(sorted(by_what[what])) for what in (What.KIND, What.WITHIN, What.CATEGORY, What.CONTENT)),
        *("yes" if flag else "no" for flag in (row.other_language, row.announcements)),
        row.state,
        row.consent_at.isoformat(timespec="seconds"),
        row.consent_how,
        row.consent_note,
    ]


def _lines(rows: Sequence[Sequence[str]]) -> str:
    """No cell begins as a formula does: whoever opens the table shall not run what a stranger wrote."""
    made = io.StringIO()
    safe = [[f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row] for row in rows]
    csv.writer(made).writerows(safe)
    return made.getvalue()


def read(file: bytes, pasted: str) -> list[dict[str, str]]:
    """The lines below the heading, by column. A table of addresses alone needs no heading."""
    try:
        text = file.decode("utf-8-sig") if file else pasted
    except UnicodeDecodeError:
        raise NotATable(gettext("The file must be saved as CSV in UTF-8.")) from None
    if not text.strip():
        raise NotATable(gettext("Please choose a file or paste lines."))
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    if "@" in first:
        text = f"email{separator}language\n{text}"
    try:
        table = csv.DictReader(io.StringIO(text.replace("\x00", "")), delimiter=separator, restkey="rest")
        names = {name: (name or "").strip().lower() for name in table.fieldnames or ()}
        if "email" not in names.values():
            raise NotATable(gettext("No column is called email."))
        rows = [
            {names[k]: (v or "").strip().removeprefix("'") for k, v in row.items() if k in names}
            for row in table
        ]
    except csv.Error:
        raise NotATable(gettext("This cannot be read as a table.")) from None
    if len(rows) > MOST:
        raise NotATable(gettext("At most %(n)s lines at a time, please.", n=MOST))
    return rows


def take_in(rows: Sequence[dict[str, str]], *, have: bool, note: str, by: str) -> Result:
    """Add them; who is here already keeps what was chosen, and who stopped stays stopped. Commits in batches."""
    result, slugs = Result(), {row.slug: row.id for row in queries.categories()}
    for start in range(0, len(rows), BATCH):
        for line, row in enumerate(rows[start : start + BATCH], start + 2):
            try:
                email = addresses.normalise(row.get("email", ""))
            except ValueError:
                result.refused.append((line, row.get("email", "")[:80]))
                continue
            _take_in_one(email, row, slugs, result, have=have, note=note)
        db.session.commit()
    audit.record("subscribers imported", actor=by, added=result.added, asked=result.asked)
    db.session.commit()
    return result


def _take_in_one(
    email: str, row: dict[str, str], slugs: dict[str, int], result: Result, *, have: bool, note: str
) -> None:
    there = subscribers.of_address(email)
    silent = row.get("state") in (Standing.STOPPED, Standing.SUPPRESSED)
    if there is not None or silent:
        result.silent += 1
        return
    wishes, manner = _wishes(row, slugs), _manner(row)
    if not have:
        services.ask(email, wishes, manner, burst=current_app.config["SIGN_UP_BURST"])
        result.asked += 1
        return
    subscribers.subscribe(email, wishes, manner, Consent(lang=manner.lang, how="owner", note=note))
    result.added += 1


def _wishes(row: dict[str, str], slugs: dict[str, int]) -> Wishes:
    def numbers(name: str) -> frozenset[int]:
        return frozenset(slugs[slug] for slug in row.get(name, "").split() if slug in slugs)

    kinds = frozenset(key for key in row.get("kinds", "").split() if key in KINDS and KINDS[key].listed)
    wishes = Wishes(
        kinds=kinds,
        within=numbers("only_in_categories"),
        categories=numbers("categories"),
        contents=frozenset(
            int(n) for n in row.get("pages", "").split() if n.isascii() and n.isdigit() and len(n) < 10
        ),
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

"""Searches that found nothing, for the owner: what readers look for and the portal lacks.

No reader waits for this: a miss is counted in memory and written after the answer has gone out, at most every half
minute a process. Nothing tells who searched: no digits, no addresses, at most 60 characters; a text is shown to the
owner only after three separate days, and forgotten after 90.
"""

import re
import threading
import time
import unicodedata
from collections import Counter
from datetime import timedelta
from functools import partial

import sqlalchemy as sa
from flask import Flask, Response, after_this_request, current_app
from sqlalchemy.exc import SQLAlchemyError

from medportal.extensions import db, insert, writing
from medportal.lib.bidi import visible
from medportal.lib.dates import utc_now
from medportal.logs import log
from medportal.models.search import MissedSearch

LENGTH, MOST_ROWS, DAYS_TO_SHOW = 60, 5_000, 3
KEPT, KEPT_ONCE = timedelta(days=90), timedelta(days=14)
PAUSE = 30.0
"""Seconds between two writes of one process."""
IN_MEMORY = 500
_ADDRESS = re.compile(
    r"@|://|www\.|[(\[]\s*at\s*[)\]]|\w\.(?:com|net|org|info|edu|gov|me|io|[a-z]{2})\b|\bdot com\b"
)

_lock = threading.Lock()
_waiting: Counter[tuple[str, str]] = Counter()
_written_at = 0.0


def note(lang: str, text: str) -> None:
    """A search of a reader of `lang` found nothing. Called within a request."""
    kept = anonymous(text)
    if not kept:
        return
    with _lock:
        if len(_waiting) < IN_MEMORY or (lang, kept) in _waiting:
            _waiting[lang, kept] += 1
        due = time.monotonic() - _written_at > PAUSE
    if due:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        after_this_request(partial(_write_afterwards, app))


def anonymous(text: str) -> str:
    """What is kept of a search: single spaces, no digits; nothing at all of what may be an address or a number."""
    text = unicodedata.normalize("NFKC", visible(text)).casefold()
    if _ADDRESS.search(text) or sum(char.isnumeric() for char in text) > 4:
        return ""
    text = "".join(char for char in text if not char.isnumeric())
    kept = " ".join(text.split())[:LENGTH].strip()
    return kept if sum(char.isalpha() for char in kept) > 1 else ""


def _write_afterwards(app: Flask, response: Response) -> Response:
    response.call_on_close(partial(_write_in, app))
    return response


def _write_in(app: Flask) -> None:
    with app.app_context():
        try:
            write()
        except SQLAlchemyError as error:  # a busy database: the misses wait for the next time
            log.warning("missed searches not written: %s", type(error).__name__)


def write() -> None:
    """Write what waits in memory. Commits."""
    global _written_at  # noqa: PLW0603  # one clock a process
    with _lock:
        taken = dict(_waiting)
        _waiting.clear()
        _written_at = time.monotonic()
    if not taken:
        return
    today = utc_now().date()
    add = insert(MissedSearch)
    add = add.on_conflict_do_update(
        index_elements=["lang", "text"],
        set_={
            "times": MissedSearch.times + add.excluded.times,
            "days": MissedSearch.days + sa.case((MissedSearch.last_on != today, 1), else_=0),
            "last_on": today,
        },
    )
    try:
        with writing():
            rows = [
                {"lang": lang, "text": text, "times": times, "days": 1, "last_on": today, "dismissed": False}
                for (lang, text), times in taken.items()
            ]
            db.session.execute(add, rows)
            _make_room()
            db.session.commit()
    except SQLAlchemyError:
        db.session.rollback()
        with _lock:
            _waiting.update(taken)
        raise


def _make_room() -> None:
    """Beyond the limit the least telling go: those of the fewest days, the oldest first."""
    keep = (
        sa.select(MissedSearch.id)
        .order_by(MissedSearch.days.desc(), MissedSearch.last_on.desc(), MissedSearch.id.desc())
        .limit(MOST_ROWS)
    )
    rows = db.session.scalar(sa.select(sa.func.count()).select_from(MissedSearch)) or 0
    if rows > MOST_ROWS:
        db.session.execute(sa.delete(MissedSearch).where(MissedSearch.id.not_in(keep)))


def forget_old() -> None:
    """Drop what nobody searched for since 90 days, and what was searched on one day only since 14. Commits."""
    today = utc_now().date()
    db.session.execute(sa.delete(MissedSearch).where(MissedSearch.last_on < today - KEPT))
    once = sa.delete(MissedSearch).where(MissedSearch.days == 1, MissedSearch.last_on < today - KEPT_ONCE)
    db.session.execute(once)
    db.session.commit()


def shown(*, dismissed: bool = False) -> sa.Select[MissedSearch]:
    """What the owner sees: on three separate days at least, most often first. `dismissed`: what was put aside."""
    return (
        sa.select(MissedSearch)
        .where(MissedSearch.days >= DAYS_TO_SHOW, MissedSearch.dismissed.is_(dismissed))
        .order_by(MissedSearch.times.desc(), MissedSearch.id)
    )

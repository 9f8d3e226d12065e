"""Searches that found nothing, for the owner: what readers look for and the portal lacks.

No reader waits for this: a miss is counted in memory and written after the answer has gone out, at most every half
minute a process. Nothing tells who searched: no digits, no addresses, at most 60 characters; a text is shown to the
owner only after three separate days, and forgotten after 90.
"""

import re
import threading
import time
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
KEPT = timedelta(days=90)
PAUSE = 30.0
"""Seconds between two writes of one process."""
IN_MEMORY = 500

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
    """What is kept of a search: folded spaces, no digits; nothing at all of what may be an address or a number."""
    if "@" in text or "://" in text or sum(char.isdigit() for char in text) > 4:
        return ""
    text = re.sub(r"\d", "", visible(text)).casefold()
    return " ".join(text.split())[:LENGTH].strip()


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
            known = db.session.scalar(sa.select(sa.func.count()).select_from(MissedSearch)) or 0
            rows = [
                {"lang": lang, "text": text, "times": times, "days": 1, "last_on": today, "dismissed": False}
                for (lang, text), times in taken.items()
            ]
            room = max(0, MOST_ROWS - known)
            if room:
                db.session.execute(add, rows[:room])
            db.session.commit()
    except SQLAlchemyError:
        db.session.rollback()
        with _lock:
            _waiting.update(taken)
        raise


def forget_old() -> None:
    """Drop what nobody searched for since 90 days. Commits."""
    db.session.execute(sa.delete(MissedSearch).where(MissedSearch.last_on < utc_now().date() - KEPT))
    db.session.commit()


def shown(*, dismissed: bool = False) -> sa.Select[MissedSearch]:
    """What the owner sees: on three separate days at least, most often first. `dismissed`: what was put aside."""
    return (
        sa.select(MissedSearch)
        .where(MissedSearch.days >= DAYS_TO_SHOW, MissedSearch.dismissed.is_(dismissed))
        .order_by(MissedSearch.times.desc(), MissedSearch.id)
    )

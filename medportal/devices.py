"""Browsers in which a member once signed in, known by a second random cookie: wrong passwords tried elsewhere do not
lock them out. And what a browser is called in the list of sessions.
"""

import re
import secrets
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask, Response, g, has_request_context, request

from medportal import cookies
from medportal.extensions import db, insert
from medportal.lib.dates import utc_now
from medportal.models.user import KnownDevice, User
from medportal.tokens import digest

LASTS = timedelta(days=365)


def init_app(app: Flask) -> None:
    app.after_request(_set_cookie)


def of_member(user_id: int | None) -> str | None:
    """The hash of this browser's device cookie if this member signed in here before."""
    return _device(KnownDevice.user_id == (user_id or 0))


def _device(*conditions: sa.ColumnElement[bool]) -> str | None:
    value = request.cookies.get(cookies.name("device"), "")
    if not 20 <= len(value) <= 100:
        return None
    since = utc_now() - LASTS
    return db.session.scalar(
        sa.select(KnownDevice.hash)
        .where(KnownDevice.hash == digest(value), KnownDevice.seen_at > since, *conditions)
        .limit(1)
    )


def remember(user: User) -> bool:
    """Note this browser as one of the member's; True when it was new to them.

    Several members of one household share a browser, and so the value of its cookie.
    """
    hashed = _device()
    if hashed is None:
        g.device_cookie = secrets.token_urlsafe(32)
        hashed = digest(g.device_cookie)
    new = of_member(user.id) is None
    db.session.execute(
        insert(KnownDevice)
        .values(user_id=user.id, hash=hashed, seen_at=utc_now())
        .on_conflict_do_update(index_elements=["hash", "user_id"], set_={"seen_at": utc_now()})
    )
    return new


_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_BROWSERS = (
    (r"Edg(?:e|A|iOS)?/", "Edge"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"OPR/|Opera", "Opera"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrome/|CriOS/|Chromium/", "Chrome"),
    (r"Safari/", "Safari"),
)


def describe(agent: str) -> str:
    """ "Firefox, Windows": enough to recognise one's own devices; "" when it says nothing."""
    browser = next((name for pattern, name in _BROWSERS if re.search(pattern, agent)), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return ", ".join(part for part in (browser, system) if part)


def forget(user_id: int) -> None:
    """An intruder's browser shall not stay a known one; this one may."""
    here = _device(KnownDevice.user_id == user_id) if has_request_context() else None
    query = sa.delete(KnownDevice).where(KnownDevice.user_id == user_id)
    db.session.execute(query.where(KnownDevice.hash != here) if here else query)


def _set_cookie(response: Response) -> Response:
    if g.get("device_cookie") and response.status_code < 500:  # its row was rolled back with the error
        response.set_cookie(cookies.name("device"), g.device_cookie, max_age=LASTS, **cookies.options())
    return response

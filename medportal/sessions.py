"""Who is signed in: a row in `user_session`, found by a random cookie. Public pages never look.

Nothing of it is kept in the browser but the cookie's value, so signing out, changing a password or the owner's word
end a session everywhere at once. Flask-Login asks `current_user` of it; Flask-WTF binds its token to it.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, Request, Response, g, request
from flask.sessions import SessionInterface, SessionMixin
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload

from medportal import cookies, devices
from medportal.extensions import db, writing
from medportal.lib.dates import utc_now
from medportal.logs import log
from medportal.models.user import User, UserSession
from medportal.tokens import digest

CODE = "code"
FRESH = timedelta(minutes=10)
_NOTE_EVERY = timedelta(minutes=10)
_HALFWAY = timedelta(minutes=10)
csrf = CSRFProtect()


@dataclass(frozen=True)
class Lifetime:
    idle: timedelta
    absolute: timedelta


SHORT = Lifetime(timedelta(hours=12), timedelta(hours=24))
LASTING = Lifetime(timedelta(days=30), timedelta(days=90))


def lifetime(user: User, lasting: bool) -> Lifetime:
    """Staff never stay signed in for long; members do if they ask for it on this device."""
    return LASTING if lasting and not user.is_staff else SHORT


class _Values(SessionMixin):
    """Flask's `session`: nothing but the token of the forms, read when it is asked for."""

    @property
    def _data(self) -> dict[str, Any]:
        return {"csrf_token": g.session_csrf} if current() is not None else {}

    def __getitem__(self, name: str) -> Any:
        return self._data[name]

    def __setitem__(self, name: str, value: Any) -> None:
        raise TypeError(
            "sessions keep nothing but their token: a view that needs more has a table of its own"
        )

    def __delitem__(self, name: str) -> None:
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


class _Sessions(SessionInterface):
    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        return _Values()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Rows are written by `start` and `end`, cookies by `_set_cookies`."""


def init_app(app: Flask) -> None:
    app.session_interface = _Sessions()
    csrf.init_app(app)
    manager = LoginManager()
    manager.session_protection = None  # a phone changes its network all day
    manager.init_app(app, add_context_processor=False)
    manager.request_loader(lambda _request: signed_in_user())
    app.after_request(_set_cookies)


def current() -> UserSession | None:
    """The session of this request, waiting for a code or not; None on every page whose rule carries no session."""
    if not g.get("session_allowed", False):
        return None
    if "session_row" not in g:
        g.session_row = _find(request.cookies.get(cookies.name("sid"), ""))
    return g.session_row


def look_again() -> None:
    """Forget what this request knows of its session."""
    g.pop("session_row", None)
    g.pop("_login_user", None)


def member() -> User:
    """Who is signed in, for views whose rule asks for somebody."""
    user = signed_in_user()
    assert user is not None
    return user


def signed_in_user() -> User | None:
    row = current()
    return row.user if row is not None and row.waits_for is None else None


def _find(cookie: str) -> UserSession | None:
    if not 20 <= len(cookie) <= 100:
        return None
    row = db.session.scalar(
        sa.select(UserSession)
        .where(UserSession.hash == digest(cookie))
        .options(joinedload(UserSession.user).joinedload(User.second_factor))
    )
    if row is None or row.user.disabled_at is not None or not is_alive(row):
        return None
    g.session_csrf = row.csrf  # beside the row, which every commit expires
    _note_use(row)
    return row


def is_alive(row: UserSession) -> bool:
    """Neither its absolute nor its idle limit is over."""
    now = utc_now()
    return now < row.ends_at and now - row.seen_at < lifetime(row.user, row.lasting).idle


def _note_use(row: UserSession) -> None:
    """Idle limits need to know the last use; once in ten minutes is enough, and a read-only disk does no harm."""
    if utc_now() - row.seen_at < _NOTE_EVERY:
        return
    number = row.id
    db.session.rollback()  # a reader's transaction cannot become a writer's
    try:
        with writing():
            db.session.execute(
                sa.update(UserSession).where(UserSession.id == number).values(seen_at=utc_now())
            )
            db.session.commit()
    except OperationalError:
        db.session.rollback()
        log.warning("the last use of a session could not be noted")


def start(
    user: User,
    *,
    lasting: bool,
    waits_for: str | None = None,
    second_factor: bool = False,
    short_password: bool = False,
) -> UserSession:
    """A session under a new random id, in place of the one the browser had (13). The cookie goes with the answer."""
    before = current()
    now = utc_now()
    value = secrets.token_urlsafe(32)
    row = UserSession(
        user=user,
        hash=digest(value),
        csrf=secrets.token_hex(32),
        device=devices.describe(request.headers.get("User-Agent", "")),
        lasting=lasting,
        waits_for=waits_for,
        short_password=short_password,
        second_factor_at=now if second_factor else None,
        password_at=now,
        created_at=now,
        seen_at=now,
        ends_at=now + (_HALFWAY if waits_for else lifetime(user, lasting).absolute),
    )
    if before is not None:
        _drop(before)
    db.session.add(row)
    db.session.flush()
    g.session_row, g.session_csrf = row, row.csrf
    g.session_cookie, g.session_lasting = value, lifetime(user, lasting) is LASTING
    g.pop("csrf_token", None)  # Flask-WTF keeps the former session's
    return row


def _drop(row: UserSession) -> bool:
    """False when it ended meanwhile."""
    gone = db.session.execute(sa.delete(UserSession).where(UserSession.id == row.id))
    if row in db.session:
        db.session.expunge(row)
    return bool(gone.rowcount)  # type: ignore[attr-defined]


def renew(*, second_factor: bool | None = None, new_password: bool = False) -> UserSession:
    """The same session under a new id, after what it may do has changed; its absolute limit stays.

    `second_factor` None leaves it as it was.
    """
    before = current()
    assert before is not None
    began, ends, proved = before.created_at, before.ends_at, before.second_factor_at
    given, short = before.password_at, before.short_password
    row = start(before.user, lasting=before.lasting, second_factor=bool(second_factor))
    row.created_at, row.ends_at, row.password_at = began, min(ends, row.ends_at), given
    row.short_password = short and not new_password
    if second_factor is None:
        row.second_factor_at = proved
    db.session.flush()
    return row


def end() -> None:
    row = current()
    if row is not None:
        _drop(row)
    g.session_row, g.session_cookie = None, ""


def end_all(user_id: int, *, but: UserSession | None = None) -> int:
    """End a member's sessions, all `but` one; how many there were."""
    query = sa.delete(UserSession).where(UserSession.user_id == user_id)
    if but is not None:
        query = query.where(UserSession.id != but.id)
    return db.session.execute(query).rowcount  # type: ignore[attr-defined]


def is_fresh() -> bool:
    """Whether the password was given in the last ten minutes (5)."""
    row = current()
    return row is not None and timedelta(0) <= utc_now() - row.password_at < FRESH


def password_given() -> None:
    row = current()
    assert row is not None
    row.password_at = utc_now()


def _set_cookies(response: Response) -> Response:
    if response.status_code >= 500:  # what the cookies stand for was rolled back
        return response
    value = g.get("session_cookie")
    if value:
        age = LASTING.absolute if g.session_lasting else None
        response.set_cookie(cookies.name("sid"), value, max_age=age, **cookies.options())
    elif value == "":
        response.delete_cookie(cookies.name("sid"), **cookies.options())
    return response

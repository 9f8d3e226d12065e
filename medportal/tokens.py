"""Secrets that the database alone does not give away, and links that work once.

A link's value is HMAC-SHA256 of a random seed under SECRET_KEY; the table holds the seed and the SHA-256 of the value.
So a letter can be rendered when it is sent, and again when it is tried again, without a usable link being stored.
Authenticator secrets are derived in the same way.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.user import Token, User


def secret_keys() -> list[str]:
    """SECRET_KEY, then the former ones that are still honoured."""
    return [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def keyed(*parts: str) -> str:
    """A hash of text (an address, say) that nobody can try out without SECRET_KEY."""
    return derive(secret_keys()[0], ":".join(parts)).hex()


def keyed_with_all(*parts: str) -> list[str]:
    """As `keyed`, with the former keys too: to find what was written under them."""
    return [derive(key, ":".join(parts)).hex() for key in secret_keys()]


def derive(key: str, text: str) -> bytes:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()


def same(a: str, b: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(a.encode(), b.encode())


def new_seed() -> str:
    return secrets.token_hex(32)


def issue(
    purpose: str,
    *,
    lasts: timedelta,
    subject: str = "",
    user: User | None = None,
    data: dict[str, Any] | None = None,
) -> Token:
    """A new link for `purpose`, good for `lasts`."""
    seed = new_seed()
    token = Token(
        purpose=purpose,
        subject=subject,
        user=user,
        seed=seed,
        hash=digest(_value(secret_keys()[0], purpose, seed)),
        data=data or {},
        expires_at=utc_now() + lasts,
    )
    db.session.add(token)
    db.session.flush()
    return token


@contextmanager
def pretence() -> Iterator[None]:
    """Do the work, and take it back: for those to whom no difference may be shown."""
    point = db.session.begin_nested()
    try:
        yield
        db.session.flush()
    finally:
        point.rollback()


def _value(key: str, purpose: str, seed: str) -> str:
    return base64.urlsafe_b64encode(derive(key, f"{purpose}:{seed}")).decode().rstrip("=")


def value(token: Token) -> str:
    """What stands in the link. KeyError when no known key made it."""
    for key in secret_keys():
        made = _value(key, token.purpose, token.seed)
        if digest(made) == token.hash:
            return made
    raise KeyError("the link was made with a key that is gone")


def find(purpose: str, made: str) -> Token | None:
    """The link, whether or not it can still be used."""
    return db.session.scalar(sa.select(Token).where(Token.hash == digest(made), Token.purpose == purpose))


def is_open(token: Token | None) -> bool:
    return token is not None and token.used_at is None and token.expires_at > utc_now()


def use(token: Token) -> bool:
    """Take it; False when somebody else was faster or it is too late. Holds over workers and machines."""
    now = utc_now()
    taken = db.session.execute(
        sa.update(Token)
        .where(Token.id == token.id, Token.used_at.is_(None), Token.expires_at > now)
        .values(used_at=now)
    )
    return taken.rowcount == 1  # type: ignore[attr-defined]


def void(purpose: str, *conditions: sa.ColumnElement[bool]) -> None:
    """Links that shall not work any more. They are marked, not deleted: somebody may just be opening one."""
    db.session.execute(
        sa.update(Token)
        .where(Token.purpose == purpose, Token.used_at.is_(None), *conditions)
        .values(used_at=utc_now())
    )

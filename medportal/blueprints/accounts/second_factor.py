"""Authenticator apps (TOTP, RFC 6238) and recovery codes.

The app's secret is derived from a stored seed and SECRET_KEY. A code is good one step of 30 s around now, and once.
"""

import base64
import secrets
import time
from datetime import timedelta

import pyotp
import segno
import sqlalchemy as sa
from markupsafe import Markup

from medportal import tokens
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.user import RecoveryCode, SecondFactor, User

STEP = 30
CODES = 10
UNFINISHED = timedelta(minutes=10)
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read for something else


def begin(user: User) -> SecondFactor:
    """A secret that is not in force before a code of it was given. An unfinished one is kept for a while, so that the
    app stays right when the page is loaded again; later nobody may know it from an earlier visit."""
    factor = user.second_factor
    if factor is not None and factor.confirmed_at is None and utc_now() - factor.created_at > UNFINISHED:
        forget_unfinished(user)
        factor = None
    if factor is None:
        factor = SecondFactor(user=user, seed=tokens.new_seed())
        db.session.add(factor)
        db.session.flush()
    return factor


def _secrets(factor: SecondFactor) -> list[str]:
    return [
        base64.b32encode(tokens.derive(key, f"totp:{factor.seed}")[:20]).decode()
        for key in tokens.secret_keys()
    ]


def secret(factor: SecondFactor) -> str:
    """To type into an app, in groups of four."""
    text = _secrets(factor)[0]
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def qr_code(factor: SecondFactor, *, site: str) -> Markup:
    """The secret as a picture that apps read; an SVG without styles, so the content policy holds."""
    uri = pyotp.TOTP(_secrets(factor)[0]).provisioning_uri(name=factor.user.email, issuer_name=site)
    svg = segno.make(uri, error="m").svg_inline(scale=5, border=3, light="#fff", omitsize=True)
    return Markup(svg)  # noqa: S704  # made by segno of our own text


def check(user: User, code: str) -> bool:
    """An app's code or a recovery code; each is taken once, also by two requests at the same time."""
    typed = "".join(code.split()).lower().replace("-", "")
    factor = user.second_factor
    if factor is None or not typed.isascii():
        return False
    if typed.isdigit() and len(typed) == 6:
        return _check_app(factor, typed)
    return factor.confirmed_at is not None and _check_recovery(user, typed)


def _check_app(factor: SecondFactor, code: str) -> bool:
    now = int(time.time()) // STEP
    for text in _secrets(factor):
        for step in (now, now - 1, now + 1):
            if secrets.compare_digest(pyotp.TOTP(text).at(step * STEP), code):
                taken = db.session.execute(
                    sa.update(SecondFactor)
                    .where(SecondFactor.user_id == factor.user_id, SecondFactor.last_step < step)
                    .values(last_step=step)
                )
                return taken.rowcount == 1  # type: ignore[attr-defined]
    return False


def _hash(user_id: int, code: str) -> str:
    return tokens.digest(f"recovery:{user_id}:{code}")


def _check_recovery(user: User, code: str) -> bool:
    taken = db.session.execute(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.hash == _hash(user.id, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=utc_now())
    )
    return taken.rowcount == 1  # type: ignore[attr-defined]


def confirm(user: User, code: str) -> list[str] | None:
    """Put it in force; the recovery codes, shown this once, or None when the code is wrong."""
    factor = user.second_factor
    if factor is None or factor.confirmed_at is not None or not check(user, code):
        return None
    factor.confirmed_at = utc_now()
    return new_codes(user)


def new_codes(user: User) -> list[str]:
    """Ten fresh recovery codes of 79 bits; the former ones are void."""
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(16)) for _ in range(CODES)]
    db.session.add_all(RecoveryCode(user_id=user.id, hash=_hash(user.id, code)) for code in codes)
    db.session.flush()
    return ["-".join(code[i : i + 4] for i in range(0, 16, 4)) for code in codes]


def codes_left(user: User) -> int:
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(RecoveryCode)
            .where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
        )
        or 0
    )


def forget_unfinished(user: User) -> None:
    if user.second_factor is not None and user.second_factor.confirmed_at is None:
        user.second_factor = None
        db.session.flush()


def remove(user: User) -> None:
    user.second_factor = None
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    db.session.flush()

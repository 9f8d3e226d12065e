"""Browsers that have voted: a random number in a signed cookie, set by nothing but voting.

It is sent to the addresses of polls only, in every language, so no other page ever sees it.
"""

import secrets

from flask import Response, current_app, request, url_for

from medportal import tokens
from medportal.i18n import LANGUAGES

LASTS = 366 * 24 * 3600


def _name() -> str:
    return "__Secure-voter" if current_app.config["SECURE_COOKIES"] else "voter"


def _sign(key: str, number: str) -> str:
    return tokens.derive(key, f"voter:{number}").hex()[:32]


def of_request() -> str | None:
    """The number of this browser, if a cookie of ours says one."""
    number, _, signature = request.cookies.get(_name(), "")[:100].partition(".")
    fits = any(tokens.same(_sign(key, number), signature) for key in tokens.secret_keys())
    return number if number and fits else None


def new() -> str:
    return secrets.token_urlsafe(16)


def hashes(poll_id: int, number: str) -> list[str]:
    """How this poll knows the browser, the newest key first; another poll knows it otherwise."""
    return tokens.keyed_with_all("vote", str(poll_id), number)


def remember(response: Response, number: str) -> None:
    for code in LANGUAGES:
        response.set_cookie(
            _name(),
            f"{number}.{_sign(tokens.secret_keys()[0], number)}",
            max_age=LASTS,
            path=url_for("polls.index", lang=code),
            secure=current_app.config["SECURE_COOKIES"],
            httponly=True,
            samesite="Lax",
        )

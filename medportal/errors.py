"""Error pages in the reader's language, with a way on. They never ask the database."""

from typing import Any

from flask import Flask, Response, make_response, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, ProgrammingError
from werkzeug.exceptions import HTTPException

from medportal.extensions import SAFE_METHODS, is_no_passing_trouble
from medportal.logs import log

PAGES: dict[int | str, tuple[Any, Any]] = {
    400: (
        _l("This request cannot be understood"),
        _l("The address or the form contains something that is not allowed."),
    ),
    403: (
        _l("This is not allowed"),
        _l("The request did not come from a page of this portal. Go back and try again."),
    ),
    "role": (
        _l("This page is not open to your account"),
        _l("Your role does not include it. An owner can change the role."),
    ),
    404: (_l("Page not found"), _l("The address may be mistyped, or the page may have moved.")),
    405: (_l("This is not possible here"), _l("The page exists, but not for this kind of request.")),
    410: (_l("This page was withdrawn"), _l("It existed, and it was taken back on purpose.")),
    413: (_l("That is too large"), _l("What was sent is larger than this form accepts.")),
    415: (_l("This format is not accepted"), _l("Forms of this portal are sent by its own pages.")),
    409: (
        _l("This was changed at the same moment"),
        _l("Somebody, perhaps you in another window, was faster. Please look at it anew and try again."),
    ),
    429: (_l("Too many messages"), _l("Please wait a while and try again.")),
    500: (
        _l("Something went wrong here"),
        _l("The fault is ours and has been noted. Please try again later."),
    ),
    503: (
        _l("The portal cannot save at the moment"),
        _l("Reading works. Please try again in a few minutes."),
    ),
}


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DatabaseError, _database_error)
    app.register_error_handler(Exception, _unexpected)


def page(status: int, key: str | None = None) -> Response:
    heading, text = PAGES[key or (status if status in PAGES else 500 if status >= 500 else 400)]
    body = render_template("errors/error.html", status=status, heading=heading, text=text)
    return make_response(body, status)


def _http_error(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    response = page(error.code, getattr(error, "page", None))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    if error.code == 429:
        response.headers["Retry-After"] = "3600"
    return response


def _database_error(error: DatabaseError) -> Response:
    """A full, locked or damaged database: readers go on reading where that works, writers are told to come back."""
    if isinstance(error, IntegrityError | DataError | ProgrammingError):
        return _unexpected(error)
    if error.connection_invalidated or error.statement is None:
        # It is away, or left alone: one line for each reader, no more.
        log.error("database: %s", error.orig)
    else:
        log.error("database", exc_info=error)
    writing = request.method not in SAFE_METHODS
    response = page(503 if writing and not is_no_passing_trouble(error) else 500)
    response.status_code = 503
    response.headers["Retry-After"] = "120"
    return response


def _unexpected(error: Exception) -> Response:
    log.error("unexpected", exc_info=error)
    return page(500)

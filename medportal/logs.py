"""One line of JSON a request: what was asked by its route, never by its query, address or person (63)."""

import json
import logging
import re
import secrets
import sys
import time
from datetime import UTC, datetime

from flask import Flask, Response, g, request

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_QUERY = re.compile(r"\?[^\s\"']*")
log = logging.getLogger("medportal")


class JsonFormatter(logging.Formatter):
    """JSON escapes control characters, so a request cannot forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": scrub(record.getMessage()),
        }
        entry.update(getattr(record, "fields", {}))
        if record.exc_info:
            entry["traceback"] = scrub(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def scrub(text: str) -> str:
    """Mail addresses and query strings taken out."""
    return _QUERY.sub("?…", _EMAIL.sub("<address>", text))


def init_app(app: Flask) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    log.handlers = [handler]
    log.setLevel(app.config["LOG_LEVEL"])
    log.propagate = False
    app.logger.handlers = [handler]
    app.logger.propagate = False
    app.before_request(_start)
    app.after_request(_finish)


def _start() -> None:
    g.request_id = secrets.token_hex(8)
    g.started = time.perf_counter()


def _finish(response: Response) -> Response:
    if "started" not in g:
        return response
    fields = {
        "request": g.request_id,
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else None,
        "lang": g.get("lang"),
        "status": response.status_code,
        "ms": round((time.perf_counter() - g.started) * 1000, 1),
    }
    log.info("request", extra={"fields": fields})
    response.headers["X-Request-ID"] = g.request_id
    return response

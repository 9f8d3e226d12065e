"""Before the first reader: templates are compiled and statements built."""

from flask import Flask

from medportal.content_types import KINDS
from medportal.i18n import LANGUAGES
from medportal.logs import log


def warm(app: Flask) -> None:
    """Ask for a few pages, as a worker does before it takes readers."""
    level, client = log.level, app.test_client()
    log.setLevel("ERROR")  # no reader asked
    try:
        for code in LANGUAGES:
            for path in ("", f"{KINDS['disease'].path}/"):
                client.get(f"/{code}/{path}", base_url=app.config["SITE_URL"])
    finally:
        log.setLevel(level)

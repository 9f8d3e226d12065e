"""Tells a watchdog outside that the site is alive. Off unless HEARTBEAT_URL is set; sends nothing but the request.

The watchdog raises the alarm when nothing comes: the machine, the network, the database or the jobs program is down.
"""

import http.client
from urllib.parse import urlsplit

from flask import current_app

PATIENCE = 5.0


class Unheard(Exception):
    """The watchdog did not take it. The address is not said: who knows it can calm the watchdog."""


def beat() -> None:
    """The recurring job. It runs only when the database has just taken a write (`jobs.take`). No redirects."""
    address: str = current_app.config["HEARTBEAT_URL"]
    if not address:
        return
    to = urlsplit(address)
    line = http.client.HTTPSConnection(to.hostname or "", to.port or 443, timeout=PATIENCE)
    try:
        line.request("GET", (to.path or "/") + (f"?{to.query}" if to.query else ""))
        status = line.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise Unheard(f"the watchdog cannot be reached: {type(error).__name__}") from None
    finally:
        line.close()
    if not 200 <= status < 300:
        raise Unheard(f"the watchdog answered {status}")

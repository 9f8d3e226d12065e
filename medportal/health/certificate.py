"""The certificate with which the site shows readers who it is."""

import socket
import ssl
import time
from datetime import timedelta
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import lazy_gettext as _l

from medportal.health.findings import Finding, duration, fine, note, problem

PATIENCE = 5.0
SOON = timedelta(days=14)
_RENEW = _l(
    "Caddy and certbot renew it by themselves: look into their log, see that ports 80 and 443 are open and that the "
    "domain still leads to this machine, and start them again."
)


def certificate() -> Finding | None:
    site = urlsplit(current_app.config["SITE_URL"])
    if site.scheme != "https" or not site.hostname:
        return None
    try:
        with (
            socket.create_connection((site.hostname, site.port or 443), PATIENCE) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=site.hostname) as line,
        ):
            shown = line.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return problem(
            "certificate",
            _l(
                "Browsers refuse the certificate of %(host)s: `%(why)s`",
                host=site.hostname,
                why=error.verify_message,
            ),
            _RENEW,
        )
    except OSError as error:
        return note(
            "certificate",
            _l(
                "The certificate cannot be looked at: %(host)s does not answer from here (`%(why)s`).",
                host=site.hostname,
                why=type(error).__name__,
            ),
            _l(
                "Open the site from another network. If it does not answer there either, look at the proxy and its log."
            ),
        )
    begins, ends = (ssl.cert_time_to_seconds(str(shown[name])) for name in ("notBefore", "notAfter"))
    left = timedelta(seconds=ends - time.time())
    if left < min(SOON, timedelta(seconds=(ends - begins) / 6)):
        return problem(
            "certificate", _l("The certificate runs out in %(left)s.", left=duration(left)), _RENEW
        )
    return fine("certificate", _l("The certificate is good for %(left)s more.", left=duration(left)))

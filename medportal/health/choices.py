"""The settings: what is dangerous, and what a site on the open network needs."""

import ipaddress
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import lazy_gettext as _l

from medportal.health.findings import Finding, Level, fine, note, problem

SHORTEST_KEY, FEWEST_CHARACTERS = 32, 8
_EXAMPLES = ("change", "secret_key", "your", "example", "password", "insecure", "development")


def host() -> str:
    return urlsplit(current_app.config["SITE_URL"]).hostname or ""


def is_public() -> bool:
    """Whether the address of the site is one on the open network; on one's own machine much may be laxer."""
    name = host()
    try:
        return ipaddress.ip_address(name).is_global
    except ValueError:
        return "." in name and not name.endswith((".localhost", ".local", ".internal", ".test"))


def serious() -> Level:
    """How bad it is: on one's own machine only worth a note."""
    return Level.PROBLEM if is_public() else Level.NOTE


def secret_key() -> Finding:
    key: str = current_app.config["SECRET_KEY"]
    example = any(word in key.lower() for word in _EXAMPLES) and len(key) < 2 * SHORTEST_KEY
    if len(key) >= SHORTEST_KEY and len(set(key)) >= FEWEST_CHARACTERS and not example:
        return fine("secret_key", _l("SECRET_KEY is long enough."))
    return problem(
        "secret_key",
        _l("SECRET_KEY is too short or looks like an example: links and sign-ins could be forged."),
        _l(
            "Remove the setting SECRET_KEY: the site then makes a good one by itself. Links in emails already sent and "
            "codes of two-step verification stop working, unless the old value is named in SECRET_KEY_FALLBACKS."
        ),
    )


def site_url() -> Finding:
    address: str = current_app.config["SITE_URL"]
    if host() not in current_app.config["TRUSTED_HOSTS"]:
        return problem(
            "site_url",
            _l(
                "TRUSTED_HOSTS does not name the host of SITE_URL, %(host)s: readers get an error.",
                host=host(),
            ),
            _l("Add %(host)s to TRUSTED_HOSTS, or remove TRUSTED_HOSTS.", host=host()),
        )
    if not is_public():
        return note(
            "site_url",
            _l(
                "The address of the site, `%(address)s`, works on this machine or network only.",
                address=address,
            ),
            _l(
                "Before readers come, set SITE_URL to the address they type, such as `https://portal.example`."
            ),
        )
    if not address.startswith("https://"):
        return problem(
            "site_url",
            _l("SITE_URL is not encrypted: passwords travel readable to everybody on the way."),
            _l("Set up HTTPS in front of the site and begin SITE_URL with `https://`."),
        )
    return fine("site_url", _l("The site is reached over HTTPS at %(host)s.", host=host()))


def proxy() -> Finding | None:
    """Something in front of us speaks HTTPS; unless we are told, all readers have its address."""
    if not current_app.config["SITE_URL"].startswith("https://"):
        return None
    if current_app.config["PROXY_HOPS"]:
        return fine("proxy", _l("The site knows of the proxy in front of it."))
    return note(
        "proxy",
        _l("PROXY_HOPS is 0: behind a proxy all readers seem to come from one address and share one limit."),
        _l("If Caddy, nginx or another proxy stands in front of the site, set PROXY_HOPS to 1."),
    )


def debug() -> Finding:
    if not current_app.debug:
        return fine("debug", _l("Debugging is off."))
    return Finding(
        "debug",
        serious(),
        _l("Debugging is on: errors show the inside of the site, and strangers may run programs on it."),
        _l("Remove FLASK_DEBUG and `--debug`, and start the site again."),
    )


def second_factor() -> Finding:
    if current_app.config["STAFF_2FA"] == "required":
        return fine("second_factor", _l("Owners and editors need two-step verification."))
    return Finding(
        "second_factor",
        serious(),
        _l("Owners and editors may work without two-step verification: a stolen password opens the desk."),
        _l("Set STAFF_2FA to required."),
    )

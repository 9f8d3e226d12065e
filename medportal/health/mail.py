"""Mail: whether it can leave, from whom it comes, whether it is on its way."""

from datetime import timedelta
from email.utils import parseaddr

import sqlalchemy as sa
from flask import current_app
from flask_babel import lazy_gettext as _l

from medportal import delivery
from medportal.backups.waiting import REASON
from medportal.extensions import db
from medportal.health.choices import host, is_public, serious
from medportal.health.findings import Finding, duration, fine, note, problem
from medportal.lib.dates import utc_now
from medportal.models.outbox import MailState, Outbox

TOO_LONG = timedelta(minutes=30)
WEEK = timedelta(days=7)
MAILBOXES = {
    "gmail.com": "google.com",
    "googlemail.com": "google.com",
    "outlook.com": "outlook.com",
    "hotmail.com": "outlook.com",
    "live.com": "outlook.com",
    "msn.com": "outlook.com",
    "yahoo.com": "yahoo.com",
    "ymail.com": "yahoo.com",
    "aol.com": "aol.com",
    "icloud.com": "me.com",
    "me.com": "me.com",
    "gmx.net": "gmx.net",
    "gmx.de": "gmx.net",
    "mail.ru": "mail.ru",
    "yandex.ru": "yandex.ru",
}
"""Providers of private mailboxes, whose addresses only their own servers may use; and where those servers are."""


def server() -> Finding:
    config = current_app.config
    name = config["MAIL_SERVER"]
    if not name:
        return Finding(
            "mail_server",
            serious(),
            _l(
                "No mail server is set: letters stay in files, and nobody can confirm an address or a password."
            ),
            _l(
                "Set MAIL_SERVER, MAIL_PORT, MAIL_USERNAME and MAIL_PASSWORD as your mail provider names them, then send "
                "yourself a test letter from this page of the desk: Health of the site."
            ),
        )
    open_ = not config["MAIL_USE_TLS"] and not config["MAIL_USE_SSL"]
    if open_ and name not in ("localhost", "127.0.0.1", "::1"):
        return problem(
            "mail_server",
            _l("Letters and the mail password go to %(server)s unencrypted.", server=name),
            _l("Set `MAIL_USE_TLS=True` with port 587, or `MAIL_USE_SSL=True` with port 465."),
        )
    return fine("mail_server", _l("Letters leave through %(server)s.", server=name))


def sender_domain() -> str:
    return parseaddr(current_app.config["MAIL_SENDER"])[1].rpartition("@")[2].lower()


def sender() -> Finding | None:
    domain, relay = sender_domain(), current_app.config["MAIL_SERVER"].lower()
    if not relay and not is_public():
        return None
    own = _l(
        "Set MAIL_SENDER to an address of the site's own domain, such as `Portal <portal@%(host)s>`, and send a test letter.",
        host=host(),
    )
    home = MAILBOXES.get(domain)
    if home and not relay.endswith((home, domain)):
        return problem(
            "sender",
            _l(
                "Letters come from an address at %(domain)s, which other servers than its own may not use: they end up as spam.",
                domain=domain,
            ),
            own,
        )
    if "." not in domain:
        return problem(
            "sender",
            _l("The sender of letters, %(domain)s, is no domain on the open network.", domain=domain),
            own,
        )
    if not home and not _related(domain, host()):
        return note(
            "sender",
            _l("Letters come from %(domain)s, and the site is at %(host)s.", domain=domain, host=host()),
            _l("If both are yours, all is well. Send a test letter to see whether SPF, DKIM and DMARC pass."),
        )
    return fine("sender", _l("Letters come from %(domain)s.", domain=domain))


def _related(one: str, other: str) -> bool:
    """portal.example and mail.portal.example are."""
    return one == other or one.endswith("." + other) or other.endswith("." + one)


def queue() -> Finding:
    oldest = delivery.oldest_waiting()
    age = utc_now() - oldest if oldest else timedelta()
    if age > TOO_LONG:
        return problem(
            "queue",
            _l("The oldest letter has waited for %(age)s.", age=duration(age)),
            _l(
                "See whether the jobs program runs, and whether the mail server can be reached; the page Mail of "
                "the desk shows what it answered."
            ),
        )
    return fine("queue", _l("No letter has waited for long."))


def _count(state: MailState) -> int:
    since = utc_now() - WEEK
    counted = sa.select(sa.func.count()).where(Outbox.state == state, Outbox.created_at > since)
    return db.session.scalar(counted) or 0


def failed() -> Finding:
    lost, sent = _count(MailState.FAILED), _count(MailState.SENT)
    if not lost:
        return fine("failed", _l("No letter of the last 7 days has failed."))
    sentence = _l(
        "Letters of the last 7 days that failed: %(lost)s; that left: %(sent)s.", lost=lost, sent=sent
    )
    remedy = _l("Open the page Mail of the desk, read the reason, and press Try again or Put aside.")
    return (problem if lost > sent else note)("failed", sentence, remedy)


def held() -> Finding | None:
    sign_ups = sa.and_(Outbox.state == MailState.HELD, Outbox.error != REASON)
    waiting = db.session.scalar(sa.select(sa.func.count()).where(sign_ups))
    if not waiting:
        return None
    return note(
        "held",
        _l("Letters held back because there were unusually many sign-ups: %(n)s.", n=waiting),
        _l("Decide on the page Mail of the desk whether they are sent or discarded."),
    )

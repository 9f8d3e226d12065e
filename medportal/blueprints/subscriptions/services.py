"""A subscription comes about: what was asked for waits in a link until the owner of the address presses its button.

Known and unknown addresses take the same way here and get the same letter; it carries no word that a visitor typed."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app, url_for

from medportal import limits, mail, tokens
from medportal.blueprints.accounts import queries as accounts
from medportal.blueprints.accounts.bursts import send_or_hold
from medportal.digests import subscribers
from medportal.digests.subscribers import Consent, Manner, Wishes
from medportal.extensions import db
from medportal.i18n import current_language
from medportal.models.subscription import Subscriber
from medportal.models.user import Token
from medportal.templating import absolute

PURPOSE = "subscribe"
LASTS = timedelta(hours=48)
DAY = 24 * 3600
KNOWN_LETTERS = 4


def ask(email: str, wishes: Wishes, manner: Manner, *, burst: int, by_owner: bool = False) -> None:
    """Ask the owner of the address; one letter in 24 hours, and one more on "send again" (12, 54). Who has said yes
    before may follow one thing after the other."""
    subject = accounts.subject_of(email)
    if not limits.allow("subscriptions", subject, limit=accounts.CANDIDATES - 1, seconds=DAY):
        return
    token = tokens.issue(PURPOSE, lasts=LASTS, subject=subject, data=_packed(email, wishes, manner))
    known = subscribers.of_address(email)
    letters = 1 if known is None else KNOWN_LETTERS
    if limits.allow("subscribe-letter", subject, limit=letters, seconds=DAY):
        send_or_hold("subscribe", token, burst=burst, by_owner=by_owner)


def ask_again(email: str, *, burst: int) -> None:
    """The letter of the newest wish once more; nothing happens for any other address, in the same time."""
    subject = accounts.subject_of(email)
    token = db.session.scalar(accounts.open_tokens(PURPOSE, accounts.subjects_of(email)).limit(1))
    allowed = limits.allow("subscribe-again", subject, limit=1, seconds=DAY)
    if token is not None and allowed:
        send_or_hold("subscribe", token, burst=burst)
        return
    with tokens.pretence():
        data = _packed(email, Wishes(), Manner(lang="en"))
        send_or_hold("subscribe", tokens.issue(PURPOSE, lasts=LASTS, subject=subject, data=data), burst=burst)


def _packed(email: str, wishes: Wishes, manner: Manner) -> dict[str, Any]:
    return {
        "email": email,
        "lang": manner.lang,
        "frequency": manner.frequency,
        "other_language": manner.other_language,
        "named": manner.named,
        "kinds": sorted(wishes.kinds),
        "within": sorted(wishes.within),
        "categories": sorted(wishes.categories),
        "contents": sorted(wishes.contents),
        "people": sorted(wishes.people),
        "announcements": wishes.announcements,
    }


def wishes_in(token: Token) -> Wishes:
    data = token.data
    names = ("kinds", "within", "categories", "contents", "people")
    sets = {name: frozenset(data.get(name, ())) for name in names}  # a link outlives a new release
    return Wishes(**sets, announcements=data["announcements"])


def confirm(token: Token) -> Subscriber | None:
    """The subscription, now that its address said yes; None when the link was used meanwhile."""
    if not tokens.use(token):
        return None
    data = token.data
    names = ("lang", "frequency", "other_language", "named")
    return subscribers.subscribe(
        data["email"],
        wishes_in(token),
        Manner(**{name: data[name] for name in names}),
        Consent(lang=current_language().code, how="form"),
    )


def refuse(token: Token) -> bool:
    """Who did not ask for the letter says so with one click: nothing that waits for this address can be confirmed. If
    it was confirmed meanwhile, what came of it stops. Whether anything changed."""
    tokens.void(PURPOSE, Token.subject == token.subject)
    if token.used_at is None:
        return True
    row = subscribers.of_address(token.data["email"], lock=True)
    if row is None or row.stopped_at is not None:
        return False
    subscribers.stop(row)
    return True


def is_refused(token: Token) -> bool:
    """Whether nothing comes of this letter (any more)."""
    row = subscribers.of_address(token.data["email"])
    return token.used_at is not None and (row is None or row.stopped_at is not None)


def _letter(lang: str, link: str) -> mail.Rendered:
    with mail.language(current_app._get_current_object(), lang):  # type: ignore[attr-defined]
        stop = absolute(url_for("subscriptions.unsubscribe", token=link))
    return mail.fill("subscribe", lang, link=link, stop=stop)


mail.MAKERS["subscribe"] = _letter


def forget_waiting(subscriber: Subscriber) -> None:
    """Wishes of this address that wait for its yes."""
    subjects = accounts.subjects_of(subscriber.email)
    db.session.execute(sa.delete(Token).where(Token.purpose == PURPOSE, Token.subject.in_(subjects)))

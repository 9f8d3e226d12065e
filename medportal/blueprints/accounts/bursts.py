"""Letters that anybody can make us send to anybody: a burst of them is how a portal is made to send spam, so from a
certain number an hour they wait for an owner's word."""

from datetime import timedelta

from medportal import mail, tokens
from medportal.blueprints.accounts import queries
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.user import Token

HELD_LASTS = timedelta(days=30)
"""A letter that is held back waits for an owner, and its link with it."""


OWN = "own:"
"""How the dedupe of letters begins that the owner caused, a table of subscribers for instance: they do not count."""


def send_or_hold(template: str, token: Token, *, burst: int, by_owner: bool = False) -> None:
    """The letter with this link, to the address and in the language that stand in it."""
    held = not by_owner and are_many(burst)
    mail.queue(
        template,
        to=token.data["email"],
        lang=token.data["lang"],
        token=token,
        dedupe=f"{OWN if by_owner else ''}{template}:{token.hash[:32]}:{tokens.new_seed()[:8]}",
        held=held,
    )
    if held:
        token.expires_at = utc_now() + HELD_LASTS
        tell_owners()


def are_many(burst: int) -> bool:
    """Whether there were so many in the last hour that the next has to wait."""
    return queries.recent_sign_up_letters() >= burst


def tell_owners() -> None:
    """That letters wait for their word; once a day."""
    for owner in db.session.scalars(queries.owners()):
        dedupe = f"burst:{utc_now():%Y-%m-%d}:{owner.id}"
        mail.queue("sign_up_burst", to=owner.email, lang=owner.lang, user=owner, dedupe=dedupe)

"""A test letter: only who gets one sees whether the world believes that we are who we say."""

from medportal import audit, mail
from medportal.health.mail import sender_domain
from medportal.lib.dates import utc_now
from medportal.models.user import User


def send_test(owner: User) -> None:
    """To the owner who asks for it, once a minute at most. Flushes."""
    letter = mail.queue(
        "mail_check",
        to=owner.email,
        lang=owner.lang,
        user=owner,
        dedupe=f"mail-check:{owner.id}:{utc_now():%Y%m%d%H%M}",
        domain=sender_domain(),
    )
    if letter is not None:
        audit.record("test letter sent", owner, actor=audit.actor_name(owner.role, owner.id))

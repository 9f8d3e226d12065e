"""Changes that members make to their own account."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from medportal import audit, mail, sessions, tokens
from medportal.blueprints.accounts import queries as account_queries
from medportal.blueprints.accounts import second_factor
from medportal.blueprints.accounts.recovery import shut_out, tell
from medportal.blueprints.accounts.services import tell_member
from medportal.blueprints.questions import asking
from medportal.changes import site_changed
from medportal.digests import subscribers
from medportal.extensions import db
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.models.message import Message
from medportal.models.user import Token, User

GRACE = timedelta(days=7)
ADDRESS_LASTS = timedelta(hours=24)


def actor(user: User) -> str:
    return audit.actor_name(user.role, user.id)


def edit(user: User, *, name: str, display_name: str, shown_publicly: bool, lang: str) -> None:
    shown_before = (user.shown_publicly, user.display_name)
    user.name, user.display_name, user.lang = name, display_name, lang
    user.shown_publicly = shown_publicly and bool(display_name)
    if shown_before != (user.shown_publicly, user.display_name):
        site_changed()
    db.session.flush()


# Another address


def ask_for_address(user: User, email: str) -> None:
    """A letter to the new address; whether it belongs to somebody else is told only to that address."""
    owner = account_queries.user_of(email)
    tokens.void("address", Token.user_id == user.id)
    token = tokens.issue("address", lasts=ADDRESS_LASTS, user=user, data={"email": email})
    tell(user, "address_asked")
    if owner is not None and owner.id != user.id:
        tell_member(owner)
        return
    mail.queue(
        "confirm_address",
        to=email,
        lang=user.lang,
        user=user,
        token=token,
        dedupe=f"address:{token.hash[:32]}",
    )


def change_address(link: Token) -> User | None:
    """The new address is in force; both are told (6). None when the link was used, the account is switched off, or the
    address was taken meanwhile."""
    user = link.user
    if user is None or user.disabled_at is not None or not tokens.use(link):
        return None
    new, old = link.data["email"], user.email
    try:
        with db.session.begin_nested():
            user.email, user.email_key = new, addresses.key(new)
            db.session.flush()
    except IntegrityError:
        return None
    tokens.void("reset", Token.user_id == user.id)
    subscribers.move(user)
    db.session.execute(  # what was written to the site under the former address stays theirs
        sa.update(Message).where(sa.func.lower(Message.email) == old.lower()).values(email=new)
    )
    asking.move(user, old)
    audit.record("address changed", user, actor=actor(user))
    for to, which in ((old, "old"), (new, "new")):
        mail.queue(
            "address_changed",
            to=to,
            lang=user.lang,
            user=user,
            dedupe=f"address-changed:{link.hash[:32]}:{which}",
            new=addresses.mask(new),
        )
    return user


# Second factor


def confirm_second_factor(user: User, code: str) -> list[str] | None:
    """The recovery codes, or None for a wrong code. The session is renewed and the others end (13, 15)."""
    codes = second_factor.confirm(user, code)
    if codes is None:
        return None
    row = sessions.renew(second_factor=True)
    sessions.end_all(user.id, but=row)
    audit.record("second factor on", user, actor=actor(user))
    tell(user, "second_factor_on")
    return codes


def remove_second_factor(user: User) -> None:
    second_factor.remove(user)
    row = sessions.renew(second_factor=False)
    sessions.end_all(user.id, but=row)
    audit.record("second factor off", user, actor=actor(user))
    tell(user, "second_factor_off")


def renew_codes(user: User) -> list[str]:
    codes = second_factor.new_codes(user)
    audit.record("recovery codes renewed", user, actor=actor(user))
    tell(user, "recovery_codes")
    return codes


# Going


def ask_for_erasure(user: User) -> None:
    """Seven days to think it over; until then signing in and one button take it back."""
    user.delete_after = utc_now() + GRACE
    shut_out(user, but=sessions.current())
    audit.record("erasure asked for", user, actor=actor(user))
    mail.queue(
        "erasure_planned",
        to=user.email,
        lang=user.lang,
        user=user,
        dedupe=f"erasure:{user.id}:{user.delete_after:%Y%m%d%H%M%S}",
        on=user.delete_after.isoformat(),
    )


def keep_account(user: User) -> None:
    if user.delete_after is None:
        return
    user.delete_after = None
    audit.record("erasure taken back", user, actor=actor(user))
    db.session.flush()

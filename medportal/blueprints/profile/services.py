"""Changes that members make to their own account."""

from datetime import timedelta

from medportal import audit, limits, mail, sessions, tokens
from medportal.blueprints.accounts import queries as account_queries
from medportal.blueprints.accounts import second_factor
from medportal.blueprints.accounts.services import DAY, tell
from medportal.changes import site_changed
from medportal.extensions import db
from medportal.lib import addresses
from medportal.lib.dates import utc_now
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
    if owner is not None and owner.id != user.id:
        if limits.allow("member-notice", owner.email_key, limit=1, seconds=DAY):
            mail.queue(
                "already_member",
                to=owner.email,
                lang=owner.lang,
                user=owner,
                dedupe=f"already-member:{owner.id}:{tokens.new_seed()[:16]}",
            )
        return
    tokens.void("address", Token.user_id == user.id)
    token = tokens.issue("address", lasts=ADDRESS_LASTS, user=user, data={"email": email})
    mail.queue(
        "confirm_address",
        to=email,
        lang=user.lang,
        user=user,
        token=token,
        dedupe=f"address:{token.hash[:32]}",
    )


def change_address(link: Token) -> User | None:
    """The new address is in force; both are told (6). None when the link was used or the address was taken meanwhile."""
    user = link.user
    if user is None or not tokens.use(link):
        return None
    new, old = link.data["email"], user.email
    if account_queries.user_of(new) not in (None, user):
        return None
    user.email, user.email_key = new, addresses.key(new)
    tokens.void("reset", Token.user_id == user.id)
    audit.record("address changed", user, actor=actor(user))
    for to, role in ((old, "old"), (new, "new")):
        mail.queue(
            "address_changed",
            to=to,
            lang=user.lang,
            user=user,
            dedupe=f"address-changed:{link.hash[:32]}:{role}",
            new=addresses.mask(new),
        )
    db.session.flush()
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
    sessions.end_all(user.id, but=sessions.current())
    tokens.void("address", Token.user_id == user.id)
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
    user.delete_after = None
    audit.record("erasure taken back", user, actor=actor(user))
    db.session.flush()

"""Passwords replaced, links voided, members told of what changed."""

from datetime import timedelta

from medportal import audit, devices, limits, mail, sessions, tokens
from medportal.blueprints.accounts import queries, second_factor
from medportal.extensions import db
from medportal.i18n import current_language
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.models.user import Token, User, UserSession

LASTS = timedelta(hours=1)


def forgot(email: str) -> None:
    """A link for a new password, at most five an hour. For unknown addresses the same is done and taken back: the
    answer must not come sooner (11)."""
    user = queries.user_of(email)
    allowed = limits.allow("reset", addresses.key(email), limit=5, seconds=3600)
    if user is None or not allowed or user.disabled_at is not None:
        with tokens.pretence():
            _send_link(None, email, current_language().code)
    else:
        _send_link(user, user.email, user.lang)


def _send_link(user: User | None, email: str, lang: str) -> None:
    token = tokens.issue("reset", lasts=LASTS, user=user, subject=queries.subject_of(email))
    mail.queue("reset", to=email, lang=lang, user=user, token=token, dedupe=f"reset:{token.hash[:32]}")


def reset(token: Token, password_hash: str) -> User | None:
    """The new password; every session ends, every other link too. None when the link was used meanwhile."""
    user = token.user
    if user is None or user.disabled_at is not None or not tokens.use(token):
        return None
    set_password(user, password_hash, but=None, how="reset by letter")
    return user


def set_password(user: User, password_hash: str, *, but: UserSession | None, how: str) -> None:
    """Replace it, end the other sessions (15), void open links, tell the member (6)."""
    user.password_hash = password_hash
    second_factor.forget_unfinished(user)
    devices.forget(user.id)
    shut_out(user, but=but)
    audit.record("password changed", user, actor=audit.actor_name(user.role, user.id), how=how)
    tell(user, "password")


def shut_out(user: User, *, but: UserSession | None = None) -> None:
    """Whoever holds a session or a link of this account holds nothing any more, all `but` one session."""
    for purpose in ("reset", "address"):
        tokens.void(purpose, Token.user_id == user.id)
    sessions.end_all(user.id, but=but)
    db.session.flush()


def tell(user: User, what: str) -> None:
    """A letter that something about the account changed; `what` is a key of `mail.CHANGES`. Twenty a day at most."""
    if not limits.allow("notice", str(user.id), limit=20, seconds=24 * 3600):
        return
    mail.queue(
        "account_changed",
        to=user.email,
        lang=user.lang,
        user=user,
        dedupe=f"changed:{user.id}:{tokens.new_seed()[:16]}",
        what=what,
        at=utc_now().isoformat(timespec="minutes"),
    )

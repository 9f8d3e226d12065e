"""Accounts come about: a sign-up waits in its link until whoever owns the address and knows the password confirms it.

Known and unknown addresses take the same way here: the same answer, the same costly hash, one commit (10, 11).
"""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from medportal import audit, limits, mail, passwords, tokens
from medportal.blueprints.accounts import queries
from medportal.blueprints.accounts.bursts import send_or_hold
from medportal.digests import subscribers
from medportal.extensions import db
from medportal.i18n import current_language
from medportal.lib import addresses
from medportal.models.outbox import Outbox
from medportal.models.user import Role, Token, User

DAY = 24 * 3600
LASTS = timedelta(hours=48)


def sign_up(email: str, password_hash: str, *, name: str, lang: str, burst: int) -> None:
    """Prepare an account and send the link that confirms the address; a member is told that there is one already.

    An address that has not confirmed gets one letter in 24 hours, and one more on "send again" (12).
    """
    subject = queries.subject_of(email)
    user = queries.user_of(email)
    if user is not None:
        tell_member(user)
        return
    if not limits.allow("sign-ups", subject, limit=queries.CANDIDATES - 1, seconds=DAY):
        return  # so that nobody can push an earlier sign-up of this address out of reach
    data = {"email": email, "password_hash": password_hash, "name": name, "lang": lang}
    token = tokens.issue("sign-up", lasts=LASTS, subject=subject, data=data)
    if limits.allow("sign-up-letter", subject, limit=1, seconds=DAY):
        send_or_hold("verify", token, burst=burst)


def tell_member(user: User) -> None:
    """Somebody typed this address where a new one was asked for: only its owner learns that it is taken."""
    if limits.allow("member-notice", user.email_key, limit=1, seconds=DAY):
        dedupe = f"already-member:{user.id}:{tokens.new_seed()[:16]}"
        mail.queue("already_member", to=user.email, lang=user.lang, user=user, dedupe=dedupe)


def send_again(email: str, *, burst: int) -> None:
    """The link of the newest sign-up of this address once more; nothing happens for any other address."""
    subject = queries.subject_of(email)
    token = db.session.scalar(queries.open_tokens("sign-up", queries.subjects_of(email)).limit(1))
    allowed = limits.allow("sign-up-again", subject, limit=1, seconds=DAY)
    if token is not None and allowed:
        send_or_hold("verify", token, burst=burst)
        return
    with tokens.pretence():  # the answer must not come sooner
        data = {"email": email, "lang": current_language().code}
        token = tokens.issue("sign-up", lasts=LASTS, subject=subject, data=data)
        send_or_hold("verify", token, burst=burst)


def chosen_sign_up(token: Token, password: str) -> Token | None:
    """The sign-up of the link's address that has this password; the link proves the address, the password the person.

    Somebody else may have signed up with the same address first, or after: only who knows the password goes on.
    Costly (a hash each); call it with no transaction open.
    """
    others = db.session.scalars(queries.open_tokens("sign-up", [token.subject])).all()
    candidates = [token, *(other for other in others if other.id != token.id)]
    hashes = [(candidate, candidate.data["password_hash"]) for candidate in candidates]
    db.session.rollback()
    return next((candidate for candidate, stored in hashes if passwords.matches(stored, password)), None)


def confirm_sign_up(link: Token, chosen: Token) -> User | None:
    """The account, now that its address is confirmed; None when the link was used meanwhile."""
    data, subject = chosen.data, link.subject
    if not tokens.use(link):
        return None
    user = add_user(
        data["email"], data["password_hash"], name=data["name"], lang=data["lang"], role=Role.MEMBER
    )
    if user is not None:
        tokens.void("sign-up", Token.subject == subject)
        _adopt_letters(user)
        audit.record("account opened", user, actor=audit.actor_name(user.role, user.id))
    return user


def _adopt_letters(user: User) -> None:
    """What was written to this address before there was an account belongs to it: erasure finds it by that."""
    db.session.execute(
        sa.update(Outbox)
        .where(Outbox.recipient_key == user.email_key, Outbox.user_id.is_(None))
        .values(user_id=user.id)
    )


def add_user(
    email: str, password_hash: str, *, name: str, lang: str, role: str, sample: bool = False
) -> User | None:
    """A new account, or None when the address has one: the unique index decides, not a look beforehand (25)."""
    user = User(
        email=addresses.normalise(email),
        email_key=addresses.key(email),
        password_hash=password_hash,
        name=name,
        lang=lang,
        role=role,
        sample=sample,
    )
    try:
        with db.session.begin_nested():
            db.session.add(user)
    except IntegrityError:
        return None
    subscribers.adopt(user)
    return user

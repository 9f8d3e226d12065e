"""Accounts come about, passwords are checked and replaced.

Known and unknown addresses take the same way here: the same answer, the same costly hash, one commit (10, 11).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from medportal import audit, limits, mail, passwords, sessions, tokens
from medportal.blueprints.accounts import queries
from medportal.extensions import db
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.models.setting import Setting
from medportal.models.user import Role, Token, User, UserSession

QUARTER = 15 * 60
DAY = 24 * 3600
SIGN_UP_LASTS = timedelta(hours=48)
RESET_LASTS = timedelta(hours=1)
INVITATION_LASTS = timedelta(days=7)


class Outcome(Enum):
    RIGHT = auto()
    WRONG = auto()
    TOO_MANY = auto()


@dataclass(frozen=True)
class Checked:
    outcome: Outcome
    user_id: int | None = None


# Signing in


def check_password(
    email: str, password: str, *, network: str, device_of: Callable[[int | None], str | None]
) -> Checked:
    """Is this the password? At most ten wrong ones an account (or known device) and forty a network in 15 minutes.

    Commits twice: the try is counted before the costly comparison, so that parallel tries cannot overtake the limit,
    and while it runs no transaction is open. `device_of`: the hash of the browser's known device of that user.
    """
    key = addresses.key(email)
    found = db.session.execute(
        sa.select(User.id, User.password_hash, User.disabled_at).where(User.email_key == key)
    ).one_or_none()
    who = device_of(found.id if found else None) or key
    hits = [
        limits.spend("password-network", network, limit=40, seconds=QUARTER),
        limits.spend("password", who, limit=10, seconds=QUARTER),
    ]
    db.session.commit()
    if None in hits:
        return Checked(Outcome.TOO_MANY)
    right = passwords.matches(found.password_hash if found else None, password)
    if found is None or not right or found.disabled_at is not None:
        audit.record("sign in refused", actor="visitor", network=limits.wider_network())
        db.session.commit()
        return Checked(Outcome.WRONG)
    better = passwords.hash_of(password) if passwords.is_outdated(found.password_hash) else None
    for hit in hits:
        assert hit is not None
        limits.give_back(hit)
    if better:
        db.session.execute(sa.update(User).where(User.id == found.id).values(password_hash=better))
    db.session.commit()
    return Checked(Outcome.RIGHT, found.id)


def signed_in(user: User, *, known: bool) -> None:
    """Note it; tell the member of a device they have not used before."""
    first = user.signed_in_at is None
    user.signed_in_at = utc_now()
    name = audit.actor_name(user.role, user.id)
    audit.record("sign in", user, actor=name, network=limits.wider_network())
    row = sessions.current()
    if not known and not first and row is not None:
        mail.queue(
            "new_sign_in",
            to=user.email,
            lang=user.lang,
            user=user,
            dedupe=f"new-sign-in:{row.hash[:32]}",
            device=row.device,
            at=utc_now().isoformat(timespec="minutes"),
        )


def refused_code(user: User) -> None:
    actor = audit.actor_name(user.role, user.id)
    audit.record("code refused", user, actor=actor, network=limits.wider_network())


# Signing up


def sign_up(email: str, password_hash: str, *, name: str, lang: str, burst: int) -> None:
    """Prepare an account and send the link that confirms the address; a member is told that there is one already.

    An address that has not confirmed gets one letter in 24 hours, and one more on "send again" (12).
    """
    subject = queries.subject_of(email)
    user = queries.user_of(email)
    if user is not None:
        if limits.allow("member-notice", user.email_key, limit=1, seconds=DAY):
            mail.queue(
                "already_member",
                to=user.email,
                lang=user.lang,
                user=user,
                dedupe=f"already-member:{user.id}:{tokens.new_seed()[:16]}",
            )
        return
    token = tokens.issue(
        "sign-up",
        lasts=SIGN_UP_LASTS,
        subject=subject,
        data={"email": email, "password_hash": password_hash, "name": name, "lang": lang},
    )
    if limits.allow("sign-up-letter", subject, limit=1, seconds=DAY):
        _send_link(token, burst=burst)


def send_again(email: str, *, burst: int) -> None:
    """The link of the newest sign-up of this address once more; nothing happens for any other address."""
    subject = queries.subject_of(email)
    token = db.session.scalar(queries.open_tokens("sign-up", subject).limit(1))
    if token is not None and limits.allow("sign-up-again", subject, limit=1, seconds=DAY):
        _send_link(token, burst=burst)


def _send_link(token: Token, *, burst: int) -> None:
    """A burst of sign-ups is how a portal is made to send spam: from then on letters wait for an owner's word."""
    held = queries.recent_sign_up_letters() >= burst
    mail.queue(
        "verify",
        to=token.data["email"],
        lang=token.data["lang"],
        token=token,
        dedupe=f"verify:{token.hash[:32]}:{tokens.new_seed()[:8]}",
        held=held,
    )
    if held:
        tell_owners("sign_up_burst", f"burst:{utc_now():%Y-%m-%d}")


def tell_owners(template: str, dedupe: str) -> None:
    for owner in db.session.scalars(queries.owners()):
        mail.queue(template, to=owner.email, lang=owner.lang, user=owner, dedupe=f"{dedupe}:{owner.id}")


def chosen_sign_up(token: Token, password: str) -> Token | None:
    """The sign-up of the link's address that has this password; the link proves the address, the password the person.

    Somebody else may have signed up with the same address first, or after: only who knows the password goes on.
    Costly (a hash each); call it with no transaction open.
    """
    others = db.session.scalars(queries.open_tokens("sign-up", token.subject)).all()
    candidates = [token, *(other for other in others if other.id != token.id)]
    hashes = [(candidate, candidate.data["password_hash"]) for candidate in candidates]
    db.session.rollback()
    return next((candidate for candidate, stored in hashes if passwords.matches(stored, password)), None)


def confirm_sign_up(link: Token, chosen: Token) -> User | None:
    """The account, now that its address is confirmed; None when the link was used meanwhile."""
    if not tokens.use(link):
        return None
    data = chosen.data
    subject = link.subject
    user = add_user(
        data["email"], data["password_hash"], name=data["name"], lang=data["lang"], role=Role.MEMBER
    )
    if user is not None:
        tokens.void("sign-up", Token.subject == subject)
        audit.record("account opened", user, actor=audit.actor_name(user.role, user.id))
    return user


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
    return user


# Forgotten passwords


def forgot(email: str) -> None:
    """A link for a new password, at most five an hour; unknown addresses get nothing, and nobody sees that."""
    user = queries.user_of(email)
    allowed = limits.allow("reset", addresses.key(email), limit=5, seconds=3600)
    if user is None or not allowed or user.disabled_at is not None:
        return
    token = tokens.issue("reset", lasts=RESET_LASTS, user=user, subject=queries.subject_of(email))
    mail.queue(
        "reset", to=user.email, lang=user.lang, user=user, token=token, dedupe=f"reset:{token.hash[:32]}"
    )


def reset(token: Token, password_hash: str) -> User | None:
    """The new password; every session ends, every other link for one too. None when the link was used meanwhile."""
    user = token.user
    if user is None or not tokens.use(token):
        return None
    set_password(user, password_hash, but=None, how="reset by letter")
    return user


def set_password(user: User, password_hash: str, *, but: UserSession | None, how: str) -> None:
    """Replace it, end the other sessions (15), forget open links, tell the member (6)."""
    user.password_hash = password_hash
    tokens.void("reset", Token.user_id == user.id)
    sessions.end_all(user.id, but=but)
    audit.record("password changed", user, actor=audit.actor_name(user.role, user.id), how=how)
    tell(user, "password")


def tell(user: User, what: str) -> None:
    """A letter that something about the account changed; `what` is a key of the letter's sentences."""
    mail.queue(
        "account_changed",
        to=user.email,
        lang=user.lang,
        user=user,
        dedupe=f"changed:{user.id}:{tokens.new_seed()[:16]}",
        what=what,
        at=utc_now().isoformat(timespec="minutes"),
    )


# Staff


def invite(email: str, *, role: str, lang: str, by: str) -> Token:
    """A letter with which somebody opens an account that has this role at once."""
    token = tokens.issue(
        "invitation",
        lasts=INVITATION_LASTS,
        subject=queries.subject_of(email),
        data={"email": email, "role": role, "lang": lang},
    )
    mail.queue(
        "invitation", to=email, lang=lang, token=token, dedupe=f"invitation:{token.hash[:32]}", role=role
    )
    audit.record("invited", actor=by, role=role)
    return token


def accept_invitation(token: Token, password_hash: str, *, name: str) -> User | None:
    if not tokens.use(token):
        return None
    data = token.data
    user = add_user(data["email"], password_hash, name=name, lang=data["lang"], role=data["role"])
    if user is not None:
        audit.record("account opened", user, actor=audit.actor_name(user.role, user.id), role=user.role)
    return user


# The first owner

CLOSED = "setup_closed"
CODE = "setup_code"
CODE_LASTS = timedelta(hours=24)


def setup_is_open() -> bool:
    """As long as no owner was ever made; the sample site's owner closes it only while it is there."""
    if db.session.get(Setting, CLOSED) is not None:
        return False
    return db.session.scalar(sa.select(User.id).where(User.role == Role.OWNER).limit(1)) is None


def new_setup_code() -> str:
    """A code for /setup, to be shown on the server's console only; it replaces the one before and lasts a day."""
    raw = tokens.new_seed()[:12]
    row = db.session.get(Setting, CODE) or Setting(key=CODE)
    row.value = {"hash": tokens.digest(raw), "until": (utc_now() + CODE_LASTS).timestamp()}
    db.session.add(row)
    db.session.flush()
    return "-".join(raw[i : i + 4] for i in range(0, 12, 4))


def setup_code_is(code: str) -> bool:
    row = db.session.get(Setting, CODE)
    typed = code.strip().lower().replace("-", "").replace(" ", "")
    return (
        row is not None
        and row.value["until"] > utc_now().timestamp()
        and row.value["hash"] == tokens.digest(typed)
    )


def create_owner(email: str, password_hash: str, *, name: str, lang: str, by: str) -> User | None:
    """An owner, and /setup closes for good: a row that can be written once decides between two at the same time."""
    try:
        with db.session.begin_nested():
            db.session.add(Setting(key=CLOSED, value=True))
    except IntegrityError:
        if by == "setup":
            return None
    db.session.execute(sa.delete(Setting).where(Setting.key == CODE))
    user = add_user(email, password_hash, name=name, lang=lang, role=Role.OWNER)
    if user is not None:
        audit.record("owner made", user, actor=by)
    return user

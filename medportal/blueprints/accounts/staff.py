"""Invitations, and the first owner."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from medportal import audit, mail, tokens
from medportal.blueprints.accounts import queries
from medportal.blueprints.accounts.services import add_user
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.setting import Setting
from medportal.models.user import Role, Token, User

INVITATION_LASTS = timedelta(days=7)
CLOSED = "setup_closed"
CODE = "setup_code"
CODE_LASTS = timedelta(hours=24)


class SetupClosed(Exception):
    """There was an owner before."""


def invite(email: str, *, role: str, lang: str, by: User) -> Token:
    """A letter with which somebody opens an account that has this role at once; void when the inviter falls."""
    tokens.void("invitation", Token.subject.in_(queries.subjects_of(email)))
    token = tokens.issue(
        "invitation",
        lasts=INVITATION_LASTS,
        user=by,
        subject=queries.subject_of(email),
        data={"email": email, "role": role, "lang": lang},
    )
    mail.queue(
        "invitation", to=email, lang=lang, token=token, dedupe=f"invitation:{token.hash[:32]}", role=role
    )
    audit.record("invited", actor=audit.actor_name(by.role, by.id), role=role)
    return token


def accept_invitation(token: Token, password_hash: str, *, name: str) -> User | None:
    """None when the link was used meanwhile, its inviter may invite no more, or the address has an account."""
    data, inviter = token.data, token.user
    if inviter is None or inviter.role != Role.OWNER or inviter.disabled_at is not None:
        return None
    if not tokens.use(token):
        return None
    user = add_user(data["email"], password_hash, name=name, lang=data["lang"], role=data["role"])
    if user is not None:
        audit.record("account opened", user, actor=audit.actor_name(user.role, user.id), role=user.role)
    return user


def withdraw_invitation(token: Token, *, by: str) -> None:
    tokens.void("invitation", Token.id == token.id)
    audit.record("invitation withdrawn", actor=by, role=token.data["role"])


def setup_is_open() -> bool:
    """As long as no owner was ever made; the sample site's owner closes it only while it is there."""
    if db.session.get(Setting, CLOSED) is not None:
        return False
    return db.session.scalar(sa.select(User.id).where(User.role == Role.OWNER).limit(1)) is None


def new_setup_code() -> str:
    """A code for /setup, to be shown on the server's console only; it replaces the one before and lasts a day."""
    raw = tokens.new_seed()[:12]
    row = db.session.get(Setting, CODE) or Setting(key=CODE)
    row.value = {"hash": tokens.keyed("setup", raw), "until": (utc_now() + CODE_LASTS).timestamp()}
    db.session.add(row)
    db.session.flush()
    return "-".join(raw[i : i + 4] for i in range(0, 12, 4))


def setup_code_is(code: str) -> bool:
    row = db.session.get(Setting, CODE)
    typed = code.strip().lower().replace("-", "").replace(" ", "")
    return (
        row is not None
        and row.value["until"] > utc_now().timestamp()
        and row.value["hash"] in tokens.keyed_with_all("setup", typed)
    )


def create_owner(email: str, password_hash: str, *, name: str, lang: str, by: str) -> User | None:
    """An owner, and /setup closes for good; None when the address has an account.

    SetupClosed when /setup (`by` "setup") was not the first: a row that can be written once decides between two at
    the same time.
    """
    try:
        with db.session.begin_nested():
            db.session.add(Setting(key=CLOSED, value=True))
    except IntegrityError:
        if by == "setup":
            raise SetupClosed from None
    user = add_user(email, password_hash, name=name, lang=lang, role=Role.OWNER)
    if user is not None:
        db.session.execute(sa.delete(Setting).where(Setting.key == CODE))
        audit.record("owner made", user, actor=by)
    return user

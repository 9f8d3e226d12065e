"""Accounts whose seven days are over are erased: from tables, queues, kept letters and the database file itself."""

import sqlalchemy as sa

from medportal import audit, carriers, privacy
from medportal.blueprints.accounts import queries
from medportal.changes import site_changed
from medportal.digests import subscribers
from medportal.extensions import db, reading
from medportal.lib.dates import utc_now
from medportal.models.audit import Audit, AuditNetwork
from medportal.models.outbox import Outbox
from medportal.models.user import Role, Token, User


def erase_due() -> int:
    """Erase whose time has come; how many. Commits after each."""
    with reading():
        due = db.session.scalars(sa.select(User.id).where(User.delete_after <= utc_now())).all()
        db.session.rollback()
    for number in due:
        user = db.session.get(User, number)
        if user is not None and user.delete_after is not None and user.delete_after <= utc_now():
            files = erase(user)
            db.session.commit()
            carriers.forget_files(files)
    db.session.rollback()  # else the log waits for ourselves
    scrub_file()  # every time: a reader may have stood in its way before
    return len(due)


def erase(user: User) -> list[str]:
    """Nothing stays but the audit trail, which knows the account by its number only, and a hash where the address
    refused mail. Answers the letters' files to forget once this is committed."""
    subscription = subscribers.of_user(user) or subscribers.of_address(user.email)
    files = subscribers.files_of(subscription) if subscription is not None else []
    letters = db.session.scalars(
        sa.select(Outbox.id).where(sa.or_(Outbox.user_id == user.id, Outbox.recipient_key == user.email_key))
    ).all()
    shown, number = user.shown_publicly, user.id
    privacy.erase(user)
    links = sa.or_(Token.user_id == number, Token.subject.in_(queries.subjects_of(user.email)))
    db.session.execute(sa.delete(Token).where(links))
    _forget_networks(user)
    audit.record("account erased", user, actor="jobs")
    db.session.flush()
    db.session.execute(sa.delete(User).where(User.id == number).execution_options(synchronize_session=False))
    db.session.expunge(user)
    if shown:
        site_changed()
    return files + [f"{number}.eml" for number in letters]


def _forget_networks(user: User) -> None:
    about = sa.or_(
        sa.and_(Audit.object_type == User.__name__, Audit.object_id == user.id),
        Audit.actor.in_([audit.actor_name(role, user.id) for role in Role]),
    )
    db.session.execute(
        sa.delete(AuditNetwork).where(AuditNetwork.audit_id.in_(sa.select(Audit.id).where(about)))
    )


def scrub_file() -> None:
    """SQLite: what was deleted is overwritten (secure_delete); the write-ahead log is emptied too, once nobody reads it."""
    if db.engine.dialect.name == "sqlite":
        raw = db.engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            raw.close()

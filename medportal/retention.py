"""What is thrown away, and when: nothing personal is kept longer than its purpose."""

from datetime import timedelta

import sqlalchemy as sa

from medportal import carriers, devices, limits, sessions
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.audit import AuditNetwork
from medportal.models.outbox import MailState, Outbox
from medportal.models.user import KnownDevice, Token, UserSession
from medportal.search import missed

LETTERS = timedelta(days=30)
NETWORKS = timedelta(days=90)
LINKS = timedelta(days=1)


def clean_up() -> None:
    """Ended sessions, spent links, old letters, old devices, networks in the audit trail after 90 days."""
    now = utc_now()
    for query in (
        sa.delete(UserSession).where(UserSession.ends_at < now),
        sa.delete(UserSession).where(UserSession.seen_at < now - sessions.LASTING.idle),
        sa.delete(UserSession).where(
            UserSession.lasting.is_(False), UserSession.seen_at < now - sessions.SHORT.idle
        ),
        sa.delete(Token).where(Token.expires_at < now - LINKS),
        sa.delete(KnownDevice).where(KnownDevice.seen_at < now - devices.LASTS),
        sa.delete(AuditNetwork).where(AuditNetwork.at < now - NETWORKS),
        sa.delete(Outbox).where(
            Outbox.state.not_in([MailState.QUEUED, MailState.HELD]), Outbox.created_at < now - LETTERS
        ),
    ):
        db.session.execute(query)
        db.session.commit()
    missed.forget_old()
    limits.forget_expired()
    db.session.commit()
    folder = carriers.mail_folder()
    for file in folder.glob("*.eml") if folder.is_dir() else ():
        if file.stat().st_mtime < (now - LETTERS).timestamp():
            file.unlink(missing_ok=True)

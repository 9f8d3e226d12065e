"""What is thrown away, and when: nothing personal is kept longer than its purpose."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from medportal import carriers, devices, limits, sessions
from medportal.blueprints.editing import bin as the_bin
from medportal.blueprints.editing import copies
from medportal.blueprints.media import services as pictures
from medportal.digests import bounces
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.audit import AuditNetwork
from medportal.models.consultation import Phase, Question
from medportal.models.digest import Delivery, Digest, Edition, Stage
from medportal.models.outbox import MailState, Outbox
from medportal.models.subscription import Subscriber
from medportal.models.user import KnownDevice, Token, UserSession
from medportal.search import missed

LETTERS = timedelta(days=30)
NETWORKS = timedelta(days=90)
LINKS = timedelta(days=1)
UNCONFIRMED = timedelta(days=3)
"""How long a question waits for its asker to confirm the address."""
STOPPED = timedelta(days=30)
"""How long a stopped subscription can be taken up again; then its address goes."""
DELIVERIES = timedelta(days=400)
"""How long it is known who was told what: a page that comes back within that time is not told twice."""


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
        sa.delete(Subscriber).where(Subscriber.stopped_at < now - STOPPED, Subscriber.user_id.is_(None)),
        sa.delete(Question).where(Question.phase == Phase.WAITING, Question.created_at < now - UNCONFIRMED),
        sa.delete(Outbox).where(
            Outbox.state.not_in([MailState.QUEUED, MailState.HELD]), Outbox.created_at < now - LETTERS
        ),
    ):
        db.session.execute(query)
        db.session.commit()
    _forget_deliveries(now - DELIVERIES)
    bounces.forget_old()
    missed.forget_old()
    limits.forget_expired()
    db.session.commit()
    pictures.forget_binned()
    the_bin.empty_old()
    copies.forget_old()
    _forget_files(now - LETTERS)


def _forget_deliveries(before: datetime) -> None:
    """A few thousand at a time, so that nobody waits for the lock."""
    while True:
        old = (
            sa.select(Delivery.id)
            .join(Digest, Digest.id == Delivery.digest_id)
            .where(Delivery.queued_at < before, Digest.state.in_([Stage.DONE, Stage.CANCELLED]))
        )
        gone = db.session.execute(sa.delete(Delivery).where(Delivery.id.in_(old.limit(2000))))
        db.session.commit()
        if not gone.rowcount:  # type: ignore[attr-defined]
            break
    kept = sa.select(Delivery.id).where(Delivery.edition_id == Edition.id)
    ended = sa.select(Digest.id).where(Digest.done_at < before)
    db.session.execute(
        sa.delete(Edition).where(Edition.digest_id.in_(ended), ~Edition.archived, ~kept.exists())
    )
    db.session.commit()


def _forget_files(before: datetime) -> None:
    folder = carriers.mail_folder()
    for file in folder.glob("*.eml") if folder.is_dir() else ():
        if file.stat().st_mtime < before.timestamp():
            file.unlink(missing_ok=True)

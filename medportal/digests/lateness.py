"""A digest that was due and was not written: owners get one letter a day, since silence looks like a week without news."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from medportal import mail
from medportal.choices import zone
from medportal.digests import staging
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.digest import Digest, Stage
from medportal.models.subscription import Frequency

LATE = timedelta(hours=6)
"""A large run is written within minutes, and one that failed is tried again every few."""


def work() -> None:
    if is_late(utc_now()):
        tell()
    db.session.rollback()


def is_late(now: datetime) -> bool:
    """Whether a run of the last week was not opened, or was opened and never written to its end."""
    if db.session.scalar(sa.select(Digest.id).limit(1)) is None:
        return False  # a new site has written none yet
    regular = [frequency for frequency in Frequency if frequency != Frequency.AT_ONCE]
    if any(staging.is_missing(frequency, now - LATE) for frequency in regular):
        return True
    open_ones = sa.select(Digest.id).where(
        Digest.state == Stage.STAGING, Digest.due_at < now - LATE, Digest.due_at > now - timedelta(days=7)
    )
    return db.session.scalar(open_ones.limit(1)) is not None


def tell() -> None:
    """Commits."""
    day = utc_now().astimezone(zone()).date()
    mail.queue_for_owners("digest_missing", occasion=f"digest late:{day.isoformat()}")
    db.session.commit()

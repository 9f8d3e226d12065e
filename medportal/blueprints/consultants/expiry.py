"""One letter to each owner when a check of credentials has run out; never a second one for that check. The badge needs
nobody for going: pages look at the day."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256

import sqlalchemy as sa

from medportal import mail
from medportal.blueprints.people import checks
from medportal.changes import site_changed
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.practice import CredentialCheck


def tell() -> int:
    """How many checks the owners are told of. Commits."""
    query = sa.select(CredentialCheck.id, CredentialCheck.valid_until).where(
        checks.run_out(checks.today()), CredentialCheck.expiry_told_at.is_(None)
    )
    over = db.session.execute(query.order_by(CredentialCheck.id).limit(200)).all()
    numbers = [row.id for row in over]
    if numbers:
        told = _of([(row.id, row.valid_until) for row in over])
        mail.queue_for_owners("credential_expired", occasion=f"credential:{told}", count=len(over))
        db.session.execute(
            sa.update(CredentialCheck).where(CredentialCheck.id.in_(numbers)).values(expiry_told_at=utc_now())
        )
        site_changed()
    db.session.commit()
    return len(numbers)


def _of(over: Sequence[tuple[int, date]]) -> str:
    """Names these checks with these last days: one that was changed is told anew."""
    return sha256(repr(over).encode()).hexdigest()[:24]

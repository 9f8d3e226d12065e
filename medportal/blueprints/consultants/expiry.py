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
from medportal.models.user import Role, User


def tell() -> int:
    """How many checks the owners are told of. Commits."""
    query = sa.select(CredentialCheck.id, CredentialCheck.valid_until).where(
        checks.run_out(checks.today()), CredentialCheck.expiry_told_at.is_(None)
    )
    over = db.session.execute(query.order_by(CredentialCheck.id).limit(200)).all()
    numbers = [row.id for row in over]
    if numbers:
        _tell([(row.id, row.valid_until) for row in over])
        db.session.execute(
            sa.update(CredentialCheck).where(CredentialCheck.id.in_(numbers)).values(expiry_told_at=utc_now())
        )
        site_changed()
    db.session.commit()
    return len(numbers)


def _of(over: Sequence[tuple[int, date]]) -> str:
    """Names these checks with these last days: one that was changed is told anew."""
    return sha256(repr(over).encode()).hexdigest()[:24]


def _tell(over: Sequence[tuple[int, date]]) -> None:
    owners = db.session.scalars(
        sa.select(User).where(User.role == Role.OWNER, User.disabled_at.is_(None)).order_by(User.id)
    )
    for owner in owners:
        mail.queue(
            "credential_expired",
            to=owner.email,
            lang=owner.lang,
            dedupe=f"credential:{_of(over)}:{owner.id}",
            user=owner,
            count=len(over),
        )

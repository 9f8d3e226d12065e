"""One letter to each owner when a check of credentials has run out; never a second one for that check. The badge needs
nobody for going: pages look at the day."""

from collections.abc import Sequence

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
    query = sa.select(CredentialCheck.id).where(
        checks.run_out(checks.today()), CredentialCheck.expiry_told_at.is_(None)
    )
    numbers = db.session.scalars(query.order_by(CredentialCheck.id).limit(200)).all()
    if numbers:
        _tell(numbers)
        db.session.execute(
            sa.update(CredentialCheck).where(CredentialCheck.id.in_(numbers)).values(expiry_told_at=utc_now())
        )
        site_changed()
    db.session.commit()
    return len(numbers)


def _tell(numbers: Sequence[int]) -> None:
    owners = db.session.scalars(
        sa.select(User).where(User.role == Role.OWNER, User.disabled_at.is_(None)).order_by(User.id)
    )
    for owner in owners:
        mail.queue(
            "credential_expired",
            to=owner.email,
            lang=owner.lang,
            dedupe=f"credential:{max(numbers)}:{checks.today().isoformat()}:{owner.id}",
            user=owner,
            count=len(numbers),
        )

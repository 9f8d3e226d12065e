"""Working copies: what somebody typed and has not saved."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from medportal import privacy
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.trust import WorkingCopy
from medportal.models.user import User

AT_WORK = timedelta(minutes=10)
"""Who typed so recently is taken to be still at it."""


KEPT = timedelta(days=90)


class Newer(Exception):
    """A second window of the same person has kept something since."""


def mine(content_id: int, user_id: int) -> WorkingCopy | None:
    return db.session.scalar(
        sa.select(WorkingCopy).where(WorkingCopy.content_id == content_id, WorkingCopy.user_id == user_id)
    )


def keep(
    content_id: int,
    user_id: int,
    form: Mapping[str, list[str]],
    bases: Mapping[str, int],
    *,
    version: int,
) -> WorkingCopy:
    """`version`: of the copy that the window knows, 0 for none. Newer when another window was faster."""
    copy = mine(content_id, user_id)
    if copy is not None and copy.version != version:
        raise Newer
    if copy is None:
        copy = WorkingCopy(content_id=content_id, user_id=user_id, version=0)
        db.session.add(copy)
    copy.form, copy.bases, copy.kept_at = dict(form), dict(bases), utc_now()
    copy.version += 1
    db.session.flush()
    return copy


def forget(content_id: int, user_id: int, *, version: int | None = None) -> None:
    """`version`: only if no other window has kept something since."""
    mine = sa.delete(WorkingCopy).where(WorkingCopy.content_id == content_id, WorkingCopy.user_id == user_id)
    db.session.execute(mine if version is None else mine.where(WorkingCopy.version <= version))


def forget_old() -> None:
    """What nobody came back to. Commits."""
    db.session.execute(sa.delete(WorkingCopy).where(WorkingCopy.kept_at < utc_now() - KEPT))
    db.session.commit()


def others_at_work(content_id: int, user_id: int) -> Sequence[str]:
    """The names of those who are typing on the same page just now."""
    rows = db.session.execute(
        sa.select(User.name, User.email)
        .join(WorkingCopy, WorkingCopy.user_id == User.id)
        .where(
            WorkingCopy.content_id == content_id,
            User.id != user_id,
            WorkingCopy.kept_at > utc_now() - AT_WORK,
        )
        .order_by(User.id)
    )
    return [name or email for name, email in rows]


def _export(user: User) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        sa.select(WorkingCopy).where(WorkingCopy.user_id == user.id).order_by(WorkingCopy.id)
    )
    return [{"page": row.content_id, "kept": row.kept_at.isoformat(), "typed": row.form} for row in rows]


privacy.add(privacy.Part("working_copies", _l("What you typed at the desk and did not save"), _export))

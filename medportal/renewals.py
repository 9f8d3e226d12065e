"""Words that stand on many pages change: a category's name, a person's. A few pages are renewed at once; many are
handed to the jobs program, so that no form keeps every other writer waiting."""

import sqlalchemy as sa

from medportal.changes import content_changed, site_changed
from medportal.extensions import db
from medportal.models.renewal import Renewal

AT_ONCE = 200
PIECE = 50


def renew(content_ids: sa.Select[int]) -> None:
    """Lists and search say anew what these things say. Call it after the change, before the caller commits."""
    db.session.flush()
    numbers = db.session.scalars(content_ids.distinct().limit(AT_ONCE + 1)).all()
    if len(numbers) <= AT_ONCE:
        content_changed(*numbers)
        return
    site_changed()  # its row lock keeps two of us from adding the same rows
    wanted = content_ids.distinct().subquery()
    number = wanted.c[0]
    db.session.execute(
        sa.insert(Renewal).from_select(
            ["content_id"], sa.select(number).where(number.not_in(sa.select(Renewal.content_id)))
        )
    )


def keep() -> int:
    """The recurring job: what waits, in pieces; how many things were renewed. Commits."""
    done = 0
    while True:
        numbers = db.session.scalars(sa.select(Renewal.content_id).limit(PIECE)).all()
        if not numbers:
            db.session.rollback()
            return done
        content_changed(*numbers)
        db.session.execute(sa.delete(Renewal).where(Renewal.content_id.in_(numbers)))
        db.session.commit()
        db.session.expunge_all()
        done += len(numbers)

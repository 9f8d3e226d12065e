"""What is counted: by kinds, states and weeks, never by person. Every question is answered by the database in groups,
so that its answer is short however much there is.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from medportal import choices
from medportal.extensions import db
from medportal.lib.dates import local_to_utc, utc_now
from medportal.models.audit import Audit
from medportal.models.content import ContentText, Status
from medportal.models.digest import Delivery, Digest
from medportal.models.message import Message
from medportal.models.outbox import Outbox
from medportal.models.search import MissedSearch
from medportal.models.subscription import Subscriber
from medportal.models.trust import Review
from medportal.search import missed

MONTHS, WEEKS = 12, 12
MISSED = 20


def _edges(days: Sequence[date]) -> list[datetime]:
    """The moments at which these days begin by the clock of the site."""
    return [local_to_utc(day, time(), choices.time_zone()) for day in days]


def _today() -> date:
    return utc_now().astimezone(choices.zone()).date()


def months() -> list[date]:
    """The first days of the last twelve months, this one included, and of the next."""
    today = _today()
    last = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(last - MONTHS + 1, last + 2)]


def weeks() -> list[date]:
    """The Sundays with which the last twelve weeks began, this one included, and the next."""
    today = _today()
    sunday = today - timedelta(days=(today.weekday() + 1) % 7)
    return [sunday + timedelta(weeks=n) for n in range(1 - WEEKS, 2)]


def over_time(
    moment: Any, group: Any, days: Sequence[date], *conditions: Any, join: Any = None
) -> dict[Any, list[int]]:
    """How often `moment` fell into each of the spans that begin on these days (the last one only ends the one before),
    by `group`. The bucket is made in an inner query: PostgreSQL groups by columns, not by expressions with values."""
    edges = _edges(days)
    bucket = sa.case(*[(moment < edge, n) for n, edge in enumerate(edges[1:])])
    inner = sa.select(bucket.label("bucket"), group.label("named")).where(
        moment >= edges[0], moment < edges[-1], *conditions
    )
    if join is not None:
        inner = inner.join(*join)
    rows = inner.subquery()
    found: dict[Any, list[int]] = defaultdict(lambda: [0] * (len(days) - 1))
    for row in db.session.execute(
        sa.select(rows.c.bucket, rows.c.named, sa.func.count()).group_by(rows.c.bucket, rows.c.named)
    ):
        found[row[1]][row[0]] = row[2]
    return found


def published() -> dict[str, list[int]]:
    """Texts by the month in which they came out, by language."""
    return over_time(
        ContentText.published_at, ContentText.lang, months(), ContentText.status == Status.PUBLISHED
    )


def confirmed() -> list[int]:
    """Subscribers by the week of their consent, of those whose address is still kept."""
    return over_time(Subscriber.consent_at, sa.literal("all"), weeks())["all"]


def stopped() -> list[int]:
    """From the audit trail: the addresses themselves are forgotten after a month."""
    return over_time(Audit.at, sa.literal("all"), weeks(), Audit.action == "subscription stopped")["all"]


def letters() -> dict[str, list[int]]:
    """Letters by state and week. Those of digests count in the week of their digest, which an index answers."""
    by_state = over_time(Outbox.created_at, Outbox.state, weeks())
    digests = over_time(
        Digest.created_at, Delivery.state, weeks(), join=(Delivery, Delivery.digest_id == Digest.id)
    )
    found: dict[str, list[int]] = {}
    for state in {*by_state, *digests}:
        found[state] = [a + b for a, b in zip(by_state[state], digests[state], strict=True)]
    return found


def messages() -> dict[str, list[int]]:
    return over_time(Message.sent_at, Message.kind, weeks())


def missed_searches() -> Sequence[MissedSearch]:
    """Without digits and names, searched for on three separate days at least."""
    return db.session.scalars(missed.shown().limit(MISSED)).all()


def texts() -> dict[tuple[str, str, str], int]:
    """How many texts by kind, language and state."""
    columns = (ContentText.kind, ContentText.lang, ContentText.status)
    rows = db.session.execute(sa.select(*columns, sa.func.count()).group_by(*columns))
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def reviews() -> dict[tuple[str, str], int]:
    """How many published texts by kind and by their last review: "reviewed", "overdue" or "never"."""
    last = sa.select(sa.func.max(Review.id).label("id")).group_by(Review.text_id).subquery()
    due = sa.select(Review.text_id, Review.next_due).join(last, last.c.id == Review.id).subquery()
    state = sa.case(
        (due.c.next_due.is_(None), "never"), (due.c.next_due < _today(), "overdue"), else_="reviewed"
    )
    rows = (
        sa.select(ContentText.kind.label("kind"), state.label("state"))
        .outerjoin(due, due.c.text_id == ContentText.id)
        .where(ContentText.status == Status.PUBLISHED)
        .subquery()
    )
    counted = sa.select(rows.c.kind, rows.c.state, sa.func.count()).group_by(rows.c.kind, rows.c.state)
    return {(row[0], row[1]): row[2] for row in db.session.execute(counted)}

"""The two queues of letters, the outbox and the deliveries of digests: what is due, taking it, noting how it went.

Who takes a letter holds a lease on it; only as long as it is ours do we write. The statements are built once: at some
hundred letters a second, building them would cost more than running them.
"""

import os
import secrets
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask import current_app

from medportal.carriers import Hand
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.digest import Delivery
from medportal.models.outbox import MailState, Outbox, Posted

GIVE_UP = timedelta(days=2)
BACKOFF = [timedelta(minutes=m) for m in (1, 2, 4, 8, 15, 30, 60, 120, 240, 480)]
SLACK = timedelta(minutes=1)
_STEPS = 12  # answers that one letter waits for at most, from the greeting to the end of its text


def identity() -> str:
    """Ours alone, and of no other copy of this process."""
    return _identity(os.getpid())


@cache
def _identity(process: int) -> str:
    """In containers, two loops may well have the same name and number."""
    return f"{socket.gethostname()[:60]}:{process}:{secrets.token_hex(3)}"


def lease() -> timedelta:
    """How long one letter may take: a server that answers each step at the last moment is still waited for."""
    return timedelta(seconds=current_app.config["MAIL_TIMEOUT"] * _STEPS)


@cache
def _due(table: type[Posted]) -> sa.ColumnElement[bool]:
    """Queued, not asked to wait, in nobody's hands. Pauses and leases that reach further ahead than any we give are
    those of a clock that was set back since: void."""
    now, too_far = _moment("now"), _moment("too_far")
    free = sa.or_(table.lease_until.is_(None), table.lease_until < now, table.lease_until > too_far)
    waits = (_waits_too_long(table, n) for n in range(len(BACKOFF) + 1))
    return sa.and_(table.state == MailState.QUEUED, free, sa.or_(table.next_at <= now, *waits))


def _waits_too_long(table: type[Posted], tries: int) -> sa.ColumnElement[bool]:
    """Longer than anybody asked it to after so many tries."""
    count = table.attempts >= tries if tries == len(BACKOFF) else table.attempts == tries
    return sa.and_(count, table.next_at > _moment(f"longest_{tries}"))


def _moment(name: str) -> sa.BindParameter[datetime]:
    return sa.bindparam(name, type_=Outbox.next_at.type)


def _clock(now: datetime) -> dict[str, datetime]:
    longest = {f"longest_{n}": now + BACKOFF[max(0, n - 1)] + SLACK for n in range(len(BACKOFF) + 1)}
    return {"now": now, "too_far": now + lease() + SLACK, **longest}


@cache
def _free(table: Any) -> sa.Select[int]:
    """The numbers of what is due, the first first; of deliveries, those of one `digest`."""
    if table is Outbox:
        query = sa.select(Outbox.id).where(_due(Outbox)).order_by(Outbox.next_at, Outbox.id)
    else:
        one = Delivery.digest_id == sa.bindparam("digest")
        order = (Delivery.next_at, Delivery.edition_id, Delivery.id)  # those of one edition together
        query = sa.select(Delivery.id).where(one, _due(Delivery)).order_by(*order)
    return query.limit(sa.bindparam("wanted", type_=sa.Integer)).with_for_update(skip_locked=True)


def anything_due(now: datetime, digests: Sequence[int]) -> bool:
    """A look, no more."""
    found = db.session.scalars(_free(Outbox), {**_clock(now), "wanted": 1}).first()
    return found is not None or any(
        db.session.scalars(_free(Delivery), {**_clock(now), "wanted": 1, "digest": number}).first()
        for number in digests
    )


def take(wanted: int, *, digests: Sequence[int], cap: int) -> list[Hand]:
    """Up to so many letters for ourselves. The outbox first, then deliveries of these digests, at most `cap`."""
    now = utc_now()
    hands = _take(Outbox, now, wanted=wanted)
    for number in digests:
        room = min(wanted - len(hands), cap)
        if room <= 0:
            break
        taken = _take(Delivery, now, wanted=room, digest=number)
        hands += taken
        cap -= len(taken)
    return hands


@cache
def _lay_hands_on(table: Any) -> Any:
    first = sa.case((table.attempts == 0, _moment("now")), else_=table.queued_at)
    return (
        sa.update(table)
        .where(table.id.in_(sa.bindparam("ids", expanding=True)), table.state == MailState.QUEUED)
        .values(
            lease_until=_moment("until"),
            leased_by=sa.bindparam("us"),
            attempts=table.attempts + 1,
            queued_at=first,  # patience runs from the first try
        )
        .returning(table.id, table.attempts, table.queued_at)
    )


def _take(table: Any, now: datetime, **which: int) -> list[Hand]:
    connection = db.session.connection()
    numbers = connection.execute(_free(table), {**_clock(now), **which}).scalars().all()
    if not numbers:
        return []
    values = {"ids": numbers, "until": now + lease(), "us": identity(), "now": now}
    rows = connection.execute(_lay_hands_on(table), values).all()
    by_number = {row.id: row for row in rows}
    return [Hand(table, n, by_number[n].attempts, by_number[n].queued_at) for n in numbers if n in by_number]


# What became of a letter. Only while the lease is still ours: who took over meanwhile knows better.


@cache
def _note(table: Any, names: tuple[str, ...]) -> Any:
    values = {name: sa.bindparam(f"to_{name}", type_=getattr(table, name).type) for name in names}
    return (
        sa.update(table)
        .where(
            table.id.in_(sa.bindparam("ids", expanding=True)),
            table.leased_by == sa.bindparam("us"),
            table.state == MailState.QUEUED,
        )
        .values(lease_until=None, leased_by=None, **values)
    )


def note(table: Any, numbers: Sequence[int], us: str | None = None, /, **values: Any) -> None:
    """`us`: who had them in hand; None: this process."""
    known = {f"to_{name}": value for name, value in values.items()}
    db.session.connection().execute(
        _note(table, tuple(sorted(values))),
        {"ids": list(numbers), "us": identity() if us is None else us, **known},
    )


def sent(hands: Sequence[Hand], *, us: str | None = None) -> None:
    """`us` as in `note`."""
    now = utc_now()
    alike: dict[Any, list[Hand]] = {}
    for hand in hands:
        alike.setdefault((hand.table, str(hand.last)), []).append(hand)
    for (table, _), group in alike.items():
        numbers = [hand.id for hand in group]
        note(table, numbers, us, state=MailState.SENT, error="", sent_at=now, **group[0].last)


def end(hand: Hand, state: MailState, error: str) -> None:
    """For good. What failed keeps its data, for the owner may try it again."""
    gone: dict[str, Any] = {} if state == MailState.FAILED or hand.table is not Outbox else {"data": {}}
    note(hand.table, [hand.id], state=state, error=error[:300], **gone)


def again(hand: Hand, error: str, *, counts: bool = True) -> None:
    """Later, at growing distances; for good after two days. `counts`: whether it was this letter's own trouble."""
    now = utc_now()
    if hand.queued_at is not None and now - hand.queued_at > GIVE_UP:
        note(hand.table, [hand.id], state=MailState.FAILED, error=error[:300])
        return
    tries = hand.attempts if counts else hand.attempts - 1
    wait = BACKOFF[min(hand.attempts, len(BACKOFF)) - 1] if counts else BACKOFF[0]
    note(hand.table, [hand.id], next_at=now + wait, attempts=tries, error=error[:300])


def put_back(hands: Sequence[Hand]) -> None:
    """Taken and not tried."""
    for hand in hands:
        note(hand.table, [hand.id], attempts=hand.attempts - 1)

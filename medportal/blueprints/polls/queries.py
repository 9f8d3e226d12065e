"""Which polls there are, and who voted in them."""

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.poll import Poll, Stage, Vote


def _is(stage: Stage) -> sa.ColumnElement[bool]:
    now = utc_now()
    begun, over = Poll.opens_at <= now, sa.func.coalesce(Poll.closes_at <= now, sa.false())
    return {
        Stage.PLANNED: Poll.opens_at > now,
        Stage.OPEN: sa.and_(begun, ~over),
        Stage.CLOSED: sa.and_(begun, over),
    }[stage]


def _stage_first(*stages: Stage) -> sa.ColumnElement[int]:
    return sa.case(*((_is(stage), n) for n, stage in enumerate(stages)), else_=len(stages))


def current() -> Poll | None:
    """The newest poll that is open, with its answers."""
    return db.session.scalar(
        sa.select(Poll)
        .where(_is(Stage.OPEN))
        .order_by(Poll.opens_at.desc(), Poll.id.desc())
        .limit(1)
        .options(selectinload(Poll.choices))
    )


def public_polls() -> sa.Select[Poll]:
    """The open ones, then those that are over; newest first."""
    return (
        sa.select(Poll)
        .where(~_is(Stage.PLANNED))
        .order_by(_stage_first(Stage.OPEN), Poll.opens_at.desc(), Poll.id.desc())
    )


def polls(stage: str | None) -> sa.Select[Poll]:
    """For the desk: what is to come, the open ones, those that are over."""
    query = sa.select(Poll).options(selectinload(Poll.choices))
    query = query.order_by(_stage_first(Stage.PLANNED, Stage.OPEN), Poll.opens_at.desc(), Poll.id.desc())
    return query.where(_is(Stage(stage))) if stage else query


def turned() -> list[Poll]:
    """Polls that opened or closed since kept pages were last told."""
    now_is = sa.case(
        *((_is(stage), sa.literal(stage.value)) for stage in (Stage.PLANNED, Stage.OPEN)),
        else_=sa.literal(Stage.CLOSED.value),
    )
    return list(db.session.scalars(sa.select(Poll).where(Poll.shown_as != now_is)))


def has_voted(poll_id: int, user_id: int | None, voters: list[str]) -> bool:
    """`voters`: the browser's hashes under every key that is honoured."""
    who: list[sa.ColumnElement[bool]] = [Vote.voter.in_(voters)] if voters else []
    if user_id is not None:
        who.append(Vote.user_id == user_id)
    if not who:
        return False
    return bool(db.session.scalar(sa.select(sa.exists().where(Vote.poll_id == poll_id, sa.or_(*who)))))


def votes_of(user_id: int) -> list[tuple[Vote, Poll]]:
    rows = db.session.execute(
        sa.select(Vote, Poll)
        .join(Poll, Poll.id == Vote.poll_id)
        .where(Vote.user_id == user_id)
        .order_by(Vote.id)
    )
    return [(vote, poll) for vote, poll in rows]


def has_drawn_votes(poll: Poll) -> bool:
    """A sample whose votes nobody cast."""
    nobody = sa.exists().where(Vote.poll_id == poll.id, Vote.user_id.is_(None), Vote.voter.is_(None))
    return poll.sample and bool(db.session.scalar(sa.select(nobody)))

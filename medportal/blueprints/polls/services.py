"""Voting, and changes of polls. Services flush; the caller commits."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from medportal import audit
from medportal.blueprints.polls import queries
from medportal.changes import site_changed
from medportal.extensions import db, insert
from medportal.lib.dates import utc_now
from medportal.models.poll import Poll, PollChoice, Vote
from medportal.models.types import Localized
from medportal.templating import site_day


class Over(Exception):
    """The poll takes no more votes."""


def vote(poll_id: int, choice_id: int, *, user_id: int | None, voter: str) -> bool:
    """False when this person was faster elsewhere. LookupError: the answer is gone, or with the poll. Over: it was
    closed meanwhile. Pages that do not show the tally stay as they are, so no version moves."""
    poll = db.session.execute(
        sa.select(Poll.opens_at, Poll.closes_at).where(Poll.id == poll_id).with_for_update(read=True)
    ).one_or_none()
    if poll is None:
        raise LookupError("the poll was taken away meanwhile")
    if utc_now() < poll.opens_at or (poll.closes_at is not None and utc_now() >= poll.closes_at):
        raise Over
    own = {"poll_id": poll_id, "user_id": user_id, "voter": voter, "day": site_day(utc_now())}
    if db.session.scalar(insert(Vote).values(own).on_conflict_do_nothing().returning(Vote.id)) is None:
        return False
    counted = db.session.execute(
        sa.update(PollChoice)
        .where(PollChoice.id == choice_id, PollChoice.poll_id == poll_id)
        .values(votes=PollChoice.votes + 1)
        .execution_options(synchronize_session=False)
    )
    if not counted.rowcount:  # type: ignore[attr-defined]
        raise LookupError("the answer was taken away meanwhile")
    return True


@dataclass(frozen=True)
class Answer:
    """`id` None: a new one."""

    id: int | None
    label: Localized


@dataclass(frozen=True, kw_only=True)
class Facts:
    """`answers` in their order."""

    question: Localized
    opens_at: datetime
    closes_at: datetime | None
    answers: list[Answer]


def add(facts: Facts, *, by: str, key: str | None = None) -> Poll:
    """`key`: it is one of the samples."""
    poll = Poll(key=key, sample=key is not None, choices=[])
    db.session.add(poll)
    _fill(poll, facts)
    audit.record("poll added", poll, actor=by)
    return poll


def change(poll: Poll, facts: Facts, *, by: str) -> None:
    """A sample becomes the site's own, unless its votes are made up."""
    before = {"question": poll.question, "answers": [choice.label for choice in poll.choices]}
    if poll.sample and not queries.has_drawn_votes(poll):
        poll.sample, poll.key = False, None
    _fill(poll, facts)
    audit.record("poll changed", poll, actor=by, before=before)


def _fill(poll: Poll, facts: Facts) -> None:
    poll.question, poll.opens_at, poll.closes_at = facts.question, facts.opens_at, facts.closes_at
    known = {choice.id: choice for choice in poll.choices}
    kept = []
    for position, answer in enumerate(facts.answers):
        choice = (known.get(answer.id) if answer.id else None) or PollChoice(votes=0)
        choice.position, choice.label = position, answer.label
        kept.append(choice)
    poll.choices = kept
    _show(poll)


def _show(poll: Poll) -> None:
    poll.shown_as = poll.stage
    db.session.flush()
    site_changed()


def close(poll: Poll, *, by: str) -> None:
    poll.closes_at = utc_now()
    audit.record("poll closed", poll, actor=by)
    _show(poll)


def delete(poll: Poll, *, by: str) -> None:
    audit.record("poll deleted", poll, actor=by, question=poll.question, votes=poll.total)
    db.session.delete(poll)
    db.session.flush()
    site_changed()


def turn() -> None:
    """For the loop of jobs: kept pages learn that a poll opened or closed."""
    for poll in queries.turned():
        _show(poll)
    db.session.commit()

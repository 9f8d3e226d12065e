"""The sample site's polls; the votes of the one that is over are made up, and its page says so."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from medportal import samples
from medportal.blueprints.polls import services
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.poll import Poll, Vote

_FILE = Path(__file__).parent / "polls.toml"


def load() -> int:
    """Add what is not there; how many were added. Flushes."""
    here = set(db.session.scalars(sa.select(Poll.key).where(Poll.key.is_not(None))))
    missing = [facts for facts in _all() if facts["key"] not in here]
    for facts in missing:
        _add(facts)
    db.session.flush()
    return len(missing)


def _all() -> list[dict[str, Any]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))["poll"]


def _add(facts: dict[str, Any]) -> None:
    now = utc_now()
    opens_at = now + timedelta(days=facts["opens"])
    poll = services.add(
        services.Facts(
            question=facts["question"],
            opens_at=opens_at,
            closes_at=now + timedelta(days=facts["closes"]) if "closes" in facts else None,
            answers=[services.Answer(None, label) for label in facts["answers"]],
        ),
        by=samples.BY,
        key=facts["key"],
    )
    for choice, votes in zip(poll.choices, facts.get("votes", ()), strict=False):
        choice.votes = votes
        nobody = {"poll_id": poll.id, "day": opens_at.date()}
        db.session.execute(sa.insert(Vote), [nobody] * votes)

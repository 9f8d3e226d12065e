"""What polls know of a member: that there was a vote and on which day, not what was chosen."""

from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from medportal import privacy
from medportal.blueprints.polls import queries
from medportal.extensions import db
from medportal.models.poll import Vote
from medportal.models.types import localize
from medportal.models.user import User


def _export(user: User) -> list[dict[str, Any]]:
    return [
        {"question": localize(poll.question, user.lang), "voted_on": vote.day.isoformat()}
        for vote, poll in queries.votes_of(user.id)
    ]


def _unlink(user: User) -> None:
    """The tally stays; nothing ties a vote to the person or to the browser any more."""
    db.session.execute(sa.update(Vote).where(Vote.user_id == user.id).values(user_id=None, voter=None))


privacy.add(privacy.Part("votes", _l("Polls you voted in"), _export, _unlink))

"""What the screens of the desk share."""

from typing import TypeVar

from flask import abort

from medportal import audit
from medportal.extensions import db
from medportal.sessions import member

Row = TypeVar("Row")


def me() -> str:
    """Who is signed in, as revisions and the audit trail name them."""
    return audit.actor_name(member().role, member().id)


def row_or_404(model: type[Row], number: int) -> Row:
    """The row of this number; numbers that no database could hold are as good as unknown."""
    row = db.session.get(model, number) if number < 2**31 else None
    if row is None:
        abort(404)
    return row

"""Messages from readers are kept here, whether or not mail works."""

import contextlib

from medportal import audit
from medportal.extensions import db
from medportal.lib import addresses
from medportal.models.message import Message


def keep_message(
    kind: str,
    *,
    lang: str,
    body: str,
    name: str = "",
    email: str = "",
    content_id: int | None = None,
    section: str | None = None,
) -> Message:
    with contextlib.suppress(ValueError):  # as accounts are compared, so that export and erasure find it
        email = addresses.normalise(email)
    message = Message(
        kind=kind, lang=lang, body=body, name=name, email=email, content_id=content_id, section=section
    )
    db.session.add(message)
    db.session.flush()
    return message


def settle_message(message: Message, state: str, *, by: str) -> None:
    """`state`: "done", or "new" to take that back."""
    message.state = state
    audit.record("message " + state, message, actor=by)
    db.session.flush()

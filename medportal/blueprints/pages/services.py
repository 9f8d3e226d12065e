"""Messages from readers are kept here, whether or not mail works."""

import contextlib

from medportal import audit, mail
from medportal.extensions import db
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.models.message import Message

QUOTED = 200
"""Characters of a message that its answer repeats."""


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


def answer_message(message: Message, text: str, *, corrected: bool, by: str) -> bool:
    """By mail, in the sender's language, once; False when it was answered meanwhile. `corrected`: the letter says so
    and names the page of corrections."""
    letter = mail.queue(
        "message_answer",
        to=message.email,
        lang=message.lang,
        dedupe=f"message-answer:{message.id}",
        kind=message.kind,
        answer=text,
        corrected=corrected,
        quoted=_beginning(message.body),
        sent=message.sent_at.isoformat(),
    )
    if letter is None:
        return False
    message.state, message.answer = "answered", text
    message.answered_at, message.answered_by = utc_now(), by
    audit.record("message answered", message, actor=by, corrected=corrected)
    db.session.flush()
    return True


def _beginning(text: str) -> str:
    """Of what was written, to remind its writer of it."""
    text = " ".join(text.split())
    return text if len(text) <= QUOTED else text[:QUOTED].rstrip() + "\u2026"

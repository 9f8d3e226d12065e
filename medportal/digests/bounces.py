"""Letters that came back: reports (RFC 3464) in the mailbox that `MAIL_BOUNCES` names, a Maildir, an mbox file or a
folder of .eml files. A report is read once and left where it is.

An address is written to no more only if the report names a letter that we sent there, by its Message-ID: anybody can
send us a report, nobody but the reader's own mail server has the letter.
"""

import contextlib
import hashlib
import mailbox
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

from medportal import delivery
from medportal.digests import letters
from medportal.extensions import db, insert
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.logs import log
from medportal.models.digest import Delivery
from medportal.models.outbox import Bounce, Outbox
from medportal.models.subscription import Subscriber

KEPT = timedelta(days=90)
LATELY = timedelta(days=14)
"""Servers give up after days; an older letter says nothing about whose address it is today."""
_LARGEST = 1024 * 1024
_MOST = 2000  # of one reading; the rest waits for the next


@dataclass(frozen=True)
class Report:
    """`address` as the report names it; `status` such as "5.1.1"; `message_id` of the letter that came back."""

    address: str
    status: str
    message_id: str

    @property
    def is_hard(self) -> bool:
        return delivery.is_unknown(self.status)


def read() -> int:
    """Read what is new; how many reports. Commits after each."""
    path = current_app.config["MAIL_BOUNCES"]
    if not path:
        return 0
    count = 0
    for raw in _messages(Path(path)):
        fingerprint = hashlib.sha256(raw).hexdigest()
        if _was_read(fingerprint):
            continue
        if count >= _MOST:
            break
        count += 1
        _note(fingerprint, report_of(raw))
        db.session.commit()
    return count


def _messages(path: Path) -> Iterator[bytes]:
    """Of no more than a mebibyte each: a report is small, whatever it reports."""
    if (path / "new").is_dir():
        files = sorted([*(path / "new").iterdir(), *(path / "cur").glob("*")])
    elif path.is_dir():
        files = sorted(path.glob("*.eml"))
    elif path.is_file():
        with contextlib.closing(mailbox.mbox(str(path), create=False)) as box:
            for key in box.iterkeys():
                yield box.get_bytes(key)[:_LARGEST]
        return
    else:
        log.warning("MAIL_BOUNCES names nothing that can be read")
        return
    for file in files:
        if file.is_file():
            with file.open("rb") as opened:
                yield opened.read(_LARGEST)


def _was_read(fingerprint: str) -> bool:
    found = db.session.scalar(sa.select(Bounce.id).where(Bounce.fingerprint == fingerprint))
    db.session.rollback()
    return found is not None


def report_of(raw: bytes) -> Report | None:
    """None for anything that reports no failure."""
    try:
        message = message_from_bytes(raw)
        if message.get_content_type() != "multipart/report":
            return None
        return _failure(message)
    except Exception:  # strangers write these: whatever it is, it is no report, and the next one is read
        return None


def _failure(message: Message) -> Report | None:
    fields: dict[str, str] = {}
    returned = ""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            for block in part.get_payload():
                if isinstance(block, Message):
                    fields |= {name.lower(): str(value) for name, value in block.items()}
        elif part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            returned = returned or _message_id(part)
    recipient = fields.get("original-recipient") or fields.get("final-recipient") or ""
    address = recipient.rpartition(";")[2].strip()
    if fields.get("action", "").strip().lower() != "failed" or "@" not in address:
        return None
    return Report(address[:254], fields.get("status", "").strip()[:20], returned)


def _message_id(part: Message) -> str:
    inner = part.get_payload()
    if isinstance(inner, list) and isinstance(inner[0], Message):
        return str(inner[0].get("Message-ID", "")).strip()
    return str(message_from_bytes(str(inner).encode("utf-8", "replace")).get("Message-ID", "")).strip()


def _note(fingerprint: str, report: Report | None) -> None:
    address = _sent_to(report) if report is not None else None
    db.session.execute(
        insert(Bounce)
        .values(
            fingerprint=fingerprint,
            masked=addresses.mask(report.address)[:80] if report else "",
            status=report.status if report else "",
            hard=report.is_hard if report else False,
            ours=address is not None,
            at=utc_now(),
        )
        .on_conflict_do_nothing(index_elements=["fingerprint"])
    )
    if report is not None and report.is_hard and address is not None:
        delivery.suppress(address, f"{report.status} in a report of the receiving server")


def _sent_to(report: Report) -> str | None:
    """The address, if the report names a letter that we lately sent to this very address."""
    key, since = addresses.key(report.address), utc_now() - LATELY
    numbers = letters.numbers_in(report.message_id)
    if numbers is not None:
        return db.session.scalar(
            sa.select(Subscriber.email)
            .join(Delivery, Delivery.subscriber_id == Subscriber.id)
            .where(
                Delivery.digest_id == numbers[0],
                Subscriber.id == numbers[1],
                Subscriber.email_key == key,
                Delivery.sent_at > since,
            )
        )
    return db.session.scalar(
        sa.select(Outbox.recipient).where(
            Outbox.message_id == report.message_id, Outbox.recipient_key == key, Outbox.sent_at > since
        )
    )


def forget_old() -> None:
    """Of old reports only the fingerprint stays, so that none is read a second time."""
    old = (Bounce.at < utc_now() - KEPT, Bounce.masked != "")
    db.session.execute(sa.update(Bounce).where(*old).values(masked=""))

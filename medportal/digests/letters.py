"""The letters of a digest. What all of its readers get alike is made once, down to the last byte of its transport
form; for each reader only the address, the number of the letter and the links are put in.

Measured: making a letter anew for every reader costs three times what sending it does (docs/performance.md).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, url_for

from medportal import mail, tokens
from medportal.digests.editions import Entry, mailing_of
from medportal.digests.subscribers import LINK_LENGTH, MANAGE, STOP_ALL, STOP_ANNOUNCEMENTS, link
from medportal.models.digest import Edition, Occasion
from medportal.models.types import localize
from medportal.templating import absolute

SHOWN = 100
"""Entries in one letter; what is beyond is counted, with a link to the site."""

_MANAGE = "manageLinkOfThisReader".ljust(LINK_LENGTH, "0")
_STOP = "stopLinkOfThisReader".ljust(LINK_LENGTH, "0")
# quoted-printable may break a line within a mark: "=" CRLF
_MARKS = re.compile(
    b"|".join(
        b"(" + rb"(?:=\r\n)?".join(re.escape(c).encode() for c in mark) + b")" for mark in (_MANAGE, _STOP)
    )
)


@dataclass(frozen=True)
class Reader:
    """Whom a letter goes to: `number` of the subscriber, `address` as mail servers know it."""

    number: int
    address: str
    seed: str


class Ready:
    """A letter waiting for its reader. `pieces`: bytes as they are, or (0 manage / 1 stop, from, to) of a link."""

    def __init__(self, rendered: mail.Rendered, lang: str, occasion: str) -> None:
        self.sender: str = current_app.config["MAIL_SENDER"]
        self.host = urlsplit(current_app.config["SITE_URL"]).hostname
        self.stop_purpose = STOP_ANNOUNCEMENTS if occasion == Occasion.MAILING else STOP_ALL
        message = mail.message_of(rendered, lang)
        message["List-Id"] = f"<{occasion}.{lang}.{self.host}>"
        self.stop_address = rendered.stop or ""
        self.pieces = _cut(message.as_bytes())

    def to(self, reader: Reader, digest_id: int, at: datetime) -> bytes:
        """The whole message, with CRLF line ends."""
        links = (link(reader.seed, MANAGE), link(reader.seed, self.stop_purpose))
        own = [
            ("To", reader.address),
            ("Date", format_datetime(at)),
            ("Message-ID", message_id(digest_id, reader.number)),
            *mail.stop_headers(self.stop_address.replace(_STOP, links[1])),
        ]
        head = "".join(f"{name}: {value}\r\n" for name, value in own).encode("ascii")
        encoded = (links[0].encode(), links[1].encode())
        return head + b"".join(
            piece if isinstance(piece, bytes) else encoded[piece[0]][piece[1] : piece[2]]
            for piece in self.pieces
        )


def _cut(whole: bytes) -> list[bytes | tuple[int, int, int]]:
    pieces: list[bytes | tuple[int, int, int]] = []
    end = 0
    for found in _MARKS.finditer(whole):
        pieces.append(whole[end : found.start()])
        which, done = (0 if found[1] else 1), 0
        for n, part in enumerate(found[0].split(b"=\r\n")):
            if n:
                pieces.append(b"=\r\n")
            pieces.append((which, done, done + len(part)))
            done += len(part)
        end = found.end()
    return [*pieces, whole[end:]]


def message_id(digest_id: int, subscriber_id: int) -> str:
    """The same whenever this letter is tried: receivers can merge a second copy."""
    host = urlsplit(current_app.config["SITE_URL"]).hostname
    return f"<{digest_id}.{subscriber_id}.{_proof(digest_id, subscriber_id, 0)}@{host}>"


def _proof(digest_id: int, subscriber_id: int, key: int) -> str:
    return tokens.derive(tokens.secret_keys()[key], f"digest:{digest_id}:{subscriber_id}").hex()[:24]


_OURS = re.compile(r"<(\d{1,18})\.(\d{1,18})\.([0-9a-f]{24})@")


def numbers_in(message_id: str) -> tuple[int, int] | None:
    """Of digest and subscriber, if the Message-ID is one that we made."""
    found = _OURS.match(message_id)
    if found is None:
        return None
    known = (_proof(int(found[1]), int(found[2]), n) for n in range(len(tokens.secret_keys())))
    if not any(tokens.same(found[3], one) for one in known):
        return None
    return int(found[1]), int(found[2])


def make(edition: Edition, entries: list[Entry]) -> Ready:
    """The letter of an edition."""
    return Ready(render(edition, entries), edition.lang, edition.digest.occasion)


def render(edition: Edition, entries: list[Entry]) -> mail.Rendered:
    mailing = mailing_of(edition)
    if mailing is not None:
        return render_mailing(mailing.subject, mailing.body, edition.lang)
    return render_digest(edition.digest.occasion, edition.lang, entries, named=edition.named)


def render_digest(occasion: str, lang: str, entries: list[Entry], *, named: bool) -> mail.Rendered:
    """`named`: the subject may say what it is about."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries[:SHOWN]:
        groups.setdefault(entry.listed.kind, []).append(entry)
    return _fill(
        "digest",
        lang,
        groups=groups,
        count=len(entries),
        more=max(0, len(entries) - SHOWN),
        occasion=occasion,
        first=entries[0].listed.title if named and entries else None,
    )


def render_mailing(subject: dict[str, str], body: dict[str, str], lang: str) -> mail.Rendered:
    """The language it was written in, or the nearest; paragraphs are parted by empty lines."""
    written = lang if body.get(lang) else next(iter(body))
    paragraphs = [part.strip() for part in localize(body, written).replace("\r", "").split("\n\n")]
    return _fill(
        "mailing",
        lang,
        heading=localize(subject, written),
        paragraphs=[part for part in paragraphs if part],
        written=written,
    )


def _fill(template: str, lang: str, **values: Any) -> mail.Rendered:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with mail.language(app, lang):
        manage = absolute(url_for("subscriptions.manage", token=_MANAGE))
        stop = absolute(url_for("subscriptions.unsubscribe", token=_STOP))
    return mail.fill(template, lang, manage=manage, stop=stop, **values)


def as_read(rendered: mail.Rendered, seed: str | None) -> mail.Rendered:
    """With the links of one reader, or for a preview with ones that open nothing."""
    links = (link(seed, MANAGE), link(seed, STOP_ALL)) if seed else ("preview", "preview")

    def put(text: str) -> str:
        return text.replace(_MANAGE, links[0]).replace(_STOP, links[1])

    return mail.Rendered(rendered.subject, put(rendered.text), put(rendered.html))

"""The one way letters are written. `queue` adds a row in the transaction of its cause; `compose` makes the letter.

A letter is a folder `templates/email/<name>/` with subject.txt, body.txt and body.html. Requests never speak SMTP:
`delivery.py` sends what stands in the outbox.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import css_inline
from flask import Flask, current_app, g
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from flask_mail import Message
from jinja2 import StrictUndefined

from medportal import tokens
from medportal.extensions import db, insert
from medportal.i18n import LANGUAGES
from medportal.lib import addresses
from medportal.lib.bidi import strip_controls
from medportal.lib.dates import utc_now
from medportal.models.outbox import MailState, Outbox
from medportal.models.user import Token, User

_inliner = css_inline.CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)
_POLICY = SMTP.clone(cte_type="7bit", max_line_length=78)


class NotNeeded(Exception):
    """There is nothing to say any more."""

    def __str__(self) -> str:
        return "not needed any more: its link was used, has expired or is gone"


CHANGES = {
    "password": _l("Your password was changed"),
    "second_factor_on": _l("Two-step verification of your account was switched on"),
    "second_factor_off": _l("Two-step verification of your account was switched off"),
    "recovery_codes": _l("New recovery codes were made for your account"),
    "role": _l("The role of your account was changed"),
    "address_asked": _l("Another address was asked for your account"),
    "codes_refused": _l("Wrong codes were given after your password"),
    "disabled": _l("Your account was switched off"),
    "enabled": _l("Your account was switched on again"),
}
"""What `account_changed` tells."""


STATES = {
    MailState.QUEUED: _l("waiting"),
    MailState.HELD: _l("held back"),
    MailState.SENT: _l("sent"),
    MailState.FAILED: _l("failed"),
    MailState.SUPPRESSED: _l("not sent"),
    MailState.DROPPED: _l("put aside"),
}
LETTERS = {
    "verify": _l("Confirmation of an address"),
    "already_member": _l("There is an account already"),
    "reset": _l("New password"),
    "account_changed": _l("Something about the account changed"),
    "address_changed": _l("The address changed"),
    "confirm_address": _l("Confirmation of a new address"),
    "new_sign_in": _l("Sign-in on a new device"),
    "erasure_planned": _l("Erasure of an account"),
    "invitation": _l("Invitation"),
    "sign_up_burst": _l("Many sign-ups at once"),
}


@dataclass(frozen=True)
class Rendered:
    subject: str
    text: str
    html: str


def queue(
    template: str,
    *,
    to: str,
    lang: str,
    dedupe: str,
    user: User | None = None,
    token: Token | None = None,
    held: bool = False,
    **data: Any,
) -> Outbox | None:
    """A letter for the loop to send, or None if this very letter (`dedupe`) was queued before, however lately.

    `data` must be JSON and hold no secret: links are derived from `token` when the letter is rendered.
    """
    host = urlsplit(current_app.config["SITE_URL"]).hostname
    return db.session.scalar(
        insert(Outbox)
        .values(
            dedupe=dedupe,
            message_id=f"<{tokens.keyed('message', dedupe)[:32]}@{host}>",
            template=template,
            lang=lang if lang in LANGUAGES else current_app.config["DEFAULT_LANGUAGE"],
            recipient=to,
            recipient_key=addresses.key(to),
            user_id=user.id if user else None,
            data=data | ({"token": token.id} if token else {}),
            state=MailState.HELD if held else MailState.QUEUED,
        )
        .on_conflict_do_nothing(index_elements=["dedupe"])
        .returning(Outbox)
    )


@contextmanager
def language(app: Flask, lang: str) -> Iterator[None]:
    """Templates as a page of that language would see them, with addresses from SITE_URL only."""
    with app.test_request_context("/", base_url=app.config["SITE_URL"]):
        _forget_page()
        g.lang = lang
        with force_locale(LANGUAGES[lang].locale):
            yield
        _forget_page()


def _forget_page() -> None:
    """What a page keeps for its one request must not live as long as the loop that writes letters."""
    for name in ("lang", "settings", "fixed_pages"):
        g.pop(name, None)


def render(row: Outbox) -> Rendered:
    """The letter in its reader's language. NotNeeded when its link is of no use any more."""
    values = dict(row.data)
    number = values.pop("token", None)
    if number is not None:
        token = db.session.get(Token, number)
        if not tokens.is_open(token):
            raise NotNeeded
        assert token is not None
        try:
            values["link"] = tokens.value(token)
        except KeyError:
            raise NotNeeded from None
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with language(app, row.lang):
        subject, text, html = (
            _fill(app, f"email/{row.template}/{part}", changes=CHANGES, **values)
            for part in ("subject.txt", "body.txt", "body.html")
        )
    return Rendered(" ".join(strip_controls(subject).split()), text.strip() + "\n", _inliner.inline(html))


def _fill(app: Flask, name: str, **values: Any) -> str:
    """A name that a letter's template needs and does not get is an error, never a gap in somebody's letter."""
    app.update_template_context(values)
    strict = app.jinja_env.overlay(undefined=StrictUndefined)
    return strict.get_template(name).render(values)


class Letter(Message):
    """Flask-Mail's message, built by the standard library's EmailMessage: quoted-printable, safe headers."""

    def __init__(self, row: Outbox, rendered: Rendered, **kwargs: Any) -> None:
        super().__init__(
            rendered.subject,
            [addresses.ascii_form(row.recipient)],
            rendered.text,
            rendered.html,
            sender=current_app.config["MAIL_SENDER"],
            **kwargs,
        )
        self.msgId = row.message_id
        self.lang = row.lang
        self._whole = super().as_bytes()  # made now: what cannot be made must not stop a connection

    def as_bytes(self) -> bytes:
        return self._whole

    def _message(self) -> EmailMessage:  # type: ignore[override]
        message = EmailMessage(policy=_POLICY)
        message["Subject"] = self.subject
        message["From"] = self.sender
        message["To"] = self.recipients[0]
        message["Date"] = format_datetime(utc_now())
        message["Message-ID"] = self.msgId
        message["Content-Language"] = self.lang
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self.body, cte="quoted-printable")
        message.add_alternative(self.html, subtype="html", cte="quoted-printable")
        return message


def compose(row: Outbox) -> Letter:
    return Letter(row, render(row))

"""The one way letters are written. `queue` adds a row in the transaction of its cause; `compose` makes the letter.

A letter is a folder `templates/email/<name>/` with subject.txt, body.txt and body.html. Requests never speak SMTP:
`delivery.py` sends what stands in the outbox.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import css_inline
import sqlalchemy as sa
from flask import Flask, current_app, g
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from flask_mail import Message
from jinja2 import Environment, StrictUndefined

from medportal import tokens
from medportal.extensions import db, insert
from medportal.i18n import LANGUAGES
from medportal.lib import addresses
from medportal.lib.bidi import strip_controls
from medportal.lib.dates import utc_now
from medportal.models.outbox import MailState, Outbox
from medportal.models.user import Role, Token, User

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
    "review_due": _l("Reviews that fall due"),
    "credential_expired": _l("Checks of credentials that ran out"),
    "backup_missing": _l("Backups that did not happen"),
    "digest_missing": _l("Digests that were not written"),
    "subscribe": _l("Confirmation of a subscription"),
    "message_answer": _l("Answer to a message"),
    "digest": _l("Digest"),
    "mailing": _l("Announcement"),
    "question": _l("About a question to a consultant"),
    "question_work": _l("Questions that wait"),
    "mail_check": _l("Test of the site's mail"),
    "test": _l("Test of a digest"),
    "mailing_test": _l("Test of an announcement"),
}


MAKERS: dict[str, Callable[..., "Rendered"]] = {}
"""Letters that need more than their template and data: a function of the language and the data."""


@dataclass(frozen=True)
class Rendered:
    """`stop`: the address that ends such mail with one click (RFC 8058); None for mail that answers its reader."""

    subject: str
    text: str
    html: str
    stop: str | None = None


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


def queue_for_owners(template: str, *, occasion: str, **data: Any) -> None:
    """A letter to every owner, once for each `occasion`."""
    owners = sa.select(User).where(User.role == Role.OWNER, User.disabled_at.is_(None)).order_by(User.id)
    for owner in db.session.scalars(owners):
        queue(template, to=owner.email, lang=owner.lang, dedupe=f"{occasion}:{owner.id}", user=owner, **data)


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
    maker = MAKERS.get(row.template)
    return maker(row.lang, **values) if maker else fill(row.template, row.lang, **values)


def fill(template: str, lang: str, **values: Any) -> Rendered:
    """The letter of this name with these values. A value `stop` is its one-click address."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with language(app, lang):
        subject, text, html = (
            _fill(app, f"email/{template}/{part}", changes=CHANGES, **values)
            for part in ("subject.txt", "body.txt", "body.html")
        )
    subject = " ".join(strip_controls(subject).split())
    return Rendered(subject, text.strip() + "\n", _inliner.inline(html), values.get("stop"))


def _fill(app: Flask, name: str, **values: Any) -> str:
    """A name that a letter's template needs and does not get is an error, never a gap in somebody's letter."""
    app.update_template_context(values)
    return _strict(app).get_template(name).render(values)


def _strict(app: Flask) -> Environment:
    """Made once: it keeps the compiled templates."""
    if "letters" not in app.extensions:
        app.extensions["letters"] = app.jinja_env.overlay(undefined=StrictUndefined)
    found: Environment = app.extensions["letters"]
    return found


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
        self.rendered = rendered
        self.msgId = row.message_id
        self.lang = row.lang
        self._whole = super().as_bytes()  # made now: what cannot be made must not stop a connection

    def as_bytes(self) -> bytes:
        return self._whole

    def _message(self) -> EmailMessage:  # type: ignore[override]
        message = message_of(self.rendered, self.lang)
        message["To"] = self.recipients[0]
        message["Date"] = format_datetime(utc_now())
        message["Message-ID"] = self.msgId
        for name, value in stop_headers(self.rendered.stop):
            message[name] = value
        return message


def message_of(rendered: Rendered, lang: str) -> EmailMessage:
    """The letter but for what differs from one reader to the next."""
    message = EmailMessage(policy=_POLICY)
    message["Subject"] = rendered.subject
    message["From"] = current_app.config["MAIL_SENDER"]
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = lang  # last: what begins with Content- would move into the first part
    return message


def stop_headers(stop: str | None) -> list[tuple[str, str]]:
    """RFC 2369 and RFC 8058: mail programs show a button, and one POST without cookie does it."""
    if stop is None:
        return []
    return [("List-Unsubscribe", f"<{stop}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]


def parsed(raw: bytes) -> tuple[EmailMessage, str]:
    """A letter kept as a file, and its text part."""
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    return message, body.get_content() if body else ""


def compose(row: Outbox) -> Letter:
    return Letter(row, render(row))

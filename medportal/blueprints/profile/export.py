"""A member's own copy: one zip with a page to read, in the member's language, and the same as JSON."""

import io
import json
import zipfile
from typing import Any

import sqlalchemy as sa
from flask import render_template
from flask_babel import lazy_gettext as _l

from medportal import audit, privacy, suppressions
from medportal.blueprints.accounts import second_factor
from medportal.blueprints.profile import queries
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.audit import Audit, AuditNetwork
from medportal.models.message import Message
from medportal.models.outbox import Outbox
from medportal.models.user import KnownDevice, Token, User


def _account(user: User) -> dict[str, Any]:
    return {
        "email": user.email,
        "name": user.name,
        "display_name": user.display_name,
        "shown_publicly": user.shown_publicly,
        "language": user.lang,
        "role": user.role,
        "created_at": user.created_at.isoformat(),
        "signed_in_at": user.signed_in_at.isoformat() if user.signed_in_at else None,
        "erasure_on": user.delete_after.isoformat() if user.delete_after else None,
        "second_factor": user.has_second_factor,
        "recovery_codes_left": second_factor.codes_left(user),
    }


def _sessions(user: User) -> list[dict[str, Any]]:
    return [
        {"device": row.device, "began": row.created_at.isoformat(), "last_used": row.seen_at.isoformat()}
        for row in queries.sessions_of(user.id)
    ]


def _devices(user: User) -> list[dict[str, Any]]:
    rows = db.session.scalars(sa.select(KnownDevice).where(KnownDevice.user_id == user.id))
    return [{"last_used": row.seen_at.isoformat()} for row in rows]


def _events(user: User) -> list[dict[str, Any]]:
    """What happened to the account and what it did, with the network while that is kept."""
    name = audit.actor_name(user.role, user.id)
    about = sa.and_(Audit.object_type == User.__name__, Audit.object_id == user.id)
    rows = db.session.execute(
        sa.select(Audit.at, Audit.action, AuditNetwork.network)
        .outerjoin(AuditNetwork, AuditNetwork.audit_id == Audit.id)
        .where(sa.or_(about, Audit.actor == name))
        .order_by(Audit.id)
    )
    return [{"at": row.at.isoformat(), "what": row.action, "network": row.network} for row in rows]


def _pending(user: User) -> list[dict[str, Any]]:
    """Addresses that wait for their confirmation."""
    rows = db.session.scalars(
        sa.select(Token).where(Token.user_id == user.id, Token.purpose == "address", Token.used_at.is_(None))
    )
    return [{"email": row.data["email"], "at": row.created_at.isoformat()} for row in rows]


def _refusals(user: User) -> list[dict[str, Any]]:
    row = suppressions.of_address(user.email)
    return [{"at": row.at.isoformat(), "reason": row.reason}] if row else []


def _mask_refusals(user: User) -> None:
    row = suppressions.of_address(user.email)
    if row is not None:
        row.masked, row.reason = "…", ""


def _letters(user: User) -> list[dict[str, Any]]:
    rows = db.session.scalars(sa.select(Outbox).where(_to_own_address(user)).order_by(Outbox.id))
    return [
        {"written": row.created_at.isoformat(), "letter": row.template, "state": row.state} for row in rows
    ]


def _to_own_address(user: User) -> sa.ColumnElement[bool]:
    """Letters to other addresses are left out: they would tell which of them have an account."""
    return Outbox.recipient_key == user.email_key


def _letters_to(user: User) -> sa.ColumnElement[bool]:
    return sa.or_(Outbox.user_id == user.id, Outbox.recipient_key == user.email_key)


def _messages_of(user: User) -> sa.ColumnElement[bool]:
    return sa.func.lower(Message.email).in_({user.email.lower(), user.email_key})


def _messages(user: User) -> list[dict[str, Any]]:
    rows = db.session.scalars(sa.select(Message).where(_messages_of(user)).order_by(Message.id))
    return [
        {
            "sent": row.sent_at.isoformat(),
            "kind": row.kind,
            "name": row.name,
            "text": row.body,
            "answer": row.answer,
            "answered_at": row.answered_at.isoformat() if row.answered_at else None,
        }
        for row in rows
    ]


def _erase_letters(user: User) -> None:
    db.session.execute(sa.delete(Outbox).where(_letters_to(user)))


def _unsign_messages(user: User) -> None:
    """What was written to the site stays, without the person: it may be the reason of a correction. The answer, which
    addresses the person, goes."""
    db.session.execute(sa.update(Message).where(_messages_of(user)).values(name="", email="", answer=None))


privacy.add(privacy.Part("account", _l("Account"), _account))
privacy.add(privacy.Part("sessions", _l("Where you are signed in"), _sessions))
privacy.add(privacy.Part("events", _l("What happened to the account"), _events))
privacy.add(privacy.Part("devices", _l("Known devices"), _devices))
privacy.add(privacy.Part("pending", _l("Addresses waiting to be confirmed"), _pending))
privacy.add(privacy.Part("refusals", _l("Emails that your address refused"), _refusals, _mask_refusals))
privacy.add(privacy.Part("letters", _l("Emails sent to you"), _letters, _erase_letters))
privacy.add(privacy.Part("messages", _l("Messages you wrote"), _messages, _unsign_messages))


def archive(user: User) -> bytes:
    """The zip. Sample: `my-data.html` reads as a page, `my-data.json` is the same for programs."""
    data = {"exported_at": utc_now().isoformat(timespec="seconds"), **privacy.export(user)}
    page = render_template("profile/export_page.html", user=user, data=data, parts=privacy.PARTS)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("my-data.html", page)
        file.writestr("my-data.json", json.dumps(data, ensure_ascii=False, indent=2))
    return packed.getvalue()

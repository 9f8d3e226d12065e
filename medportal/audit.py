"""The one way to write the audit trail. It is part of the transaction of what it records."""

from typing import Any

from medportal import limits
from medportal.extensions import db
from medportal.models.audit import Audit, AuditNetwork


def record(action: str, obj: Any = None, *, actor: str, network: str | None = None, **detail: Any) -> Audit:
    """Note that `actor` did `action` to `obj`.

    The actor is an account as `actor_name` writes it, "visitor", a command or an importer; never an address.
    `network`: the wide network a request came from, erased after 90 days.
    """
    row = Audit(
        actor=actor,
        action=action,
        object_type=obj.__class__.__name__ if obj is not None else "",
        object_id=getattr(obj, "id", None),
        detail=detail,
    )
    db.session.add(row)
    if network:
        db.session.flush()
        db.session.add(AuditNetwork(audit_id=row.id, network=network))
    return row


def record_refusal(action: str, obj: Any = None, *, actor: str, **detail: Any) -> None:
    """Somebody was turned away. Twenty lines an hour from one network say enough: nobody shall fill the trail."""
    if limits.allow("refusal", limits.network(), limit=20, seconds=3600):
        record(action, obj, actor=actor, network=limits.wider_network(), **detail)


def actor_name(role: str, user_id: int) -> str:
    """ "owner 3": a pseudonym that says nothing once the account is erased."""
    return f"{role} {user_id}"

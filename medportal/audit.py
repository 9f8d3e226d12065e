"""The one way to write the audit trail. It is part of the transaction of what it records."""

from typing import Any

from medportal.extensions import db
from medportal.models.audit import Audit


def record(action: str, obj: Any = None, *, actor: str, **detail: Any) -> Audit:
    """Note that `actor` (a role or a command, never an address) did `action` to `obj`."""
    row = Audit(
        actor=actor,
        action=action,
        object_type=type(obj).__name__ if obj is not None else "",
        object_id=getattr(obj, "id", None),
        detail=detail,
    )
    db.session.add(row)
    return row

"""The one way to write the audit trail. It is part of the transaction of what it records."""

from typing import Any

from flask import Flask

from medportal.extensions import db
from medportal.models.audit import Audit


def init_app(_app: Flask) -> None:
    """Nothing to prepare; the call keeps the factory a list of parts."""


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

"""Whether the database takes a write: a row comes and goes in one transaction that is committed.

Undone work would prove nothing, for it never reaches the disk. Since anybody may ask, one success counts for a second:
the disk is not asked more often than that by each process.
"""

import secrets
import time

import sqlalchemy as sa
from flask import current_app

from medportal.extensions import db, writing
from medportal.models.setting import Setting

COUNTS_FOR = 1.0


def write() -> None:
    """Raises what the database raises."""
    last: dict[str, float] = current_app.extensions.setdefault("health", {})
    if time.monotonic() - last.get("written", -COUNTS_FOR) < COUNTS_FOR:
        return
    key = f"healthz {secrets.token_hex(8)}"
    db.session.rollback()
    try:
        with writing():
            db.session.execute(sa.insert(Setting).values(key=key, value=True))
            db.session.execute(sa.delete(Setting).where(Setting.key == key))
            db.session.commit()
    finally:
        db.session.rollback()
    last["written"] = time.monotonic()

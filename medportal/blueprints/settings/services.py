"""Choices of the owner: kept as rows of `setting`, with a line in the audit trail."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from medportal import audit
from medportal.changes import site_changed
from medportal.extensions import db
from medportal.models.media import Media
from medportal.models.setting import Setting

UNSET: tuple[Any, ...] = (None, "", {}, [])
"""What means "nothing chosen"; `False`, 0 and a chosen empty region are choices."""
MAY_BE_EMPTY = frozenset({"arabic_region"})


def choose(values: Mapping[str, Any], *, by: str) -> list[str]:
    """Keep these choices, and forget those that are empty: the defaults hold again. Answers the keys that changed."""
    rows = {row.key: row for row in db.session.scalars(sa.select(Setting).where(Setting.key.in_(values)))}
    changed = []
    for key, value in values.items():
        row = rows.get(key)
        empty = value is None or (value in UNSET and key not in MAY_BE_EMPTY)
        if empty and row is not None:
            db.session.delete(row)
        elif not empty and row is None:
            db.session.add(Setting(key=key, value=value))
        elif row is not None and not empty and row.value != value:
            row.value = value
        else:
            continue
        changed.append(key)
    if changed:
        db.session.flush()
        audit.record("setting changed", actor=by, changed=" ".join(changed))
        site_changed()
    return changed


def logo_of(number: int | None) -> dict[str, Any] | None:
    """What is kept of a picture that became the logo: all that pages need, so that none of them asks for it."""
    media = db.session.get(Media, number) if number else None
    if media is None:
        return None
    return {"id": media.id, "name": media.name, "width": media.width, "height": media.height}


def forget_picture(number: int, *, by: str) -> None:
    """To be called before a picture is deleted: the mark of the portal stands in its place. Flushes."""
    row = db.session.get(Setting, "logo")
    if row is not None and row.value.get("id") == number:
        choose({"logo": None}, by=by)

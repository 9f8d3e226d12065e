"""Mail of a restored site. What waited when the archive was made may have left since, and a digest that was due since
has perhaps been sent: nothing leaves before the owner has decided, letters at Mail, digests at Digests."""

from typing import Any

import sqlalchemy as sa

from medportal.digests import schedule
from medportal.models.digest import Delivery
from medportal.models.outbox import MailState, Outbox
from medportal.models.setting import Setting
from medportal.models.subscription import Subscriber

REASON = "it waited when the backup was made"
"""Why such a letter is held, kept as its error; other held letters have none."""


def hold(connection: sa.Connection) -> str:
    """Letters are held and, where there are subscribers, all digests are paused: what to say of it, or ""."""
    if not sa.inspect(connection).has_table(Delivery.__tablename__):
        return ""
    free = {"lease_until": None, "leased_by": None}
    held = connection.execute(
        sa.update(Outbox)
        .where(Outbox.state == MailState.QUEUED)
        .values(state=MailState.HELD, error=REASON, **free)
    )
    connection.execute(sa.update(Delivery).where(Delivery.state == MailState.QUEUED).values(**free))
    said = f"{held.rowcount} letters that waited when the backup was made are held" if held.rowcount else ""
    if connection.scalar(sa.select(Subscriber.id).limit(1)) is not None:
        _pause(connection)
        said = f"{said}, and digests are paused" if said else "Digests are paused"
    return (
        f"{said}: what was due may have left since. Decide at the desk, under Mail and Digests."
        if said
        else ""
    )


def _pause(connection: sa.Connection) -> None:
    here = Setting.key == schedule.SETTING
    values: dict[str, Any] | None = connection.scalar(sa.select(Setting.value).where(here))
    paused = (values or {}) | {"paused": True}
    if values is None:
        connection.execute(sa.insert(Setting).values(key=schedule.SETTING, value=paused))
    else:
        connection.execute(sa.update(Setting).where(here).values(value=paused))

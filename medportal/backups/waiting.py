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


def hold(connection: sa.Connection) -> int:
    """Letters are held and, where there are subscribers, all digests are paused: how many letters that is."""
    if not sa.inspect(connection).has_table(Delivery.__tablename__):
        return 0
    free = {"lease_until": None, "leased_by": None}
    held = connection.execute(
        sa.update(Outbox)
        .where(Outbox.state == MailState.QUEUED)
        .values(state=MailState.HELD, error=REASON, **free)
    )
    connection.execute(sa.update(Delivery).where(Delivery.state == MailState.QUEUED).values(**free))
    if connection.scalar(sa.select(Subscriber.id).limit(1)) is not None:
        _pause(connection)
    waiting = sa.select(sa.func.count()).select_from(Delivery).where(Delivery.state == MailState.QUEUED)
    return int(held.rowcount) + (connection.scalar(waiting) or 0)


def _pause(connection: sa.Connection) -> None:
    here = Setting.key == schedule.SETTING
    values: dict[str, Any] | None = connection.scalar(sa.select(Setting.value).where(here))
    paused = (values or {}) | {"paused": True}
    if values is None:
        connection.execute(sa.insert(Setting).values(key=schedule.SETTING, value=paused))
    else:
        connection.execute(sa.update(Setting).where(here).values(value=paused))

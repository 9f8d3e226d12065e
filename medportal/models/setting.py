"""Site texts and choices that the owner edits, and the version of everything public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from medportal.extensions import Base, ask, columns_of, db
from medportal.models.types import pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Setting(Model):
    """One choice of the owner as JSON; labels are `{"ar": …, "en": …}`."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(sa.JSON)


class SiteVersion(Model):
    """The one row whose `value` moves in the transaction of every public change; caches hold to it."""

    __tablename__ = "site_version"

    id: Mapped[pk]
    value: Mapped[int] = mapped_column(sa.BigInteger, default=1)


_version = sa.select(columns_of(SiteVersion).value)


def site_version() -> int:
    return ask(_version).scalar() or 0


def all_settings() -> dict[str, Any]:
    return {row.key: row.value for row in db.session.execute(sa.select(Setting.key, Setting.value))}

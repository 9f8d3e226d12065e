"""Column types shared by the tables."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import sqlalchemy as sa
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator

from medportal.lib.bidi import strip_controls

Localized = dict[str, str]
"""A short label in every language it has: `{"ar": …, "en": …}`."""


class LocalizedType(TypeDecorator[Localized]):
    """One JSON column for a short label; refuses anything but language → text."""

    impl = sa.JSON
    cache_ok = True

    def process_bind_param(self, value: Localized | None, dialect: sa.Dialect) -> Localized | None:
        if value is None:
            return None
        if not all(isinstance(k, str) and isinstance(v, str) for k, v in value.items()):
            raise TypeError(f"a localized label maps languages to text, not {value!r}")
        return {k: strip_controls(v) for k, v in value.items() if v}


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python; naive text in SQLite, `timestamptz` in PostgreSQL. Naive moments are refused."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("moments are stored as aware UTC")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Sort keys are compared by code point in every database (SQLite does so by itself).
SortKey = sa.String(120).with_variant(sa.String(120, collation="C"), "postgresql")

pk = Annotated[int, mapped_column(primary_key=True)]
moment = Annotated[datetime, mapped_column(UtcDateTime)]


def localize(label: Mapping[str, str] | None, lang: str) -> str:
    """The label in `lang`, else in any language it has; "" when there is none."""
    if not label:
        return ""
    return label.get(lang) or next(iter(label.values()), "")


def label_language(label: Mapping[str, str] | None, lang: str) -> str:
    """The language in which `localize` answers, for the `lang` attribute."""
    if not label or label.get(lang):
        return lang
    return next(iter(label), lang)

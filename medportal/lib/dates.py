"""Moments and days. In the database every moment is aware UTC."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    return datetime.now(UTC)


def local_to_utc(day: date, clock: time | None, zone: str) -> datetime:
    """The UTC moment of a wall clock in an IANA zone; without a clock, the start of that day there."""
    return datetime.combine(day, clock or time(0), tzinfo=ZoneInfo(zone)).astimezone(UTC)

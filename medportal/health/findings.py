"""What a check answers, and how it is written."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from flask_babel import format_timedelta
from flask_babel.speaklater import LazyString


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing has to be done today."""
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """`sentence` says what is, `remedy` what to do about it; both in the language in which they are read."""

    key: str
    level: Level
    sentence: Any
    remedy: Any = ""


@dataclass(frozen=True)
class Check:
    """`look` answers None where there is nothing to look at. `thorough`: too slow or too curious for a page; only the
    command does it. `database`: pointless while the database cannot be read."""

    key: str
    look: Callable[[], Finding | None]
    database: bool = False
    thorough: bool = False


def duration(delta: timedelta) -> LazyString:
    """ "3 hours", in the language of whoever reads it."""
    return LazyString(lambda: format_timedelta(abs(delta)))


def megabytes(size: int) -> str:
    """Numbers of a machine, the same in every language."""
    return f"{size / 1024**2:,.0f} MB" if size < 10 * 1024**3 else f"{size / 1024**3:,.0f} GB"


def fine(key: str, sentence: Any) -> Finding:
    return Finding(key, Level.OK, sentence)


def note(key: str, sentence: Any, remedy: Any) -> Finding:
    return Finding(key, Level.NOTE, sentence, remedy)


def problem(key: str, sentence: Any, remedy: Any) -> Finding:
    return Finding(key, Level.PROBLEM, sentence, remedy)

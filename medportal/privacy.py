"""What is known about a member, to take along and to erase: every feature that stores something adds a part here.

A part's `export` answers JSON (numbers, text, lists, dicts); its `erase` deletes or makes anonymous, and flushes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from medportal.models.user import User


@dataclass(frozen=True)
class Part:
    """`label`: the heading in the readable copy, translated when it is read."""

    key: str
    label: Any
    export: Callable[[User], Any]
    erase: Callable[[User], None] | None = None


PARTS: list[Part] = []


def add(part: Part) -> None:
    if part.key not in {other.key for other in PARTS}:
        PARTS.append(part)


def export(user: User) -> dict[str, Any]:
    return {part.key: part.export(user) for part in PARTS}


def erase(user: User) -> None:
    for part in PARTS:
        if part.erase is not None:
            part.erase(user)

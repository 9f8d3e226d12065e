"""What a consultant finds in the own room: a feature that brings a screen for consultants adds its line."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Line:
    endpoint: str
    label: Any
    icon: str


WORK = [
    Line("questions.work", _l("My questions"), "circle-help"),
    Line("consultants.own_profile", _l("My profile"), "user"),
]

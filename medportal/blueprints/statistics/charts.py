"""The geometry of a chart of bars: made on the server, so that it needs neither script nor style attribute.

Time runs in the direction of reading; the numbers of the axes are always in Western digits, so that a chart reads the
same in every language. The template draws what stands here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

WIDTH, HEIGHT = 640, 240
_TOP, _BOTTOM, _SIDE, _FAR = 12, 28, 44, 8
"""Room around the bars: above, for the labels below, for the numbers at the side where reading begins, and opposite."""


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    series: int
    """From 1: names the class of its colour."""
    says: str


@dataclass(frozen=True)
class Mark:
    """A word of an axis; `at` is where its middle stands along that axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Drawing:
    bars: list[Bar]
    below: list[Mark]
    beside: list[Mark]
    left: float
    right: float
    beside_at: float
    anchor: str
    width: int = WIDTH
    height: int = HEIGHT


def nice_top(most: int) -> int:
    """The end of an axis that holds `most`: 1, 2, 4 or 8 with zeros, so that its parts are whole."""
    steps = (scale * first for scale, first in product((10**n for n in range(12)), (1, 2, 4, 8)))
    return next(step for step in steps if step >= max(most, 1))


def draw(labels: Sequence[str], series: Sequence[tuple[str, Sequence[int]]], *, rtl: bool) -> Drawing:
    """Bars in groups, one group a label; `series` is (name, a number for each label)."""
    most = max((max(values, default=0) for _, values in series), default=0)
    top = nice_top(most)
    left, right = (_FAR, WIDTH - _SIDE) if rtl else (_SIDE, WIDTH - _FAR)
    floor, group = HEIGHT - _BOTTOM, (right - left) / max(len(labels), 1)
    thick = group * 0.8 / max(len(series), 1)

    def start(place: int) -> float:
        return right - (place + 1) * group if rtl else left + place * group

    bars = []
    for number, (name, values) in enumerate(series):
        for place, value in enumerate(values):
            nth = len(series) - 1 - number if rtl else number
            tall = (floor - _TOP) * value / top
            bars.append(
                Bar(
                    x=round(start(place) + group * 0.1 + nth * thick, 1),
                    y=round(floor - tall, 1),
                    width=round(max(thick - 1, 1), 1),
                    height=round(tall, 1),
                    series=number + 1,
                    says=f"{labels[place]} \u00b7 {name}: {value}",
                )
            )
    every = -(-len(labels) // 6)
    below = [
        Mark(round(start(place) + group / 2, 1), label)
        for place, label in enumerate(labels)
        if place % max(every, 1) == 0
    ]
    parts = 4 if top % 4 == 0 else 2 if top % 2 == 0 else 1
    beside = [
        Mark(round(floor - (floor - _TOP) * n / parts, 1), str(top * n // parts)) for n in range(parts + 1)
    ]
    return Drawing(
        bars,
        below,
        beside,
        left=left,
        right=right,
        beside_at=right + 6 if rtl else left - 6,
        anchor="start" if rtl else "end",
    )

"""Tables for other programs (CSV): whoever opens one shall not run what a stranger wrote."""

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would calculate."""
MARK = "\ufeff"
"""Stands before the first line; without it some programs take Arabic for another writing."""


def lines(rows: Iterable[Sequence[object]]) -> str:
    """The rows; a cell that begins as a formula does gets an apostrophe in front."""
    made = io.StringIO()
    csv.writer(made).writerows([_harmless(str(cell)) for cell in row] for row in rows)
    return made.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell

"""Pages of lists, in SQL: bounded numbers, and 404 beyond the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import abort, current_app, g, request

from medportal.extensions import db

MAX_PAGE = 100_000


@dataclass(frozen=True)
class Page:
    """One page of a list: `number` of `pages`, `total` entries in all; `more` when there are yet more, not counted."""

    entries: Sequence[Any]
    number: int
    pages: int
    total: int
    more: bool = False


def paginate(
    select: sa.Select[*tuple[Any, ...]],
    number: int,
    size: int,
    most: int | None = None,
) -> Page:
    """Page `number` of the select, or an empty one beyond the end. One column or entity comes as itself, more as rows.

    `most`: how far entries are counted and shown, where counting all of them would cost more than they are worth.
    """
    number = min(max(number, 1), MAX_PAGE)
    counted = select.order_by(None) if most is None else select.limit(most + 1)
    total = db.session.scalar(sa.select(sa.func.count()).select_from(counted.subquery())) or 0
    more = most is not None and total > most
    total = total if most is None else min(total, most)
    found = db.session.execute(select.limit(size).offset((number - 1) * size))
    single = len(select.column_descriptions) == 1
    return Page(
        found.scalars().all() if single else found.all(), number, max(1, -(-total // size)), total, more
    )


def understood(name: str, value: str) -> None:
    """A view makes something of this value of the query. Pages are kept only for addresses that mean something."""
    g.setdefault("understood", {})[name] = value


def asked_number(name: str, most: int) -> int | None:
    """A whole number of the query, clamped; None when it is absent or no number."""
    value = request.args.get(name, "")
    return min(int(value[:18]), most) if value.isascii() and value.isdigit() else None


def asked_page(
    select: sa.Select[*tuple[Any, ...]],
    *,
    size: int | None = None,
    most: int | None = None,
) -> Page:
    """The page of a list that the query asks for; 404 beyond the end."""
    number = asked_number("page", MAX_PAGE) or 1
    return _there(paginate(select, number, size or current_app.config["PAGE_SIZE"], most))


def asked_rows(rows: Callable[[int, int], Sequence[Any]], *, total: int) -> Page:
    """The same for lists that ask the database themselves: `rows` is told how many and how many to leave out before."""
    number, size = max(asked_number("page", MAX_PAGE) or 1, 1), current_app.config["PAGE_SIZE"]
    return _there(Page(rows(size, (number - 1) * size), number, max(1, -(-total // size)), total))


def _there(page: Page) -> Page:
    if page.number > page.pages:
        abort(404)
    if not page.entries:
        g.get("understood", {}).clear()  # no end of filters finds nothing
    elif page.number > 1:
        understood("page", str(page.number))
    return page


def asked_one_of(name: str, allowed: Sequence[str]) -> str | None:
    """A value of the query if it is one of these; anything else is no filter."""
    value = request.args.get(name)
    if value is None or value not in allowed:
        return None
    understood(name, value)
    return value

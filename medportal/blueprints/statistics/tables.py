"""The tables of the statistics: each with its heading, its numbers, and a chart where time passes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from medportal.blueprints.statistics import queries
from medportal.content_types import KINDS
from medportal.i18n import LANGUAGES
from medportal.models.content import Status
from medportal.models.outbox import MailState

STATES = {
    Status.PUBLISHED: _l("published"),
    Status.SCHEDULED: _l("scheduled"),
    Status.IN_REVIEW: _l("in review"),
    Status.DRAFT: _l("draft"),
    Status.TITLE_ONLY: _l("title only"),
    Status.ARCHIVED: _l("withdrawn"),
}
REVIEWS = {
    "reviewed": _l("reviewed"),
    "overdue": _l("review overdue"),
    "never": _l("never reviewed"),
}
_SENT = (MailState.SENT,)
_LOST = (MailState.FAILED, MailState.SUPPRESSED)


@dataclass(frozen=True)
class Table:
    """`columns`: what stands above; `rows`: a first cell and numbers. `labels` and `series` make the chart, if any.
    `typed`: the first cells are what readers typed."""

    columns: list[str]
    rows: list[list[Any]]
    labels: list[str] = field(default_factory=list)
    series: list[tuple[str, list[int]]] = field(default_factory=list)
    typed: bool = False

    @property
    def is_empty(self) -> bool:
        return not any(any(isinstance(cell, int) and cell for cell in row) for row in self.rows)


def _over_time(
    first: str, days: Sequence[date], series: Sequence[tuple[str, list[int]]], *, monthly: bool = False
) -> Table:
    spans = days[:-1]
    labels = [f"{day:%Y-%m}" if monthly else f"{day:%m-%d}" for day in spans]
    cells = [f"{day:%Y-%m}" if monthly else day.isoformat() for day in spans]
    rows = [[cell, *(values[n] for _, values in series)] for n, cell in enumerate(cells)]
    return Table([first, *(name for name, _ in series)], rows, labels, list(series))


def _published() -> Table:
    found, days = queries.published(), queries.months()
    series = [(language.native_name, found[code]) for code, language in LANGUAGES.items()]
    return _over_time(gettext("Month"), days, series, monthly=True)


def _subscribers() -> Table:
    series = [(gettext("confirmed"), queries.confirmed()), (gettext("stopped"), queries.stopped())]
    return _over_time(gettext("Week from"), queries.weeks(), series)


def _letters() -> Table:
    found, days = queries.letters(), queries.weeks()
    none = [0] * (len(days) - 1)

    def added(states: Sequence[str]) -> list[int]:
        return [sum(column) for column in zip(*(found.get(state, none) for state in states), strict=True)]

    return _over_time(
        gettext("Week from"),
        days,
        [(gettext("sent"), added(_SENT)), (gettext("not delivered"), added(_LOST))],
    )


def _messages() -> Table:
    found = queries.messages()
    series = [(gettext("messages"), found["contact"]), (gettext("reports of mistakes"), found["report"])]
    return _over_time(gettext("Week from"), queries.weeks(), series)


def _missed() -> Table:
    rows: list[list[Any]] = [[row.text, row.times, row.days] for row in queries.missed_searches()]
    return Table([gettext("Search"), gettext("Times"), gettext("Days")], rows, typed=True)


def _reviews() -> Table:
    found = queries.reviews()
    kinds = [kind for kind in KINDS.values() if kind.medical]
    rows: list[list[Any]] = [
        [str(kind.plural), *(found.get((kind.key, state), 0) for state in REVIEWS)] for kind in kinds
    ]
    return Table([gettext("Kind"), *(str(label) for label in REVIEWS.values())], rows)


def _texts() -> Table:
    found = queries.texts()
    rows: list[list[Any]] = [
        [
            gettext("%(kind)s, %(language)s", kind=kind.plural, language=language.native_name),
            *(found.get((kind.key, code, state), 0) for state in STATES),
        ]
        for kind in KINDS.values()
        for code, language in LANGUAGES.items()
    ]
    rows = [row for row in rows if any(row[1:])]
    return Table([gettext("Kind and language"), *(str(label) for label in STATES.values())], rows)


@dataclass(frozen=True)
class Subject:
    """One part of the page. `made` is asked when it is shown; `hint` says what the numbers are and are not."""

    heading: Any
    made: Callable[[], Table]
    hint: Any = ""


SUBJECTS = {
    "texts": Subject(_l("Texts by kind, language and state"), _texts),
    "published": Subject(_l("Texts published each month"), _published),
    "reviews": Subject(
        _l("Reviews"),
        _reviews,
        _l("Published texts of the medical kinds, in all languages, by their last review."),
    ),
    "subscribers": Subject(
        _l("Subscribers each week"),
        _subscribers,
        _l(
            "Confirmed: of those whose address is still here. Stopped: from the audit trail, which names nobody."
        ),
    ),
    "letters": Subject(
        _l("Letters each week"),
        _letters,
        _l("Those of a digest count in the week of the digest. Other letters are forgotten after 30 days."),
    ),
    "messages": Subject(_l("Messages and reports each week"), _messages),
    "searches": Subject(
        _l("Searches that found nothing"),
        _missed,
        _l("On three separate days or more. Nobody's name, no digits, kept for 90 days."),
    ),
}

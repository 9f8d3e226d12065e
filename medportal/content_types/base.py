"""The content type: everything that makes a kind a kind.

A further kind is one file with a `KIND = ContentType(…)` and one line in `content_types/__init__.py`. It then has its
list, its pages, its JSON, feed entries, sitemap and form. Its own columns, if any, stand in a table joined by
`content_id` (`detail`), which needs a migration; without columns of its own it needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask_babel import LazyString
from wtforms import Field

from medportal.content_types.sections import SECTIONS


class Order(StrEnum):
    """How lists of a kind run: by title with an A–Z, newest first, or events (coming first, then past)."""

    TITLE = "title"
    NEWEST = "newest"
    EVENTS = "events"


@dataclass(frozen=True, kw_only=True)
class ContentType:
    """A kind of content.

    key: as stored in `content.kind`; path: the plural in addresses (`/en/diseases/`).
    sections: the keys of `SECTIONS` that its form offers; a page shows whatever sections a text has.
    detail: the model with its own columns, keyed by `content_id`; None where there are none.
    detail_fields: WTForms fields for those columns, by column name.
    template: what the page shows of the detail ("content/kinds/_event.html"); None shows nothing.
    page_type: a schema.org type that the page itself has besides.
    schema_type: the schema.org type of the thing itself; `json_ld(page, thing)` may add to it.
    when: the moment a list orders by and the moment it ends, from the detail; None means publication.
    day: the day that a list shows and files it under, from the detail; None means the day of publication.
    year_only: a list shows the year of `day` alone.
    authors_elsewhere: what it tells of was written and published elsewhere, by the authors that its detail names.
    for_specialists: its pages take experts' opinions, clinical trials and news of medicines.
    searched: columns of the detail whose words the search finds.
    """

    key: str
    path: str
    label: LazyString
    plural: LazyString
    icon: str
    sections: tuple[str, ...]
    order: Order = Order.NEWEST
    medical: bool = True
    listed: bool = True
    on_home: int = 3
    detail: type[Any] | None = None
    detail_fields: Mapping[str, Field] = field(default_factory=dict)
    template: str | None = None
    page_type: str = ""
    schema_type: str = "Article"
    json_ld: Callable[[Any, dict[str, Any]], None] | None = None
    when: Callable[[Any], tuple[datetime, datetime | None]] | None = None
    day: Callable[[Any], date] | None = None
    year_only: bool = False
    authors_elsewhere: bool = False
    for_specialists: bool = False
    searched: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = [key for key in self.sections if key not in SECTIONS]
        assert not unknown, f"{self.key} names sections that do not exist: {unknown}"


KINDS: dict[str, ContentType] = {}


def register(kind: ContentType) -> None:
    assert kind.key not in KINDS, f"two kinds are called {kind.key}"
    KINDS[kind.key] = kind


def kind_by_path(path: str) -> ContentType | None:
    return next((kind for kind in KINDS.values() if kind.path == path), None)


def listed_kinds() -> list[ContentType]:
    """The kinds with a list of their own, in the order of the navigation."""
    return [kind for kind in KINDS.values() if kind.listed]

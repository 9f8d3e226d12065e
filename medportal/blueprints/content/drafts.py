"""Plain values that describe a text before it is saved: what forms, importers and samples all hand to `save_text`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from medportal.models.content import Made, State


@dataclass(frozen=True, kw_only=True)
class PartDraft:
    """`html` may be anything; it is sanitised when it is saved."""

    html: str
    heading: str | None = None
    urgency: str | None = None
    source: str | None = None
    source_url: str | None = None
    source_date: str | None = None
    licence: str | None = None


@dataclass(frozen=True, kw_only=True)
class SectionDraft:
    """`as_of` is required with State.NOTHING_KNOWN and means nothing otherwise."""

    key: str
    state: str = State.WRITTEN
    as_of: date | None = None
    parts: Sequence[PartDraft] = ()


@dataclass(frozen=True, kw_only=True)
class TextDraft:
    """A text in one language. An empty `slug` is made from the title. `treatments`: key → {"name": …, "benefit": …};
    None leaves them as they are."""

    title: str
    slug: str = ""
    summary: str = ""
    synonyms: Sequence[dict[str, str]] = ()
    made: str = Made.WRITTEN
    sections: Sequence[SectionDraft] = ()
    treatments: Mapping[str, dict[str, str]] | None = None


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a save does to a text. `minor`: no reader need be told and no translation becomes older. `safety`: it
    matters to somebody's safety and is told at once. `restored`: the words are those of an earlier version. `note`: what changed and why; readers see it."""

    draft: TextDraft
    note: str = ""
    minor: bool = False
    safety: bool = False
    restored: bool = False


@dataclass(frozen=True, kw_only=True)
class TreatmentDraft:
    """`fields`: language → {"name": …, "benefit": …} as HTML; `references`: numbers on the page."""

    key: str
    kind: str
    fields: dict[str, dict[str, str]]
    references: Sequence[int] = ()


@dataclass(frozen=True, kw_only=True)
class ContentDraft:
    """A thing without its texts. Categories by slug, the main one first; detail: the kind's own columns."""

    kind: str
    source_lang: str
    key: str | None = None
    origin: str = "own"
    origin_source: str | None = None
    categories: Sequence[str] = ()
    codes: Sequence[tuple[str, str]] = ()
    references: Sequence[dict[str, Any]] = ()
    treatments: Sequence[TreatmentDraft] = ()
    detail: dict[str, Any] = field(default_factory=dict)

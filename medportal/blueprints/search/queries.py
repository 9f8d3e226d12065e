"""What a search page shows: the hits with their titles, places and words, and how many there are of each kind."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa
from flask import abort

from medportal.blueprints.content.lists import NamedCategory, category_names
from medportal.content_types import KINDS
from medportal.content_types.sections import SECTIONS
from medportal.extensions import db
from medportal.models.content import ContentCategory, ContentRelation, ContentText, Status
from medportal.models.listing import Listing
from medportal.models.search import SearchName, SearchSection
from medportal.models.taxonomy import Category
from medportal.paging import Page
from medportal.search import analysis, query
from medportal.search.highlight import excerpt
from medportal.search.query import Answer, Hit
from medportal.search.tables import Narrow, Phrase

MOST = 200
"""No search answers more: further down nothing is to the point."""


@dataclass(frozen=True)
class Filters:
    """What narrows a search; None is no limit. `text`: the language of the text itself; dates are days of the site,
    both included; `video`: only what is a video or is shown with one; `exact`: spelling is not put right."""

    kind: str | None = None
    category: Category | None = None
    section: str | None = None
    text: str | None = None
    since: date | None = None
    until: date | None = None
    video: bool = False
    exact: bool = False

    @property
    def values(self) -> dict[str, str]:
        """As the query of an address."""
        values = {
            "kind": self.kind,
            "category": self.category.slug if self.category else None,
            "section": self.section,
            "text": self.text,
            "from": self.since.isoformat() if self.since else None,
            "to": self.until.isoformat() if self.until else None,
            "video": "1" if self.video else None,
        }
        return {name: value for name, value in values.items() if value}

    @property
    def any(self) -> bool:
        return bool(self.values)


@dataclass(frozen=True)
class Result:
    """One hit as shown. `words`: plain text around what was found, in the language `words_lang`; `section`: where it
    stands, None for the summary; `also`: another name of the thing that the query met."""

    entry: Listing
    category: NamedCategory | None
    words: str
    words_lang: str
    section: str | None
    also: tuple[str, str] | None


@dataclass(frozen=True)
class Results:
    """`page` of `Result`s; `kinds`: how many hits of each kind there are without the limit to one kind."""

    page: Page
    kinds: Mapping[str, int]
    answer: Answer


def results(text: str, filters: Filters, lang: str, *, number: int, size: int) -> Results:
    """Page `number` of what answers `text` for readers of `lang`; without words, what the filters leave, newest
    first. 404 beyond the end."""
    found = answer(text, replace(filters, kind=None), lang)
    kinds = _kinds([hit.content_id for hit in found.hits], lang)
    hits = [hit for hit in found.hits if filters.kind in (None, kinds.get(hit.content_id))]
    pages = max(1, -(-len(hits) // size))
    if number > pages:
        abort(404)
    shown = hits[(number - 1) * size : number * size]
    page = Page(_present(shown, found.marks, lang), number, pages, len(hits))
    counts = Counter(kinds.values())
    return Results(page, {key: counts[key] for key in KINDS if counts[key]}, found)


def answer(text: str, filters: Filters, lang: str) -> Answer:
    if analysis.key(text):
        narrow = Narrow(_among(filters, lang), filters.section, filters.text)
        return query.search(text, narrow=narrow, most=MOST, correct=not filters.exact)
    among = _among(filters, lang)
    if among is None:
        return Answer()
    newest = db.session.scalars(among.order_by(Listing.date.desc(), Listing.content_id.desc()).limit(MOST))
    return Answer([Hit(content_id, 1.0, {}) for content_id in newest])


def _among(filters: Filters, lang: str) -> sa.Select[int] | None:
    """The content that the filters leave; None when they leave all."""
    if not replace(filters, kind=None).any:
        return None
    select = sa.select(Listing.content_id).where(Listing.lang == lang)
    if filters.category is not None:
        select = select.where(
            Listing.content_id.in_(
                sa.select(ContentCategory.content_id).where(
                    ContentCategory.category_id == filters.category.id
                )
            )
        )
    if filters.section:
        holding = sa.select(SearchSection.content_id).where(SearchSection.key == filters.section)
        if filters.text:
            holding = holding.where(SearchSection.lang == filters.text)
        select = select.where(Listing.content_id.in_(holding))
    if filters.text:
        select = select.where(
            Listing.content_id.in_(
                sa.select(ContentText.content_id).where(
                    ContentText.lang == filters.text, ContentText.status == Status.PUBLISHED
                )
            )
        )
    if filters.since:
        select = select.where(Listing.day >= filters.since)
    if filters.until:
        select = select.where(Listing.day <= filters.until)
    if filters.video:
        select = select.where(sa.or_(Listing.kind == "video", Listing.content_id.in_(_with_video())))
    return select


def _with_video() -> sa.Select[int]:
    """What is related to a video, in either direction."""
    videos = sa.select(Listing.content_id).where(Listing.kind == "video")
    first = sa.select(ContentRelation.content_id).where(ContentRelation.related_id.in_(videos))
    second = sa.select(ContentRelation.related_id).where(ContentRelation.content_id.in_(videos))
    return sa.select(sa.union(first, second).subquery().c[0])


def _kinds(content_ids: Sequence[int], lang: str) -> dict[int, str]:
    """content → its kind."""
    rows = db.session.execute(
        sa.select(Listing.content_id, Listing.kind).where(
            Listing.lang == lang, Listing.content_id.in_(content_ids)
        )
    )
    return {row[0]: row[1] for row in rows}


def _present(hits: Sequence[Hit], marks: frozenset[Phrase], lang: str) -> list[Result]:
    """The hits with what a page shows of them, in a fixed number of statements."""
    ids = [hit.content_id for hit in hits]
    entries = {
        entry.content_id: entry
        for entry in db.session.scalars(
            sa.select(Listing).where(Listing.lang == lang, Listing.content_id.in_(ids))
        )
    }
    categories = category_names(ids)
    rows = {hit.content_id: _row(hit, entries[hit.content_id]) for hit in hits if hit.content_id in entries}
    sections = {
        section.id: section
        for section in db.session.scalars(
            sa.select(SearchSection).where(SearchSection.id.in_([row for row in rows.values() if row]))
        )
    }
    names = _other_names(ids, marks)
    beginnings = _beginnings([number for number, row in rows.items() if not row])
    return [
        _result(
            entries[content_id],
            categories.get(content_id),
            sections.get(row or 0) or beginnings.get((content_id, entries[content_id].text_lang)),
            marks,
            names.get(content_id),
        )
        for content_id, row in rows.items()
    ]


def _row(hit: Hit, entry: Listing) -> int | None:
    """The section to quote: of the text that the reader will open, else the best of any language."""
    return hit.rows.get(entry.text_lang) or next(iter(hit.rows.values()), None)


def _beginnings(content_ids: Sequence[int]) -> dict[tuple[int, str], SearchSection]:
    """(content, language) → what to quote where only a name was met: the summary, else the first section there is."""
    order = ["summary", *SECTIONS]
    found = db.session.scalars(
        sa.select(SearchSection).where(
            SearchSection.content_id.in_(content_ids), SearchSection.key.in_(order)
        )
    )
    best: dict[tuple[int, str], SearchSection] = {}
    for section in sorted(found, key=lambda section: order.index(section.key), reverse=True):
        best[section.content_id, section.lang] = section
    return best


def _result(
    entry: Listing,
    category: NamedCategory | None,
    section: SearchSection | None,
    marks: frozenset[Phrase],
    also: tuple[str, str] | None,
) -> Result:
    if section is None or section.key == "about":
        return Result(entry, category, entry.summary, entry.lang, None, also)
    text = section.text.partition("\n")[2] or section.text
    key = section.key if section.key in SECTIONS else None
    return Result(entry, category, excerpt(text, marks), section.lang, key, also)


def _other_names(content_ids: Sequence[int], marks: frozenset[Phrase]) -> dict[int, tuple[str, str]]:
    """content → (name, language) of the longest synonym that the query holds whole, where no title holds as much."""
    stems = {stem for phrase in marks for stem in phrase}
    rows = db.session.execute(
        sa.select(
            SearchName.content_id, SearchName.kind, SearchName.text, SearchName.lang, SearchName.key
        ).where(SearchName.content_id.in_(content_ids), SearchName.kind.in_(["title", "known", "synonym"]))
    )
    best: dict[int, tuple[int, bool, str, str]] = {}
    for content_id, kind, text, lang, key in rows:
        words = set(key.split())
        is_title = kind != "synonym"
        if words <= stems or is_title:
            best[content_id] = max(
                (len(words & stems), is_title, text, lang), best.get(content_id, (0, True, "", ""))
            )
    return {
        content_id: (text, lang) for content_id, (_held, is_title, text, lang) in best.items() if not is_title
    }

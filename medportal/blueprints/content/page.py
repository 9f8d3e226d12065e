"""One text, ready for its template, its JSON-LD and its JSON: all that a page shows, and nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import cached_property

from medportal.blueprints.content import evidence, queries, signatures, specialists
from medportal.blueprints.content.addresses import page_url
from medportal.blueprints.content.extras import Extras
from medportal.blueprints.content.lists import Entry
from medportal.blueprints.content.signatures import ShownCredit
from medportal.content_types import KINDS, ContentType
from medportal.content_types.sections import ORDER, SECTIONS
from medportal.lib.html import to_text
from medportal.models.content import Content, ContentText, Origin, Part, Section, State, Status, Urgency
from medportal.models.trust import Role
from medportal.templating import absolute, site_day

Text = ContentText | queries.ShownText
Written = Section | queries.ShownSection
Piece = Part | queries.ShownPart


class TextPage:
    """A published text with what belongs to it. Asks the database in its constructor only."""

    def __init__(self, text: Text, extras: Extras, sections: Sequence[Written]) -> None:
        self.text = text
        self._written = sections
        self.content: Content | queries.ShownContent = text.content
        self.kind: ContentType = KINDS[text.kind]
        self.lang = text.lang
        self.detail = queries.detail_of(self.kind, self.content.id)
        beside = self.kind.for_specialists
        number = self.content.id
        self.categories = queries.categories_of(number)
        main = self.categories[0].id if self.categories else None
        texts = queries.texts_of(number)
        self.elsewhere = [row for row in texts if row.lang != self.lang]
        """Rows of lang, slug, title, known_title and status, of the other languages."""
        self.translations = {
            row.lang: page_url(self.kind.key, row.slug or "", lang=row.lang)
            for row in texts
            if row.status == Status.PUBLISHED
        }
        """language → address of this thing's published texts, this one included."""
        self.credits, reviews, opinions = signatures.of(number, text.id, self.lang, extras)
        self.review = reviews[0] if reviews else None
        """The latest review of this page in this language."""
        self.opinions = opinions if beside else ()
        self.records = specialists.records(number, self.lang, extras) if beside else specialists.Records()
        related = queries.related(number, self.lang) if extras.relations else ()
        self.related: Sequence[Entry] = [e for e in related if e.content_id not in self.records.pages]
        shown = [number, *(entry.content_id for entry in related)]
        self.same_category = queries.same_category(main, self.lang, shown)
        self.symptoms = queries.symptoms(number, self.lang) if extras.symptoms else []
        self.treatments = evidence.treatments(number, self.lang) if extras.treatments else []
        self.references = evidence.references(number) if extras.references else []
        self.codes = evidence.codes(number) if extras.codes else []
        self.corrections = queries.corrections(number, self.lang) if extras.corrections else ()
        replaced = self.content.superseded_by_id
        self.superseded_by = queries.listed(replaced, self.lang) if replaced else None

    @cached_property
    def sections(self) -> list[Written]:
        known = [s for s in self._written if s.key in SECTIONS and not _uncited_fasting(s)]
        return sorted(known, key=lambda section: ORDER[section.key])

    def section(self, key: str) -> Written | None:
        return next((section for section in self._written if section.key == key), None)

    def section_words(self, key: str) -> str:
        """The plain words of a written section; "" otherwise."""
        section = self.section(key)
        if section is None or section.state != State.WRITTEN:
            return ""
        return " ".join(to_text(part.html) for part in section.parts)

    @cached_property
    def contents(self) -> tuple[str, ...]:
        """The sections of the on-this-page list by their keys, which are their anchors."""
        return tuple(section.key for section in self.sections)

    @cached_property
    def synonyms(self) -> tuple[tuple[str, str | None], ...]:
        """Names beside the title with their language; those that are its title elsewhere are told there."""
        titles = {row.title for row in self.elsewhere}
        found = self.text.synonyms
        return tuple((one["name"], one.get("lang") or None) for one in found if one["name"] not in titles)

    @property
    def known_elsewhere(self) -> tuple[tuple[str, str], ...]:
        """(language, title) of a medical thing in other languages, where readers may know it by another name."""
        if not self.kind.medical:
            return ()
        known = (Status.PUBLISHED, Status.TITLE_ONLY)
        return tuple(
            (row.lang, row.title)
            for row in self.elsewhere
            if row.status in known and row.title != self.text.title
        )

    def urgency(self, section: Written) -> list[tuple[str, list[Piece]]]:
        """The parts of "when to get help" by level, most urgent first."""
        levels = [(str(level), [p for p in section.parts if p.urgency == level]) for level in Urgency]
        return [(level, parts) for level, parts in levels if parts]

    @cached_property
    def sources(self) -> list[Piece]:
        """The imported parts whose source must be named, one for each document."""
        found: dict[str | None, Piece] = {}
        for section in self.sections:
            for part in section.parts:
                if part.source:
                    found.setdefault(part.source_url or part.source, part)
        return list(found.values())

    @cached_property
    def source_names(self) -> list[str]:
        return list(dict.fromkeys(part.source for part in self.sources if part.source))

    def review_overdue(self, today: date) -> bool:
        return self.review is not None and self.review.next_due < today

    def credited(self, role: str) -> list[ShownCredit]:
        return [c for c in self.credits if c.role == role and c.lang in (None, self.lang)]

    @property
    def authors(self) -> list[ShownCredit]:
        return self.credited(Role.AUTHOR)

    @property
    def url(self) -> str:
        return self.translations[self.lang]

    @property
    def is_indexable(self) -> bool:
        """Sample and imported text asks search engines to stay away."""
        return self.content.origin == Origin.OWN

    @property
    def address(self) -> str:
        return absolute(self.url)

    def day(self, moment: datetime) -> str:
        """For the kinds: the day of a moment where the site is at home, as machines read it."""
        return site_day(moment).isoformat()

    def absolute(self, path: str) -> str:
        """For the kinds, which know no address of the site."""
        return absolute(path)

    @cached_property
    def description(self) -> str:
        """For search engines and previews: the summary, else the first words of the first written section."""
        words = self.text.summary or next(
            (words for s in self.sections if (words := self.section_words(s.key))), self.text.title
        )
        return words if len(words) <= 300 else words[:299].rsplit(" ", 1)[0] + "…"


def _uncited_fasting(section: Written) -> bool:
    """Advice on fasting is shown only with a cited guideline."""
    if section.key != "fasting" or section.state != State.WRITTEN:
        return False
    return not any('href="#ref-' in part.html for part in section.parts)

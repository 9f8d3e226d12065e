"""What of a thing readers may find: read from the content, handed to the index. Only published texts, and the titles by
which unpublished ones may be known."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale

from medportal.content_types import KINDS
from medportal.content_types.sections import SECTIONS
from medportal.extensions import db
from medportal.i18n import LANGUAGES
from medportal.lib.html import to_text
from medportal.models.content import (
    Code,
    Content,
    ContentCategory,
    ContentText,
    Part,
    Section,
    State,
    Status,
    Symptom,
    SymptomLink,
)
from medportal.models.people import Person
from medportal.models.taxonomy import Category
from medportal.models.treatment import FIELDS, Treatment, TreatmentText
from medportal.models.trust import Credit
from medportal.search import index
from medportal.search.index import Entry, Name, Piece

Found = dict[int, list[Any]]


def content_changed(content_ids: Sequence[int]) -> None:
    """The hook of `medportal.changes`: the search knows of the change in the transaction that makes it."""
    index.write(entries(content_ids))


def entries(content_ids: Sequence[int]) -> list[Entry]:
    """One entry for each id; an empty one for what is gone or not published."""
    texts = _grouped(
        sa.select(
            ContentText.content_id,
            ContentText.id,
            ContentText.lang,
            ContentText.title,
            ContentText.known_title,
            ContentText.summary,
            ContentText.synonyms,
            ContentText.status,
        ).where(ContentText.content_id.in_(content_ids))
    )
    kinds = dict(
        db.session.execute(sa.select(Content.id, Content.kind).where(Content.id.in_(content_ids))).all()
    )
    if len(kinds) < len(set(content_ids)):
        index.state().untidy = True
    codes = _grouped(sa.select(Code.content_id, Code.value).where(Code.content_id.in_(content_ids)))
    pieces = _pieces(content_ids)
    about = _about(kinds)
    made = []
    for content_id in content_ids:
        mine = texts.get(content_id, [])
        published = [text for text in mine if text.status == Status.PUBLISHED]
        if not published or content_id not in kinds:
            made.append(Entry(content_id))
            continue
        names = [name for text in mine for name in _names(text)]
        names += [Name("", "code", code) for _id, code in codes.get(content_id, [])]
        found = [piece for text in published for piece in pieces.get(text.id, [])]
        for text in published:
            if text.summary:
                found.append(Piece(text.lang, "summary", text.summary))
            words = " · ".join(dict.fromkeys(about[content_id][text.lang]))
            if words:
                found.append(Piece(text.lang, "about", words))
        made.append(Entry(content_id, names, found))
    return made


def _grouped(select: Any) -> Found:
    """The rows by their first column."""
    found: Found = defaultdict(list)
    for row in db.session.execute(select):
        found[row[0]].append(row)
    return found


def _names(text: Any) -> Iterator[Name]:
    if text.status != Status.PUBLISHED:
        if text.known_title:
            yield Name(text.lang, "known", text.known_title)
        return
    yield Name(text.lang, "title", text.title)
    for synonym in text.synonyms or ():
        if synonym.get("name"):
            yield Name(text.lang, "synonym", synonym["name"])


def _pieces(content_ids: Sequence[int]) -> dict[int, list[Piece]]:
    """text id → its written sections and treatments."""
    parts = db.session.execute(
        sa.select(Section.text_id, Section.key, ContentText.lang, Part.heading, Part.html)
        .join(Section, Section.id == Part.section_id)
        .join(ContentText, ContentText.id == Section.text_id)
        .where(
            ContentText.content_id.in_(content_ids),
            ContentText.status == Status.PUBLISHED,
            Section.state == State.WRITTEN,
        )
        .order_by(Section.id, Part.position)
    )
    sections: dict[tuple[int, str, str], list[str]] = defaultdict(list)
    for text_id, key, lang, heading, html in parts:
        sections[text_id, lang, key].append(f"{heading}. {to_text(html)}" if heading else to_text(html))
    for text_id, lang, treatment in _treatments(content_ids):
        sections[text_id, lang, "treatment"].append(treatment)
    found: dict[int, list[Piece]] = defaultdict(list)
    for (text_id, lang, key), texts in sections.items():
        found[text_id].append(Piece(lang, key, " ".join(texts), _headings(lang).get(key, "")))
    return found


def _treatments(content_ids: Sequence[int]) -> Iterator[tuple[int, str, str]]:
    """(text id, language, words) of each treatment."""
    rows = db.session.execute(
        sa.select(ContentText.id, TreatmentText)
        .join(Treatment, Treatment.id == TreatmentText.treatment_id)
        .join(
            ContentText,
            sa.and_(ContentText.content_id == Treatment.content_id, ContentText.lang == TreatmentText.lang),
        )
        .where(Treatment.content_id.in_(content_ids), ContentText.status == Status.PUBLISHED)
        .order_by(Treatment.position)
    )
    for text_id, treatment in rows:
        stated = [to_text(getattr(treatment, field)) for field in FIELDS]
        yield text_id, treatment.lang, ". ".join([treatment.name, *filter(None, stated)])


_HEADINGS: dict[str, dict[str, str]] = {}


def _headings(lang: str) -> dict[str, str]:
    """The sections' headings in this language; translated once a process."""
    if lang not in _HEADINGS:
        with force_locale(lang):
            _HEADINGS[lang] = {key: str(label) for key, label in SECTIONS.items()}
    return _HEADINGS[lang]


def _about(kinds: dict[int, str]) -> dict[int, dict[str, list[str]]]:
    """content → language → what else the page names: categories, people, symptoms, the kind's own facts."""
    ids = list(kinds)
    labels: dict[int, list[Any]] = defaultdict(list)
    for select in (
        sa.select(ContentCategory.content_id, Category.name)
        .join(Category, Category.id == ContentCategory.category_id)
        .where(ContentCategory.content_id.in_(ids))
        .order_by(ContentCategory.position, Category.id),
        sa.select(Credit.content_id, Person.name)
        .join(Person, Person.id == Credit.person_id)
        .where(Credit.content_id.in_(ids))
        .order_by(Credit.position, Credit.id),
        sa.select(SymptomLink.content_id, Symptom.name)
        .join(Symptom, Symptom.id == SymptomLink.symptom_id)
        .where(SymptomLink.content_id.in_(ids))
        .order_by(SymptomLink.position),
    ):
        for content_id, name in db.session.execute(select):
            labels[content_id].append(name)
    for content_id, facts in _facts(kinds):
        labels[content_id] += facts
    return {
        content_id: {
            lang: [word for label in labels[content_id] for word in _words(label, lang)] for lang in LANGUAGES
        }
        for content_id in ids
    }


def _facts(kinds: dict[int, str]) -> Iterator[tuple[int, list[Any]]]:
    """What the kinds' own tables say that is searched (`ContentType.searched`)."""
    for key in sorted(set(kinds.values())):
        kind = KINDS.get(key)
        if kind is None or kind.detail is None or not kind.searched:
            continue
        ids = [content_id for content_id, other in kinds.items() if other == key]
        for row in db.session.scalars(sa.select(kind.detail).where(kind.detail.content_id.in_(ids))):
            yield row.content_id, [getattr(row, column) for column in kind.searched]


def _words(label: Any, lang: str) -> list[str]:
    """A label as words of one language: localized, a list, or plain."""
    if isinstance(label, dict):
        own = label.get(lang)
        return [own] if own else []
    if isinstance(label, list):
        return [str(item) for item in label]
    return [str(label)] if label else []

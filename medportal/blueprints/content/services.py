"""Changes of content. Plain arguments; every function flushes, the caller commits once."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from medportal import audit
from medportal.blueprints.content import freshness
from medportal.blueprints.content.drafts import (
    Change,
    ContentDraft,
    SectionDraft,
    TextDraft,
    TreatmentDraft,
)
from medportal.blueprints.content.revisions import PART_FIELDS, keep_revision, last_snapshot, snapshot
from medportal.changes import content_changed
from medportal.content_types import KINDS
from medportal.digests import editions, happenings
from medportal.extensions import db
from medportal.lib.bidi import strip_controls
from medportal.lib.checks import says_nothing
from medportal.lib.dates import utc_now
from medportal.lib.html import POLICY_VERSION, safe_url, sanitise
from medportal.lib.slugs import numbered, slugify
from medportal.models.consultation import Phase, Question
from medportal.models.content import (
    Code,
    Content,
    ContentCategory,
    ContentRelation,
    ContentText,
    Part,
    Redirect,
    Section,
    State,
    Status,
)
from medportal.models.digest import News
from medportal.models.people import Person
from medportal.models.taxonomy import Category
from medportal.models.treatment import FIELDS, Treatment, TreatmentText
from medportal.models.trust import Credit, Reference, Review, Revision


def create_content(draft: ContentDraft, *, by: str) -> Content:
    """A new thing with everything that has no language; its texts follow with `save_text`."""
    kind = KINDS[draft.kind]
    content = Content(
        kind=draft.kind,
        key=draft.key,
        source_lang=draft.source_lang,
        origin=draft.origin,
        origin_source=draft.origin_source,
        codes=[Code(system=system, value=value) for system, value in dict.fromkeys(draft.codes)],
        references=[
            Reference(position=n, **(values | {"url": safe_url(values.get("url"))}))
            for n, values in enumerate(draft.references, 1)
        ],
        texts=[],
    )
    db.session.add(content)
    db.session.flush()
    set_categories(content, draft.categories)
    for position, treatment in enumerate(draft.treatments):
        _add_treatment(content, treatment, position)
    if kind.detail is not None and draft.detail:
        detail = {k: safe_url(v) if k == "url" else v for k, v in draft.detail.items()}
        db.session.add(kind.detail(content_id=content.id, **detail))
    db.session.flush()
    audit.record("create", content, actor=by, kind=draft.kind)
    return content


def set_categories(content: Content, slugs: Iterable[str]) -> None:
    """The categories in this order; a slug that does not exist is an error of the caller."""
    wanted = list(dict.fromkeys(slugs))
    if not wanted:
        content.category_links = []
        return
    found = dict(
        db.session.execute(sa.select(Category.slug, Category.id).where(Category.slug.in_(wanted))).all()
    )
    missing = [slug for slug in wanted if slug not in found]
    if missing:
        raise LookupError(f"no such category: {', '.join(missing)}")
    content.category_links = [
        ContentCategory(category_id=found[slug], position=n) for n, slug in enumerate(wanted)
    ]


def _add_treatment(content: Content, draft: TreatmentDraft, position: int) -> None:
    references = [reference for reference in content.references if reference.position in draft.references]
    texts = [
        TreatmentText(
            lang=lang,
            name=strip_controls(values["name"]),
            **{name: sanitise(values.get(name, "")) for name in FIELDS},
        )
        for lang, values in draft.fields.items()
    ]
    db.session.add(
        Treatment(
            content_id=content.id,
            key=draft.key,
            kind=draft.kind,
            position=position,
            texts=texts,
            references=references,
        )
    )


def save_text(
    content: Content,
    lang: str,
    draft: TextDraft,
    *,
    by: str,
    note: str = "",
    minor: bool = False,
    safety: bool = False,
) -> ContentText:
    """One language of `save_texts`."""
    change = Change(draft=draft, note=note, minor=minor, safety=safety)
    return save_texts(content, {lang: change}, by=by)[lang]


def save_texts(content: Content, changes: Mapping[str, Change], *, by: str) -> dict[str, ContentText]:
    """Create or change the texts of `content` in these languages, and keep each whole as a revision.

    HTML is sanitised here. A changed slug leaves a redirect behind. What does not change leaves no trace. Raises
    ValueError when no address can be made.
    """
    saved = {lang: _save(content, lang, change, by=by) for lang, change in changes.items()}
    kept = {lang: one for lang, one in saved.items() if one.revision is not None}
    if not kept:
        return {lang: one.text for lang, one in saved.items()}
    content.touched_at = utc_now()
    grave = {
        lang: (one.sections, one.revision)
        for lang, one in kept.items()
        if one.revision and not one.revision.minor
    }
    small = {lang: one.sections for lang, one in kept.items() if lang not in grave}
    restored = {lang for lang, change in changes.items() if change.restored}
    freshness.settle(content, grave, along=small, restored=restored)
    db.session.flush()
    shown = {lang: one for lang, one in kept.items() if one.text.status == Status.PUBLISHED}
    if shown:
        content_changed(content.id)
    for lang, one in shown.items():
        change = changes[lang]
        if change.safety or not change.minor:
            happenings.record(one.text, News.SAFETY if change.safety else News.CHANGED, note=change.note)
    return {lang: one.text for lang, one in saved.items()}


class _Saved(NamedTuple):
    """`revision`: None when nothing changed."""

    text: ContentText
    sections: frozenset[str]
    revision: Revision | None


def _save(content: Content, lang: str, change: Change, *, by: str) -> _Saved:
    text = next((t for t in content.texts if t.lang == lang), None)
    before = last_snapshot(text) if text is not None else None
    if text is None:
        text = ContentText(kind=content.kind, lang=lang, sections=[], reviews=[], title="")
        content.texts.append(text)
    with db.session.no_autoflush:  # not a draft before it has an address
        assign(text, change.draft)
        _set_slug(text, slugify(change.draft.slug or text.title))
    if text.status is None or text.status == Status.TITLE_ONLY:
        text.status = Status.DRAFT
    text.policy_version = POLICY_VERSION
    db.session.flush()
    after = snapshot(text)
    if before is not None and "treatments" in after:  # versions of before they were kept say nothing of them
        before = {"treatments": after["treatments"], **before}
    if after == before:
        return _Saved(text, frozenset(), None)
    text.modified_at = utc_now()
    revision = keep_revision(text, after, by=by, note=change.note, minor=change.minor, safety=change.safety)
    return _Saved(text, freshness.changed_sections(before, after), revision)


def assign(text: ContentText, draft: TextDraft) -> None:
    """The words of the draft become the text's, sanitised. Its address and all that follows a save are left alone, so
    that a preview may show what was not saved."""
    text.title = strip_controls(draft.title).strip()
    text.summary = strip_controls(draft.summary).strip()
    text.synonyms = [{k: strip_controls(v) for k, v in synonym.items()} for synonym in draft.synonyms]
    text.made = draft.made
    _set_sections(text, draft.sections)
    if draft.treatments is not None:
        for treatment in text.content.treatments:
            if treatment.key not in draft.treatments:
                treatment.texts = [told for told in treatment.texts if told.lang != text.lang]
        for key, fields in draft.treatments.items():
            _set_treatment(text, key, fields)


def _set_treatment(text: ContentText, key: str, fields: Mapping[str, str]) -> None:
    """A treatment that was taken out comes back with its first text."""
    treatments = text.content.treatments
    treatment = next((one for one in treatments if one.key == key), None)
    if treatment is None:
        treatment = Treatment(
            content_id=text.content_id, key=key, kind=fields["kind"], position=len(treatments), texts=[]
        )
        treatments.append(treatment)
    told = next((one for one in treatment.texts if one.lang == text.lang), None)
    if told is None:
        told = TreatmentText(lang=text.lang)
        treatment.texts.append(told)
    told.name = strip_controls(fields["name"])
    for name in FIELDS:
        setattr(told, name, sanitise(fields.get(name, "")))


def name_text(content: Content, lang: str, title: str) -> ContentText:
    """Give a thing its title in a language that has no text of it yet; it stays known by it while a text is drafted."""
    name = strip_controls(title).strip()
    text = ContentText(
        kind=content.kind,
        lang=lang,
        title=name,
        known_title=name,
        status=Status.TITLE_ONLY,
        sections=[],
        reviews=[],
    )
    content.texts.append(text)
    db.session.flush()
    return text


def _set_slug(text: ContentText, wanted: str) -> None:
    if wanted == text.slug:
        return
    if not wanted:
        raise ValueError(f"no address can be made from the title {text.title!r}")
    before = text.slug
    text.slug = _free_slug(text, wanted)
    if before and before != text.slug and text.published_at:
        db.session.flush()
        same = (Redirect.kind == text.kind, Redirect.lang == text.lang)
        db.session.execute(sa.delete(Redirect).where(*same, Redirect.slug.in_([before, text.slug])))
        db.session.add(Redirect(kind=text.kind, lang=text.lang, slug=before, text_id=text.id))


def _free_slug(text: ContentText, wanted: str) -> str:
    """`wanted`, or the first of wanted-2, wanted-3 … that no other text of this kind and language has or had."""
    with db.session.no_autoflush:
        taken = {
            slug
            for model, owner in ((ContentText, ContentText.id), (Redirect, Redirect.text_id))
            for slug in db.session.scalars(
                sa.select(model.slug).where(
                    model.kind == text.kind,
                    model.lang == text.lang,
                    model.slug.startswith(wanted[:70], autoescape=True),
                    owner != (text.id or 0),
                )
            )
        }
    n = 1
    while numbered(wanted, n) in taken:
        n += 1
    return numbered(wanted, n)


def _set_sections(text: ContentText, drafts: Iterable[SectionDraft]) -> None:
    by_key = {section.key: section for section in text.sections}
    wanted = {draft.key: _honest(draft) for draft in drafts}
    for key, section in by_key.items():
        if key not in wanted:
            text.sections.remove(section)
    for key, draft in wanted.items():
        section = by_key.get(key) or Section(key=key, parts=[])
        if key not in by_key:
            text.sections.append(section)
        section.state = draft.state
        section.as_of = draft.as_of if draft.state == State.NOTHING_KNOWN else None
        _set_parts(section, draft)


def _honest(draft: SectionDraft) -> SectionDraft:
    """ "Not available" is no text: it was never written, and the page says so (U13)."""
    if draft.state == State.WRITTEN and draft.parts and all(says_nothing(part.html) for part in draft.parts):
        return replace(draft, state=State.NOT_YET_WRITTEN, parts=())
    return draft


def _set_parts(section: Section, draft: SectionDraft) -> None:
    """Parts are changed in place: no two rows may stand at one position, not even for a moment."""
    for n, part in enumerate(draft.parts):
        values = {name: getattr(part, name) for name in PART_FIELDS} | {
            "html": sanitise(part.html),
            "heading": strip_controls(part.heading) if part.heading else None,
            "source_url": safe_url(part.source_url),
        }
        if n == len(section.parts):
            section.parts.append(Part(position=n, **values))
        for name, value in values.items():
            setattr(section.parts[n], name, value)
    del section.parts[len(draft.parts) :]


def publish(text: ContentText, *, by: str, at: datetime | None = None) -> None:
    """Show a text to readers. `at` is the first publication, kept if there was one; None means now."""
    came = text.status != Status.PUBLISHED
    text.status = Status.PUBLISHED
    text.published_at = text.published_at or at or utc_now()
    audit.record("publish", text, actor=by)
    content_changed(text.content_id)
    if came:
        happenings.record(text, News.NEW)


def withdraw(text: ContentText, *, by: str) -> None:
    """Take a text back: its address answers 410 until it is published again."""
    text.status = Status.ARCHIVED
    audit.record("withdraw", text, actor=by)
    content_changed(text.content_id)


def record_review(text: ContentText, person: Person, *, on: date, next_due: date, by: str) -> Review:
    """A named person checked the whole page. There is no other way to a review date."""
    review = Review(text_id=text.id, person=person, reviewed_on=on, next_due=next_due)
    db.session.add(review)
    db.session.flush()
    audit.record("review", text, actor=by, person=person.id)
    content_changed(text.content_id)
    return review


def add_credit(content: Content, person: Person, role: str, *, lang: str | None = None) -> None:
    content.credits.append(Credit(person=person, role=role, lang=lang, position=len(content.credits)))
    db.session.flush()


def relate(content_id: int, related_ids: Iterable[int]) -> None:
    """See also, in this order; pairs that exist already are left as they are."""
    known = set(
        db.session.scalars(
            sa.select(ContentRelation.related_id).where(ContentRelation.content_id == content_id)
        )
    )
    for position, related_id in enumerate(related_ids):
        if related_id not in known and related_id != content_id:
            db.session.add(ContentRelation(content_id=content_id, related_id=related_id, position=position))
            known.add(related_id)
    db.session.flush()


def _give_back(content: Content) -> None:
    """The reader's question that it was is answered as before, and published no more."""
    asked = db.session.scalar(sa.select(Question).where(Question.content_id == content.id))
    if asked is not None:
        asked.content_id = asked.published_at = asked.agreed_at = asked.agreed_version = None
        asked.phase = Phase.ANSWERED
        db.session.flush()


def delete_content(content: Content, *, by: str) -> None:
    """Remove a thing with all its texts and history (samples, imports taken back)."""
    audit.record("delete", content, actor=by, kind=content.kind)
    _give_back(content)
    editions.content_changed([content.id])  # while it is still known which letters tell of it
    db.session.delete(content)
    content_changed(content.id)

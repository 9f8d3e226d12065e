"""Readers and texts in any number, for the benches of mail: made in bulk, the same for the same seed."""

import random
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa

from medportal.blueprints.content import services
from medportal.blueprints.content.drafts import ContentDraft, TextDraft
from medportal.blueprints.content.revisions import draft_of
from medportal.digests import happenings
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.content import Content, ContentText
from medportal.models.subscription import Follow, Frequency, Subscriber, What
from medportal.models.taxonomy import Category

KINDS = ("disease", "news", "article")
CATEGORIES = ("heart", "skin", "lungs", "nerves")
LANGS = ("ar", "en")
EARLIER, LATER = 10, 15
BATCH = 10_000
_TITLES = {"ar": "مقالة رقم {}", "en": "A text with the number {}"}
_SUMMARIES = {
    "ar": "ملخص قصير لما تقوله هذه الصفحة لقرائها.",
    "en": "In short, what this page tells its readers.",
}


@dataclass(frozen=True)
class Happened:
    """`before`: the happening up to which everybody was told. `pages`: things that happened in both languages since;
    `categories` by number."""

    before: int
    pages: Sequence[int]
    categories: Sequence[int]


def texts() -> Happened:
    """Twenty-odd things happen: some come, some come in another language, change, or come back. Commits."""
    db.session.add_all(Category(slug=slug, name={"en": slug, "ar": slug}) for slug in CATEGORIES)
    db.session.flush()
    earlier = [_thing(number, LANGS[: 1 + number % 2]) for number in range(EARLIER)]
    before = happenings.latest()
    later = [_thing(number, _langs(number)) for number in range(EARLIER, EARLIER + LATER)]
    for thing in earlier[:3]:
        _change(thing.texts[0])
    for thing in earlier[3:5]:
        services.withdraw(thing.texts[0], by="bench")
        services.publish(thing.texts[0], by="bench")
    for number in (6, 8):
        _text(earlier[number], number, "en")
    db.session.commit()
    pages = [thing.id for thing in later if len(thing.texts) == len(LANGS)]
    categories = db.session.scalars(sa.select(Category.id).order_by(Category.id)).all()
    db.session.rollback()
    return Happened(before, pages, categories)


def one_more(number: int) -> int:
    """A further thing in both languages, by number. Commits."""
    thing = _thing(number, LANGS)
    db.session.commit()
    return thing.id


def _langs(number: int) -> tuple[str, ...]:
    """Two thirds in both languages, the others in one."""
    return LANGS if number % 3 else (LANGS[number % 2],)


def _thing(number: int, langs: Sequence[str]) -> Content:
    category = CATEGORIES[number % len(CATEGORIES)]
    draft = ContentDraft(
        kind=KINDS[number % len(KINDS)], source_lang=langs[0], origin="sample", categories=[category]
    )
    thing = services.create_content(draft, by="bench")
    for lang in langs:
        _text(thing, number, lang)
    return thing


def _text(thing: Content, number: int, lang: str) -> None:
    draft = TextDraft(title=_TITLES[lang].format(number), summary=_SUMMARIES[lang])
    services.publish(services.save_text(thing, lang, draft, by="bench"), by="bench")


def _change(text: ContentText) -> None:
    draft = draft_of(text)
    changed = TextDraft(title=draft.title, slug=draft.slug, summary=f"{draft.summary} 2")
    services.save_text(text.content, text.lang, changed, by="bench", note="A figure was corrected.")


def subscribers(count: int, happened: Happened, *, sure: bool = False, seed: int = 1) -> None:
    """So many readers of daily digests. Half follow all kinds, a quarter two kinds within a category, a quarter a
    category and one or two pages; `sure`: all others a page that happened, too. Commits in batches."""
    dice = random.Random(seed)
    numbers = range(1, count + 1)
    for table, rows in (
        (Subscriber, (_subscriber(number, happened.before, dice) for number in numbers)),
        (Follow, (row for number in numbers for row in _follows(number, happened, sure, dice))),
    ):
        for batch in _batches(rows):
            db.session.execute(sa.insert(table), batch)
            db.session.commit()


def address(number: int) -> str:
    return f"reader{number}@mail.example.com"


def _subscriber(number: int, told_until: int, dice: random.Random) -> dict[str, Any]:
    now = utc_now()
    return {
        "id": number,
        "seed": secrets.token_urlsafe(16),
        "email": address(number),
        "email_key": address(number),
        "lang": dice.choice(LANGS),
        "frequency": Frequency.DAILY,
        "other_language": dice.random() < 0.3,
        "named": dice.random() < 0.1,
        "told_until": told_until,
        "consent_at": now,
        "consent_version": 1,
        "consent_lang": "en",
        "consent_how": "form",
    }


def _follows(number: int, happened: Happened, sure: bool, dice: random.Random) -> Iterator[dict[str, Any]]:
    share, category = dice.random(), dice.choice(happened.categories)
    pages: set[int] = set()
    if share < 0.5:
        yield from (_follow(number, What.KIND, kind=kind) for kind in KINDS)
    elif share < 0.75:
        yield from (_follow(number, What.KIND, kind=kind) for kind in dice.sample(KINDS, 2))
        yield _follow(number, What.WITHIN, category_id=category)
    else:
        yield _follow(number, What.CATEGORY, category_id=category)
        pages = set(dice.sample(happened.pages, dice.randint(1, 2)))
    if sure:
        pages |= {happened.pages[0]}
    yield from (_follow(number, What.CONTENT, content_id=page) for page in sorted(pages))


def _follow(number: int, what: What, **target: Any) -> dict[str, Any]:
    return {
        "subscriber_id": number,
        "what": what,
        "kind": None,
        "category_id": None,
        "content_id": None,
        "person_id": None,
    } | target


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        yield batch

"""Made-up texts in any number, for benches: the words mean nothing, the shapes are those of real pages."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from medportal import taxonomy
from medportal.changes import content_changed
from medportal.extensions import db
from medportal.lib.arabic import index_letter, sort_key
from medportal.lib.dates import utc_now
from medportal.lib.html import POLICY_VERSION
from medportal.lib.slugs import slugify
from medportal.models.content import (
    Content,
    ContentCategory,
    ContentText,
    Made,
    Origin,
    Part,
    Section,
    Status,
)
from medportal.models.taxonomy import Category

WORDS: dict[str, list[str]] = json.loads((Path(__file__).parent / "words.json").read_text(encoding="utf-8"))
KINDS = ("disease", "disease", "disease", "article", "news")
SECTIONS = ("definition", "symptoms", "causes", "treatment", "prevention")
BATCH = 100


def fill(count: int, *, echo: Callable[[str], None]) -> None:
    """Add `count` published texts, half Arabic and half English; commits in batches. Repeatable: same seed."""
    taxonomy.load()
    db.session.commit()
    categories = list(db.session.scalars(sa.select(Category.id).order_by(Category.id)))
    start = db.session.scalar(sa.select(sa.func.coalesce(sa.func.max(Content.id), 0))) or 0
    db.session.rollback()
    things = count // 2
    for first in range(0, things, BATCH):
        _batch(range(first, min(first + BATCH, things)), start, categories)
        if (first // BATCH) % 20 == 0:
            echo(f"{2 * first} of {count} texts")
    echo(f"{2 * things} texts")


def _batch(numbers: range, start: int, categories: list[int]) -> None:
    dice = random.Random(numbers.start + start)  # noqa: S311  # made-up words, no secret
    now = utc_now()
    contents: list[dict[str, Any]] = []
    links: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    sections: list[dict[str, Any]] = []
    parts: list[str] = []
    for n in numbers:
        content_id = start + n + 1
        kind = KINDS[n % len(KINDS)]
        at = now - timedelta(minutes=n)
        contents.append(
            {"id": content_id, "kind": kind, "source_lang": "en", "origin": Origin.OWN, "created_at": at}
        )
        links.append({"content_id": content_id, "category_id": dice.choice(categories), "position": 0})
        texts.extend(_text(content_id, kind, lang, at, dice) for lang in ("ar", "en"))
    db.session.execute(sa.insert(Content), contents)
    db.session.execute(sa.insert(ContentCategory), links)
    ids = db.session.scalars(
        sa.insert(ContentText).returning(ContentText.id, sort_by_parameter_order=True), texts
    ).all()
    for text_id, text in zip(ids, texts, strict=True):
        sections.extend({"text_id": text_id, "key": key, "state": "written"} for key in SECTIONS)
        parts.extend(_sentences(text["lang"], dice) for _ in SECTIONS)
    section_ids = db.session.scalars(
        sa.insert(Section).returning(Section.id, sort_by_parameter_order=True), sections
    ).all()
    rows = [
        {"section_id": i, "position": 0, "html": html} for i, html in zip(section_ids, parts, strict=True)
    ]
    db.session.execute(sa.insert(Part), rows)
    content_changed(*[c["id"] for c in contents])
    db.session.commit()


def _text(content_id: int, kind: str, lang: str, at: Any, dice: random.Random) -> dict[str, Any]:
    title = f"{' '.join(dice.sample(WORDS[lang], 3))} {content_id}"
    return {
        "content_id": content_id,
        "kind": kind,
        "lang": lang,
        "slug": slugify(title),
        "title": title,
        "summary": " ".join(dice.choices(WORDS[lang], k=18)),
        "synonyms": [],
        "status": Status.PUBLISHED,
        "made": Made.MACHINE_DRAFTED,
        "sort_key": sort_key(title),
        "letter": index_letter(title),
        "policy_version": POLICY_VERSION,
        "created_at": at,
        "modified_at": at,
        "published_at": at,
    }


def _sentences(lang: str, dice: random.Random) -> str:
    paragraphs = [" ".join(dice.choices(WORDS[lang], k=60)) for _ in range(3)]
    return "".join(f"<p>{p}.</p>" for p in paragraphs)

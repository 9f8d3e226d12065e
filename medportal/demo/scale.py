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
    """Add `count` published texts, half Arabic and half English; commits in batches. Same seed, same words.

    Raises RuntimeError where the site has texts of its own: made-up words must not stand beside them.
    """
    if db.session.scalar(sa.select(Content.id).where(Content.origin == Origin.OWN).limit(1)):
        raise RuntimeError(
            "this database holds texts of the site's own; use a scratch one (MEDPORTAL_INSTANCE=…)"
        )
    taxonomy.load()
    db.session.commit()
    categories = list(db.session.scalars(sa.select(Category.id).order_by(Category.id)))
    db.session.rollback()
    things = count // 2
    for first in range(0, things, BATCH):
        _batch(range(first, min(first + BATCH, things)), categories)
        if (first // BATCH) % 20 == 0:
            echo(f"{2 * first} of {count} texts")
    echo(f"{2 * things} texts")


def _batch(numbers: range, categories: list[int]) -> None:
    dice = random.Random(numbers.start)  # noqa: S311  # made-up words, no secret
    now = utc_now()
    contents = [
        {
            "kind": KINDS[n % len(KINDS)],
            "source_lang": "en",
            "origin": Origin.SAMPLE,
            "created_at": now - timedelta(minutes=n),
        }
        for n in numbers
    ]
    content_ids = db.session.scalars(
        sa.insert(Content).returning(Content.id, sort_by_parameter_order=True), contents
    ).all()
    links = [{"content_id": i, "category_id": dice.choice(categories), "position": 0} for i in content_ids]
    db.session.execute(sa.insert(ContentCategory), links)
    texts = [
        _text(i, KINDS[n % len(KINDS)], lang, now - timedelta(minutes=n), dice)
        for i, n in zip(content_ids, numbers, strict=True)
        for lang in ("ar", "en")
    ]
    sections: list[dict[str, Any]] = []
    parts: list[str] = []
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
    content_changed(*content_ids)
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
        "policy_version": POLICY_VERSION,
        "created_at": at,
        "modified_at": at,
        "published_at": at,
    }


def _sentences(lang: str, dice: random.Random) -> str:
    paragraphs = [" ".join(dice.choices(WORDS[lang], k=60)) for _ in range(3)]
    return "".join(f"<p>{p}.</p>" for p in paragraphs)

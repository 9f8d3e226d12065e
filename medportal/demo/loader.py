"""Load the sample texts, and remove them without a trace.

Three files a text: `<key>.toml` holds what has no language, `<key>.<lang>.md` a text (TOML front matter, then `## `
sections in Markdown). `[@key]` in a text links to the numbered reference of that key in `references.csv`. `consultant`
names who would have answered a question: a person of `consultants.toml`, who does not exist.
"""

import csv
import hashlib
import re
import shutil
import tomllib
from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app
from markdown_it import MarkdownIt

from medportal import samples, taxonomy
from medportal.blueprints.content import services
from medportal.blueprints.content.drafts import (
    ContentDraft,
    PartDraft,
    SectionDraft,
    TextDraft,
    TreatmentDraft,
)
from medportal.changes import together
from medportal.content_types import KINDS, ContentType
from medportal.demo import consultants, polls, specialists
from medportal.extensions import db
from medportal.i18n import LANGUAGES
from medportal.lib.dates import utc_now
from medportal.models.content import Content, Made, Origin, State, Urgency
from medportal.models.media import Media
from medportal.models.treatment import FIELDS
from medportal.models.trust import Role
from medportal.search import glossary

FOLDER = Path(__file__).parent
BY = samples.BY
AT_ONCE = 5
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
_MARK = re.compile(r"\s*\[@([\w-]+)\]")
_SECTION = re.compile(r"^## +([a-z_]+) *$", re.M)
_LEVEL = re.compile(r"^### +([a-z]+) *$", re.M)
_STATE = re.compile(r"^state: *(\w+)(?: +(\d{4}-\d{2}-\d{2}))? *$")
_OFFSET = re.compile(r"^([+-]\d+)d(?: (\d{2}):(\d{2}))?$")


def load(*, echo: Callable[[str], None] = lambda _line: None) -> int:
    """Add every sample text that is not there; how many were added. Commits a few texts at a time, so that nobody waits."""
    taxonomy.load()
    glossary.load()
    consultants.load()
    polls.load()
    db.session.commit()
    references = _references()
    ids = {
        row[0]: row[1]
        for row in db.session.execute(sa.select(Content.key, Content.id).where(Content.key.is_not(None)))
    }
    related: dict[str, list[str]] = {}
    new = [(kind, path) for kind, path in _files() if path.stem not in ids]
    for start in range(0, len(new), AT_ONCE):
        with together():
            for kind, path in new[start : start + AT_ONCE]:
                facts = tomllib.loads(path.read_text(encoding="utf-8"))
                ids[path.stem] = _content(kind, path, facts, references).id
                related[path.stem] = facts.get("related", [])
                echo(f"{path.parent.name}/{path.stem}")
        db.session.commit()
    for key, others in related.items():
        services.relate(ids[key], [ids[other] for other in others if other in ids])
    specialists.load({key: number for key, number in ids.items() if key is not None})
    db.session.commit()
    return len(new)


def remove() -> int:
    """Take the samples and their pictures away; how many went. What somebody has edited since stays, as the site's own.
    The caller commits."""
    gone = samples.drop_texts()
    samples.drop_media()
    samples.drop_specialists()
    samples.drop_consultants()
    samples.drop_polls()
    samples.drop_traces()
    return gone


def _references() -> dict[str, dict[str, str]]:
    with (FOLDER / "references.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


def _reference(row: dict[str, str]) -> dict[str, Any]:
    scheme, _, value = row["identifier"].partition(":")
    return {
        "title": row["title"],
        "issuer": row["issuer"],
        "year": row["year"],
        "url": row["url"] or None,
        "doi": value if scheme == "doi" else None,
        "pmid": value if scheme == "pmid" else None,
        "checked_on": date.fromisoformat(row["seen_on"]),
    }


def _files() -> list[tuple[ContentType, Path]]:
    return [(kind, path) for kind in KINDS.values() for path in sorted((FOLDER / kind.path).glob("*.toml"))]


def _content(
    kind: ContentType, path: Path, facts: dict[str, Any], references: dict[str, dict[str, str]]
) -> Content:
    keys = facts.get("references", [])
    numbers = {key: n for n, key in enumerate(keys, 1)}
    texts = {
        code: _read(path.with_suffix(f".{code}.md"))
        for code in LANGUAGES
        if path.with_suffix(f".{code}.md").is_file()
    }
    content = services.create_content(
        ContentDraft(
            kind=kind.key,
            key=path.stem,
            source_lang="en",
            origin=Origin.SAMPLE,
            origin_source="medportal",
            categories=taxonomy.current(taxonomy.slug_of(key) for key in facts.get("categories", [])),
            codes=[(code["system"], code["code"]) for code in facts.get("codes", [])],
            references=[_reference(references[key]) for key in keys],
            treatments=[_treatment(t, texts, numbers) for t in facts.get("treatments", [])],
            detail=_detail(kind.key, facts.get("detail", {})),
        ),
        by=BY,
    )
    if "consultant" in facts:
        services.add_credit(content, consultants.by_key(facts["consultant"]), Role.AUTHOR)
    at = utc_now() - timedelta(days=facts.get("days_ago", 0))
    for code, (front, body) in texts.items():
        text = services.save_text(content, code, _text(front, body, numbers), by=BY, note="sample text")
        services.publish(text, by=BY, at=at)
    return content


def _read(path: Path) -> tuple[dict[str, Any], str]:
    _, front, body = path.read_text(encoding="utf-8").split("+++\n", 2)
    return tomllib.loads(front), body


def _text(front: dict[str, Any], body: str, numbers: dict[str, int]) -> TextDraft:
    return TextDraft(
        title=front["title"],
        slug=front["slug"],
        summary=front.get("summary", ""),
        synonyms=front.get("synonyms", []),
        made=front.get("made", Made.MACHINE_DRAFTED),
        sections=[_section(key, words, numbers) for key, words in _split(_SECTION, body)],
    )


def _split(heading: re.Pattern[str], text: str) -> list[tuple[str, str]]:
    """(heading, what stands under it) for every heading in the text."""
    found = list(heading.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [(match[1], text[match.end() : end].strip()) for match, end in zip(found, ends, strict=True)]


def _section(key: str, words: str, numbers: dict[str, int]) -> SectionDraft:
    state = _STATE.match(words)
    if state:
        as_of = date.fromisoformat(state[2]) if state[2] else None
        return SectionDraft(key=key, state=State(state[1]), as_of=as_of)
    if key == "when_to_get_help":
        levels = _split(_LEVEL, words)
        return SectionDraft(
            key=key,
            parts=[PartDraft(html=_html(text, numbers), urgency=Urgency(level)) for level, text in levels],
        )
    return SectionDraft(key=key, parts=[PartDraft(html=_html(words, numbers))])


def _html(text: str, numbers: dict[str, int]) -> str:
    """Markdown to HTML; `[@key]` becomes a link to its number, joined to its word. An unknown key is a mistake."""
    html = _markdown.render(text)
    return _MARK.sub(lambda m: f'\u2060<sup><a href="#ref-{numbers[m[1]]}">[{numbers[m[1]]}]</a></sup>', html)


def _treatment(facts: dict[str, Any], texts: dict[str, Any], numbers: dict[str, int]) -> TreatmentDraft:
    fields = {}
    for code, (front, _body) in texts.items():
        told = next(t for t in front.get("treatments", []) if t["key"] == facts["key"])
        fields[code] = {"name": told["name"], **{n: _html(told[n], numbers) for n in FIELDS if told.get(n)}}
    return TreatmentDraft(
        key=facts["key"],
        kind=facts["kind"],
        fields=fields,
        references=[numbers[key] for key in facts.get("references", [])],
    )


def _detail(kind: str, facts: dict[str, Any]) -> dict[str, Any]:
    if kind == "event":
        return _event(facts)
    if kind == "video":
        return {
            **{k: v for k, v in facts.items() if k != "poster"},
            "poster_id": _poster(facts.get("poster")),
        }
    return facts


def _event(facts: dict[str, Any]) -> dict[str, Any]:
    starts_on, starts_at = _moment(facts["starts"])
    ends_on, ends_at = _moment(facts["ends"])
    all_day = facts.get("all_day", False)
    kept = {k: v for k, v in facts.items() if k not in ("starts", "ends", "timezone", "all_day")}
    return {
        **kept,
        "starts_on": starts_on,
        "starts_at": None if all_day else starts_at,
        "ends_on": ends_on,
        "ends_at": None if all_day else ends_at,
        "zone": facts["timezone"],
    }


def _moment(offset: str) -> tuple[date, time | None]:
    """ "+30d 09:00" → that day from today, that clock."""
    match = _OFFSET.match(offset)
    assert match, f"not an offset such as +30d 09:00: {offset!r}"
    day = (utc_now() + timedelta(days=int(match[1]))).date()
    return day, time(int(match[2]), int(match[3])) if match[2] else None


def _media_folder() -> Path:
    return Path(current_app.instance_path) / "media"


def _poster(name: str | None) -> int | None:
    """Copy a drawn poster of the samples into the media folder."""
    source = FOLDER / "media" / f"{name}.webp"
    if name is None or not source.is_file():
        return None
    facts = tomllib.loads((FOLDER / "media" / "posters.toml").read_text(encoding="utf-8"))[name]
    folder = _media_folder()
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[
        :12
    ]  # kept for a year by browsers, so the name must move
    target = f"sample-{name}-{digest}.webp"
    shutil.copyfile(source, folder / target)
    media = db.session.scalar(sa.select(Media).where(Media.name == target))
    if media is None:
        media = Media(name=target, mime="image/webp", source=BY, licence="CC BY 4.0", **facts)
        db.session.add(media)
        db.session.flush()
    return media.id

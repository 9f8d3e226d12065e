"""The one place through which every public change passes: `content_changed`.

It renews what lists show, calls the hooks (search, feeds, followers register theirs), and moves the version to which
caches hold; all in the transaction of the change itself.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import tzinfo
from typing import Any

import sqlalchemy as sa

from medportal import choices
from medportal.content_types import KINDS
from medportal.extensions import db
from medportal.i18n import LANGUAGES
from medportal.lib.arabic import index_letter, sort_key
from medportal.lib.dates import utc_now
from medportal.models.content import Content, ContentText, Origin, Status
from medportal.models.listing import Listing
from medportal.models.setting import SiteVersion

Hook = Callable[[Sequence[int]], None]
HOOKS: list[Hook] = []
BATCH = 200
_together: ContextVar[dict[int, None] | None] = ContextVar("together", default=None)


@contextmanager
def together() -> Iterator[None]:
    """For work on many things in one transaction: what changed is told once, at the end of the block."""
    ids: dict[int, None] = {}
    token = _together.set(ids)
    try:
        yield
    finally:
        _together.reset(token)
    if ids:
        content_changed(*ids)


def content_changed(*content_ids: int) -> None:
    """Call after every change that readers could see, before the caller commits."""
    waiting = _together.get()
    if waiting is not None:
        waiting.update(dict.fromkeys(content_ids))
        return
    db.session.flush()
    site_changed()  # first: its row lock puts two writers of one thing in line
    for start in range(0, len(content_ids), BATCH):
        ids = content_ids[start : start + BATCH]
        relist(ids)
        for hook in HOOKS:
            hook(ids)


def site_changed() -> None:
    """Something public that is no content changed: a setting, a category."""
    moved = db.session.execute(sa.update(SiteVersion).values(value=SiteVersion.value + 1))
    if moved.rowcount == 0:  # type: ignore[attr-defined]
        db.session.add(SiteVersion(id=1, value=1))
        db.session.flush()


def relist(content_ids: Sequence[int]) -> None:
    """Write anew the rows of `listing` for these things, in every language of the registry."""
    db.session.execute(sa.delete(Listing).where(Listing.content_id.in_(content_ids)))
    things = db.session.execute(
        sa.select(
            Content.id, Content.kind, Content.source_lang, Content.origin, Content.superseded_by_id
        ).where(Content.id.in_(content_ids))
    ).all()
    texts: dict[int, list[Any]] = defaultdict(list)
    for text in db.session.execute(
        sa.select(
            ContentText.id,
            ContentText.content_id,
            ContentText.lang,
            ContentText.slug,
            ContentText.title,
            ContentText.known_title,
            ContentText.summary,
            ContentText.status,
            ContentText.published_at,
            ContentText.modified_at,
        ).where(
            ContentText.content_id.in_(content_ids),
            sa.or_(ContentText.status == Status.PUBLISHED, ContentText.known_title.is_not(None)),
        )
    ):
        texts[text.content_id].append(text)
    details = _details(things)
    zone = choices.zone()
    rows = [row for thing in things for row in _rows(thing, texts[thing.id], details.get(thing.id), zone)]
    if rows:
        db.session.execute(sa.insert(Listing), rows)


def _details(things: Iterable[Any]) -> dict[int, Any]:
    """The rows of the kinds' own tables, for the kinds that have one."""
    by_kind: dict[str, list[int]] = defaultdict(list)
    for thing in things:
        by_kind[thing.kind].append(thing.id)
    found: dict[int, Any] = {}
    for key, ids in by_kind.items():
        model = KINDS[key].detail if key in KINDS else None
        if model is not None:
            for row in db.session.scalars(sa.select(model).where(model.content_id.in_(ids))):
                found[row.content_id] = row
    return found


def _rows(thing: Any, texts: list[Any], detail: Any, zone: tzinfo) -> list[dict[str, Any]]:
    published = {text.lang: text for text in texts if text.status == Status.PUBLISHED}
    kind = KINDS.get(thing.kind)
    if not published or kind is None:
        return []
    named = {text.lang: text for text in texts}
    fallback = published.get(thing.source_lang) or next(iter(published.values()))
    rows = []
    for code in LANGUAGES:
        text = published.get(code) or fallback
        title = named.get(code, text)
        since = text.published_at or utc_now()
        at, ends = kind.when(detail) if kind.when and detail else (since, None)
        day = kind.day(detail) if kind.day and detail else since.astimezone(zone).date()
        rows.append(
            _row(thing, code, text, title.lang, title.title if title is text else title.known_title)
            | {
                "on_home": kind.on_home > 0
                and thing.origin != Origin.IMPORTED
                and thing.superseded_by_id is None,
                "date": at,
                "ends": ends,
                "day": day,
                "year": day.year,
                "published_at": since,
            }
        )
    return rows


def _row(thing: Any, code: str, text: Any, title_lang: str, title: str) -> dict[str, Any]:
    """What a list says of `thing` to readers of `code`: `text` is what they may read, `title` what it is called."""
    own = text.lang == code
    return {
        "lang": code,
        "content_id": thing.id,
        "text_id": text.id,
        "kind": thing.kind,
        "own": own,
        "rank": 0 if own else 1 if title_lang == code else 2,
        "indexable": thing.origin == Origin.OWN,
        "slug": text.slug,
        "title": title,
        "title_lang": title_lang,
        "text_lang": text.lang,
        "text_title": text.title,
        "summary": text.summary if own else "",
        "origin": thing.origin,
        "superseded": thing.superseded_by_id is not None,
        "sort_key": sort_key(title),
        "letter": index_letter(title),
        "modified_at": text.modified_at,
    }

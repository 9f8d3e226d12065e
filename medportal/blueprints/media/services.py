"""Changes of the library of pictures. Services flush; the caller commits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from medportal import audit
from medportal.blueprints.media import queries, storage
from medportal.blueprints.media.decoding import Picture
from medportal.blueprints.media.queries import Use
from medportal.changes import site_changed
from medportal.extensions import db
from medportal.lib.bidi import strip_controls, visible
from medportal.lib.dates import utc_now
from medportal.models.media import Media

BINNED = timedelta(days=30)
ORPHANED = timedelta(days=1)


class InUse(Exception):
    """It stands on pages; `uses` says which."""

    def __init__(self, uses: list[Use]) -> None:
        self.uses = uses


@dataclass(frozen=True)
class Facts:
    """What is said about a picture. `alt` has no entry where nothing was written."""

    alt: Mapping[str, str]
    decorative: bool = False
    source: str = ""
    licence: str = ""


def plain_name(name: str | None) -> str:
    """A file's name as people know it: without folders and signs that nobody sees."""
    last = (name or "").replace("\\", "/").rpartition("/")[2]
    return visible(strip_controls(last)).strip()[:200]


def add(picture: Picture, facts: Facts, *, original: str, by: str) -> tuple[Media, bool]:
    """The picture in the library, and whether it is new: the same pixels are not stored twice. One that waited in the
    bin comes back as it is described now."""
    there = queries.same_as(picture.fingerprint)
    if there is not None:
        if there.binned_at is not None:
            restore(there, by=by)
            describe(there, facts, by=by)
        return there, False
    stem = storage.store(picture.files)
    media = Media(
        name=f"{stem}-{picture.width}.webp",
        stem=stem,
        mime="image/webp",
        width=picture.width,
        height=picture.height,
        widths=list(picture.files),
        size=sum(len(data) for data in picture.files.values()),
        fingerprint=picture.fingerprint,
        original=original,
        uploaded_by=by,
        alt={},
    )
    _say(media, facts)
    db.session.add(media)
    db.session.flush()
    audit.record("picture added", media, actor=by, file=media.name)
    return media, True


def _say(media: Media, facts: Facts) -> None:
    media.decorative = facts.decorative
    media.alt = {} if facts.decorative else {code: text for code, text in facts.alt.items() if text}
    media.source, media.licence = facts.source, facts.licence


def describe(media: Media, facts: Facts, *, by: str) -> None:
    _say(media, facts)
    db.session.flush()
    audit.record("picture changed", media, actor=by)
    site_changed()


def discard(media: Media, *, by: str) -> None:
    """Into the bin: readers cannot open it any more, and in thirty days its files go. Raises InUse."""
    uses = queries.uses([media]).get(media.id)
    if uses:
        raise InUse(uses)
    media.binned_at = utc_now()
    db.session.flush()
    audit.record("picture binned", media, actor=by)
    site_changed()


def restore(media: Media, *, by: str) -> None:
    media.binned_at = None
    db.session.flush()
    audit.record("picture restored", media, actor=by)
    site_changed()


def forget_binned() -> None:
    """Pictures thirty days in the bin, and files that no picture owns (a save that was cut off). Commits for itself,
    row first: a file that stays behind is an orphan, a row without file would be a hole in a page."""
    before = utc_now() - BINNED
    old = sa.select(Media).where(Media.binned_at < before).order_by(Media.id).limit(100)
    for media in db.session.scalars(old).all():
        names = list(media.files.values())
        if queries.uses([media]):  # somebody brought back an old text that shows it
            restore(media, by="jobs")
            names = []
        else:
            audit.record("picture deleted", media, actor="jobs", file=media.name)
            db.session.delete(media)
        db.session.commit()
        storage.remove(names)
    _forget_orphans()


def _forget_orphans() -> None:
    found = storage.stems_before(utc_now() - ORPHANED)
    known = set(db.session.scalars(sa.select(Media.stem).where(Media.stem.is_not(None)))) if found else set()
    db.session.commit()
    for stem, names in found.items():
        storage.remove(name for name in names if stem not in known or name.endswith(".part"))

"""What a digest says, once for all who are told the same: its entries, as far as they can be read when it leaves."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from medportal.digests.matching import Item
from medportal.extensions import db, insert
from medportal.models.digest import Digest, Edition, EditionItem, Happening, Mailing, Stage
from medportal.models.listing import Listing

OPEN = (Stage.STAGING, Stage.RELEASED, Stage.PAUSED)


@dataclass(frozen=True)
class Entry:
    """One thing as it is shown: `listed` in the reader's language, `note` what the editor said of a change."""

    listed: Listing
    what: str
    note: str


def content_changed(content_ids: Sequence[int]) -> None:
    """Letters that tell of these things and have not left are made anew. Also to be called before a thing goes."""
    concerned = sa.select(EditionItem.edition_id).where(EditionItem.content_id.in_(content_ids))
    unfinished = sa.select(Digest.id).where(Digest.state.in_(OPEN))
    db.session.execute(
        sa.update(Edition)
        .where(Edition.digest_id.in_(unfinished), Edition.id.in_(concerned))
        .values(version=Edition.version + 1)
        .execution_options(synchronize_session=False)
    )


def add(
    digest_id: int,
    lang: str,
    items: Sequence[Item],
    *,
    named: bool = False,
    other_language: bool = False,
    archived: bool = False,
) -> int:
    """The number of the edition that says this; it is made if there is none."""
    said = ";".join(f"{item.content_id},{item.happening_id},{item.what}" for item in items)
    key = hashlib.sha256(f"{lang}:{named}:{other_language}:{archived}:{said}".encode()).hexdigest()
    number = db.session.scalar(
        insert(Edition)
        .values(
            digest_id=digest_id,
            key=key,
            lang=lang,
            named=named,
            other_language=other_language,
            archived=archived,
            version=0,
        )
        .on_conflict_do_nothing(index_elements=["digest_id", "key"])
        .returning(Edition.id)
    )
    if number is None:
        found = sa.select(Edition.id).where(Edition.digest_id == digest_id, Edition.key == key)
        return int(db.session.scalars(found).one())
    if items:
        rows = [{"edition_id": number, "position": n, **item._asdict()} for n, item in enumerate(items)]
        db.session.execute(sa.insert(EditionItem), rows)
    return int(number)


def entries_of(edition: Edition) -> list[Entry]:
    """What of the edition can be read now."""
    rows = db.session.execute(
        sa.select(EditionItem.what, Happening.note, Happening.lang, Listing)
        .join(Happening, Happening.id == EditionItem.happening_id)
        .join(
            Listing,
            sa.and_(Listing.content_id == EditionItem.content_id, Listing.lang == edition.lang),
        )
        .where(EditionItem.edition_id == edition.id)
        .order_by(EditionItem.position)
    )
    return [
        Entry(row.Listing, row.what, row.note)
        for row in rows
        if row.Listing.text_lang == row.lang and (row.Listing.own or edition.other_language)
    ]


def entries_of_items(items: Iterable[Item], lang: str) -> list[Entry]:
    """As `entries_of`, for an edition that was not made (a preview)."""
    wanted = {item.content_id: item for item in items}
    rows = db.session.scalars(
        sa.select(Listing).where(Listing.lang == lang, Listing.content_id.in_(wanted))
    ).all()
    listed = {row.content_id: row for row in rows}
    notes = dict(
        db.session.execute(
            sa.select(Happening.id, Happening.note).where(
                Happening.id.in_([item.happening_id for item in wanted.values()])
            )
        ).all()
    )
    return [
        Entry(listed[number], item.what, notes.get(item.happening_id, ""))
        for number, item in wanted.items()
        if number in listed
    ]


@dataclass(frozen=True)
class Look:
    """An edition as it can be read now. `is_whole`: nothing of it was taken back."""

    edition: Edition
    entries: list[Entry]
    is_whole: bool


def look(number: int) -> Look | None:
    """The newest successor of this edition; None when it is gone. Reads only."""
    edition = db.session.get(Edition, number)
    if edition is not None and edition.successor_id is not None:
        edition = db.session.get(Edition, edition.successor_id)
    if edition is None:
        return None
    if edition.digest.mailing_id is not None:
        return Look(edition, [], is_whole=True)
    entries = entries_of(edition)
    return Look(edition, entries, is_whole=bool(entries) and len(entries) == len(edition.items))


def succeed(number: int) -> int | None:
    """An edition with what is left of this one, to which its unsent letters go over; None when nothing is. Flushes."""
    now = look(number)
    if now is None or not now.entries:
        return None
    edition = now.edition
    if now.is_whole:
        return edition.id  # it came back meanwhile
    left = {entry.listed.content_id for entry in now.entries}
    kept = [
        Item(item.content_id, item.happening_id, item.what)
        for item in edition.items
        if item.content_id in left
    ]
    successor = add(
        edition.digest_id, edition.lang, kept, named=edition.named, other_language=edition.other_language
    )
    before = sa.or_(Edition.id == edition.id, Edition.successor_id == edition.id)  # never a chain
    db.session.execute(sa.update(Edition).where(before).values(successor_id=successor))
    return successor


def forget_empty() -> None:
    """Editions of which nothing is left: those of samples that were removed. Runs stay: the schedule goes by them."""
    said = sa.select(EditionItem.edition_id).where(EditionItem.edition_id == Edition.id)
    owned = sa.select(Digest.id).where(Digest.mailing_id.is_not(None))
    db.session.execute(sa.delete(Edition).where(~said.exists(), Edition.digest_id.not_in(owned)))


def mailing_of(edition: Edition) -> Mailing | None:
    number = edition.digest.mailing_id
    return db.session.get(Mailing, number) if number is not None else None

"""Who gets a letter of a run, and with which edition: a writer for each occasion, a batch of subscribers at a time."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from medportal.digests import editions
from medportal.digests.matching import Item, Known, Window, known_of
from medportal.digests.subscribers import Wishes, wishes_from
from medportal.extensions import db, insert
from medportal.models.digest import Delivery, Digest, Happening, Mailing, News, Occasion
from medportal.models.listing import Listing
from medportal.models.outbox import MailState
from medportal.models.subscription import Follow, Standing, Subscriber, What

FIRST_BATCH, SMALLEST, LARGEST = 100, 20, 2000
BRISK, SLOW = 0.1, 0.2
"""Seconds: a batch that took longer is followed by a smaller one, one that took less by a larger."""


def writer_of(digest: Digest) -> "Writer":
    if digest.occasion == Occasion.SAFETY:
        return CorrectionWriter(digest)
    if digest.occasion == Occasion.MAILING:
        return MailingWriter(digest)
    return NewsWriter(digest)


class Writer(ABC):
    """Writes the deliveries of one run, a batch of subscribers at a time."""

    def __init__(self, digest: Digest) -> None:
        self.digest_id, self.upto, self.next_at = digest.id, digest.upto, digest.created_at
        self.occasion = digest.occasion
        self.size = FIRST_BATCH
        self._editions: dict[Any, int] = {}

    def pace(self, seconds: float) -> None:
        """So that nobody waits long for the writer's turn, on a slow disk or with many different editions."""
        if seconds > SLOW:
            self.size = max(SMALLEST, self.size // 3)
        elif seconds < BRISK:
            self.size = min(LARGEST, self.size * 2)

    def write(self, cursor: int) -> int | None:
        """The next batch after subscriber `cursor`: the last number of it, or None when there is nobody left."""
        rows = db.session.execute(
            self.readers(
                sa.select(
                    Subscriber.id,
                    Subscriber.lang,
                    Subscriber.other_language,
                    Subscriber.named,
                    Subscriber.told_until,
                )
            )
            .where(Subscriber.state == Standing.ACTIVE, Subscriber.id > cursor)
            .order_by(Subscriber.id)
            .limit(self.size)
            .with_for_update(of=Subscriber)
        ).all()
        if not rows:
            db.session.rollback()
            return None
        found = [
            {
                "digest_id": self.digest_id,
                "edition_id": edition,
                "subscriber_id": row.id,
                "next_at": self.next_at,
                "queued_at": self.next_at,
                "state": MailState.QUEUED,
                "attempts": 0,
                "error": "",
            }
            for row, edition in self.told(rows)
        ]
        if found:
            db.session.execute(insert(Delivery).on_conflict_do_nothing(), found)
        self.note(rows)
        return int(rows[-1].id)

    @abstractmethod
    def readers(self, query: Any) -> Any:
        """Who may get something."""

    @abstractmethod
    def told(self, rows: Sequence[Any]) -> Iterable[tuple[Any, int]]:
        """Those of a batch who get something, each with the edition."""

    def note(self, rows: Sequence[Any]) -> None:  # noqa: B027  # most have nothing more to write
        """What else is to be written of a batch."""

    def edition(self, lang: str, items: Sequence[Item], *, named: bool, other_language: bool) -> int:
        said = (lang, named, other_language, tuple(items))
        number = self._editions.get(said)
        if number is None:
            if len(self._editions) > 20_000:
                self._editions.clear()
            number = self._editions[said] = editions.add(
                self.digest_id, lang, items, named=named, other_language=other_language
            )
        return number


class NewsWriter(Writer):
    """A frequency's run."""

    def __init__(self, digest: Digest) -> None:
        super().__init__(digest)
        since = db.session.scalar(
            self.readers(sa.select(sa.func.min(Subscriber.told_until))).where(
                Subscriber.state == Standing.ACTIVE
            )
        )
        self.window = Window(digest.upto if since is None else since, digest.upto)

    def readers(self, query: Any) -> Any:
        return query.where(Subscriber.frequency == self.occasion, Subscriber.told_until < self.upto)

    def told(self, rows: Sequence[Any]) -> Iterable[tuple[Any, int]]:
        if min(row.told_until for row in rows) < self.window.since:  # somebody changed over meanwhile
            self.window = Window(min(row.told_until for row in rows), self.upto)
        wishes = _wishes(rows)
        views = {row.id: self.window.view(row.lang, row.other_language, row.told_until) for row in rows}
        known = known_of(rows[0].id, rows[-1].id, self.window.unsure()) if wishes else Known()
        for row in rows:
            if row.id not in wishes:
                continue
            items = self.window.items(views[row.id], wishes[row.id], row.id, known)
            if items:
                yield (
                    row,
                    self.edition(row.lang, items, named=row.named, other_language=row.other_language),
                )

    def note(self, rows: Sequence[Any]) -> None:
        db.session.execute(
            sa.update(Subscriber)
            .where(Subscriber.id.in_([row.id for row in rows]))
            .values(told_until=self.upto)
            .execution_options(synchronize_session=False)
        )


def _wishes(rows: Sequence[Any]) -> dict[int, Wishes]:
    follows: dict[int, list[Any]] = defaultdict(list)
    for row in db.session.execute(
        sa.select(
            Follow.subscriber_id,
            Follow.what,
            Follow.kind,
            Follow.category_id,
            Follow.content_id,
            Follow.person_id,
        ).where(Follow.subscriber_id.in_([row.id for row in rows]))
    ):
        follows[row.subscriber_id].append(row)
    return {number: wishes_from(found) for number, found in follows.items()}


class CorrectionWriter(Writer):
    """A safety correction goes at once to those who follow that page, whatever their frequency, and to nobody else:
    to readers of the corrected text's language, and to those in whose language there is no text of it."""

    def __init__(self, digest: Digest) -> None:
        super().__init__(digest)
        happening = db.session.get_one(Happening, digest.happening_id)
        self.item = Item(happening.content_id, happening.id, News.SAFETY)
        self.langs = {
            row.lang
            for row in db.session.execute(
                sa.select(Listing.lang, Listing.own, Listing.text_lang).where(
                    Listing.content_id == happening.content_id
                )
            )
            if (row.lang if row.own else row.text_lang) == happening.lang
        }

    def readers(self, query: Any) -> Any:
        return query.join(Follow, Follow.subscriber_id == Subscriber.id).where(
            Follow.what == What.CONTENT,
            Follow.content_id == self.item.content_id,
            Subscriber.told_until < self.item.happening_id,  # was here when it happened
            Subscriber.lang.in_(self.langs or {""}),
        )

    def told(self, rows: Sequence[Any]) -> Iterable[tuple[Any, int]]:
        for row in rows:
            yield row, self.edition(row.lang, [self.item], named=row.named, other_language=True)


class MailingWriter(Writer):
    """To who asked for announcements, in their language if it was written in it, else if they allow another."""

    def __init__(self, digest: Digest) -> None:
        super().__init__(digest)
        self.written = set(db.session.get_one(Mailing, digest.mailing_id).body)

    def readers(self, query: Any) -> Any:
        return query.where(
            Subscriber.announcements,
            sa.or_(Subscriber.lang.in_(self.written), Subscriber.other_language),
        )

    def told(self, rows: Sequence[Any]) -> Iterable[tuple[Any, int]]:
        for row in rows:
            yield row, self.edition(row.lang, [], named=False, other_language=row.other_language)

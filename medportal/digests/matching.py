"""Who is told what: a window of happenings, looked at with the wishes of one subscriber.

A thing is told as new once, whatever the language it comes in and however often it is withdrawn and published again;
an important change is told once; what nobody may read when the digest is written is not told.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from medportal.content_types import KINDS
from medportal.digests.subscribers import Wishes
from medportal.extensions import db
from medportal.models.content import ContentCategory
from medportal.models.digest import Delivery, Edition, EditionItem, Happening, News
from medportal.models.listing import Listing
from medportal.models.outbox import MailState
from medportal.models.people import Person
from medportal.models.trust import Credit, Role

CHUNK = 500
_WROTE = (Role.AUTHOR, Role.WORK_GROUP)
_WEIGHT = {News.NEW: 2, News.SAFETY: 1, News.CHANGED: 0}


class Item(NamedTuple):
    """One thing in a digest. `happening_id`: the newest of what it stands for."""

    content_id: int
    happening_id: int
    what: str


class Happened(NamedTuple):
    id: int
    what: str


@dataclass
class View:
    """The window as readers of one language see it who were told up to one happening.

    `unsure`: things some subscribers may know already, for whom `Known` is asked.
    """

    happened: dict[int, list[Happened]] = field(default_factory=lambda: defaultdict(list))
    unsure: set[int] = field(default_factory=set)
    by_kind: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_category: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_person: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    sure: dict[int, Item] = field(default_factory=dict)

    def wanted(self, wishes: Wishes) -> set[int]:
        """The things that match."""
        found: set[int] = {number for number in wishes.contents if number in self.happened}
        for kind in wishes.kinds & self.by_kind.keys():
            some = self.by_kind[kind]
            found |= some & _of(self.by_category, wishes.within) if wishes.within else some
        return found | _of(self.by_category, wishes.categories) | _of(self.by_person, wishes.people)


def _of(things: Mapping[int, set[int]], numbers: Collection[int]) -> set[int]:
    """All that stands under these numbers."""
    return set().union(*(things[n] for n in numbers if n in things))


@dataclass(frozen=True)
class Known:
    """What subscribers of a batch were told before: (subscriber, content), and (subscriber, happening)."""

    contents: frozenset[tuple[int, int]] = frozenset()
    happenings: frozenset[tuple[int, int]] = frozenset()


class Window:
    """What happened after `since` up to `upto`, as far as it can be read now."""

    def __init__(self, since: int, upto: int) -> None:
        self.since, self.upto = since, upto
        self._happened = list(
            db.session.execute(
                sa.select(Happening.id, Happening.content_id, Happening.lang, Happening.what)
                .where(Happening.id > since, Happening.id <= upto)
                .order_by(Happening.id)
            )
        )
        numbers = sorted({row.content_id for row in self._happened})
        self._listed: dict[tuple[str, int], Any] = {}
        self._categories: dict[int, list[int]] = defaultdict(list)
        self._writers: dict[int, list[tuple[int, str | None]]] = defaultdict(list)
        """Of a thing: who wrote it, and in which language if not in all."""
        self._first: dict[int, int] = {}
        for start in range(0, len(numbers), CHUNK):
            self._load(numbers[start : start + CHUNK])
        self._views: dict[tuple[str, bool, int], View] = {}

    def _load(self, numbers: Sequence[int]) -> None:
        for listed in db.session.execute(
            sa.select(
                Listing.lang,
                Listing.content_id,
                Listing.own,
                Listing.text_lang,
                Listing.kind,
                Listing.on_home,
            ).where(Listing.content_id.in_(numbers))
        ):
            self._listed[listed.lang, listed.content_id] = listed
        for row in db.session.execute(
            sa.select(ContentCategory.content_id, ContentCategory.category_id).where(
                ContentCategory.content_id.in_(numbers)
            )
        ):
            self._categories[row.content_id].append(row.category_id)
        for credit in db.session.execute(
            sa.select(Credit.content_id, Credit.person_id, Credit.lang)
            .join(Person, Person.id == Credit.person_id)
            .where(Credit.content_id.in_(numbers), Credit.role.in_(_WROTE), Person.listed)
        ):
            self._writers[credit.content_id].append((credit.person_id, credit.lang))
        first = sa.select(Happening.content_id, sa.func.min(Happening.id)).group_by(Happening.content_id)
        self._first |= {
            row[0]: row[1] for row in db.session.execute(first.where(Happening.content_id.in_(numbers)))
        }

    def view(self, lang: str, other_language: bool, told_until: int) -> View:
        found = self._views.get((lang, other_language, told_until))
        if found is None:
            found = self._views[lang, other_language, told_until] = self._make(
                lang, other_language, told_until
            )
        return found

    def _make(self, lang: str, other_language: bool, told_until: int) -> View:
        view = View()
        for row in self._happened:
            listed = self._listed.get((lang, row.content_id))
            if row.id <= told_until or listed is None or not _concerns(listed, row.lang, other_language):
                continue
            view.happened[row.content_id].append(Happened(row.id, row.what))
            again = row.what == News.NEW and self._first[row.content_id] < row.id
            if again or row.what == News.SAFETY:
                view.unsure.add(row.content_id)
            if listed.on_home:
                view.by_kind[listed.kind].add(row.content_id)
                for category in self._categories[row.content_id]:
                    view.by_category[category].add(row.content_id)
                for person, only in self._writers[row.content_id]:
                    if only in (None, row.lang):
                        view.by_person[person].add(row.content_id)
        view.sure = {
            number: _item(number, rows) for number, rows in view.happened.items() if number not in view.unsure
        }
        return view

    def languages(self) -> set[str]:
        return {lang for lang, _ in self._listed}

    def item(self, view: View, number: int) -> Item:
        """As told to somebody who knows nothing yet."""
        return _item(number, view.happened[number])

    def unsure(self) -> set[int]:
        """Things of the views opened so far that some may know already."""
        return set().union(*(view.unsure for view in self._views.values()))

    def items(self, view: View, wishes: Wishes, subscriber_id: int, known: Known) -> list[Item]:
        """What this subscriber is told, in the order in which it is shown."""
        found = []
        for number in view.wanted(wishes):
            item = view.sure.get(number) or _untold(number, view.happened[number], subscriber_id, known)
            if item is not None:
                found.append(item)
        return self.in_order(found)

    def in_order(self, items: list[Item]) -> list[Item]:
        """By kind as in the menu, corrections and news before changes, the newest first."""
        order = {key: n for n, key in enumerate(KINDS)}
        kinds = {row.content_id: order.get(row.kind, 99) for row in self._listed.values()}
        return sorted(
            items, key=lambda item: (kinds[item.content_id], -_WEIGHT[News(item.what)], -item.happening_id)
        )


def _concerns(listed: Any, lang: str, other_language: bool) -> bool:
    """Whether a happening to the text in `lang` is one for readers to whom `listed` is shown."""
    if listed.own:
        return bool(lang == listed.lang)
    return other_language and bool(lang == listed.text_lang)


def _item(number: int, rows: Sequence[Happened]) -> Item:
    what = max((row.what for row in rows), key=lambda what: _WEIGHT[News(what)])
    return Item(number, rows[-1].id, what)


def _untold(number: int, rows: Sequence[Happened], subscriber_id: int, known: Known) -> Item | None:
    told = (subscriber_id, number) in known.contents
    left = [
        row
        for row in rows
        if not (told and row.what == News.NEW)
        and not (row.what == News.SAFETY and (subscriber_id, row.id) in known.happenings)
    ]
    return _item(number, left) if left else None


def known_of(first: int, last: int, contents: Collection[int]) -> Known:
    """What the subscribers from number `first` to `last` were told of these things, or will be by what is queued."""
    if not contents:
        return Known()
    leaves_as = sa.case(
        (Delivery.state == MailState.SENT, Edition.id),
        else_=sa.func.coalesce(Edition.successor_id, Edition.id),
    )
    rows = db.session.execute(
        sa.select(Delivery.subscriber_id, EditionItem.content_id, EditionItem.happening_id)
        .join(Edition, Edition.id == Delivery.edition_id)
        .join(EditionItem, EditionItem.edition_id == leaves_as)
        .where(
            EditionItem.content_id.in_(contents),
            Delivery.subscriber_id.between(first, last),
            Delivery.state.in_([MailState.QUEUED, MailState.SENT]),
        )
    ).all()
    return Known(
        contents=frozenset((row.subscriber_id, row.content_id) for row in rows),
        happenings=frozenset((row.subscriber_id, row.happening_id) for row in rows),
    )

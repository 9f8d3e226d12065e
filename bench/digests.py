"""Is everybody told everything exactly once? Months of a site in a few minutes, beside an oracle (bench/oracle.py).

    python -m bench.digests                                        500 readers, 60 days
    python -m bench.digests --readers 50 --days 20 --seed 7
    python -m bench.digests --faults 40                            says of more faults what they are

Readers of every mix of language, frequency and wishes join, pause, stop, come back and change their minds at any
moment. Texts come in one language or both, change, are corrected, taken back, published again and translated;
consultants sign for them, leave the corner and come back. The loop looks a few times a day, misses whole days, and at
times sends only some of what is due, while the above goes on.

Prints readers, days, letters, entries told, entries that are missing (target 0), told twice or wrongly (target 0), and
the seconds. Ends with 1 when a target is missed. Every clock is made up; letters are caught before they are files.
"""

import argparse
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import sqlalchemy as sa
import time_machine
from flask import Flask
from flask_migrate import upgrade

from bench.accounts import line, use
from bench.oracle import CHANGED, FREQUENCIES, NEW, SAFETY, Follows, Oracle, Reader, Thing
from medportal import carriers, create_app, delivery
from medportal.blueprints.content import services
from medportal.blueprints.content.drafts import ContentDraft, TextDraft
from medportal.digests import staging, subscribers
from medportal.extensions import db
from medportal.models.content import Content, ContentText
from medportal.models.digest import Delivery, Digest
from medportal.models.outbox import MailState
from medportal.models.people import Person
from medportal.models.subscription import Subscriber
from medportal.models.taxonomy import Category
from medportal.models.trust import Credit

START = datetime(2030, 1, 10, tzinfo=UTC)
KINDS = ("disease", "news", "article")
CATEGORIES = 5
PEOPLE = 4
LANGS = ("ar", "en")
OFTEN = {
    "create": 2.0,
    "change": 2.5,
    "minor": 0.7,
    "same": 0.3,
    "safety": 0.4,
    "take_back": 0.9,
    "again": 0.9,
}
OFTEN |= {"translate": 0.6, "sign": 0.7, "corner": 0.15}
"""Of each a day."""
MOODS = 0.06
"""Changes of mind of a reader a day."""
MISSED = 0.1
WROTE = ("author", "work_group")
HELPED = ("reviewer", "translator")
_ENTRY = re.compile(r'Thing (\d+) (ar|en)\b.*?mark--(new|changed|safety)"', re.DOTALL)
"""Title and mark; a title ends with the language of its text."""
_LIST = re.compile(r"<(\w+)\.(ar|en)\.")


class Site:
    """The portal and the oracle: what happens to one happens to the other."""

    def __init__(self, app: Flask, dice: random.Random) -> None:
        self.dice, self.oracle = dice, Oracle(app.config["TIME_ZONE"])
        self.caught: list[bytes] = []
        self.runs: dict[int, int] = {}
        self.versions: dict[tuple[int, str], int] = {}
        self.drafts: set[tuple[int, str]] = set()
        carriers.Folder.send = lambda _folder, *letter: self._catch(*letter)  # type: ignore[method-assign]
        db.session.add_all(Category(slug=f"c{n}", name={"en": f"C{n}"}) for n in range(CATEGORIES))
        db.session.add_all(Person(name={"en": f"P{n}"}, listed=True) for n in range(PEOPLE))
        db.session.commit()
        self.people = list(db.session.scalars(sa.select(Person.id).order_by(Person.id)))
        self.oracle.corner = set(self.people)
        self.categories = list(db.session.scalars(sa.select(Category.id).order_by(Category.id)))
        db.session.rollback()

    # Texts

    def create(self, now: datetime) -> None:
        dice = self.dice
        slugs = dice.sample(range(CATEGORIES), dice.choice((0, 1, 1, 2)))
        kind, imported = dice.choice(KINDS), dice.random() < 0.2
        source = dice.choice(LANGS)
        draft = ContentDraft(
            kind=kind,
            source_lang=source,
            origin="imported" if imported else "own",
            categories=[f"c{n}" for n in slugs],
        )
        thing = services.create_content(draft, by="bench")
        categories = frozenset(self.categories[n] for n in slugs)
        self.oracle.things[thing.id] = Thing(kind, categories, imported)
        if dice.random() < 0.5:
            self._credit(thing.id, dice.choice(self.people))
        for lang in LANGS if dice.random() < 0.4 else (source,):
            self._write(thing, lang)
            if dice.random() < 0.9:
                self._publish(thing.id, lang, now)

    def change(self, now: datetime) -> None:
        self._rewrite(now, CHANGED)

    def minor(self, now: datetime) -> None:
        self._rewrite(now, "", minor=True)

    def same(self, now: datetime) -> None:
        self._rewrite(now, "", again=True)

    def safety(self, now: datetime) -> None:
        self._rewrite(now, SAFETY, safety=True)

    def take_back(self, _now: datetime) -> None:
        if key := self._one_of(self._shown()):
            services.withdraw(self._text(*key), by="bench")
            self.oracle.things[key[0]].published.discard(key[1])

    def again(self, now: datetime) -> None:
        if key := self._one_of(self.versions.keys() - self._shown()):
            self._publish(*key, now)

    def translate(self, now: datetime) -> None:
        missing = {(n, lang) for n in self.oracle.things for lang in LANGS} - self.versions.keys()
        if key := self._one_of(missing):
            self._write(db.session.get_one(Content, key[0]), key[1])
            self._publish(*key, now)

    def sign(self, _now: datetime) -> None:
        """Somebody's name is put to a text, or taken away."""
        if not self.oracle.things:
            return
        number, person = self.dice.choice(sorted(self.oracle.things)), self.dice.choice(self.people)
        wrote = self.oracle.things[number].wrote
        if any(one == person for one, _ in wrote):
            db.session.execute(
                sa.delete(Credit).where(
                    Credit.content_id == number, Credit.person_id == person, Credit.role.in_(WROTE)
                )
            )
            wrote -= {one for one in wrote if one[0] == person}
        else:
            self._credit(number, person)

    def corner(self, _now: datetime) -> None:
        """Somebody leaves the consultants' corner, or comes back."""
        person = self.dice.choice(self.people)
        self.oracle.corner ^= {person}
        db.session.get_one(Person, person).listed = person in self.oracle.corner

    def _credit(self, number: int, person: int) -> None:
        """Also for work that says nothing of who wrote it."""
        role = self.dice.choice((*WROTE, *HELPED))
        lang = self.dice.choice((None, None, *LANGS))
        content, named = db.session.get_one(Content, number), db.session.get_one(Person, person)
        if any(one.person_id == person and one.role == role for one in content.credits):
            return
        services.add_credit(content, named, role, lang=lang)
        if role in WROTE:
            self.oracle.things[number].wrote.add((person, lang))

    def _shown(self) -> set[tuple[int, str]]:
        return {(n, lang) for n, thing in self.oracle.things.items() for lang in thing.published}

    def _one_of(self, keys: set[tuple[int, str]]) -> tuple[int, str] | None:
        return self.dice.choice(sorted(keys)) if keys else None

    def _text(self, number: int, lang: str) -> ContentText:
        return db.session.scalars(
            sa.select(ContentText).where(ContentText.content_id == number, ContentText.lang == lang)
        ).one()

    def _write(self, thing: Content, lang: str, **how: bool) -> ContentText:
        version = self.versions.setdefault((thing.id, lang), 1)
        draft = TextDraft(
            title=f"Thing {thing.id} {lang}", slug=f"thing-{thing.id}", summary=f"Version {version}."
        )
        return services.save_text(thing, lang, draft, by="bench", **how)

    def _rewrite(self, now: datetime, what: str, *, again: bool = False, **how: bool) -> None:
        """Of any text, also one that nobody may read: that is no news."""
        if key := self._one_of(set(self.versions)):
            self.versions[key] += not again
            self._write(db.session.get_one(Content, key[0]), key[1], **how)
            if what and key in self._shown():
                self.oracle.happens(*key, what, now)

    def _publish(self, number: int, lang: str, now: datetime) -> None:
        services.publish(self._text(number, lang), by="bench")
        self.oracle.things[number].published.add(lang)
        self.oracle.happens(number, lang, NEW, now)

    # Readers

    def join(self, now: datetime) -> None:
        number = len(self.oracle.readers) + 1
        reader = Reader(
            self.dice.choice(LANGS), self._frequency(), self.dice.random() < 0.4, self._follows(), 0, 0
        )
        row = subscribers.subscribe(
            f"reader{number}@mail.example.com",
            _wishes(reader.follows),
            self._manner(reader),
            subscribers.Consent(lang="en", how="form", at=now),
        )
        assert row.id == number
        self.oracle.join(number, reader)

    def mood(self, now: datetime) -> None:
        """Somebody pauses, stops, comes back, or wants something else."""
        if not self.oracle.readers:
            return
        number = self.dice.randint(1, len(self.oracle.readers))
        row, reader = db.session.get_one(Subscriber, number), self.oracle.readers[number]
        if reader.state != "active" and self.dice.random() < 0.6:
            self._come_back(row, reader, now)
        elif self.dice.random() < 0.3:
            until = None if self.dice.random() < 0.3 else now + timedelta(hours=self.dice.uniform(2, 200))
            subscribers.pause(row, until)
            if reader.state != "stopped":
                self.oracle.leave(number, "paused", until)
            else:
                reader.until = until
        elif self.dice.random() < 0.2:
            subscribers.stop(row)
            self.oracle.leave(number, "stopped")
        else:
            self._change_mind(row, reader)

    def _come_back(self, row: Subscriber, reader: Reader, now: datetime) -> None:
        """By the link to resume, or by subscribing again: who had stopped begins anew with these wishes alone, while a
        pause goes on and the wishes are added."""
        if self.dice.random() < 0.6:
            subscribers.resume(row)
            self.oracle.come_back(row.id)
            return
        more = frozenset(self.dice.sample(sorted(self.oracle.things), min(2, len(self.oracle.things))))
        wishes = subscribers.Wishes(contents=more)
        consent = subscribers.Consent(lang="en", how="form", at=now)
        subscribers.subscribe(row.email, wishes, self._manner(reader), consent)
        if reader.state == "stopped":
            reader.follows = Follows(things=more)
            self.oracle.come_back(row.id)
        else:
            reader.follows.things |= more

    def _change_mind(self, row: Subscriber, reader: Reader) -> None:
        if self.dice.random() < 0.5:
            reader.follows = self._follows()
        if self.dice.random() < 0.4:
            reader.frequency = self._frequency()
        if self.dice.random() < 0.15:
            reader.lang = self.dice.choice(LANGS)
        if self.dice.random() < 0.2:
            reader.other = not reader.other
        subscribers.change(row, _wishes(reader.follows), self._manner(reader))

    def _frequency(self) -> str:
        return self.dice.choices(FREQUENCIES[:4], (2, 3, 4, 3))[0]

    def _manner(self, reader: Reader) -> subscribers.Manner:
        return subscribers.Manner(reader.lang, reader.frequency, reader.other, named=False)

    def _follows(self) -> Follows:
        dice, things = self.dice, sorted(self.oracle.things)
        follows = Follows()
        if dice.random() < 0.5:
            follows.kinds = frozenset(dice.sample(KINDS, dice.randint(1, 3)))
        if dice.random() < 0.4:  # also without kinds: then it narrows nothing
            follows.within = frozenset(dice.sample(self.categories, dice.randint(1, 2)))
        if dice.random() < 0.3:
            follows.categories = frozenset(dice.sample(self.categories, 1))
        if dice.random() < 0.6:
            follows.things = frozenset(dice.sample(things, min(len(things), dice.randint(1, 8))))
        corner = sorted(self.oracle.corner)
        if corner and dice.random() < 0.4:
            follows.people = frozenset(dice.sample(corner, dice.randint(1, min(2, len(corner)))))
        return follows

    def _catch(self, hand: carriers.Hand) -> None:
        self.caught.append(hand.message)

    # The loop

    def write(self, now: datetime) -> None:
        staging.keep()
        before = len(self.oracle.runs)
        self.oracle.write(now)
        made = db.session.execute(
            sa.select(Digest.id, Digest.occasion)
            .where(Digest.id > max(self.runs, default=0))
            .order_by(Digest.id)
        ).all()
        db.session.rollback()
        assert [row.occasion for row in made] == self.oracle.runs[before:], f"{now}: other runs than expected"
        self.runs |= {row.id: before + n for n, row in enumerate(made)}

    def send(self, _now: datetime) -> None:
        share = self.dice.random()
        if share < 0.1:
            return
        limit = self.dice.randint(1, 60) if share < 0.25 else 10_000
        self.send_all(limit)

    def send_all(self, limit: int = 10_000) -> None:
        delivery.send_due(limit=limit)
        for raw in self.caught:
            self._arrived(raw)
        self.caught.clear()
        queued = {
            (self.runs[row.digest_id], row.subscriber_id)
            for row in db.session.execute(
                sa.select(Delivery.digest_id, Delivery.subscriber_id).where(
                    Delivery.state == MailState.QUEUED
                )
            )
        }
        db.session.rollback()
        for key in self.oracle.letters.keys() - queued:
            self.oracle.not_arrived(*key)

    def _arrived(self, raw: bytes) -> None:
        message = message_from_bytes(raw)
        number = int(str(message["To"]).partition("@")[0].removeprefix("reader"))
        digest, reader = (int(part) for part in str(message["Message-ID"])[1:].split(".")[:2])
        occasion, lang = _LIST.findall(str(message["List-Id"]))[0]
        run = self.runs[digest]
        assert reader == number, "a letter in somebody else's name"
        assert occasion == self.oracle.runs[run]
        page = next(part for part in message.walk() if part.get_content_type() == "text/html")
        found = _ENTRY.findall(page.get_payload(decode=True).decode())
        told = [(int(thing), what, text_lang) for thing, text_lang, what in found]
        self.oracle.arrived(run, number, lang, told)


def _wishes(follows: Follows) -> subscribers.Wishes:
    return subscribers.Wishes(
        follows.kinds, follows.within, follows.categories, follows.things, follows.people
    )


def plan(site: Site, readers: int, days: int) -> list[tuple[datetime, Callable[[datetime], None]]]:
    """Everything that will happen, in order."""
    dice = site.dice
    found: list[tuple[datetime, Callable[[datetime], None]]] = []

    def at(day: float) -> datetime:
        return START + timedelta(days=day)

    for _ in range(readers):
        found.append((at(dice.uniform(0, 4 if dice.random() < 0.6 else days * 0.9)), site.join))
    for _ in range(round(readers * days * MOODS)):
        found.append((at(dice.uniform(0, days)), site.mood))
    for name, often in OFTEN.items():
        found += [(at(dice.uniform(0, days)), getattr(site, name)) for _ in range(round(often * days))]
    for day in range(days):
        for _ in range(0 if dice.random() < MISSED else dice.randint(2, 5)):
            moment = dice.uniform(day, day + 1)
            found.append((at(moment), site.write))
            found.append((at(moment + dice.choice((0, 0, 0, 0.02, 0.1))), site.send))
    return sorted(found, key=lambda pair: pair[0])


def play(app: Flask, readers: int, days: int, seed: int) -> Oracle:
    with app.app_context(), time_machine.travel(START, tick=False) as clock:
        upgrade()
        site = Site(app, random.Random(seed))
        for moment, happens in plan(site, readers, days):
            clock.move_to(moment)
            happens(moment)
            db.session.commit()
            db.session.remove()
        end = START + timedelta(days=days, hours=12)
        clock.move_to(end)
        site.write(end)
        site.send_all()
        db.session.remove()
    return site.oracle


def report(oracle: Oracle, options: argparse.Namespace, seconds: float) -> bool:
    tally = oracle.tally
    whats = {what: sum(h.what == what for h in oracle.happened) for what in (NEW, CHANGED, SAFETY)}
    said = ", ".join(f"{count} {what}" for what, count in whats.items())
    line("readers, days", f"{len(oracle.readers)}, {options.days}; seed {options.seed}", "", True)
    line("things, happenings", f"{len(oracle.things)}, {said}; {len(oracle.runs)} digests", "", True)
    line("letters", str(tally.letters), "some", tally.letters > 0)
    line("entries told", str(tally.entries), "some", tally.entries > 0)
    line("missing", str(tally.missing), "0", tally.missing == 0)
    line("twice or wrongly", str(tally.wrong), "0", tally.wrong == 0)
    if tally.noticed_late or tally.too_early:
        figures = (
            f"{tally.noticed_late} since the end of a pause was noticed late, {tally.too_early} corrections"
        )
        line("of these", f"{figures} from before", "", False)
    line("seconds", f"{seconds:.0f}", "", True)
    for fault in tally.faults[: options.faults]:
        print(f"    {fault}")
    return not (tally.missing or tally.wrong)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readers", type=int, default=500)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=10, help="how many faults to describe")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="medportal-digests-") as folder:
        use(folder)
        start = time.monotonic()
        oracle = play(create_app(), options.readers, options.days, options.seed)
        fine = report(oracle, options, time.monotonic() - start)
    sys.exit(not fine)


if __name__ == "__main__":
    main()

"""Who is to be told what, written from the rules alone and knowing nothing of how the portal does it.

    A thing is told as new to a reader once ever, in whatever language it comes and however often it is taken back and
    published again. An important change is told once. What happened to one thing since the last digest is one entry.
    What nobody may read when the digest is written, or when the letter leaves, is not told.
    What counts are the wishes at the moment the digest is written, and what happened after the reader joined, or came
    back from a pause or a stop. Another language only for who allows it, and only where there is no text in their own.
    A safety correction goes at once to those who follow that page and can read the corrected text in their language,
    or have no text of it in theirs; others find it in their digest. What was imported is told only to those who follow
    that very page, and never as new. Who follows a consultant is told what a follow of a category would tell, of texts
    that the consultant signs for as author or work group, in the language of that work, while in the corner. A digest
    without entries is no mail.

Two things the rules leave open, and either is right here: whether a thing of which a reader was told something else
(a correction) is still told as new later; and whether a letter leaves that was written before a pause which ended
before the letter's turn came.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

AT_ONCE, DAILY, WEEKLY, MONTHLY, SAFETY = FREQUENCIES = ("at_once", "daily", "weekly", "monthly", "safety")
NEW, CHANGED = "new", "changed"
HOUR, SUNDAY = 7, 6
OTHER = {"ar": "en", "en": "ar"}
LATE = "; it happened between the end of a pause and the loop's next look"
_ORDER = (CHANGED, SAFETY, NEW)


@dataclass
class Thing:
    kind: str
    categories: frozenset[int]
    imported: bool
    wrote: set[tuple[int, str | None]] = field(default_factory=set)
    """Who signs for it, and in which language if not in all."""
    published: set[str] = field(default_factory=set)

    def shown(self, lang: str) -> str | None:
        """The language in which readers of `lang` find it."""
        return lang if lang in self.published else OTHER[lang] if self.published else None


@dataclass(frozen=True)
class Happened:
    number: int
    thing: int
    lang: str
    what: str
    at: datetime


@dataclass
class Follows:
    kinds: frozenset[str] = frozenset()
    within: frozenset[int] = frozenset()
    categories: frozenset[int] = frozenset()
    things: frozenset[int] = frozenset()
    people: frozenset[int] = frozenset()

    def want(self, number: int, thing: Thing, lang: str, corner: set[int]) -> bool:
        """The text in `lang`; `corner`: who can be followed now."""
        if number in self.things:
            return True
        if thing.imported:
            return False
        kind = thing.kind in self.kinds and (not self.within or bool(thing.categories & self.within))
        wrote = {person for person, only in thing.wrote if only in (None, lang)} & corner
        return kind or bool(thing.categories & self.categories) or bool(wrote & self.people)


@dataclass
class Entry:
    """`may`: what it may be called; `needed`: its absence is a fault; `langs` of the texts it was of."""

    may: set[str]
    needed: bool
    numbers: set[int]
    langs: set[str]
    told: str | None = None


@dataclass
class Letter:
    """`stay`: how often its reader had come and gone when it was written."""

    run: int
    reader: int
    lang: str
    other: bool
    stay: int
    entries: dict[int, Entry]


@dataclass
class Reader:
    """`seen`: the number up to which it needs no telling; `since`: the one at which it joined or came back."""

    lang: str
    frequency: str
    other: bool
    follows: Follows
    seen: int
    since: int
    state: str = "active"
    until: datetime | None = None
    stay: int = 0
    resumed: int = 0
    """The number at which the loop noticed that its last pause was over."""
    told: dict[int, list[Entry]] = field(default_factory=lambda: defaultdict(list))

    def knows(self, thing: int, what: str | None = None) -> bool:
        """Told of it already, or about to be; `what`: as that."""
        return any(what is None or what in (entry.told, *entry.may) for entry in self.told[thing])

    def knows_happening(self, happened: Happened) -> bool:
        return any(happened.number in entry.numbers for entry in self.told[happened.thing])


@dataclass
class Tally:
    letters: int = 0
    entries: int = 0
    missing: int = 0
    wrong: int = 0
    noticed_late: int = 0
    """Of the missing and the wrong ones, those that happened after a pause had ended and before the loop looked."""
    too_early: int = 0
    """Of the wrong ones, corrections that were made before their reader joined or came back."""
    faults: list[str] = field(default_factory=list)


class Oracle:
    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self.things: dict[int, Thing] = {}
        self.happened: list[Happened] = []
        self.readers: dict[int, Reader] = {}
        self.corner: set[int] = set()
        """The people who can be followed."""
        self.runs: list[str] = []
        self.letters: dict[tuple[int, int], Letter] = {}
        self.tally = Tally()
        self._corrections: list[Happened] = []
        self._upto: dict[str, int] = {}
        self._moment: dict[str, datetime] = {}

    @property
    def latest(self) -> int:
        return len(self.happened)

    # What happens

    def happens(self, number: int, lang: str, what: str, now: datetime) -> None:
        if what == NEW and self.things[number].imported:
            return
        happened = Happened(self.latest + 1, number, lang, what, now)
        self.happened.append(happened)
        if what == SAFETY:
            self._corrections.append(happened)

    def join(self, number: int, reader: Reader) -> None:
        reader.seen = reader.since = self.latest
        self.readers[number] = reader

    def leave(self, number: int, state: str, until: datetime | None = None) -> None:
        reader = self.readers[number]
        if reader.state == "active" or state == "stopped":
            reader.state = state
        reader.until = until
        reader.stay += 1

    def come_back(self, number: int) -> None:
        reader = self.readers[number]
        if reader.state != "active":
            reader.state, reader.until = "active", None
            reader.seen = reader.since = self.latest

    # Writing

    def write(self, now: datetime) -> None:
        """Everything that is due at this moment."""
        for reader in self.readers.values():
            if reader.state == "paused" and reader.until is not None and reader.until <= now:
                ended = sum(happened.at <= reader.until for happened in self.happened)
                reader.state, reader.until, reader.seen, reader.since = "active", None, ended, ended
                reader.resumed = self.latest
        for happened in self._corrections:
            self._correct(happened)
        self._corrections = []
        for frequency in FREQUENCIES[:4]:
            if self._is_due(frequency, now):
                self._digest(frequency)

    def _is_due(self, frequency: str, now: datetime) -> bool:
        if frequency == AT_ONCE:
            waits = any(r.frequency == AT_ONCE and r.seen < self.latest for _, r in self._active())
            due = waits or self._upto.get(frequency, 0) < self.latest
            self._upto[frequency] = self.latest
            return due
        moment, before = self._last(frequency, now), self._moment.get(frequency)
        self._moment[frequency] = moment
        return before is None or before < moment

    def _last(self, frequency: str, now: datetime) -> datetime:
        day = now.astimezone(self.zone).date()
        while not (self._at(day) <= now and _is_day(frequency, day)):
            day -= timedelta(days=1)
        return self._at(day)

    def _at(self, day: date) -> datetime:
        return datetime.combine(day, time(HOUR), tzinfo=self.zone)

    def _correct(self, happened: Happened) -> None:
        self.runs.append(SAFETY)
        thing = self.things[happened.thing]
        for number, reader in self._active():
            follows = happened.thing in reader.follows.things
            if follows and thing.shown(reader.lang) == happened.lang and happened.number > reader.since:
                entry = Entry({SAFETY}, True, {happened.number}, {happened.lang})
                self._letter(number, reader, {happened.thing: entry}, other=True)

    def _digest(self, frequency: str) -> None:
        self.runs.append(frequency)
        for number, reader in self._active():
            if reader.frequency == frequency:
                entries = dict(self._entries(reader))
                if entries:
                    self._letter(number, reader, entries, other=reader.other)
                reader.seen = self.latest

    def _active(self) -> Iterator[tuple[int, Reader]]:
        return ((n, reader) for n, reader in self.readers.items() if reader.state == "active")

    def _entries(self, reader: Reader) -> Iterator[tuple[int, Entry]]:
        rows: dict[int, list[Happened]] = defaultdict(list)
        for happened in self.happened[reader.seen :]:
            rows[happened.thing].append(happened)
        for number, found in rows.items():
            thing = self.things[number]
            shown = thing.shown(reader.lang)
            if shown is None or not (shown == reader.lang or reader.other):
                continue
            if reader.follows.want(number, thing, shown, self.corner):
                entry = _entry(reader, number, [row for row in found if row.lang == shown])
                if entry is not None:
                    yield number, entry

    def _letter(self, number: int, reader: Reader, entries: dict[int, Entry], *, other: bool) -> None:
        run = len(self.runs) - 1
        self.letters[run, number] = Letter(run, number, reader.lang, other, reader.stay, entries)
        for thing, entry in entries.items():
            reader.told[thing].append(entry)

    # Leaving

    def arrived(self, run: int, number: int, lang: str, told: Iterable[tuple[int, str, str]]) -> None:
        """A letter that came: things, what they are called, and the language of the text."""
        self.tally.letters += 1
        letter, found = self.letters.pop((run, number), None), list(told)
        name = f"run {run} ({self.runs[run]}) to reader {number}"
        self.tally.entries += len(found)
        if letter is None or self.readers[number].state != "active" or not found:
            early = self._is_too_early(run, number, found)
            self.tally.too_early += early
            why = "a correction from before it joined or came back" if early else "no such letter, or twice"
            self._wrong(f"{name}: {why}: {found}", max(1, len(found)))
            for thing, what, text_lang in found:  # one fault is not to show as two
                self.readers[number].told[thing].append(Entry({what}, False, set(), {text_lang}, what))
            return
        if lang != letter.lang:
            self._wrong(f"{name}: in {lang}")
        for thing, what, text_lang in found:
            entry = letter.entries.pop(thing, None)
            if entry is None or what not in entry.may:
                late = entry is not None and min(entry.numbers) <= self.readers[number].resumed
                self.tally.noticed_late += late
                why = LATE if late else ""
                self._wrong(f"{name}: thing {thing} as {what}, not {entry and entry.may}{why}")
            elif text_lang != self._shown(letter, thing):
                self._wrong(f"{name}: thing {thing} in {text_lang}")
            else:
                entry.told, entry.may = what, {what}
        self._left_out(name, letter)

    def _is_too_early(self, run: int, number: int, found: list[tuple[int, str, str]]) -> bool:
        """What no letter was expected for: a correction that the reader need not know?"""
        reader, corrections = self.readers[number], {h.number: h for h in self.happened if h.what == SAFETY}
        things = {thing for thing, _, _ in found}
        return self.runs[run] == SAFETY and any(
            h.thing in things and h.number <= reader.since for h in corrections.values()
        )

    def not_arrived(self, run: int, number: int) -> None:
        """A letter that will never come."""
        letter = self.letters.pop((run, number))
        self._left_out(f"run {run} ({self.runs[run]}) to reader {number}, no letter", letter)

    def _left_out(self, name: str, letter: Letter) -> None:
        reader = self.readers[letter.reader]
        expected = reader.state == "active" and reader.stay == letter.stay
        for thing, entry in letter.entries.items():
            reader.told[thing].remove(entry)
            if entry.needed and expected and self._shown(letter, thing) in entry.langs | {letter.lang}:
                late = max(entry.numbers) <= reader.resumed
                self.tally.missing += 1
                self.tally.noticed_late += late
                why = LATE if late else ""
                self.tally.faults.append(f"{name}: thing {thing} as {entry.may} is missing{why}")

    def _shown(self, letter: Letter, thing: int) -> str | None:
        shown = self.things[thing].shown(letter.lang)
        return shown if shown == letter.lang or letter.other else None

    def _wrong(self, fault: str, count: int = 1) -> None:
        self.tally.wrong += count
        self.tally.faults.append(fault)


def _entry(reader: Reader, number: int, rows: list[Happened]) -> Entry | None:
    may, needed = set(), set()
    for row in rows:
        if row.what == NEW and reader.knows(number):
            if not reader.knows(number, NEW):
                may.add(NEW)
        elif row.what != SAFETY or not reader.knows_happening(row):
            needed.add(row.what)
    if not (may or needed):
        return None
    strongest = {max(needed, key=_ORDER.index)} if needed else set()
    return Entry(may | strongest, bool(needed), {row.number for row in rows}, {row.lang for row in rows})


def _is_day(frequency: str, day: date) -> bool:
    if frequency == WEEKLY:
        return day.weekday() == SUNDAY
    return frequency != MONTHLY or day.day == 1

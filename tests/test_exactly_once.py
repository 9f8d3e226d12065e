"""Thirty days of publishing by chance, readers of every mix: each is told of everything that concerns them, once.

`Oracle` says what should come, from the rules alone; it knows nothing of how digests are written.
"""

import datetime as dt
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import sqlalchemy as sa
import time_machine
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from medportal.blueprints.content import services
from medportal.digests import staging
from medportal.extensions import db
from medportal.models.content import Content
from medportal.models.people import Person
from medportal.models.trust import Credit
from tests.conftest import _empty
from tests.subscribing import change, join, mailbox, publish, send, withdraw, words

DAYS, TEXTS = 30, 5
START = dt.datetime(
    2026, 3, 1, 4, 30, tzinfo=dt.UTC
)  # a Sunday, the first of the month, half an hour after the hour
KINDS = ("news", "article")
PEOPLE = [  # language, frequency, also the other language, what is followed: kinds, categories, pages, consultants
    ("ar", "at_once", False, KINDS, (), (), ()),
    ("en", "at_once", True, KINDS, (), (), ()),
    ("ar", "daily", True, KINDS, (), (), ()),
    ("en", "daily", False, ("news",), (), (), ()),
    ("ar", "weekly", False, ("article",), (), (), ()),
    ("en", "weekly", True, KINDS, (), (), ()),
    ("ar", "monthly", True, KINDS, (), (), ()),
    ("en", "monthly", False, KINDS, (), (), ()),
    ("ar", "daily", False, (), ("heart",), (), ()),
    ("en", "weekly", False, (), ("skin",), (0,), ()),
    ("ar", "weekly", True, (), (), (0, 1), ()),
    ("en", "monthly", False, (), (), (0, 2), ()),
    ("ar", "at_once", False, (), (), (1,), ()),
    ("en", "daily", True, ("news",), ("skin",), (3,), ()),
    ("ar", "daily", False, (), (), (), (0,)),
    ("en", "weekly", True, (), (), (), (0,)),
    ("en", "at_once", False, ("news",), ("heart",), (2,), (1,)),
    ("ar", "monthly", True, (), (), (1,), (0, 1, 2)),
]
WROTE = {0: {(0, None)}, 1: {(0, "ar"), (1, "en")}, 2: {(1, None)}, 4: {(0, None), (1, None), (2, None)}}
"""Of a text: which consultants sign for it, in which language if not in all."""
HELPED = {3: (0, "reviewer"), 0: (1, "translator")}
CONSULTANTS = 3
GONE = 2
"""Is followed and left the corner."""
LATER = (1, 3, 6, 9, 10, 15)
"""Who joins on the tenth day."""
ACTS = [f"{what} {lang}" for what in ("turn", "turn", "change", "minor", "safety") for lang in ("ar", "en")]
ACTS += [f"{what} {consultant}" for what in ("sign", "corner") for consultant in (0, 1)]
"""`turn` withdraws what is published and publishes what is not; `sign` puts a consultant's name to a text or takes it
away; `corner` takes one out of the corner or back in; the others publish what is not."""
LATER_AT = 10 * 24 + 7
plans = st.lists(
    st.tuples(st.integers(0, DAYS * 24 - 1), st.sampled_from(ACTS), st.integers(0, TEXTS - 1)),
    min_size=40,
    max_size=90,
)


@dataclass
class Happened:
    n: int
    text: int
    lang: str
    what: str


@dataclass
class Oracle:
    """What is readable, what happened, and what each reader was told."""

    readable: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    happened: list[Happened] = field(default_factory=list)
    told: list[set[int]] = field(default_factory=lambda: [set() for _ in PEOPLE])
    corrected: list[set[int]] = field(default_factory=lambda: [set() for _ in PEOPLE])
    upto: list[int] = field(default_factory=lambda: [0] * len(PEOPLE))
    wrote: dict[int, set] = field(
        default_factory=lambda: {text: set(WROTE.get(text, ())) for text in range(TEXTS)}
    )
    corner: set[int] = field(default_factory=lambda: set(range(CONSULTANTS)))
    follows: list[set[int]] = field(default_factory=lambda: [set() for _ in PEOPLE])
    """Consultants: who was in the corner when the reader joined."""
    waiting: list[tuple[int, str, int]] = field(default_factory=list)
    """Safety corrections that no loop has seen yet."""

    def note(self, text, lang, what):
        self.happened.append(Happened(len(self.happened) + 1, text, lang, what))

    def concerns(self, person, text, lang):
        mine, _, other, *_ = PEOPLE[person]
        if mine in self.readable[text]:
            return lang == mine
        return other and lang in self.readable[text]

    def wants(self, person, text, lang):
        *_, kinds, categories, pages, _ = PEOPLE[person]
        wrote = {who for who, only in self.wrote[text] if only in (None, lang)} & self.corner
        return (
            KINDS[text % 2] in kinds
            or ("heart", "skin")[text % 3 == 0] in categories
            or text in pages
            or bool(wrote & self.follows[person])
        )

    def correct(self, here):
        """Who gets a letter at once."""
        for text, lang, n in self.waiting:
            for person, (mine, *_, pages, _consultants) in enumerate(PEOPLE):
                shown = lang == mine if mine in self.readable[text] else lang in self.readable[text]
                if person in here and text in pages and shown:
                    self.corrected[person].add(n)
                    self.told[person].add(text)
                    yield person, text
        self.waiting.clear()

    def digest(self, person):
        """What the digest written now says to this person: texts."""
        found = set()
        for one in self.happened[self.upto[person] :]:
            known = one.what == "new" and one.text in self.told[person]
            corrected = one.what == "safety" and one.n in self.corrected[person]
            if (
                self.wants(person, one.text, one.lang)
                and self.concerns(person, one.text, one.lang)
                and not known
                and not corrected
            ):
                found.add(one.text)
        self.upto[person] = len(self.happened)
        self.told[person] |= found
        return found


class Month:
    """Plays a plan against the portal and the oracle side by side."""

    def __init__(self, in_app, make_content, make_category, make_person):
        self.in_app, self.oracle = in_app, Oracle()
        self.consultants = in_app(lambda: [make_person(listed=True).id for _ in range(CONSULTANTS)])
        for slug in ("heart", "skin"):
            make_category(slug)
        self.numbers = [
            make_content(
                KINDS[n % 2],
                title={"ar": f"نص {n}", "en": f"Text {n}"},
                categories=["skin" if n % 3 == 0 else "heart"],
                publish=False,
            )
            for n in range(TEXTS)
        ]
        self.edits, self.here = 0, set()
        in_app(self._sign_all)
        self.enter([n for n in range(len(PEOPLE)) if n not in LATER])
        self.corner(GONE)

    def enter(self, people):
        """These join now, and are told of what happens from now on."""
        self.here |= set(people)
        for n in people:
            self.oracle.upto[n] = len(self.oracle.happened)
            self.oracle.follows[n] = set(PEOPLE[n][-1]) & self.oracle.corner
        self.in_app(lambda: self._join(people))

    def _join(self, people):
        for n in people:
            lang, frequency, other, kinds, categories, pages, consultants = PEOPLE[n]
            join(
                f"p{n}@mail.example.com",
                kinds=kinds,
                lang=lang,
                frequency=frequency,
                other_language=other,
                categories=categories,
                contents=[self.numbers[page] for page in pages],
                people=[self.consultants[one] for one in consultants],
            )

    def _sign_all(self):
        for text, names in WROTE.items():
            for consultant, lang in sorted(names, key=str):
                self._credit(text, consultant, "author" if text % 2 else "work_group", lang)
        for text, (consultant, role) in HELPED.items():
            self._credit(text, consultant, role)

    def _credit(self, text, consultant, role, lang=None):
        person = db.session.get_one(Person, self.consultants[consultant])
        services.add_credit(db.session.get_one(Content, self.numbers[text]), person, role, lang=lang)

    def _strike(self, text, consultant):
        db.session.execute(
            sa.delete(Credit).where(
                Credit.content_id == self.numbers[text],
                Credit.person_id == self.consultants[consultant],
                Credit.role.in_(["author", "work_group"]),
            )
        )

    def _list(self, consultant, listed):
        db.session.get_one(Person, self.consultants[consultant]).listed = listed

    def sign(self, text, consultant):
        names = {one for one in self.oracle.wrote[text] if one[0] == consultant}
        if names:
            self.in_app(lambda: self._strike(text, consultant))
            self.oracle.wrote[text] -= names
        else:
            lang = (None, "ar", "en")[len(self.oracle.happened) % 3]
            self.in_app(lambda: self._credit(text, consultant, "author", lang))
            self.oracle.wrote[text].add((consultant, lang))

    def corner(self, consultant):
        self.oracle.corner ^= {consultant}
        self.in_app(lambda: self._list(consultant, consultant in self.oracle.corner))

    def act(self, act, text):
        what, whom = act.split()
        if what == "sign":
            self.sign(text, int(whom))
        elif what == "corner":
            self.corner(int(whom))
        else:
            self.edit(what, whom, text)

    def edit(self, what, lang, text):
        if what == "turn" or lang not in self.oracle.readable[text]:
            what = "withdraw" if lang in self.oracle.readable[text] else "publish"
        number = self.numbers[text]
        self.edits += 1
        if what == "publish":
            self.in_app(lambda: publish(number, lang))
            self.oracle.readable[text].add(lang)
            self.oracle.note(text, lang, "new")
        elif what == "withdraw":
            self.in_app(lambda: withdraw(number, lang))
            self.oracle.readable[text].discard(lang)
        else:
            said = f"Words {self.edits}."
            how = {} if what == "change" else {what: True}
            self.in_app(lambda: change(number, lang, said, **how))
            if what != "minor":
                self.oracle.note(text, lang, what)
            if what == "safety":
                self.oracle.waiting.append((text, lang, len(self.oracle.happened)))

    def came(self):
        """Counted: (person, text) of every letter since the last look."""
        found = Counter()
        for letter in self.in_app(mailbox):
            person = int(re.match(r"p(\d+)@", letter["To"])[1])
            shown = re.findall(r"^\* .*?(\d+)", words(letter), re.M)
            assert len(shown) == len(set(shown)), "an entry stands twice in one letter"
            assert shown, "a letter says nothing"
            found.update((person, int(text)) for text in shown)
        return found


@given(plan=plans, absent=st.sets(st.integers(0, DAYS - 1), max_size=6))
@seed(20261122)
@settings(
    max_examples=2,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_u7_everybody_gets_each_matching_item_exactly_once(
    app, in_app, make_content, make_category, make_person, plan, absent
):
    _empty(app)
    with time_machine.travel(START, tick=False) as clock:
        month = Month(in_app, make_content, make_category, make_person)
        oracle = month.oracle
        in_app(staging.keep)
        by_hour = defaultdict(list)
        for hour, act, text in plan:
            by_hour[hour].append((act, text))
        last = dict.fromkeys(("daily", "weekly", "monthly"), START)
        for hour in sorted({LATER_AT, *by_hour, *(day * 24 for day in range(DAYS + 1))}):
            now = START + dt.timedelta(hours=hour)
            clock.move_to(now)
            if hour == LATER_AT:
                month.enter(LATER)
            for act, text in by_hour[hour]:
                month.act(act, text)
            if hour // 24 in absent and hour < DAYS * 24:
                continue  # the loop is down all day
            expected = Counter(oracle.correct(month.here))
            in_app(lambda: (staging.keep(), send()))
            due = {"at_once"} | {name for name, before in last.items() if _is_due(name, before, now)}
            last |= {name: now for name in due if name in last}
            for person, (_, frequency, *_rest) in enumerate(PEOPLE):
                if frequency in due and person in month.here:
                    expected.update((person, text) for text in oracle.digest(person))
            assert month.came() == expected


def _is_due(frequency, before, now):
    """Whether an hour of sending (07:00 in Damascus, 04:00 UTC) of its days lies between."""
    hours = (before.replace(hour=4, minute=0) + dt.timedelta(days=n) for n in range((now - before).days + 2))
    return any(
        before < moment <= now
        and (
            frequency == "daily"
            or (frequency == "weekly" and moment.weekday() == 6)
            or (frequency == "monthly" and moment.day == 1)
        )
        for moment in hours
    )

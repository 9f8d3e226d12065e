"""Personal details in what readers write: found before a text is shown to anybody else, for a person to take out.

Too much is better than too little: nothing is removed by itself. Yet doses, blood pressures, values of a laboratory,
years, ages, percentages and codes of diseases are the question itself and never found. The words by which things are
known stand in `data/personal.toml`; those of every language are looked for, since readers mix languages.
"""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from medportal.lib.arabic import fold, has_arabic

DATA = Path(__file__).parent.parent / "data" / "personal.toml"


class Kind(StrEnum):
    """What a finding is. `FILE_NUMBER` stands for numbers of hospitals and of insurances alike."""

    EMAIL = "email"
    URL = "url"
    HANDLE = "handle"
    DATE_OF_BIRTH = "date_of_birth"
    FILE_NUMBER = "file_number"
    NATIONAL_NUMBER = "national_number"
    PHONE = "phone"
    ADDRESS = "address"
    NAME = "name"


@dataclass(frozen=True, order=True)
class Finding:
    """`text[start:end]` is probably a personal detail."""

    start: int
    end: int
    kind: Kind


COUNTRY_CODES = "20|21[1-3]|216|218|222|249|252|253|269|96[1-8]|97[0-4]"
"""Of the 22 Arab states and South Sudan (ITU-T E.164): a number that begins so needs no plus sign to be one."""

NATIONAL = re.compile(
    "|".join(
        (
            r"784(?:19|20)\d{10}",  # Emirates
            r"[23]\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{7}",  # Egypt
            r"[23]\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{5}",  # Kuwait
            r"[12](?:19|20)\d{9}",  # Libya
            r"[23]\d{10}",  # Qatar
            r"[12]\d{9}",  # Saudi Arabia
            r"[29]\d{9}",  # Jordan
            r"\d{2}(?:0[1-9]|1[0-2])\d{5}",  # Bahrain
            r"[489]\d{8}",  # Palestine
            r"(?!0)\d{11}",  # Syria, Yemen, Sudan
            r"(?:19|20)\d{10}",  # Iraq
            r"[12]\d{17}",  # Algeria
        )
    )
)
"""National numbers by length and first digits, without their check digits: a mistyped one is personal as well.

Sources: the Emirates' 784-YYYY-NNNNNNN-C (Trellix data loss prevention, "United Arab Emirates ID"; github.com/geordee/eid);
Egypt's C YYMMDD GG SSSS X of 14 digits (packagist.org, predev-solutions/egypt-validators); Saudi Arabia's 10 digits that
begin with 1 for citizens and 2 for residents (github.com/alhazmy13/saudi-id-validator). The shapes of the others were not
looked up and are deliberately wide; lengths of 8 digits (Oman, Tunisia) are found as telephone numbers, Morocco's letters
and digits by `_MOROCCO`.
"""

_MOROCCO = re.compile(r"(?<!\w)[A-Z]{1,2}\d{5,6}(?!\w)")
_POSTCODE = re.compile(r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}(?!\w)")
_EMAIL = re.compile(
    r"[\w.+%-]{1,64}(?:@| @ )[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"
    r"|[\w.+%-]{1,64}\s*[\[({]\s*at\s*[\])}]\s*[\w-]{1,63}(?:\s*(?:\.|[\[({]?\s*dot\s*[\])}]?)\s*[\w-]{2,63}){1,4}"
    r"|[\w.+%-]{1,64} at [\w-]{1,63} dot [a-z]{2,10}"
)
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"]+"
    r"|(?<![\w@.])(?:[a-z\d](?:[a-z\d-]{0,61})\.){1,4}(?:com|net|org|info|biz|edu|gov|int|io|app|online|site)(?:\.[a-z]{2})?(?![\w@])(?:/[^\s<>\"]*)?"
    r"|(?<![\w@.])(?:t|wa|fb|m|bit|youtu|goo)\.(?:me|ly|be|gl)/[^\s<>\"]+"
)
_AT_HANDLE = re.compile(r"(?<![\w@.])@[\w.]{2,50}")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_SEPARATORS = r"[ ().\-/\u2010-\u2015_]"
_NUMBER = re.compile(rf"(?<!\w)[+(]{{0,2}}\d+(?:{_SEPARATORS}{{1,3}}\d+)*(?!\w)")
_CODE = r"[a-z]{0,4}[ \-/]?\d[\da-z]*(?:[ \-/.]\d[\da-z]*){0,6}"
_GAP = r"[\s:=.,;#\u060c\u061b\-\u2013\"'\u00ab(]{0,4}"
_DAY = r"\d{1,2} ?[/.\-\u2013] ?\d{1,2} ?[/.\-\u2013] ?(?:\d{4}|\d{2})(?!\d)|\d{4} ?[/.\-] ?\d{1,2} ?[/.\-] ?\d{1,2}(?!\d)"


@cache
def _data() -> dict[str, dict[str, Any]]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@cache
def _words(name: str) -> frozenset[str]:
    """A list of the file, of all languages together, folded."""
    return frozenset(fold(word) for lists in _data().values() for word in lists.get(name, ()))


@cache
def _names(name: str) -> frozenset[str]:
    """The same for given names, which keep the difference between final yeh and alef maksura: Ali is not "on"."""
    words = (word for lists in _data().values() for word in lists.get(name, ()))
    return frozenset(fold(word) + ("~" if word.endswith("\u0649") else "") for word in words)


def _any_of(*names: str) -> str:
    """A group of the words of these lists, the longest first."""
    words = sorted({word for name in names for word in _words(name)}, key=lambda word: (-len(word), word))
    return "(?:" + "|".join(r"\s+".join(map(re.escape, word.split())) for word in words) + ")"


@cache
def _cue(*names: str) -> re.Pattern[str]:
    """One of these words, alone or with the Arabic conjunctions and prepositions that are written as one with it."""
    return re.compile(rf"(?<!\w)[\u0648\u0641]?[\u0628\u0644]?{_any_of(*names)}(?!\w)")


@cache
def _labelled(*names: str, value: str) -> re.Pattern[str]:
    """A cue, at most four words between, and what it labels as the group `value`."""
    between = rf"(?:{_any_of('between')}(?!\w){_GAP}){{0,4}}"
    return re.compile(rf"{_cue(*names).pattern}{_GAP}{between}(?P<value>{value})")


@cache
def _date() -> str:
    month = _any_of("months")
    return (
        rf"(?:{_DAY}|\d{{1,2}}(?:st|nd|rd|th)?(?: \w{{2,3}})?[ \-]{month}(?!\w)(?:[ ,\-\u060c]{{1,2}}\d{{4}})?"
        rf"|{month}(?!\w) \d{{1,2}}(?:st|nd|rd|th)?(?!\w)(?:[ ,\u060c]{{1,2}}\d{{4}})?)"
    )


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    return fold(char)


class _Text:
    """A text folded letter by letter, with the way back; `at[n]` is where the n-th folded letter stands."""

    def __init__(self, text: str, lang: str) -> None:
        self.text, self.lang = text, lang
        letters: list[str] = []
        self.at: list[int] = []
        for n, char in enumerate(text):
            for letter in _plain(char):
                letters.append(letter)
                self.at.append(n)
        self.at.append(len(text))
        self.plain = "".join(letters)

    def finding(self, start: int, end: int, kind: Kind) -> Finding:
        return Finding(self.at[start], self.at[end], kind)

    @cached_property
    def tokens(self) -> Sequence[tuple[int, int, str]]:
        """Words of letters only: (start, end, folded)."""
        return [(m.start(), m.end(), m[0].replace("\u2019", "'")) for m in _WORD.finditer(self.plain)]

    @cached_property
    def starts(self) -> Sequence[int]:
        return [token[0] for token in self.tokens]

    def after(self, end: int, gap: str = _GAP) -> int | None:
        """The number of the word behind `end`, if nothing but a gap stands between."""
        n = bisect_left(self.starts, end)
        if n < len(self.tokens) and re.fullmatch(gap, self.plain[end : self.starts[n]]):
            return n
        return None

    def is_capital(self, n: int) -> bool:
        """Written as a name is: a capital, then small letters."""
        word = self.text[self.at[self.tokens[n][0]] : self.at[self.tokens[n][1]]]
        return word[:1].isupper() and (len(word) == 1 or not word.isupper())

    def name_key(self, n: int) -> str:
        _start, end, word = self.tokens[n]
        return word + ("~" if self.text[self.at[end - 1]] == "\u0649" else "")


def find(text: str, lang: str) -> list[Finding]:
    """Everything in a text of this language that looks like a personal detail, in its order; no two overlap."""
    read = _Text(text, lang)
    found: list[Finding] = []
    taken = bytearray(len(text))
    for rule in (_addresses_of_the_net, _labelled_numbers, _numbers, _places, _people):
        for finding in rule(read):
            found += _free(finding, taken, text)
            taken[finding.start : finding.end] = b"\x01" * (finding.end - finding.start)
    return sorted(found)


def mask(text: str, findings: Iterable[Finding], words: Mapping[Kind, str]) -> str:
    """A proposal: each finding replaced by the words for its kind, such as "[phone number]"."""
    for finding in sorted(findings, reverse=True):
        text = text[: finding.start] + str(words[finding.kind]) + text[finding.end :]
    return text


def _free(finding: Finding, taken: bytearray, text: str) -> Iterator[Finding]:
    """What of a finding is not inside earlier ones: they know better."""
    for run in re.finditer(rb"\x00+", taken[finding.start : finding.end]):
        start, end = _trimmed(finding.start + run.start(), finding.start + run.end(), text)
        if re.search(r"\w", text[start:end]):
            yield Finding(start, end, finding.kind)


def _trimmed(start: int, end: int, text: str) -> tuple[int, int]:
    edge = " \t\r\n:,;-/\u060c\u061b\"'\u00ab\u00bb"
    while start < end and text[start] in edge:
        start += 1
    while start < end and text[end - 1] in edge:
        end -= 1
    return start, end


def _addresses_of_the_net(read: _Text) -> Iterator[Finding]:
    for pattern, kind in ((_EMAIL, Kind.EMAIL), (_URL, Kind.URL), (_AT_HANDLE, Kind.HANDLE)):
        for m in pattern.finditer(read.plain):
            end = m.start() + len(m[0].rstrip(".,;:!?)]\u060c\u061b\u061f"))
            yield read.finding(m.start(), max(end, m.start() + 1), kind)
    network, account = _cue("platforms").pattern, _any_of("account", "between")
    own = r"(?P<value>@?[a-z][a-z\d_.]{2,49})(?![\w@])"
    for m in re.finditer(rf"{network}\s*[:=@/]\s*(?:{account}(?!\w)\s*[:=]?\s*)?{own}", read.plain):
        yield read.finding(m.start("value"), m.end("value"), Kind.HANDLE)
    for m in re.finditer(rf"{network}[\s:]+(?:{account}(?!\w)[\s:]*){{0,3}}{own}", read.plain):
        odd = re.search(r"[\d_]|\w\.\w", m["value"]) or has_arabic(m[0]) or _is_account(m[0])
        if odd and m["value"].rstrip(".") not in _words("not_names"):
            yield read.finding(m.start("value"), m.end("value"), Kind.HANDLE)
    for m in re.finditer(rf"{_cue('account').pattern}[\s:]+(?:\w+[\s:]+){{0,2}}?{own}", read.plain):
        if has_arabic(m[0]) or re.search(r"[\d_]", m["value"]):
            yield read.finding(m.start("value"), m.end("value"), Kind.HANDLE)


def _is_account(text: str) -> bool:
    return bool(re.search(r"(?<!\w)(?:account|username|user|handle|profile|id)(?!\w)", text))


def _labelled_numbers(read: _Text) -> Iterator[Finding]:
    for m in _labelled("birth", value=_date()).finditer(read.plain):
        yield read.finding(m.start("value"), m.end("value"), Kind.DATE_OF_BIRTH)
    for name, kind, least in (("file", Kind.FILE_NUMBER, 3), ("national", Kind.NATIONAL_NUMBER, 5)):
        for m in _labelled(name, value=_CODE).finditer(read.plain):
            if sum(map(str.isdigit, m["value"])) >= least:
                yield read.finding(m.start("value"), m.end("value"), kind)
    for m in _labelled("phone", value=_NUMBER.pattern.replace(r"(?<!\w)", "")).finditer(read.plain):
        if 5 <= sum(map(str.isdigit, m["value"])) <= 18:
            start = m.start("value")
            yield read.finding(start - (read.plain[start - 1] == "("), m.end("value"), Kind.PHONE)


@cache
def _harmless() -> re.Pattern[str]:
    """Numbers that say something medical, or when."""
    units = _any_of("units")
    return re.compile(
        "|".join(
            (
                rf"{_any_of('lab')}(?!\w)[^\d+\n]{{0,20}}[1-9][\d ,.\u066b\u066c]*\d",
                rf"(?<![\w+])[1-9]\d{{0,2}}(?:[ ,.\u066c]\d{{3}})+(?![\d\-])(?:\s*{units}(?!\w))",
                rf"(?<![\w+.])[1-9]\d*(?:[.,\u066b]\d+)?\s?(?:%|\u066a|/\s?[^\W\d]|{units}(?!\w))",
                rf"(?<![\w/.\-])(?:{_DAY})(?![/.\-]?\d)",
                r"(?<![\d/])\d{2,3}\s?/\s?\d{2,3}(?!\s?/?\d)",
                r"(?<![\d.,])\d{1,4}[.,\u066b]\d{1,3}(?![.,\u066b]?\d)",
                r"(?<![\d.,])[1-9]\d{0,2}(?:[.,\u066c]\d{3})+(?![.,\-\d])",
                r"(?<![\d+(\-.])(?<!\d )(?:1[34]\d\d|19\d\d|20\d\d)(?:\s?[-\u2013/ ,]\s?(?:1[34]\d\d|19\d\d|20\d\d))*(?![\-. ]?\d)",
                r"\d{1,2}:\d{2}",
            )
        )
    )


def _numbers(read: _Text) -> Iterator[Finding]:
    for m in _MOROCCO.finditer(read.text):
        yield Finding(m.start(), m.end(), Kind.NATIONAL_NUMBER)
    plain = _harmless().sub(lambda m: "\x00" * len(m[0]), read.plain)
    for m in _NUMBER.finditer(plain):
        kind = _kind_of_number(m[0])
        if kind is not None:
            yield read.finding(m.start(), m.end(), kind)


def _kind_of_number(written: str) -> Kind | None:
    groups = re.findall(r"\d+", written)
    digits = "".join(groups)
    length = len(digits)
    if not 7 <= length <= 18:
        return None
    dialled = (
        "+" in written or digits.startswith("00") or re.match(rf"0|(?:{COUNTRY_CODES})\d{{7,10}}$", digits)
    )
    if dialled and length <= 15 and not NATIONAL.fullmatch(digits if digits[0] != "0" else ""):
        return Kind.PHONE
    if len(groups) == 1:
        if re.fullmatch(r"[1-9]\d{0,3}0{4,}", digits):
            return None  # as round as counts of cells and units are
        return Kind.NATIONAL_NUMBER if NATIONAL.fullmatch(digits) or length > 15 else Kind.PHONE
    if NATIONAL.fullmatch(digits) and length >= 12 and max(map(len, groups)) >= 4:
        return Kind.NATIONAL_NUMBER
    return Kind.PHONE if _is_grouped_like_a_phone(groups) else None


def _is_grouped_like_a_phone(groups: Sequence[str]) -> bool:
    """Not dialled from abroad and without a leading nought: 77 123 4567, 9912 3456, 55-123456."""
    if len(groups) > 4 or len(groups[0]) > 4:
        return False
    long = [group for group in groups if len(group) >= 5]
    return len(groups[-1]) == 4 or (len(long) == 1 and len(groups[0]) <= 3)


def _places(read: _Text) -> Iterator[Finding]:
    for m in _POSTCODE.finditer(read.text):
        yield Finding(m.start(), m.end(), Kind.ADDRESS)
    number = r"(?:[#\s.:]|\u0631\u0642\u0645|no\.?|number|nr){0,4}"
    for m in re.finditer(rf"{_cue('numbered').pattern}{number}\d{{1,6}}[a-z]?(?!\w)", read.plain):
        yield read.finding(m.start(), m.end(), Kind.ADDRESS)
    for m in _cue("places", "quarters").finditer(read.plain):
        end = _end_of_place(read, m.end(), article=_cue("quarters").fullmatch(m[0]) is not None)
        if end:
            yield read.finding(m.start(), end, Kind.ADDRESS)
    for pattern in (_cue("home").pattern, rf"{_cue('home_headed').pattern}\s*[:\u061b=-]"):
        for m in re.finditer(rf"{pattern}{_GAP}(?P<value>[^.\n;!?\u061f\u061b]{{3,80}})", read.plain):
            yield read.finding(m.start("value"), m.end("value"), Kind.ADDRESS)
    yield from _streets(read)


def _end_of_place(read: _Text, start: int, *, article: bool) -> int | None:
    """Where the name of a street or quarter ends: four words at most. `article`: it has to begin with one."""
    end, n = None, read.after(start, r"\s{1,3}")
    for place in range(4):
        if n is None:
            return end
        _, stop, word = read.tokens[n]
        if word in _words("not_places") or (place and word in _words("not_names")):
            return end
        if not place and (len(word) < 3 or (article and not word.startswith("\u0627\u0644"))):
            return end
        if place and re.match(r"\u0648(?!\u0627\u0644)", word):
            return end
        end, n = stop, read.after(stop, r"[ ]{1,2}")
    return end


def _streets(read: _Text) -> Iterator[Finding]:
    """English: the kind of street stands behind its name."""
    for m in re.finditer(rf"(?<!\w){_any_of('streets', 'ways')}(?!\w)", read.plain):
        n = bisect_left(read.starts, m.start())
        is_way = m[0] in _words("ways")
        first = n
        while first > max(0, n - 3) and read.plain[read.tokens[first - 1][1] : read.starts[first]] in (
            " ",
            " - ",
            "-",
            ". ",
        ):
            if read.tokens[first - 1][2] in _words("not_places") and not read.is_capital(first - 1):
                break
            first -= 1
        number = re.search(
            r"\d{1,5}[a-z]?,?\s{1,2}$", read.plain[max(0, read.starts[first] - 9) : read.starts[first]]
        )
        while first < n and not number and not read.is_capital(first):
            first += 1
        if first == n or (read.tokens[first][2] in {"the", "a", "this", "my"} and first == n - 1):
            continue
        named = read.is_capital(n - 1) and (read.is_capital(n) or not is_way)
        if named or (number and not is_way):
            start = read.starts[first] - (len(number[0]) if number else 0)
            yield read.finding(start, m.end(), Kind.ADDRESS)


def _people(read: _Text) -> Iterator[Finding]:
    for names, ending, judge in (
        (("introduces",), _GAP, _is_introduced),
        (("headed",), r"\s{0,2}[:=-][\s\u00ab\"]{0,3}", _is_introduced),
        (("closings",), r"\s{0,2}[:,\u060c\n-]\s{0,3}", _is_introduced),
        (("titles",), r"[\s./:]{1,3}", _is_titled),
        (("short_titles",), r"\s?[./]\s?", _is_titled),
        (("weak",), r"\s{1,3}|\s?[,\u060c:]\s?|\s?\(\s?", _is_a_name),
    ):
        for m in _cue(*names).finditer(read.plain):
            n = read.after(m.end(), ending)
            if n is not None and judge(read, n, m):
                start = m.start() if m[0] in _words("inside_names") else read.starts[n]
                yield read.finding(start, _end_of_name(read, n, names[0]), Kind.NAME)
    for n in range(len(read.tokens) - 1):
        if (
            _is_listed(read, n)
            and not _is_ambiguous(read, n)
            and _follows(read, n)
            and _is_second(read, n + 1)
        ):
            yield read.finding(read.starts[n], _end_of_name(read, n, "pair"), Kind.NAME)


def _follows(read: _Text, n: int) -> bool:
    """The next word stands right behind this one."""
    return n + 1 < len(read.tokens) and bool(
        re.fullmatch(r"[ ]{1,2}|\s?-\s?|\. ", read.plain[read.tokens[n][1] : read.starts[n + 1]])
    )


def _is_listed(read: _Text, n: int) -> bool:
    return read.name_key(n) in _names("names")


def _is_ambiguous(read: _Text, n: int) -> bool:
    """A name that is a word too."""
    return read.name_key(n) in _names("ambiguous")


def _is_second(read: _Text, n: int) -> bool:
    """May stand behind a given name without any other sign: a further one, or a family's with the article."""
    word = read.tokens[n][2]
    if _is_listed(read, n):
        return not _is_ambiguous(read, n) or not has_arabic(word)
    if word.startswith("\u0627\u0644"):
        return len(word) >= 5 and word not in _words("not_names") and word not in _words("inside_names")
    return word in _words("inside_names") and _follows(read, n)


def _is_introduced(read: _Text, n: int, _cue: re.Match[str]) -> bool:
    word = read.tokens[n][2]
    return len(word) > 1 and word not in _words("not_names")


def _is_titled(read: _Text, n: int, cue: re.Match[str]) -> bool:
    word = read.tokens[n][2]
    if word in _words("not_names") or len(word) < 2 or not _may_be_shortened(read, n, cue):
        return False
    if _is_listed(read, n):
        return True
    if has_arabic(word):
        called = re.search("^\u062f\u0643\u062a\u0648\u0631", cue[0])  # "doctor!", as questions begin
        return not called and not re.match("[\u064a\u062a]", word)  # nor what begins like a verb
    shouted = (
        read.text[read.at[cue.start()]].isupper()
        or has_arabic(cue[0])
        or cue[0] in {"dr", "mr", "mrs", "prof"}
    )
    return shouted and read.is_capital(n)


def _may_be_shortened(read: _Text, n: int, cue: re.Match[str]) -> bool:
    """A dot behind a title ends a sentence, unless it shortens the title; MS is a disease."""
    if "." not in read.plain[cue.end() : read.starts[n]]:
        return True
    title = read.text[read.at[cue.start()] : read.at[cue.end()]]
    return len(title) <= 4 and title != "MS"


def _is_a_name(read: _Text, n: int, _cue: re.Match[str]) -> bool:
    """Behind a word that a name follows only sometimes."""
    word = read.tokens[n][2]
    if word in _words("not_names"):
        return False
    if _is_listed(read, n):
        return not _is_ambiguous(read, n) or (_follows(read, n) and _is_second(read, n + 1))
    if has_arabic(word):
        return word == "\u0639\u0628\u062f" and _follows(read, n)
    return read.is_capital(n) and len(word) > 2


def _end_of_name(read: _Text, n: int, cue: str) -> int:
    """Where a name ends that begins with this word: four words at most."""
    last = n
    while last < n + 4 and _follows(read, last):
        word = read.tokens[last + 1][2]
        if word in _words("not_names"):
            break
        capital = read.is_capital(last + 1) and not has_arabic(word)
        unknown = (
            cue == "introduces"
            and has_arabic(word)
            and last == n
            and not re.match("[\u0648\u0641\u0644\u0628]", word)
        )
        inside = read.tokens[last][2] in _words("inside_names")
        if not (_is_second(read, last + 1) or capital or unknown or inside or _is_listed(read, last + 1)):
            break
        last += 1
    return read.tokens[last][1]

"""What a good editor would notice while a text is being written; nothing here forbids anything.

`check` takes sanitised HTML and answers findings in the order of the text. Their wording is the desk's.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from medportal.lib.arabic import fold
from medportal.lib.html import to_text

DATA = Path(__file__).parent.parent / "data" / "checks.toml"
LONGEST = 25
SHOWN = 80
"""A finding quotes so many characters of the words concerned."""

_BLOCKS = {"p", "h2", "h3", "h4", "li", "td", "th", "caption", "blockquote"}
_CONTAINERS = {"ul", "ol", "table", "thead", "tbody", "tr"}
_VOID = {"br", "img"}

_END = re.compile(r"(?:[.!?\u061f\u06d4]+|\u2026|\u061b)[\"'\u00bb\u201d\u2019)\]]*(?=\s|$)|\n")
_BEFORE_DOT = re.compile(r"(?:^|[\s(\[\u00ab\"'])((?:[^\s().]+\.)*[^\s().]+)$")
_WORD = re.compile(r"\w")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+", re.I)
_BARE = re.compile(r"(?:https?://|www\.)\S+|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:/\S*)?", re.I)
_ABBREVIATION = re.compile(r"(?<![A-Za-z0-9\u00c0-\u024f-])([A-Z]{2,6})(?=s?(?![A-Za-z0-9\u00c0-\u024f]))")
_ROMAN = re.compile(r"X{0,3}(?:IX|IV|V?I{0,3})")
_LATIN_RUN = re.compile(
    r"[A-Za-z\u00c0-\u024f][\w'\u2019-]*(?:[\s,;/:&]+[A-Za-z\u00c0-\u024f][\w'\u2019-]*)+", re.ASCII
)
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f'\u2019-]+")


@dataclass(frozen=True)
class Finding:
    """`where`: the number of the block (paragraph, heading, item, cell …) counted from 1, 0 for the title; `words`: what
    it is about, shortened."""

    code: str
    where: int
    words: str


@dataclass
class _Block:
    """`own`: text in the language of the whole, pieces marked with another language replaced by a line end."""

    name: str
    number: int
    text: str = ""
    own: str = ""
    has_picture: bool = False


@dataclass
class _Reader(HTMLParser):
    lang: str
    blocks: list[_Block] = field(default_factory=list)
    pictures: list[tuple[int, str, str | None]] = field(default_factory=list)
    links: list[tuple[int, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, str | None]] = []
        self._block: _Block | None = None
        self._link: list[str] | None = None
        self._href = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in _VOID:
            self._open.append((tag, values.get("lang") or None))
        if tag in _BLOCKS:
            self._block = _Block(tag, len(self.blocks) + 1)
            self.blocks.append(self._block)
        elif tag in _CONTAINERS:
            self._block = None
        elif tag == "br":
            self._add("\n")
        elif tag == "img":
            self._picture(values.get("src") or "", values.get("alt"))
        elif tag == "a":
            self._link, self._href = [], values.get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        for n in range(len(self._open) - 1, -1, -1):
            if self._open[n][0] == tag:
                del self._open[n:]
                break
        if tag == "a" and self._link is not None:
            self.links.append((self._at(), " ".join("".join(self._link).split()), self._href))
            self._link = None
        if tag in _BLOCKS | _CONTAINERS:
            self._block = None

    def handle_data(self, data: str) -> None:
        self._add(data)

    def _picture(self, src: str, alt: str | None) -> None:
        self.pictures.append((self._at(), src.rsplit("/", 1)[-1], alt))
        if self._block is not None:
            self._block.has_picture = True
        if self._link is not None:
            self._link.append(f" {alt or ''} ")

    def _add(self, text: str) -> None:
        if self._link is not None:
            self._link.append(text)
        if self._block is None:
            if not text.strip():
                return
            self._block = _Block("p", len(self.blocks) + 1)
            self.blocks.append(self._block)
        marked = next((lang for _, lang in reversed(self._open) if lang), self.lang)
        same = marked.split("-")[0] == self.lang
        self._block.text += text
        self._block.own += text if same else "\n"

    def _at(self) -> int:
        return self._block.number if self._block is not None else len(self.blocks)


def check(html: str, title: str, lang: str) -> list[Finding]:
    """Everything worth a look in a text of this language, in its order."""
    reader = _Reader(lang)
    reader.feed(html)
    reader.close()
    found = [
        *_pictures(reader),
        *_headings(reader),
        *_links(reader),
        *_sentences(reader, lang),
        *_abbreviations(reader, title),
        *_unmarked(reader, title, lang),
    ]
    return sorted(found, key=lambda finding: finding.where)


def _finding(code: str, where: int, words: str) -> Finding:
    words = " ".join(words.split())
    return Finding(code, where, words if len(words) <= SHOWN else words[: SHOWN - 1].rstrip() + "\u2026")


def _pictures(reader: _Reader) -> Iterator[Finding]:
    for where, name, alt in reader.pictures:
        if alt is None:
            yield _finding("alt_missing", where, name)
        elif not alt.strip():
            yield _finding("alt_empty", where, name)


def _headings(reader: _Reader) -> Iterator[Finding]:
    """A section has the second level, so its own headings begin with the third."""
    level = 2
    for block in reader.blocks:
        if re.fullmatch(r"h\d", block.name):
            now = int(block.name[1])
            if not block.text.strip() and not block.has_picture:
                yield _finding("heading_empty", block.number, "")
                continue
            if now > level + 1:
                yield _finding("heading_order", block.number, block.text)
            level = now


def _links(reader: _Reader) -> Iterator[Finding]:
    known = _empty_links()
    for where, words, href in reader.links:
        said = _plain(words)
        if not said and not words:
            yield _finding("link_empty", where, href)
        elif said in known:
            yield _finding("link_words", where, words)
        elif _BARE.fullmatch(words):
            yield _finding("link_address", where, words)


def _plain(words: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", fold(words)).split())


def sentences(text: str, lang: str) -> list[str]:
    """The sentences of plain text. Dots in numbers, addresses, initials and abbreviations end nothing."""
    found, start = [], 0
    for match in _END.finditer(text):
        if match[0].startswith(".") and not match[0].startswith("..") and not _ends(text, match, lang):
            continue
        found.append(text[start : match.end()])
        start = match.end()
    found.append(text[start:])
    return [sentence.strip() for sentence in found if _WORD.search(sentence)]


def _ends(text: str, dot: re.Match[str], lang: str) -> bool:
    """Whether this single dot ends a sentence."""
    after = text[dot.end() :].lstrip(" \t\u00a0")[:1]
    if after.islower():
        return False
    before = _BEFORE_DOT.search(text[: dot.start()])
    word = before[1] if before else ""
    if len(word) == 1 and word.isalpha():
        return not after  # an initial
    return not after or word.lower() not in _data(lang)["dots"]


def _sentences(reader: _Reader, lang: str) -> Iterator[Finding]:
    longest = _data(lang)["longest"]
    for block in reader.blocks:
        for sentence in sentences(block.text, lang):
            if sum(bool(_WORD.search(word)) for word in sentence.split()) > longest:
                yield _finding("long_sentence", block.number, sentence)


def _abbreviations(reader: _Reader, title: str) -> Iterator[Finding]:
    """Each that is nowhere explained, once, where it stands first."""
    texts = [(0, title), *((block.number, block.text) for block in reader.blocks)]
    whole = "\n".join(text for _, text in texts)
    seen: set[str] = set()
    for where, text in texts:
        if _is_shouted(text):
            continue
        for match in _ABBREVIATION.finditer(_ADDRESS.sub(" ", text)):
            name = match[1]
            if name in seen or name in _data("every")["units"] or _ROMAN.fullmatch(name):
                continue
            seen.add(name)
            if not _is_explained(name, whole):
                yield _finding("abbreviation", where, name)


def _is_shouted(text: str) -> bool:
    """A line in capitals throughout, where nothing can be told."""
    return text.isupper() and len(text.split()) > 1 and len(max(text.split(), key=len)) > 6


def _is_explained(name: str, text: str) -> bool:
    """ "Full name (ABBR)" or "ABBR (full name)", where the full name is no abbreviation itself."""
    behind = rf"([^\W\d_]{{2,}})[^\w\n(]*\(\s*{name}s?\s*[),;\u060c\u061b:]"
    before = rf"(?<![A-Za-z]){name}s?\s*\(([^()\n]*[^\W\d_]{{3,}}[^()\n]*)"
    names = [*re.findall(behind, text), *re.findall(before, text)]
    return any(not words.isupper() for words in names)


def _unmarked(reader: _Reader, title: str, lang: str) -> Iterator[Finding]:
    """Two Latin words or more in a text of Arabic script that nobody marked as another language."""
    if _data(lang)["script"] == "latin":
        return
    for where, text in [(0, title), *((block.number, block.own) for block in reader.blocks)]:
        for line in _ADDRESS.sub("\n", text).split("\n"):
            for run in _LATIN_RUN.findall(line):
                words = [w for w in _LATIN_WORD.findall(run) if w.upper() not in _data("every")["units"]]
                if where and len(words) > 1:
                    yield _finding("unmarked_language", where, run)


@cache
def _all() -> dict[str, dict[str, Any]]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@cache
def _data(lang: str) -> dict[str, Any]:
    """What is known of a language; of one without an entry, what is true of most."""
    own = _all().get(lang, {})
    return (
        {"script": "latin", "longest": LONGEST}
        | own
        | {name: frozenset(own.get(name, ())) for name in ("dots", "units", "empty_links")}
    )


def says_nothing(html: str) -> bool:
    """Whether the whole text is a phrase such as "Not available", which leaves open why nothing stands there."""
    text = fold(to_text(html)).strip(" .:!")
    return text in _placeholders()


@cache
def _placeholders() -> frozenset[str]:
    return frozenset(
        fold(words).strip(" .:!") for known in _all().values() for words in known.get("says_nothing", ())
    )


@cache
def _empty_links() -> frozenset[str]:
    """In every language: people write English link words in Arabic texts too."""
    return frozenset(_plain(words) for entry in _all().values() for words in entry.get("empty_links", ()))

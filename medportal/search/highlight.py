"""Showing where a query was found, in the text as it was written: the index holds only stems, so the original is read
again with the same analysis."""

from collections import defaultdict
from collections.abc import Collection

from markupsafe import Markup, escape

from medportal.lib.arabic import has_arabic
from medportal.lib.bidi import isolate_html, left_to_right_runs
from medportal.search.analysis import Token, tokens
from medportal.search.tables import Phrase

WIDTH = 240
_ELLIPSIS = "…"


def marked(text: str, phrases: Collection[Phrase]) -> Markup:
    """The text as HTML with what these phrases meet in `<mark>`. In Arabic text a number or Latin run is marked
    whole and stays in its own direction."""
    out, end = [], 0
    for start, stop in _spans(text, phrases):
        out += [str(escape(text[end:start])), "<mark>", str(escape(text[start:stop])), "</mark>"]
        end = stop
    html = "".join([*out, str(escape(text[end:]))])
    return isolate_html(html) if has_arabic(text) else Markup(html)  # noqa: S704  # escaped above


def excerpt(text: str, phrases: Collection[Phrase], width: int = WIDTH) -> str:
    """About `width` letters of the text, where most of these phrases stand close together; its beginning where none
    does."""
    if len(text) <= width:
        return text
    found = _met(text, phrases)
    start = _best_start(found, width) if found else 0
    return _cut(text, max(0, start - width // 5), width)


def _best_start(found: list[Token], width: int) -> int:
    """Where the window begins that holds most different words, then most words."""
    best, start, first = (0, 0), found[0].start, 0
    for last, token in enumerate(found):
        while token.end - found[first].start > width * 4 // 5:
            first += 1
        here = found[first : last + 1]
        score = (len({t.term.stem for t in here}), len(here))
        if score > best:
            best, start = score, here[0].start
    return start


def _cut(text: str, start: int, width: int) -> str:
    """A window of the text at the borders of words, with dots where something was left out."""
    if start:
        space = text.find(" ", start)
        start = space + 1 if 0 <= space < start + width // 3 else start
    end = min(len(text), start + width)
    if end < len(text):
        space = text.rfind(" ", start, end)
        end = space if space > start + width // 2 else end
    return (_ELLIPSIS if start else "") + text[start:end].strip() + (_ELLIPSIS if end < len(text) else "")


def _met(text: str, phrases: Collection[Phrase]) -> list[Token]:
    """The words of the text that belong to one of the phrases, standing there as a whole."""
    first: dict[str, list[Phrase]] = defaultdict(list)
    for phrase in phrases:
        first[phrase[0]].append(phrase)
    words = list(tokens(text))
    met: dict[int, Token] = {}
    for at, word in enumerate(words):
        for phrase in first.get(word.term.stem, ()):
            here = words[at : at + len(phrase)]
            if tuple(token.term.stem for token in here) == phrase:
                met.update(enumerate(here, at))
    return [met[at] for at in sorted(met)]


def _spans(text: str, phrases: Collection[Phrase]) -> list[tuple[int, int]]:
    """Where marks stand: words that are met, grown to the left-to-right run they are in, joined where they touch."""
    runs = left_to_right_runs(text) if has_arabic(text) else []
    spans: list[tuple[int, int]] = []
    for token in _met(text, phrases):
        start, end = token.start, token.end
        for run_start, run_end in runs:
            if run_start < end and start < run_end:
                start, end = min(start, run_start), max(end, run_end)
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans

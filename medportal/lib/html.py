"""The one sanitiser. Everything that people or files bring as HTML passes here on every write, never at render.

`POLICY_VERSION` is stored with what was cleaned; `flask content resanitise` cleans again what an older policy let pass.
"""

import re
from html import unescape

import nh3
from markupsafe import escape

POLICY_VERSION = 2

_TAGS = {
    "p",
    "h3",
    "h4",
    "ul",
    "ol",
    "li",
    "strong",
    "em",
    "sub",
    "sup",
    "blockquote",
    "a",
    "img",
    "br",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "caption",
    "bdi",
    "span",
}
_ATTRIBUTES = {
    "*": {"dir", "lang"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}
_DROPPED_WITH_CONTENT = {
    "script",
    "style",
    "template",
    "iframe",
    "object",
    "noscript",
    "title",
    "textarea",
    "svg",
    "math",
}
_SCHEMES = {"http", "https", "mailto", "tel"}
_LOCAL_IMAGE = re.compile(r"/media/[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f]")
_TAG = re.compile(r"<(/?)([a-z0-9]+)[^>]*>")
_VOID = {"br", "img"}
_DEEPEST = 50
"""Levels of elements in one another; medicine needs ten, and browsers flatten what lies beyond some hundred."""
_ANY_TAG = re.compile(r"<(/?)([a-z][^\s/>]*)[^>]*>", re.I)
_CLOSED_BY_THE_NEXT = {
    "p",
    "li",
    "tr",
    "td",
    "th",
    "dt",
    "dd",
    "option",
    "hr",
    "meta",
    "link",
    "input",
    "col",
    "wbr",
}
_DIRECTIONS = {"ltr", "rtl", "auto"}
_LANG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "src":
        return value if _LOCAL_IMAGE.fullmatch(value) else None
    if name == "dir":
        return value if value in _DIRECTIONS else None
    if name == "lang":
        return value if _LANG.fullmatch(value) else None
    if name in ("width", "height", "colspan", "rowspan"):
        return value if value.isascii() and value.isdigit() and len(value) < 5 else None
    return value


_cleaner = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED_WITH_CONTENT,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    url_schemes=_SCHEMES,
    link_rel="noopener nofollow ugc",
)


def sanitise(html: str) -> str:
    """Only the allowed elements, attributes, directions and address schemes; images only from `/media/`.

    Headings of level 2 belong to the page's sections, so `h1` and `h2` become `h3`.
    """
    html = re.sub(r"<(/?)h[12]\b", r"<\1h3", _CONTROLS.sub("", html), flags=re.I)
    clean = _cleaner.clean(_bounded(html))
    # Cleaning decodes entities: what stood as &#8238; is an override now, and what it parted ("java&#8238;script:")
    # would join. So whatever is taken out here is followed by another cleaning, until nothing is left to take out.
    while (less := _flattened(_CONTROLS.sub("", clean))) != clean:
        clean = _cleaner.clean(less)
    return clean.strip()


def _bounded(html: str) -> str:
    """Anything, without the tags that nest absurdly deep: a parser's work grows with the square of the depth. A rough
    count will do, since the cleaner reads what is left."""
    if html.count("<") <= 2 * _DEEPEST:
        return html
    depth = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal depth
        if match[2].lower() in _VOID | _CLOSED_BY_THE_NEXT:
            return match[0]
        before, depth = depth, max(0, depth + (-1 if match[1] else 1))
        return match[0] if max(before, depth) <= 2 * _DEEPEST else ""

    return _ANY_TAG.sub(keep, html)


def _flattened(html: str) -> str:
    """Cleaned HTML without the tags of elements that lie too deep; their words stay."""
    if html.count("<") <= _DEEPEST:
        return html
    kept: list[bool] = []

    def keep(match: re.Match[str]) -> str:
        if match[2] in _VOID:
            return match[0]
        if match[1]:
            return match[0] if not kept or kept.pop() else ""
        kept.append(len(kept) < _DEEPEST)
        return match[0] if kept[-1] else ""

    return _TAG.sub(keep, html)


def safe_url(address: str | None) -> str | None:
    """An address that may stand in a link: http, https, mailto or tel; None for anything else."""
    cleaned = _CONTROLS.sub("", address or "").strip()
    return cleaned if cleaned.split(":", 1)[0].lower() in _SCHEMES and ":" in cleaned else None


def promote_headings(html: str) -> str:
    """One level up, for a text that has no section heading above its own headings."""
    return re.sub(r"<(/?)h([34])>", lambda m: f"<{m[1]}h{int(m[2]) - 1}>", html)


def plain_to_html(text: str) -> str:
    """Paragraphs and lists from plain text: a blank line separates paragraphs, lines starting with "- " are items."""
    blocks = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in block.split("\n") if line.strip()]
        blocks.append(_lines_to_html(lines))
    return "\n".join(b for b in blocks if b)


_MARKUP = re.compile(r"</?[a-z][^<>]*>", re.I)


def as_html(typed: str) -> str:
    """What was typed into a field that takes either: HTML where there is an element, else plain text."""
    typed = typed.replace("\r\n", "\n").strip()
    return typed if _MARKUP.search(typed) else plain_to_html(typed)


def _lines_to_html(lines: list[str]) -> str:
    out: list[str] = []
    items: list[str] = []
    for line in [*lines, ""]:
        if line.startswith("- "):
            items.append(f"<li>{escape(line[2:].strip())}</li>")
            continue
        if items:
            out.append(f"<ul>{''.join(items)}</ul>")
            items = []
        if line:
            out.append(f"<p>{escape(line)}</p>")
    return "\n".join(out)


def to_text(html: str) -> str:
    """The words of sanitised HTML, for descriptions and feeds."""
    text = re.sub(r"<sup>.*?</sup>", "", html, flags=re.S)
    text = re.sub(r"</(?:p|li|h3|h4|tr|td|th|ul|ol|blockquote|caption)>|<br\s*/?>", " ", text)
    text = unescape(re.sub(r"<[^>]+>", "", text))
    return " ".join(text.split())

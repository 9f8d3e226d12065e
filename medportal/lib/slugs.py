"""Addresses made from titles: NFC letters, digits and hyphens of any script, at most 80 characters, no dots."""

import re
import unicodedata

MAX_LENGTH = 80
_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u0640\u200b-\u200f\u202a-\u202e\u2060-\u2069]")
_BREAKS = re.compile(r"[^\w]+|_+")


def slugify(text: str) -> str:
    """The slug of a title; "" when nothing of it can stand in an address."""
    text = _MARKS.sub("", unicodedata.normalize("NFC", text)).casefold()
    text = unicodedata.normalize("NFC", text)
    slug = _BREAKS.sub("-", text).strip("-")
    if len(slug) > MAX_LENGTH:
        slug = slug[: MAX_LENGTH + 1].rsplit("-", 1)[0][:MAX_LENGTH].strip("-")
    return slug


def numbered(slug: str, n: int) -> str:
    """`slug`, `slug-2`, `slug-3` …, still within the length."""
    if n < 2:
        return slug
    tail = f"-{n}"
    return slug[: MAX_LENGTH - len(tail)].rstrip("-") + tail

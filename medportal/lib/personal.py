"""What in a text could tell who wrote it. Flags are hints for a person who decides; nothing is cut out by itself."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`kind`: "phone" or "email"."""

    start: int
    end: int
    kind: str


_PATTERNS = {
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "phone": re.compile(r"(?<!\d)\+?\d(?:[\s().-]?\d){6,14}(?!\d)"),
}


def find(text: str, lang: str) -> list[Finding]:
    found = [
        Finding(match.start(), match.end(), kind)
        for kind, pattern in _PATTERNS.items()
        for match in pattern.finditer(text)
    ]
    return sorted(found, key=lambda finding: finding.start)

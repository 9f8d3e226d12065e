"""Maintainers only: build the filter of common passwords from lists of words, the most common first.

    python tools/passwords.py LIST [LIST.gz …]

Our own Arab list always goes in; then the lists in the order given, until there are enough words.
"""

import gzip
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from medportal.lib.bloom import build  # noqa: E402

DATA = ROOT / "medportal" / "data"
ARAB = DATA / "passwords_arab.txt"
TARGET = DATA / "common_passwords.bloom"
LIMIT = 100_000
FALSE_POSITIVES = 1 / 2000
SHORTEST, LONGEST = 4, 64


def normalise(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().strip()


def words(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            word = normalise(line)
            if SHORTEST <= len(word) <= LONGEST and not word.startswith("# ") and "\ufffd" not in word:
                yield word


def main(lists: list[Path]) -> None:
    chosen: dict[str, None] = {}
    for path in [ARAB, *lists]:
        before = len(chosen)
        for word in words(path):
            if len(chosen) == LIMIT:
                break
            chosen[word] = None
        print(f"{path.name}: {len(chosen) - before:,} new words")
    TARGET.write_bytes(build(chosen, FALSE_POSITIVES))
    print(f"{TARGET.name}: {len(chosen):,} words, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit(__doc__)
    main([Path(name) for name in sys.argv[1:]])

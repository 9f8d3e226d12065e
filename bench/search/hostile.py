"""Is every answer quick, whatever is typed?

    MEDPORTAL_INSTANCE=… python -m bench.search.hostile

Run over a database with many texts (the MedQuAD import) on a quiet machine. Printed: milliseconds of the whole results
page, the best of three, alone and with three filters; the bar is 300.
"""

import sys
import time
from itertools import cycle, islice

from flask.testing import FlaskClient

from medportal import create_app

BAR = 300
COMMON = [
    "disease",
    "syndrome",
    "symptoms",
    "treatment",
    "blood",
    "cells",
    "people",
    "children",
    "health",
    "cancer",
    "heart",
    "condition",
    "gene",
    "pain",
    "cause",
    "body",
    "skin",
    "muscle",
    "family",
    "brain",
]
QUERIES = {
    "one name": "asthma",
    "20 common words": " ".join(COMMON),
    "120 common words": " ".join(islice(cycle(COMMON), 120)),
    "95 misspelt words": " ".join(f"{word[:3]}x{word[3:]}" for word in islice(cycle(COMMON), 95)),
    "60 hyphenated words": " ".join(f"x{n}-linked-y{n}" for n in range(60)),
    "26 letters": " ".join("abcdefghijklmnopqrstuvwxyz"),
    "one word of 3,000 letters": "a" * 3_000,
    "stop words only": "the of in",
    "syntax": '"(a OR b) NEAR/2 c* -d: ^e %_',
}
FILTERS = {"kind": "disease", "text": "en", "from": "2000-01-01"}


def took(client: FlaskClient, words: str, **filters: str) -> float:
    """Milliseconds of the quickest of three answers."""
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        assert client.get("/en/search", query_string={"q": words, **filters}).status_code == 200
        best = min(best, 1000 * (time.perf_counter() - began))
    return best


def main() -> None:
    client = create_app({"LOG_LEVEL": "ERROR", "TRUSTED_HOSTS": []}).test_client()
    slow = False
    for what, words in QUERIES.items():
        plain, narrowed = took(client, words), took(client, words, **FILTERS)
        slow = slow or max(plain, narrowed) > BAR
        print(f"{what:<28} {plain:6.0f} ms   with filters {narrowed:6.0f} ms   <= {BAR} ms")
    sys.exit(slow)


if __name__ == "__main__":
    main()

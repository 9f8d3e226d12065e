"""What the portal says already about what somebody is about to ask."""

from collections.abc import Sequence

from medportal.blueprints.search.queries import Filters, results
from medportal.models.listing import Listing

LONGEST = 500


def similar(words: str, lang: str, limit: int = 5) -> Sequence[Listing]:
    """Answered questions first, then other pages."""
    found = results(words[:LONGEST], Filters(), lang, number=1, size=3 * limit)
    entries: list[Listing] = [result.entry for result in found.page.entries]
    return sorted(entries, key=lambda entry: entry.kind != "question")[:limit]

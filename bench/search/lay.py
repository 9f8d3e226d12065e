"""What people really type: does one of the first three results answer it?

    MEDPORTAL_INSTANCE=… python -m bench.search.lay [--misses]

Run over a database with the MedQuAD import published. `lay.jsonl` was written apart from the glossary, by another hand;
`accept` are titles of pages that a careful librarian would take. The same search as readers use, in the language of the
query. Printed: share of queries with an accepted page among the first three, and in the first place.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import sqlalchemy as sa

from medportal import create_app
from medportal.extensions import db, reading
from medportal.lib.slugs import slugify
from medportal.models.content import ContentText
from medportal.search import query

SET = Path(__file__).with_name("lay.jsonl")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", action="store_true", help="print the queries without an accepted page")
    parser.add_argument("--set", type=Path, default=SET)
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.set.read_text(encoding="utf-8").splitlines()]
    app = create_app({"LOG_LEVEL": "ERROR"})
    with app.app_context(), reading():
        texts = db.session.execute(
            sa.select(ContentText.content_id, ContentText.slug, ContentText.title).where(
                ContentText.lang == "en"
            )
        ).all()
        by_slug = {slug: content_id for content_id, slug, _title in texts}
        titles = {content_id: title for content_id, _slug, title in texts}
        found: dict[tuple[str, str], list[tuple[bool, bool]]] = defaultdict(list)
        for row in rows:
            accepted = {by_slug.get(slugify(title)) for title in row["accept"]} - {None}
            hits = [hit.content_id for hit in query.search(row["q"], most=3).hits]
            db.session.rollback()
            right = (bool(accepted & set(hits)), bool(accepted & set(hits[:1])))
            found[row["lang"], "all"].append(right)
            found[row["lang"], row["type"]].append(right)
            if options.misses and not right[0]:
                print(
                    row["lang"],
                    row["type"],
                    row["q"],
                    "→",
                    [titles[i] for i in hits],
                    "wanted",
                    row["accept"],
                )
    for (lang, kind), results in sorted(found.items()):
        three, first = (sum(column) / len(results) for column in zip(*results, strict=True))
        print(
            f"{lang}  {kind:<16} {len(results):>4} queries  in the first three {three:.3f}  first {first:.3f}"
        )


if __name__ == "__main__":
    main()

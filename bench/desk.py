"""The desk's list of texts over 100,000 texts: milliseconds a page and statements, with each filter.

python -m bench.desk            50,000 things with two texts each
python -m bench.desk --things 5000
"""

import argparse
import random
import statistics
import tempfile
import time
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from bench.accounts import finish, line, use
from medportal import create_app, passwords
from medportal.blueprints.accounts import services as accounts
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.content import Content, ContentText, Section
from medportal.models.people import Person
from medportal.models.trust import Credit, Review

ROUNDS = 15
P50 = 100
PASSWORD = "a bench phrase that is long"
FILTERS = [
    *("", "page=40", "kind=disease", "state=draft", "language=behind", "language=missing", "language=gaps"),
    *("due=overdue", "due=never", "author=1", "q=Text+4999", "origin=imported"),
]
BATCH = 5000


def fill(things: int) -> None:
    dice, now = random.Random(7), utc_now()
    person = Person(name={"en": "Dr Bench"}, degrees=[], interests={})
    db.session.add(person)
    db.session.commit()
    kinds = ("disease", "news", "article", "guideline")
    for start in range(0, things, BATCH):
        ids = range(start + 1, min(start + BATCH, things) + 1)
        rows = [
            {
                "id": n,
                "kind": kinds[n % 4],
                "source_lang": "en",
                "origin": "own" if n % 3 else "imported",
                "touched_at": now - timedelta(minutes=n),
                "created_at": now,
                "binned_texts": {},
            }
            for n in ids
        ]
        db.session.execute(sa.insert(Content), rows)
        texts = [
            {
                "id": 2 * n + k,
                "content_id": n,
                "kind": kinds[n % 4],
                "lang": lang,
                "slug": f"text-{n}",
                "title": f"Text {n}",
                "synonyms": [],
                "status": dice.choices(("published", "draft"), (9, 1))[0],
            }
            for n in ids
            for k, lang in enumerate(("en", "ar"))
            if not (lang == "ar" and n % 10 == 0)
        ]
        db.session.execute(sa.insert(ContentText), texts)
        db.session.execute(
            sa.insert(Section),
            [
                {
                    "text_id": text["id"],
                    "key": "definition",
                    "state": "not_yet_written" if text["id"] % 50 == 0 else "written",
                }
                for text in texts
            ],
        )
        db.session.execute(
            sa.insert(Review),
            [
                {
                    "text_id": text["id"],
                    "person_id": person.id,
                    "reviewed_on": now.date() - timedelta(days=400),
                    "next_due": now.date() + timedelta(days=dice.randint(-30, 700)),
                }
                for text in texts
                if text["id"] % 2
            ],
        )
        db.session.execute(
            sa.insert(Credit),
            [
                {"content_id": n, "person_id": person.id, "role": "author", "position": 0}
                for n in ids
                if n % 40 == 0
            ],
        )
        db.session.commit()
    accounts.add_user("bench@example.org", passwords.hash_of(PASSWORD), name="", lang="en", role="owner")
    db.session.commit()
    db.session.execute(sa.text("ANALYZE"))
    db.session.commit()


def measure(app: Flask) -> None:
    client = app.test_client()
    origin = {"Origin": app.config["SITE_URL"]}
    form = {"email": "bench@example.org", "password": PASSWORD}
    assert client.post("/en/account/sign-in", data=form, headers=origin).status_code == 303
    statements = 0

    def count(*_args: object) -> None:
        nonlocal statements
        statements += 1

    with app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", count)
    for query in FILTERS:
        times = []
        for _ in range(ROUNDS):
            statements, start = 0, time.perf_counter()
            answer = client.get(f"/en/admin/texts/?{query}")
            times.append((time.perf_counter() - start) * 1000)
            assert answer.status_code == 200, (query, answer.status_code)
        p50 = statistics.median(times)
        line(query or "all", f"{p50:.0f} ms, {statements} statements", f"at most {P50} ms", p50 <= P50)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--things", type=int, default=50_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="medportal-desk-") as folder:
        use(folder)
        app = create_app({"STAFF_2FA": "optional", "LOG_LEVEL": "ERROR", "RATE_LIMITS": False})
        with app.app_context():
            upgrade()
            fill(options.things)
            db.session.remove()
        measure(app)


if __name__ == "__main__":
    main()
    finish()

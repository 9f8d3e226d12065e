"""How long pages take that nobody kept, beside Flask and Jinja giving the same bytes.

    python -m bench.pages                       on 2,000 made-up texts
    python -m bench.pages --texts 100000        on more of them
    python -m bench.pages --medquad FILE --index FILE   on the real records, published

Everything runs in one process against a scratch database; compare the ratios, not the milliseconds.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, render_template_string
from flask_migrate import upgrade
from werkzeug.test import Client

from medportal import create_app
from medportal.demo import loader, scale
from medportal.extensions import db
from medportal.importers import IMPORTERS
from medportal.importers.base import Options, run
from medportal.models.listing import Listing

ROUNDS = 60


def milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times)


def plain_flask(body: str) -> Client:
    """Flask and Jinja with the same bytes: one variable in one template."""
    app = Flask("plain")

    @app.get("/")
    def page() -> str:
        return render_template_string("{{ body }}", body=body)

    return Client(app)


def fill(app: Flask, options: argparse.Namespace) -> None:
    upgrade()
    loader.load()
    db.session.commit()
    if options.medquad:
        start = time.perf_counter()
        importer = IMPORTERS["medquad"](Options(index=options.index, publish=True))
        print(run(importer, [options.medquad], echo=lambda _line: None).summary())
        print(f"imported in {time.perf_counter() - start:.0f} s")
    else:
        scale.fill(options.texts, echo=lambda _line: None)


def addresses() -> dict[str, str]:
    found = {
        "home": "/en/",
        "home, Arabic": "/ar/",
        "diseases": "/en/diseases/",
        "diseases, Arabic": "/ar/diseases/",
    }
    found |= {"diseases, page 20": "/en/diseases/?page=20", "one letter": "/en/diseases/?letter=d"}
    found |= {"one category": "/en/categories/nervous", "the categories": "/en/categories/"}
    found |= {
        "disease (sample)": "/en/diseases/type-2-diabetes",
        "disease (sample), Arabic": _sample_in_arabic(),
    }
    other = db.session.scalars(
        sa.select(Listing.slug)
        .where(Listing.kind == "disease", Listing.lang == "en", Listing.own, Listing.origin != "sample")
        .order_by(Listing.content_id)
        .limit(200)
    ).all()
    if other:
        found["disease (other)"] = f"/en/diseases/{other[len(other) // 2]}"
    return found


def _sample_in_arabic() -> str:
    english = sa.select(Listing.content_id).where(Listing.slug == "type-2-diabetes").scalar_subquery()
    slug = db.session.scalar(
        sa.select(Listing.slug).where(Listing.lang == "ar", Listing.content_id == english)
    )
    return f"/ar/diseases/{slug}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--medquad", type=Path)
    parser.add_argument("--index", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            {
                "INSTANCE_PATH": folder,
                "DATABASE_URL": f"sqlite:///{folder}/bench.db",
                "LOG_LEVEL": "ERROR",
                "TESTING": True,
            }
        )
        with app.app_context():
            fill(app, options)
            pages = addresses()
            db.session.remove()
            queries = [0]
            sa.event.listen(
                db.engine, "before_cursor_execute", lambda *_: queries.__setitem__(0, queries[0] + 1)
            )
        client = Client(app)
        print(f"{'page':28}{'KB':>7}{'queries':>9}{'p50 ms':>9}{'p95 ms':>9}{'Flask+Jinja':>13}{'ratio':>7}")
        for name, path in pages.items():
            body = client.get(path).get_data(as_text=True)
            queries[0] = 0
            status = client.get(path).status_code
            assert status == 200, f"{path} answered {status}"
            asked = queries[0]
            plain = plain_flask(body)
            ours = milliseconds(lambda p=path: client.get(p))
            theirs = statistics.median(milliseconds(lambda c=plain: c.get("/")))
            p50, p95 = statistics.median(ours), ours[int(len(ours) * 0.95)]
            print(
                f"{name:28}{len(body) / 1024:7.1f}{asked:9}{p50:9.1f}{p95:9.1f}{theirs:13.2f}{p50 / theirs:7.1f}"
            )


if __name__ == "__main__":
    main()

"""What pages cost, beside the same bytes from the bare server, from Flask and from Flask with Jinja.

    python -m bench.pages                       (make bench) on 2,000 made-up texts
    python -m bench.pages --texts 100000        on more of them
    python -m bench.pages --medquad FILE --index FILE   on the real records, published
    python -m bench.pages --growth 1000 100000  the same pages on few and on many texts

Milliseconds of processor time a request, over all processes of the server that `make run` starts; every column of a line
is measured in this run, on this server, with these bytes. Compare the ratios: they hold on any machine.
"""

import argparse
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from bench.accounts import use
from bench.client import Answer, get, hammer
from bench.server import Server
from medportal import create_app, passwords
from medportal.blueprints.accounts import services as accounts
from medportal.demo import loader, scale
from medportal.extensions import db
from medportal.importers import IMPORTERS
from medportal.importers.base import Options, run
from medportal.models.listing import Listing

PASSWORD = "a bench phrase that is long"
MANY, FEW, ROUNDS = 1000, 100, 21
PLAIN = {"bare": MANY, "hello": MANY, "jinja": 200}
CONNECTIONS = 8
KEPT, NOT_KEPT = {"PAGE_CACHE_MB": "32"}, {"PAGE_CACHE_MB": "0"}


def fill(options: argparse.Namespace, texts: int) -> None:
    upgrade()
    loader.load()
    db.session.commit()
    if options.medquad:
        start = time.perf_counter()
        importer = IMPORTERS["medquad"](Options(index=options.index, publish=True))
        print(run(importer, [options.medquad], echo=lambda _line: None).summary())
        print(f"imported in {time.perf_counter() - start:.0f} s")
    else:
        scale.fill(texts, echo=lambda _line: None)
    accounts.add_user("bench@example.org", passwords.hash_of(PASSWORD), name="", lang="en", role="member")
    db.session.commit()


def addresses() -> dict[str, str]:
    other = db.session.scalars(
        sa.select(Listing.slug)
        .where(Listing.kind == "disease", Listing.lang == "en", Listing.own)
        .order_by(Listing.content_id.desc())
        .limit(200)
    ).all()
    return {
        "home": "/ar/",
        "list": "/ar/diseases/",
        "list, page 3": "/en/diseases/?page=3",
        "category": "/en/categories/nervous",
        "disease": f"/en/diseases/{other[len(other) // 2]}",
        "disease, long": "/en/diseases/type-2-diabetes",
    }


@dataclass
class Line:
    """Milliseconds a request."""

    bytes: int = 0
    cost: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """What is asked of which server, `times` in a round."""

    server: Server
    request: bytes
    times: int
    status: int = 200


def costs(asked: dict[str, Asked]) -> dict[str, float]:
    """Milliseconds of processor time for one request of each; the least of some rounds, in turn, so that whatever else
    the machine does meets all of them alike. Enough requests before it for every worker to be warm."""
    for one in asked.values():
        hammer(one.server.port, repeat(one.request, 60), connections=CONNECTIONS)
    rounds = [{name: _round(one) for name, one in asked.items()} for _ in range(ROUNDS)]
    return {name: min(seen[name] for seen in rounds) for name in asked}


def _round(one: Asked) -> float:
    before = one.server.cpu()
    run_of = hammer(one.server.port, repeat(one.request, one.times), connections=CONNECTIONS)
    assert run_of.statuses == {one.status: one.times}, f"{one.request!r} answered {run_of.statuses}"
    return (one.server.cpu() - before) / one.times * 1000


def cookie(port: int) -> str:
    """Of somebody who signed in."""
    form = f"email=bench%40example.org&password={PASSWORD.replace(' ', '+')}"
    head = "POST /en/account/sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n"
    head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n"
    answer = once(port, (head + form).encode())
    lines = [line for line in answer.head.split("\r\n") if line.lower().startswith("set-cookie: sid=")]
    assert lines, answer.head
    return lines[0].split(": ", 1)[1].split(";")[0]


def once(port: int, request: bytes) -> Answer:
    found: list[Answer] = []
    hammer(port, [request], connections=1, look=found.append)
    return found[0]


def measure(pages: dict[str, str], folder: Path) -> dict[str, Line]:
    lines = {}
    with Server("wsgi:app", NOT_KEPT, "/en/") as fresh, Server("wsgi:app", KEPT, "/en/") as keeping:
        member = cookie(fresh.port)
        for name, path in pages.items():
            once(keeping.port, get(path))
            page = once(keeping.port, get(path))
            body = folder / name
            body.write_bytes(page.body)
            plain = {"BENCH_BODY": str(body)}
            with ExitStack() as stack:
                servers = {app: stack.enter_context(Server(f"bench.plain:{app}", plain)) for app in PLAIN}
                asked = {
                    app: Asked(server, get("/"), times)
                    for (app, times), server in zip(PLAIN.items(), servers.values(), strict=True)
                }
                asked["304"] = Asked(keeping, get(path, If_None_Match=page.header("etag")), MANY, 304)
                asked["kept"] = Asked(keeping, get(path), MANY)
                asked["kept, br"] = Asked(keeping, get(path, Accept_Encoding="br, gzip"), MANY)
                asked["not kept"] = Asked(fresh, get(path), FEW)
                asked["member"] = Asked(fresh, get(path, Cookie=member), FEW)
                lines[name] = Line(len(page.body), costs(asked))
    return lines


COLUMNS = ("bare", "hello", "jinja", "304", "kept", "kept, br", "not kept", "member")


def show(lines: dict[str, Line]) -> None:
    print(f"{'ms of CPU a request':22}{'KB':>7}" + "".join(f"{name:>10}" for name in COLUMNS))
    for name, line in lines.items():
        costs = "".join(f"{line.cost[column]:10.3f}" for column in COLUMNS)
        print(f"{name:22}{line.bytes / 1024:7.1f}{costs}")
    print()
    for name, line in lines.items():
        c = line.cost
        most = c["bare"] + (c["hello"] - c["bare"]) / 4
        print(
            f"{name:22}kept page {c['kept'] / c['hello']:.2f} x hello (at most {most / c['hello']:.2f}: "
            f"{_said(c['kept'] <= most)}) · 304 {c['304'] / c['hello']:.2f} ({_said(c['304'] < c['kept'])}) · "
            f"not kept {c['not kept'] / c['jinja']:.1f} x Jinja (at most 3: {_said(c['not kept'] <= 3 * c['jinja'])}) · "
            f"member {c['member'] / c['not kept']:.2f} x not kept (at most 3: {_said(c['member'] <= 3 * c['not kept'])})"
        )


def _said(fine: bool) -> str:
    return "pass" if fine else "FAIL"


def site(options: argparse.Namespace, texts: int, folder: str) -> dict[str, str]:
    """Fill a site in this folder; name → address of the pages that are measured."""
    use(folder)
    app: Flask = create_app({"INSTANCE_PATH": folder, "LOG_LEVEL": "ERROR"})
    with app.app_context():
        fill(options, texts)
        pages = addresses()
        db.session.remove()
        db.engine.dispose()
    return pages


def growth(options: argparse.Namespace) -> None:
    """The cost of pages that are not kept, on two sizes of one site."""
    most = {"home": 1.2, "list": 1.3, "disease": 1.2}
    seen: list[dict[str, float]] = []
    for texts in options.growth:
        with tempfile.TemporaryDirectory() as folder:
            pages = site(options, texts, folder)
            with Server("wsgi:app", NOT_KEPT, "/en/") as server:
                seen.append(costs({name: Asked(server, get(pages[name]), FEW) for name in most}))
        print(f"{texts:>8} texts: " + ", ".join(f"{name} {ms:.2f} ms" for name, ms in seen[-1].items()))
    for name, limit in most.items():
        ratio = seen[-1][name] / seen[0][name]
        print(f"{name:10}{ratio:5.2f} x (at most {limit}: {_said(ratio <= limit)})")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--growth", type=int, nargs=2, metavar=("FEW", "MANY"))
    parser.add_argument("--medquad", type=Path)
    parser.add_argument("--index", type=Path)
    options = parser.parse_args()
    if options.growth:
        growth(options)
        return
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as bodies:
        show(measure(site(options, options.texts, folder), Path(bodies)))


if __name__ == "__main__":
    main()

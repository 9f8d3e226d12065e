"""A backup is restored on a strange, empty machine: is every public page the same, byte for byte?

    python -m bench.drills.restored                    about 2 minutes

The sample site and two uploaded pictures are served and read through: all that the sitemaps name, and what is linked from
there, in every language, with feeds, pictures and scripts. Then `flask backup make`; the instance is thrown away, and the
archive restored into an empty one with a secret key of its own; the pages are read again at the same address. Counted:
pages that are missing, new or differ. Left out of the comparison: the stamp in forms that says when a form was shown, and
when a calendar was asked for (DTSTAMP). The stopwatch runs from `flask backup restore` to the first page.
"""

import io
import random
import re
import shutil
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from urllib.parse import urldefrag, urljoin, urlsplit

from flask import Flask
from PIL import Image

from bench.accounts import use
from bench.drills import Answer, Promises, Server, fill, flask, scratch, serving
from medportal import create_app
from medportal.blueprints.media import services as media
from medportal.blueprints.media.decoding import read
from medportal.extensions import db
from medportal.i18n import LANGUAGES

PICTURES = 2
MOST_PAGES = 5000
_LINK = re.compile(r'(?:href|src)="([^"]+)"|<(?:loc|link)>([^<]+)</')
_SETS = re.compile(r'srcset="([^"]+)"')
_CHANGING = (
    re.compile(rb'name="ts" value="[^"]*"'),
    re.compile(rb"^DTSTAMP:.*$", re.M),
)
_PRIVATE = re.compile(r"^/[a-z]+/(account|admin)/")
Pages = dict[str, tuple[int, bytes]]


def upload(app: Flask) -> list[str]:
    """Pictures that nobody else has; the addresses of their files."""
    found = []
    with app.app_context():
        for number in range(PICTURES):
            dots = random.Random(number).randbytes(64 * 64 * 3)
            data = io.BytesIO()
            Image.frombytes("RGB", (64, 64), dots).resize((1200, 800)).save(data, "PNG")
            facts = media.Facts(alt=dict.fromkeys(LANGUAGES, "Dots"), source="A drill")
            row, _ = media.add(read(data.getvalue()), facts, original="dots.png", by="drill")
            found += [f"/media/{row.stem}-{width}.webp" for width in row.widths]
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return found


def read_all(server: Server, first: Iterable[str]) -> Pages:
    """Everything public, from `first` on along the links."""
    pages: Pages = {}
    waiting = {*first, "/sitemap.xml", "/robots.txt", *(f"/{lang}/" for lang in LANGUAGES)}
    with ThreadPoolExecutor(4) as pool:
        while waiting:
            paths = sorted(waiting)
            answers = list(pool.map(server.get, paths))
            waiting = set()
            for path, answer in zip(paths, answers, strict=True):
                pages[path] = (answer.status, _steady(answer.body))
                waiting |= links(server, path, answer)
            waiting -= pages.keys()
            if len(pages) + len(waiting) > MOST_PAGES:
                raise SystemExit("there is no end of pages")
    return pages


def _steady(body: bytes) -> bytes:
    for changing in _CHANGING:
        body = changing.sub(b"", body)
    return body


def links(server: Server, path: str, answer: Answer) -> set[str]:
    """Paths of the site's own public pages; of queries only further pages of lists."""
    if not any(kind in answer.headers.get_content_type() for kind in ("html", "xml")):
        return set()
    found = [unescape(one or other) for one, other in _LINK.findall(answer.text)]
    for several in _SETS.findall(answer.text):
        found += [part.split()[0] for part in several.split(",")]
    own = f"http://127.0.0.1:{server.port}"
    paths = set()
    for link in found:
        whole = urldefrag(urljoin(own + path, link))[0]
        parts = urlsplit(whole)
        wanted = not parts.query or re.fullmatch(r"page=\d+", parts.query)
        if whole.startswith(own + "/") and wanted and not _PRIVATE.match(parts.path):
            paths.add(whole.removeprefix(own))
    return paths


def compare(promises: Promises, before: Pages, after: Pages) -> None:
    missing, new = before.keys() - after.keys(), after.keys() - before.keys()
    differ = sorted(path for path in before.keys() & after.keys() if before[path] != after[path])
    figures = f"{len(before)} read, {len(differ)} differ, {len(missing)} missing, {len(new)} new"
    promises.note("pages", figures, "all the same", not differ and not missing and not new)
    for path in [*differ, *sorted(missing), *sorted(new)][:10]:
        print(f"    {path}", flush=True)
    wrong = sorted({status for status, _ in before.values()} - {200, 301, 302, 303, 308})
    promises.note("their answers", f"others than pages: {wrong or 'none'}", "none", not wrong)


def first_page(server: Server) -> float:
    while server.get("/en/").status != 200:
        time.sleep(0.1)
    return time.monotonic()


def main() -> None:
    promises = Promises()
    with scratch("restored") as folder:
        old, new, archive = folder / "old", folder / "new", folder / "carried.zip"
        use(str(old))
        fill()
        pictures = upload(create_app({"LOG_LEVEL": "ERROR"}))
        with serving(RATE_LIMITS="False") as server:
            port = server.port
            before = read_all(server, pictures)
        flask("backup", "make")
        shutil.copy(next((old / "backups").glob("*.zip")), archive)
        shutil.rmtree(old)
        use(str(new))
        start = time.monotonic()
        said = flask("backup", "restore", str(archive)).stdout.strip().splitlines()
        restored = time.monotonic() - start
        with serving(port=port, RATE_LIMITS="False") as server:
            serves = first_page(server) - start
            after = read_all(server, pictures)
        promises.note(
            "restored", f"{restored:.0f} s, first page after {serves:.0f} s", "", "Restored" in said[0]
        )
        kept = all(after.get(path, (0, b""))[0] == 200 for path in pictures)
        promises.note("uploaded pictures", f"{len(pictures)} files", "there", kept)
        strange = any("secret key is another one" in sentence for sentence in said)
        figures = "told that the secret key is another one" if strange else "took it for the old machine"
        promises.note("a strange machine", figures, "told", strange)
        compare(promises, before, after)
    promises.end()


if __name__ == "__main__":
    main()

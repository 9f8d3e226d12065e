"""What the sample texts are like: `python -m bench.samples` (20 s).

Counts them in both languages, the states of their sections, references for each claim (a sentence or an item of a list),
words in a sentence, abbreviations that no text explains, and Latin words in rendered Arabic pages that stand there without
their language. Loads the samples into a temporary instance and says how long that took. Ends with 1 when a bar is missed.
"""

import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask_migrate import upgrade

from medportal import create_app
from medportal.blueprints.content.addresses import page_url
from medportal.content_types import KINDS
from medportal.demo import loader
from medportal.extensions import db
from medportal.models.content import Content, Origin
from medportal.models.listing import Listing

LONGEST = {"en": 18, "ar": 16}
"""Median of words in a sentence, at most."""
SECONDS = 10
_CITED = re.compile(r"\[@[\w-]+\]")
_ABBREVIATION = re.compile(r"(?<![\w-])(?:[A-Z]{2,}[0-9]*|[A-Z][a-z]?[A-Z][A-Za-z0-9]*)(?![\w-])")
_WORDS = {"US", "UK", "USA", "OK", "II", "III", "IV", "VI", "AA", "BMC", "ISC", "MIT", "MSD", "NHS", "SIL"}
"""Names and numbers, nothing to explain."""
_NAMES = re.compile(r"https?://\S+|10\.\d{4,}/\S+|PubMed|DOI|iCalendar")
"""Addresses and names have no language."""
_LATIN = re.compile(r"[A-Za-z]{3,}")


class File:
    """A text as it is written."""

    def __init__(self, path: Path, lang: str) -> None:
        self.front, body = loader._read(path)
        self.name, self.lang = f"{path.stem}", lang
        self.sections = loader._split(loader._SECTION, body)

    @property
    def written(self) -> str:
        """All prose, treatments too."""
        prose = [words for _, words in self.sections if not loader._STATE.match(words)]
        for record in self.front.get("treatments", []):
            prose += [str(words) for key, words in record.items() if key not in ("key", "name")]
        return "\n\n".join(prose)

    def claims(self) -> list[str]:
        lines = [re.sub(r"^(?:[-*]|\d+\.|#+) +", "", line) for line in self.written.splitlines()]
        found = [
            re.split(r"(?<=[.!?\u061f])(?:\s|(?=\s*\[@))+(?!\[@)", line) for line in lines if line.strip()
        ]
        return [claim.strip() for claims in found for claim in claims if re.search(r"\w", claim)]


def files() -> Iterator[tuple[str, list[File]]]:
    for kind, path in loader._files():
        yield kind.key, [File(path.with_suffix(f".{lang}.md"), lang) for lang in LONGEST]


def median(file: File) -> float:
    lengths = [len(_CITED.sub("", claim).split()) for claim in file.claims()]
    return statistics.median(lengths) if lengths else 0


def unexplained(file: File) -> set[str]:
    """Abbreviations that stand neither in brackets behind their words, nor before them, nor among the synonyms."""
    treatments = " ".join(str(record.get("name")) for record in file.front.get("treatments", []))
    text = f"{treatments} {_CITED.sub('', file.written)}".replace("*", "")
    names = {str(row.get("name")) for row in file.front.get("synonyms", [])} | {file.front["title"]}
    found = set()
    for short in set(_ABBREVIATION.findall(text)) - _WORDS:
        explained = re.search(
            rf"\((?:[^()]*\W)?{short}s?(?:\W[^()]*)?\)|{short}s?(?: \w+)? \(|{short} test:", text
        )
        if not explained and not any(short in name for name in names):
            found.add(short)
    return found


def instance() -> tuple[Flask, float]:
    folder = tempfile.mkdtemp()
    app = create_app(
        {"INSTANCE_PATH": folder, "DATABASE_URL": f"sqlite:///{folder}/medportal.db", "LOG_LEVEL": "CRITICAL"}
    )
    with app.app_context():
        upgrade()
        began = time.monotonic()
        loader.load()
        return app, time.monotonic() - began


def latin_without_language(app: Flask) -> Counter[str]:
    """In what is written of Arabic pages; names of sources and addresses stand in lists of their own."""
    with app.test_request_context("/ar/"):
        rows = db.session.scalars(
            sa.select(Listing)
            .join(Content, Content.id == Listing.content_id)
            .where(Listing.lang == "ar", Content.origin == Origin.SAMPLE)
        )
        paths = [page_url(row.kind, row.slug, lang="ar") for row in rows]
    found: Counter[str] = Counter()
    client = app.test_client()
    for path in paths:
        soup = BeautifulSoup(client.get(path).get_data(as_text=True), "html.parser")
        for gone in soup.select(".share, script, style, dl.detail"):
            gone.decompose()
        for gone in soup.select(".share, script, style"):
            gone.decompose()
        for node in soup.select_one("main").find_all(string=True):  # type: ignore[union-attr]
            owner, words = node.find_parent(attrs={"lang": True}), _NAMES.sub("", str(node))
            if owner is not None and owner["lang"] == "ar" and _LATIN.search(words):
                found[f"{unquote(path)}: {words.strip()[:60]}"] += 1
    return found


def main() -> None:
    counts: Counter[str] = Counter()
    states: Counter[str] = Counter()
    medians: dict[str, list[float]] = {lang: [] for lang in LONGEST}
    faults = []
    print(f"{'text':46} {'en':>5} {'ar':>5}  words a sentence | cited of claims")
    for kind, pair in files():
        counts[kind] += 1
        told = []
        for file in pair:
            medians[file.lang].append(median(file))
            claims = file.claims()
            told.append((median(file), sum(bool(_CITED.search(c)) for c in claims), len(claims)))
            states.update(
                match[1] if (match := loader._STATE.match(words)) else "written" for _, words in file.sections
            )
            faults += [f"{file.name}: {short} is not explained" for short in sorted(unexplained(file))]
            if median(file) > LONGEST[file.lang]:
                faults.append(f"{file.name}: {median(file)} words a sentence")
        if [key for key, _ in pair[0].sections] != [key for key, _ in pair[1].sections]:
            faults.append(f"{pair[0].name}: other sections in the other language")
        if kind in ("disease", "article", "guideline"):
            (en, cited, of), (ar, *_rest) = told
            print(f"{pair[0].name[:-3]:46} {en:5.1f} {ar:5.1f}  {cited} of {of}")
    print(
        f"\ntexts in both languages: {dict(counts)} of {len(KINDS)} kinds, states of sections: {dict(states)}"
    )
    print(
        "median of medians: "
        + ", ".join(f"{lang} {statistics.median(found):.1f}" for lang, found in medians.items())
    )
    app, seconds = instance()
    print(f"loaded in {seconds:.1f} s")
    if seconds > SECONDS:
        faults.append(f"loading took {seconds:.1f} s")
    faults += [f"no language: {where}" for where in latin_without_language(app)]
    print("\n".join(faults) or "no faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()

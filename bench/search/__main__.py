"""The figures of the search, each with its bar.

    python -m bench.search                       all of the below
    python -m bench.search quality               the benchmark beside this repository: macro means, cells under target
    python -m bench.search quality --postgres --compare FILE    the same on BENCH_DATABASE_URL, beside an earlier --out
    python -m bench.search invariance            does a query with marks or in capitals rank as the plain one does?
    python -m bench.search speed --texts 1000 10000 100000      beside a plain FTS5 table over the same texts
    python -m bench.search suggest               suggestions while somebody types

Ends with 1 when a bar is missed. Times only mean something beside those of the same run on a quiet machine.
"""

import argparse
import gzip
import importlib.util
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.search.adapter import Product
from medportal.extensions import db
from medportal.search import suggest as suggestions

ADAPTER = Path(__file__).with_name("adapter.py")
TOOLS = Path(__file__).resolve().parents[3] / "shared" / "tools" / "search"
EXTERNAL = "BENCH_DATABASE_URL"
MOST = 10

Row = dict[str, Any]
Cell = tuple[str, str]
"""Set and kind."""

# quality

GROUPS: dict[str, tuple[tuple[str, ...], ...]] = {
    "Arabic": (("xquad-ar",), ("arcd",), ("tico-term", "ar"), ("robust-ar",)),
    "English text": (("xquad-en",), ("robust-en",)),
    "English medical": (("medquad-name",), ("medquad-syn",), ("medquad-ask",), ("liveqa",)),
    "English to Arabic": (("tico-term", "en2ar"),),
    "Arabic to English": (("tico-term", "ar2en"),),
}
"""Sets, or single kinds of one, whose kinds count alike in a mean."""
BARS = {
    "Arabic": (0.76, 0.70),
    "English text": (0.90, 0.87),
    "English medical": (0.92, 0.90),
    "English to Arabic": (0.50, 0.50),
    "Arabic to English": (0.66, 0.66),
}
"""Aim and floor of each mean."""
APART = 0.01
"""How far the means of two databases may be apart."""
EMPTY = 0.01
TARGETS = {
    "xquad-ar": {"question": 0.945},
    "arcd": {"question": 0.845},
    "tico-term": {"ar": 0.53, "en2ar": 0.5, "ar2en": 0.66},
    "robust-ar": {
        "clean": 0.75,
        "clitic": 0.74,
        "digits": 0.945,
        "hamza": 0.74,
        "mixed": 0.75,
        "persian": 0.77,
        "prefix": 0.65,
        "tamarbuta": 0.73,
        "tashkeel": 0.75,
        "tatweel": 0.755,
        "typo1": 0.69,
        "typoall": 0.63,
        "ya": 0.79,
    },
    "xquad-en": {"question": 0.972},
    "robust-en": {"clean": 0.89, "prefix": 0.85, "typo1": 0.87, "typoall": 0.87, "upper": 0.89},
    "medquad-name": {
        "british": 0.99,
        "clean": 0.997,
        "hyphen": 0.85,
        "prefix": 0.97,
        "typo1": 0.99,
        "typoall": 0.975,
        "upper": 0.998,
    },
    "medquad-syn": {"heldout": 0.66, "known": 0.995, "known-prefix": 0.95, "known-typo1": 0.985},
    "medquad-ask": {"question": 0.985},
    "liveqa": {"message": 0.71, "summary": 0.88},
}
"""MRR@10 of each cell, from SEARCH.md beside the benchmark. Missing one is shown, and fails nothing."""


def line(what: str, figures: str, bar: str, fine: bool) -> bool:
    print(f"  {what:26}{figures:58}{bar:26}{'pass' if fine else 'FAIL'}", flush=True)
    return fine


def quality(options: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory(prefix="medportal-search-") as folder:
        results = Path(folder, "results.json")
        _run_benchmark(options, folder, results)
        if options.out:
            shutil.copyfile(results, options.out)
        found, broken = cells(results), failures(results)
    _print_cells(found)
    print("\nMacro means of MRR@10", flush=True)
    means = macro_means(found)
    fine = [_against_bars(group, mean, len(members(group, found))) for group, mean in means.items()]
    fine += [line(name, f"{told['n']} queries failed", "0", False) for name, told in broken]
    for name, told in broken:
        print(f"    {name}: {told['example'].splitlines()[0]}")
    if options.compare:
        fine += _compared(means, macro_means(cells(options.compare)), options.compare)
    return all(fine)


def _run_benchmark(options: argparse.Namespace, folder: str, results: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != EXTERNAL}
    if options.postgres:
        if EXTERNAL not in os.environ:
            raise SystemExit(f"--postgres needs {EXTERNAL}: an empty database, all of it is thrown away")
        environment[EXTERNAL] = os.environ[EXTERNAL]
    command = [sys.executable, str(options.tools / "run.py"), f"--engine={ADAPTER}:Product"]
    command += [f"--split={options.split}", f"--out={results}", f"--work={folder}"]
    if options.sample:
        command.append(f"--sample={options.sample}")
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    if not results.exists():
        raise SystemExit("the benchmark broke off")


def cells(results: Path) -> dict[Cell, dict[str, float]]:
    """The measures of each set and kind; of two halves, weighted by their numbers of queries."""
    (engine,) = json.loads(results.read_text(encoding="utf-8")).values()
    halves: dict[Cell, list[dict[str, float]]] = {}
    for sets in engine["sets"].values():
        for name, kinds in sets.items():
            for kind, measures in kinds.items():
                if kind != "errors":
                    halves.setdefault((name, kind), []).append(measures)
    return {cell: _together(measures) for cell, measures in sorted(halves.items())}


def failures(results: Path) -> list[tuple[str, dict[str, Any]]]:
    """Sets with queries that ended in an error: how many, and one of the errors."""
    (engine,) = json.loads(results.read_text(encoding="utf-8")).values()
    return [
        (name, kinds["errors"])
        for sets in engine["sets"].values()
        for name, kinds in sets.items()
        if "errors" in kinds
    ]


def _together(halves: Sequence[Mapping[str, float]]) -> dict[str, float]:
    queries = sum(half["n"] for half in halves)
    found = {measure: sum(half[measure] * half["n"] for half in halves) / queries for measure in halves[0]}
    return found | {"n": queries}


def members(group: str, found: Iterable[Cell]) -> list[Cell]:
    return [cell for cell in found if any(cell[: len(part)] == part for part in GROUPS[group])]


def macro_means(found: Mapping[Cell, Mapping[str, float]]) -> dict[str, float]:
    return {
        group: statistics.mean(found[cell]["mrr"] for cell in here)
        for group in GROUPS
        if (here := members(group, found))
    }


def _print_cells(found: Mapping[Cell, Mapping[str, float]]) -> None:
    print(f"{'set':14}{'kind':14}{'asked':>6}{'MRR@10':>8}{'target':>8}{'R@10':>7}{'p50 ms':>8}{'p95 ms':>8}")
    under = 0
    for (name, kind), cell in found.items():
        target = TARGETS[name].get(kind)
        remarks = []
        if target is not None and cell["mrr"] < target:
            under += 1
            remarks.append(f"under target by {target - cell['mrr']:.3f}")
        if cell["empty"] > EMPTY:
            remarks.append(f"{cell['empty']:.1%} without results")
        print(
            f"{name:14}{kind:14}{cell['n']:6.0f}{cell['mrr']:8.3f}{'' if target is None else f'{target:.3f}':>8}"
            f"{cell['r10']:7.3f}{cell['p50']:8.1f}{cell['p95']:8.1f}  {', '.join(remarks)}".rstrip()
        )
    print(f"{under} cells are under their target", flush=True)


def _against_bars(group: str, mean: float, kinds: int) -> bool:
    aim, floor = BARS[group]
    figures = f"{mean:.4f} over {kinds} kind{'s' * (kinds != 1)}" + (", below its aim" if mean < aim else "")
    bar = f">= {floor:.2f}" if aim == floor else f"aim {aim:.2f}, floor {floor:.2f}"
    return line(group, figures, bar, mean >= floor)


def _compared(here: Mapping[str, float], there: Mapping[str, float], file: Path) -> list[bool]:
    print(f"Beside {file.name}")
    return [
        line(group, f"{mean:.4f} - {there[group]:.4f} = {mean - there[group]:+.4f}", f"within {APART}", near)
        for group, mean in here.items()
        if group in there
        for near in [abs(mean - there[group]) <= APART]
    ]


# what the other figures share


def rows(file: Path) -> list[Row]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(row) for row in lines]


def data(options: argparse.Namespace) -> Path:
    return Path(options.tools.parent.parent, "data", "search")


def corpus(options: argparse.Namespace, name: str) -> list[Row]:
    return rows(data(options) / "corpora" / f"{name}.jsonl.gz")


def asked(options: argparse.Namespace, name: str, kind: str) -> list[Row]:
    """The queries of one kind that may be looked at."""
    return [row for row in rows(data(options) / "dev" / f"{name}.jsonl.gz") if row["kind"] == kind]


@contextmanager
def product(options: argparse.Namespace, lang: str = "en") -> Iterator[Product]:
    """The search of the portal in SQLite and in this process, with the glossary; still without texts."""
    os.environ.pop(EXTERNAL, None)
    with tempfile.TemporaryDirectory(prefix="medportal-search-") as folder:
        made = Product(folder, lang)
        try:
            made.glossary(rows(data(options) / "glossary.jsonl.gz"))
            yield made
        finally:
            made.close()


# invariance

_MARKS = re.compile("[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
EXAMPLES = 3


def unmarked(text: str) -> str:
    """Without vowel marks and tatweel."""
    return _MARKS.sub("", text)


CHANGES: dict[str, tuple[tuple[str, str, Callable[[str], str]], ...]] = {
    "ar-mix": (("robust-ar", "tashkeel", unmarked), ("robust-ar", "tatweel", unmarked)),
    "en-mix": (("robust-en", "upper", str.lower),),
    "medquad": (("medquad-name", "upper", str.lower),),
}
"""What is undone in the queries of a kind, by corpus."""


def invariance(options: argparse.Namespace) -> bool:
    print("Rankings that differ from those of the plain query", flush=True)
    fine = []
    for name, kinds in CHANGES.items():
        with product(options, "ar" if name == "ar-mix" else "en") as searched:
            searched.build(corpus(options, name))
            for set_, kind, plain in kinds:
                queries = [row["q"] for row in asked(options, set_, kind)][: options.sample]
                fine.append(_differing(searched, f"{set_} {kind}", queries, plain))
    return all(fine)


def _differing(searched: Product, what: str, queries: Sequence[str], plain: Callable[[str], str]) -> bool:
    differ = [
        query for query in queries if searched.search(query, MOST) != searched.search(plain(query), MOST)
    ]
    fine = line(what, f"{len(differ)} of {len(queries)}", "0", not differ)
    for query in differ[:EXAMPLES]:
        print(f"    {query} | {plain(query)}")
    return fine


# speed

RATIO, SIZE = 2.0, 1.0
TEXTS = (1_000, 10_000)
EACH, WARM, ROUNDS = 50, 20, 3
SEED = 7
_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_WORD = re.compile(r"\w+")

Question = tuple[str, str]
"""What sort of query, and its text."""


def speed(options: argparse.Namespace) -> bool:
    medquad = corpus(options, "medquad")
    questions = mixed(options, medquad)
    fine = [_speed_on(options, medquad, size, questions) for size in options.texts]
    return all(fine)


def mixed(options: argparse.Namespace, medquad: Sequence[Row]) -> list[Question]:
    """Queries of four sorts in any order, the same in every run."""
    chance = random.Random(SEED)
    sorts = {
        "names": [row["q"] for row in asked(options, "medquad-name", "clean")[:EACH]],
        "three words": [_three_words(medquad, chance) for _ in range(EACH)],
        "questions": [row["q"] for row in asked(options, "medquad-ask", "question")[:EACH]],
        "misspelt names": [row["q"] for row in asked(options, "medquad-name", "typoall")[:EACH]],
    }
    found = [(sort, query) for sort, queries in sorts.items() for query in queries]
    chance.shuffle(found)
    return found


def _three_words(medquad: Sequence[Row], chance: random.Random) -> str:
    words: list[str] = []
    while len(words) < 3:
        words = _WORD.findall(chance.choice(chance.choice(medquad)["sections"])["t"])
    return " ".join(chance.sample(words, 3))


def texts(medquad: Sequence[Row], size: int) -> Iterator[Row]:
    """As many texts as asked for: the first of the corpus, then the same again, changed."""
    for number in range(size):
        text = medquad[number % len(medquad)]
        yield text if number < len(medquad) else another(text, number)


def another(text: Row, number: int) -> Row:
    """A text of its own out of this one: the number behind each name, the sentences shuffled over the sections."""
    parts = [_SENTENCE.split(section["t"]) for section in text["sections"]]
    sentences = [sentence for part in parts for sentence in part]
    random.Random(number).shuffle(sentences)
    dealt = iter(sentences)
    sections = [
        {"h": section["h"], "t": " ".join(next(dealt) for _ in part)}
        for section, part in zip(text["sections"], parts, strict=True)
    ]
    return {
        "id": f"{text['id']}-{number}",
        "lang": text["lang"],
        "title": f"{text['title']} {number}",
        "synonyms": [f"{name} {number}" for name in text["synonyms"]],
        "sections": sections,
    }


def _speed_on(
    options: argparse.Namespace, medquad: Sequence[Row], size: int, questions: Sequence[Question]
) -> bool:
    print(f"{size:,} texts", flush=True)
    with product(options) as ours, tempfile.TemporaryDirectory(prefix="medportal-fts5-") as folder:
        start = time.perf_counter()
        ours.build(texts(medquad, size))
        built = time.perf_counter() - start
        plain, plain_built = _plain_fts5(options, folder, texts(medquad, size))
        _print_figures(
            "build", f"{built:.1f} s, plain FTS5 {plain_built:.1f} s ({built / plain_built:.1f} x)"
        )
        took = race({"ours": ours.search, "plain": plain.search}, questions)
        index, text = ours.size(), ours.text()
    for sort in dict.fromkeys(sort for sort, _query in sorted(questions)):
        mine, theirs = took["ours"][sort], took["plain"][sort]
        _print_figures(sort, f"{mine:.2f} s, plain FTS5 {theirs:.2f} s ({mine / theirs:.2f} x)")
    mine, theirs = took["ours"].total(), took["plain"].total()
    figures = f"{mine:.2f} s, plain FTS5 {theirs:.2f} s ({mine / theirs:.2f} x)"
    fast = line(f"{len(questions)} queries", figures, f"<= {RATIO} x", mine / theirs <= RATIO)
    figures = f"{index / 1e6:.1f} MB beside {text / 1e6:.1f} MB of text ({index / text:.2f} x)"
    return line("index without the text", figures, f"<= {SIZE} x", index / text <= SIZE) and fast


def _print_figures(what: str, figures: str) -> None:
    print(f"  {what:26}{figures}", flush=True)


def _plain_fts5(options: argparse.Namespace, folder: str, docs: Iterable[Row]) -> tuple[Any, float]:
    """The benchmark's own plain engine over these texts, and the seconds it took."""
    found = importlib.util.spec_from_file_location("engines", options.tools / "engines.py")
    assert found, "the benchmark has no engines"
    assert found.loader
    engines = importlib.util.module_from_spec(found)
    found.loader.exec_module(engines)
    start = time.perf_counter()
    plain = engines.Fts5Or(folder, "en")
    plain.build(docs)
    return plain, time.perf_counter() - start


def race(
    engines: Mapping[str, Callable[[str, int], object]], questions: Sequence[Question]
) -> dict[str, Counter[str]]:
    """Seconds of each engine for each sort of query in its best round; the engines answer every query in turn."""
    for _sort, query in questions[:WARM]:
        for search in engines.values():
            search(query, MOST)
    rounds = [_one_round(engines, questions) for _ in range(ROUNDS)]
    return {name: min((took[name] for took in rounds), key=Counter.total) for name in engines}


def _one_round(
    engines: Mapping[str, Callable[[str, int], object]], questions: Sequence[Question]
) -> dict[str, Counter[str]]:
    took: dict[str, Counter[str]] = {name: Counter() for name in engines}
    order = list(engines)
    for sort, query in questions:
        for name in order:
            start = time.perf_counter()
            engines[name](query, MOST)
            took[name][sort] += time.perf_counter() - start  # type: ignore[assignment]
        order.reverse()
    return took


# suggest

NAMES, TYPED = 10_000, 300
LETTERS = range(2, 9)
P95_MS = 20


def suggest(options: argparse.Namespace) -> bool:
    named = _names_only(corpus(options, "medquad"))
    every = [name for text in named for name in (text["title"], *text["synonyms"])]
    chosen = random.Random(SEED).sample(every, TYPED)
    with product(options) as searched:
        searched.build(named)
        for name in chosen[:WARM]:
            _timed(name[: LETTERS[0]])
        took = [_timed(name[:letters]) for name in chosen for letters in LETTERS]
    times = sorted(milliseconds for milliseconds, _found in took)
    p50, p95 = statistics.median(times), times[int(len(times) * 0.95)]
    none = sum(not found for _milliseconds, found in took) / len(took)
    print(f"Suggestions from {len(every):,} names", flush=True)
    figures = f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, longest {times[-1]:.1f} ms, {none:.1%} without any"
    return line(f"{len(took):,} beginnings", figures, f"p95 <= {P95_MS} ms", p95 <= P95_MS)


def _names_only(medquad: Iterable[Row]) -> list[Row]:
    """The texts without their sections, until there are names enough."""
    found: list[Row] = []
    left = NAMES
    for text in medquad:
        if left > 0:
            found.append(text | {"synonyms": text["synonyms"][: left - 1], "sections": []})
            left -= 1 + len(found[-1]["synonyms"])
    return found


def _timed(typed: str) -> tuple[float, int]:
    """Milliseconds, and how many were suggested."""
    start = time.perf_counter()
    found = len(suggestions.suggest(typed, "en"))
    db.session.rollback()
    return (time.perf_counter() - start) * 1000, found


# the command


def arguments() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--tools", type=Path, default=argparse.SUPPRESS, help="folder of the benchmark's run.py"
    )
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, parents=[common]
    )
    parser.set_defaults(tools=TOOLS, run=None)
    commands = parser.add_subparsers(metavar="quality | invariance | speed | suggest")
    for run in FIGURES:
        commands.add_parser(run.__name__, parents=[common]).set_defaults(run=run)
    of_quality = commands.choices["quality"]
    of_quality.add_argument("--split", choices=["dev", "heldout", "both"], default="dev")
    of_quality.add_argument("--out", type=Path, metavar="FILE", help="keep the benchmark's own results")
    of_quality.add_argument("--postgres", action="store_true", help=f"on {EXTERNAL}, which is emptied")
    of_quality.add_argument("--compare", type=Path, metavar="FILE", help="results of another run")
    for name in ("quality", "invariance"):
        commands.choices[name].add_argument(
            "--sample", type=int, metavar="N", help="at most this many queries of each kind"
        )
    commands.choices["speed"].add_argument("--texts", type=int, nargs="+", default=TEXTS)
    return parser


FIGURES: tuple[Callable[[argparse.Namespace], bool], ...] = (quality, invariance, speed, suggest)


def main() -> None:
    parser = arguments()
    chosen = parser.parse_args()
    if chosen.run:
        fine = [chosen.run(chosen)]
    else:
        fine = [run(parser.parse_args([*sys.argv[1:], run.__name__])) for run in FIGURES]
    raise SystemExit(not all(fine))


if __name__ == "__main__":
    main()

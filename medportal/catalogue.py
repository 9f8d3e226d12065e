"""The translations: `python -m medportal.catalogue update` extracts, merges and compiles; `check` fails on any gap.

Extraction writes no line numbers and no dates, so that a change of one message is a change of one line.
"""

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
TRANSLATIONS = ROOT / "translations"
POT = TRANSLATIONS / "messages.pot"
PLURALS = {
    # Babel 2.18 writes the last two Arabic forms in the wrong order; this is the order of gettext and CLDR.
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);",
}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "lazy_gettext": None,
    "_l": None,
    "pgettext": ((1, "c"), 2),
}
_MADE = datetime(2026, 1, 1, tzinfo=UTC)


def extracted() -> Catalog:
    catalog = Catalog(
        project="medportal", version="", copyright_holder="", creation_date=_MADE, charset="utf-8"
    )
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    for path, _line, message, comments, context in extract_from_dir(
        ROOT, methods, options, keywords=KEYWORDS, comment_tags=("Translators:",), directory_filter=_wanted
    ):
        catalog.add(message, None, [(path, 1)], auto_comments=comments, context=context)
    return catalog


def _wanted(folder: str) -> bool:
    return not any(
        part.startswith(".") or part in ("node_modules", "static") for part in Path(folder).parts[-1:]
    )


def _catalogues() -> Iterator[Path]:
    yield from sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))


def _dump(catalog: Catalog) -> bytes:
    out = io.BytesIO()
    write_po(
        out, catalog, no_location=True, sort_output=True, omit_header=False, width=0, ignore_obsolete=True
    )
    return out.getvalue()


def _load(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def merged(path: Path, template: Catalog) -> Catalog:
    """The catalogue with new messages added and vanished ones gone; nothing is guessed."""
    catalog = _load(path)
    code = path.parent.parent.name
    if code in PLURALS:
        forms = int(PLURALS[code].split("=")[1].split(";")[0])
        catalog._num_plurals = forms  # type: ignore[assignment]  # Babel has no public way
        catalog._plural_expr = PLURALS[code].split("plural=")[1].rstrip(";")  # type: ignore[assignment]
    catalog.update(template, no_fuzzy_matching=True)
    catalog.creation_date = catalog.revision_date = _MADE
    return catalog


def _compiled(catalog: Catalog) -> bytes:
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def update() -> list[str]:
    template = extracted()
    POT.parent.mkdir(exist_ok=True)
    POT.write_bytes(_dump(template))
    for path in _catalogues():
        catalog = merged(path, template)
        path.write_bytes(_dump(catalog))
        path.with_suffix(".mo").write_bytes(_compiled(_load(path)))
    return check()


def check() -> list[str]:
    """Everything that would let a reader see a wrong language; empty when all is well."""
    template = extracted()
    faults = [] if POT.read_bytes() == _dump(template) else ["messages.pot is older than the source"]
    for path in _catalogues():
        code = path.parent.parent.name
        catalog = _load(path)
        faults += [f"{code}: not translated: {m.id!r}" for m in catalog if m.id and not _complete(m, catalog)]
        faults += [f"{code}: fuzzy: {m.id!r}" for m in catalog if m.id and m.fuzzy]
        faults += [
            f"{code}: {error}: {m.id!r}" for m in catalog if m.id and m.string for error in m.check(catalog)
        ]
        if code in PLURALS and PLURALS[code] not in path.read_text(encoding="utf-8"):
            faults.append(f"{code}: the rule of plurals was changed")
        if path.read_bytes() != _dump(merged(path, template)):
            faults.append(f"{code}: messages.po is older than the source")
        if path.with_suffix(".mo").read_bytes() != _compiled(catalog):
            faults.append(f"{code}: messages.mo is older than messages.po")
    return faults


def _complete(message: object, catalog: Catalog) -> bool:
    string = message.string  # type: ignore[attr-defined]
    if isinstance(string, tuple | list):
        return len(string) == catalog.num_plurals and all(string)
    return bool(string)


if __name__ == "__main__":
    found = update() if sys.argv[1:] == ["update"] else check()
    print("\n".join(found) or "The catalogues are complete and fresh.")  # noqa: T201
    sys.exit(1 if found else 0)

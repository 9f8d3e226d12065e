"""Sources outside the portal: one file each, one line here."""

from collections.abc import Callable, Iterable
from pathlib import Path

from medportal.importers import base, facts
from medportal.importers.base import Importer, Totals, Watcher
from medportal.importers.medquad import MedquadImporter
from medportal.importers.openfda import OpenFdaImporter
from medportal.importers.trials import TrialsImporter

IMPORTERS: dict[str, type[Importer] | type[facts.FactsImporter]] = {
    "medquad": MedquadImporter,
    "openfda": OpenFdaImporter,
    "trials": TrialsImporter,
}


def run(
    importer: Importer | facts.FactsImporter,
    files: Iterable[Path],
    *,
    echo: Callable[[str], None],
    watcher: Watcher | None = None,
) -> Totals:
    """Texts become pages, facts become rows."""
    if isinstance(importer, facts.FactsImporter):
        return facts.run(importer, files, echo=echo, watcher=watcher)
    return base.run(importer, files, echo=echo, watcher=watcher)

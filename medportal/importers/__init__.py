"""Sources of texts outside the portal: one file each, one line here."""

from medportal.importers.base import Importer
from medportal.importers.medquad import MedquadImporter

IMPORTERS: dict[str, type[Importer]] = {
    "medquad": MedquadImporter,
}

"""The trial: an archive is restored into a scratch place, and what came out is compared with what went in."""

from pathlib import Path

from medportal.backups import archive, engines, places
from medportal.backups.manifest import Damaged, Manifest


def verify(path: Path, *, room: Path | None = None) -> Manifest:
    """The manifest of an archive from which the site really can be restored; Damaged says why it cannot."""
    with places.scratch(room) as scratch:
        manifest = archive.unpack(path, scratch)
        compare(manifest, *_facts(scratch / manifest.member, manifest))
    return manifest


def _facts(database: Path, manifest: Manifest) -> tuple[str, dict[str, int]]:
    if manifest.database == "sqlite":
        return engines.facts_of_sqlite(database)
    if engines.dialect() != "postgresql":
        raise Damaged("an archive of PostgreSQL can be tried only where the portal runs on PostgreSQL")
    with engines.scratch_database() as engine:
        engines.pg_restore(database, engine.url)
        return engines.facts_of_postgres(engine)


def compare(manifest: Manifest, migration: str, counts: dict[str, int]) -> None:
    if migration != manifest.migration:
        raise Damaged(f"the database is of migration {migration}, not {manifest.migration}")
    wrong = sorted(
        table
        for table in counts.keys() | manifest.counts.keys()
        if counts.get(table) != manifest.counts.get(table)
    )
    if wrong:
        table = wrong[0]
        raise Damaged(f"{table}: {counts.get(table)} rows, not {manifest.counts.get(table)}")

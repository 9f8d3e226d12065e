"""Search in Arabic and English over one index: `analysis` (terms), `collect` and `index` (writing), `query` (ranking),
`spelling`, `synonyms`, `glossary`, `highlight`, `upkeep`; `sqlite` and `postgres` are the only places that know a
database."""

from flask import Flask

from medportal import changes
from medportal.search import collect


def init_app(_app: Flask) -> None:
    """Every public change passes through here (see `medportal.changes`)."""
    if collect.content_changed not in changes.HOOKS:
        changes.HOOKS.append(collect.content_changed)

"""The product's search for the benchmark's `run.py`: a fresh database, migrated, filled and asked by public functions.

    python run.py --engine …/bench/search/adapter.py:Product --split dev

`BENCH_DATABASE_URL` (PostgreSQL, an empty scratch database) runs the same there.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import sqlalchemy as sa
from flask_migrate import upgrade

from medportal import create_app
from medportal.extensions import db, reading
from medportal.search import glossary, index, query
from medportal.search.index import Entry, Name, Piece

BATCH = 200


class Product:
    def __init__(self, workdir: str, lang: str) -> None:
        settings = {
            "INSTANCE_PATH": workdir,
            "SECRET_KEY": "a key for benches only, long enough",
            "LOG_LEVEL": "ERROR",
        }
        settings["DATABASE_URL"] = os.environ.get("BENCH_DATABASE_URL", "")
        self.app = create_app(settings)
        self.app.app_context().push()
        self.workdir, self.lang = Path(workdir), lang
        if settings["DATABASE_URL"]:
            with db.engine.begin() as connection:
                connection.execute(sa.text("DROP SCHEMA public CASCADE"))
                connection.execute(sa.text("CREATE SCHEMA public"))
        upgrade()
        self.ids: list[str] = []

    def glossary(self, pairs: Iterable[Mapping[str, str]]) -> None:
        if os.environ.get("BENCH_GLOSSARY", "1") == "1":
            glossary.load()
        for pair in pairs:
            glossary.add(pair["en"], [("ar", pair["ar"])])
        db.session.commit()

    def build(self, docs: Iterable[Mapping[str, Any]]) -> None:
        batch: list[Entry] = []
        for doc in docs:
            self.ids.append(doc["id"])
            lang = doc["lang"]
            names = [Name(lang, "title", doc["title"])] if doc["title"] else []
            names += [Name(lang, "synonym", name) for name in doc["synonyms"]]
            pieces = [
                Piece(lang, f"s{place}", section["t"], section["h"])
                for place, section in enumerate(doc["sections"])
            ]
            batch.append(Entry(len(self.ids), names, pieces))
            if len(batch) == BATCH:
                self._write(batch)
        self._write(batch)
        index.backend().tidy()
        db.session.commit()
        self.reader = reading()
        self.reader.__enter__()

    def _write(self, batch: list[Entry]) -> None:
        index.write(batch)
        db.session.commit()
        batch.clear()

    def search(self, text: str, most: int) -> list[str]:
        answer = query.search(text, most=most)
        db.session.rollback()
        return [self.ids[hit.content_id - 1] for hit in answer.hits]

    def size(self) -> int:
        """Bytes of the index without the text it is of: the rows of sections are text, and so are names as written."""
        total = (
            "sum(pgsize) FROM dbstat WHERE name LIKE '%search\\_%' ESCAPE '\\' AND name <> 'search_section'"
        )
        if db.engine.dialect.name != "sqlite":
            total = (
                "sum(pg_total_relation_size(oid)) FROM pg_class "
                "WHERE relkind = 'r' AND relname LIKE 'search\\_%' AND relname <> 'search_section'"
            )
        return int(db.session.scalar(sa.text(f"SELECT {total}")) or 0) - self._bytes("search_name")

    def text(self) -> int:
        """Bytes of the text: sections and names."""
        return self._bytes("search_section") + self._bytes("search_name")

    def _bytes(self, table: str) -> int:
        length = "length(CAST(text AS BLOB))" if db.engine.dialect.name == "sqlite" else "octet_length(text)"
        return int(db.session.scalar(sa.text(f"SELECT sum({length}) FROM {table}")) or 0)

    def close(self) -> None:
        db.session.remove()
        db.engine.dispose()

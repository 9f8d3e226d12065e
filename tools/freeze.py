"""The rows of a database as plain INSERTs that both databases read, for `tests/data/versions/`:

    python -m tools.freeze sqlite:////path/to/medportal.db > tests/data/versions/0.1.0.sql

Run it with the database of a released version, small and without anything of real people; from then on
`tests/test_update.py` brings it to the newest migration and looks whether every row is still there."""

import sys
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

LEFT_OUT = ("search_", "alembic_version", "sqlite_")
"""The index is written anew from the texts."""


def word(value: Any, kind: sa.types.TypeEngine[Any]) -> str:
    if value is None:
        return "NULL"
    if isinstance(kind, sa.Boolean):
        return "TRUE" if value else "FALSE"
    if isinstance(value, bytes):
        raise SystemExit("bytes are written differently by the two databases")
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, date | datetime):
        value = value.isoformat(" ")
    return "'" + str(value).replace("'", "''") + "'"


def main(url: str) -> None:
    engine = sa.create_engine(url)
    metadata = sa.MetaData()
    with engine.connect() as connection:
        metadata.reflect(
            connection, only=lambda name, _: not name.startswith(LEFT_OUT) and "_fts" not in name
        )
        print(f"-- {connection.scalar(sa.text('SELECT version_num FROM alembic_version'))}")
        for table in metadata.sorted_tables:
            columns = list(table.columns)
            names = ", ".join(f'"{column.name}"' for column in columns)
            # As they are stored: what a type would make of a text is no concern here.
            plain = sa.select(*(sa.type_coerce(column, sa.types.NullType()) for column in columns))
            for row in connection.execute(plain.order_by(*table.primary_key.columns)):
                values = ", ".join(
                    word(value, column.type) for value, column in zip(row, columns, strict=True)
                )
                print(f'INSERT INTO "{table.name}" ({names}) VALUES ({values});')


if __name__ == "__main__":
    main(sys.argv[1])

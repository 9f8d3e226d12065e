"""Alembic's environment. All migrations of an upgrade are one transaction, on SQLite too (its DDL can be taken back):
whoever is killed or fails in the middle leaves the old database. SQLite's batch mode copies tables, so foreign keys are
off meanwhile and checked before the end: with them on, dropping a parent's old copy would delete its children."""

from typing import Any

from alembic import context
from flask import current_app

from medportal.extensions import creating, db

config = context.config
target = db.metadata


def include_object(_item: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Search tables are made and kept by the search itself."""
    return not (kind == "table" and name is not None and "_fts" in name)


def run_offline() -> None:
    context.configure(
        url=str(db.engine.url), target_metadata=target, literal_binds=True, render_as_batch=True
    )
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    extra = current_app.extensions["migrate"].configure_args
    with creating(), config.attributes.get("engine", db.engine).connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        raw: Any = connection.connection.driver_connection
        if sqlite:
            raw.execute("PRAGMA foreign_keys=OFF")
        try:
            context.configure(
                connection=connection,
                target_metadata=target,
                include_object=include_object,
                transactional_ddl=True,
                **extra,
            )
            with context.begin_transaction():
                context.run_migrations()
                broken = raw.execute("PRAGMA foreign_key_check").fetchall() if sqlite else None
                if broken:
                    raise RuntimeError(f"the migration left rows without their parent: {broken[:5]}")
            if connection.in_transaction():
                connection.commit()
        finally:
            if sqlite:
                raw.execute("PRAGMA foreign_keys=ON")


if context.is_offline_mode():
    run_offline()
else:
    run_online()

"""Commands. Long ones show progress, commit in batches, and can be stopped and run again."""

import sys
from pathlib import Path

import click
import sqlalchemy as sa
from flask import Flask
from flask.cli import AppGroup, with_appcontext

from medportal import taxonomy as taxonomy_data
from medportal.blueprints.content import upkeep
from medportal.blueprints.pages import queries as page_queries
from medportal.changes import BATCH, content_changed
from medportal.demo import loader, scale
from medportal.extensions import db, reading
from medportal.importers import IMPORTERS
from medportal.importers.base import Options, run
from medportal.models.content import Content

demo = AppGroup("demo", help="The sample site.")
content = AppGroup("content", help="Upkeep of what is published.")
messages = AppGroup("messages", help="Messages and reports from readers.")
taxonomy = AppGroup("taxonomy", help="Categories and specialties.")


def init_app(app: Flask) -> None:
    for command in (demo, content, messages, taxonomy, import_command):
        app.cli.add_command(command)


@demo.command("load")
def demo_load() -> None:
    """Load the sample texts; what is there already stays as it is."""
    added = loader.load(echo=click.echo)
    db.session.commit()
    click.echo(f"{added} sample texts added.")


@demo.command("remove")
def demo_remove() -> None:
    """Remove every sample text and picture, without a trace."""
    removed = loader.remove()
    db.session.commit()
    click.echo(f"{removed} sample texts removed.")


@demo.command("scale")
@click.argument("count", type=click.IntRange(2, 1_000_000))
def demo_scale(count: int) -> None:
    """Fill a scratch database with COUNT made-up texts, half of them Arabic (for benches only)."""
    try:
        scale.fill(count, echo=click.echo)
    except RuntimeError as error:
        raise click.ClickException(str(error)) from None


@content.command("relist")
def content_relist() -> None:
    """Write the lists anew, for instance after a language was added to the registry."""
    ids = db.session.scalars(sa.select(Content.id).order_by(Content.id)).all()
    for start in range(0, len(ids), BATCH):
        content_changed(*ids[start : start + BATCH])
        db.session.commit()
    click.echo(f"{len(ids)} entries listed.")


@content.command("resanitise")
def content_resanitise() -> None:
    """Clean again every text that was saved under an older policy."""
    texts = parts = 0
    while True:
        looked, changed = upkeep.resanitise()
        db.session.commit()
        if not looked:
            break
        texts, parts = texts + looked, parts + changed
    click.echo(f"{texts} texts looked at, {parts} parts changed.")


@messages.command("list")
@click.option("--limit", default=50, type=click.IntRange(1, 1000), show_default=True)
def messages_list(limit: int) -> None:
    """The newest messages and reports from readers."""
    with reading():
        rows = db.session.scalars(page_queries.messages().limit(limit)).all()
        for row in rows:
            about = f" about page {row.content_id} {row.section or ''}" if row.content_id else ""
            click.echo(
                f"{row.sent_at:%Y-%m-%d %H:%M} UTC  {row.kind} ({row.lang}){about}  {row.name} {row.email}"
            )
            click.echo("    " + row.body.replace("\n", "\n    "))
        if not rows:
            click.echo("No messages.")


@taxonomy.command("load")
def taxonomy_load() -> None:
    """Add the categories and specialties that are missing."""
    added = taxonomy_data.load()
    db.session.commit()
    click.echo(f"{added} added.")


@click.command("import", help="Read texts from files of another SOURCE.")
@click.argument("source", type=click.Choice(sorted(IMPORTERS)))
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--index",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A table with titles and categories.",
)
@click.option("--dry-run", is_flag=True, help="Read and count only.")
@click.option("--publish", is_flag=True, help="Show the texts to readers, marked as not reviewed.")
@with_appcontext
def import_command(
    source: str, files: tuple[Path, ...], index: Path | None, dry_run: bool, publish: bool
) -> None:
    options = Options(index=index, dry_run=dry_run, publish=publish)
    totals = run(IMPORTERS[source](options), files, echo=click.echo)
    click.echo(totals.summary())
    if totals.broken:
        sys.exit(1)

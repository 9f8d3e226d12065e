"""`flask backup …` and `flask db-copy`."""

from pathlib import Path

import click
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from flask_migrate import upgrade

from medportal.backups import moving, nightly, places, records, restore, trial
from medportal.backups.engines import ToolFailed
from medportal.backups.manifest import Damaged

backup = AppGroup("backup", help="Archives of everything, and the way back.")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@backup.command("make")
def backup_make() -> None:
    """Make an archive now, try it out by a real restore, copy it elsewhere, throw old ones away."""
    problem = nightly.attempt()
    if problem:
        raise click.ClickException(problem)
    newest = records.every()[0]
    click.echo(f"{places.folder() / newest.name}  {newest.size} bytes, restored and compared: whole.")
    if newest.copied is False:
        raise click.ClickException("The copy to BACKUP_COPY_TO failed; the log says why.")


@backup.command("list")
def backup_list() -> None:
    """What is kept, the newest first."""
    found = records.every()
    for record in found:
        state = "verified" if record.verified else record.problem or "not tried out"
        click.echo(f"{record.name}  {record.made_at:%Y-%m-%d %H:%M} UTC  {record.size} bytes  {state}")
    if not found:
        click.echo("No backups yet: flask backup make")


@backup.command("verify")
@click.argument("file", type=_FILE)
def backup_verify(file: Path) -> None:
    """Restore FILE into a scratch place and compare; fails when it is not whole."""
    try:
        manifest = trial.verify(file)
    except (Damaged, ToolFailed) as problem:
        raise click.ClickException(str(problem)) from None
    if file.resolve().parent == places.folder().resolve() and places.NAME.fullmatch(file.name):
        nightly.verify(file, records.of(file))
    click.echo(
        f"Whole: {manifest.made_at}, version {manifest.version}, migration {manifest.migration}, "
        f"{sum(manifest.counts.values())} rows in {len(manifest.counts)} tables, {len(manifest.files)} files."
    )


@backup.command("restore")
@click.argument("file", type=_FILE)
@click.option("--into", type=click.Path(path_type=Path), help="Another folder, to look at it or to move it.")
@click.option("--replace", is_flag=True, help="Also where a site is already; what was there is kept aside.")
def backup_restore(file: Path, into: Path | None, replace: bool) -> None:
    """Bring back what FILE holds, into an empty instance. Portal and jobs program must be stopped."""
    try:
        done = restore.into(file, into) if into else restore.restore(file, replace=replace)
    except (Damaged, ToolFailed, restore.Refused) as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(f"Restored: {sum(done.manifest.counts.values())} rows, {done.pictures} pictures.")
    if not into and done.manifest.migration != _head():
        upgrade()
        click.echo(f"The database was brought from migration {done.manifest.migration} to {_head()}.")
    if done.held:
        click.echo(done.held)
    if done.aside:
        click.echo(f"What was here before: {done.aside}")
    if done.settings:
        click.echo(f"The settings of the old machine, to compare with yours: {done.settings}")
    if not done.same_key:
        click.echo(
            "The secret key is another one. Copy instance/secret_key (or SECRET_KEY) from the old machine: without it "
            "two-step verification must be set up anew, and addresses that refused mail are not recognised."
        )


def _head() -> str | None:
    return ScriptDirectory(current_app.extensions["migrate"].directory).get_current_head()


@click.command("db-copy")
@click.option("--to", required=True, help="Such as postgresql://user@host/name; the password in PGPASSWORD.")
@with_appcontext
def db_copy(to: str) -> None:
    """Copy everything into another, empty database, and compare. Stop portal and jobs program before."""
    try:
        url = sa.make_url(to.replace("postgres://", "postgresql://", 1))
        counts = moving.copy(url, echo=click.echo)
    except (moving.Refused, sa.exc.ArgumentError) as problem:
        raise click.ClickException(str(problem)) from None
    except sa.exc.DBAPIError as problem:
        raise click.ClickException(f"Nothing was kept there: {problem.orig}") from None
    rows = sum(arrived for _, arrived in counts.values())
    click.echo(
        f"{rows} rows in {len(counts)} tables are there as here. Now set DATABASE_URL, then: flask search reindex"
    )

"""`make update` where the portal runs from its own folder: a backup, the migrations, the lists, a look at some pages. When
one of these fails, the data of before is back. On a server `deploy/install.sh` does it, and the program goes back too."""

import sys

import click
from flask import Flask, current_app
from flask_migrate import upgrade

from medportal import create_app
from medportal.backups import engines, nightly, places, records, restore
from medportal.cli import relist
from medportal.extensions import db
from medportal.i18n import LANGUAGES

PAGES = ("/healthz", "/sitemap.xml", *(f"/{code}/{page}" for code in LANGUAGES for page in ("", "diseases/")))


class Failed(Exception):
    """What went wrong, in a sentence for whoever updates."""


def run(app: Flask) -> None:
    """Within an application context."""
    if restore.is_empty():
        upgrade()
        return
    archive = _backup()
    try:
        upgrade()
        click.echo(f"{relist()} entries listed.")
        _look(app)
    except (Exception, SystemExit) as error:  # Flask-Migrate ends the program when a migration fails
        click.echo(f"{type(error).__name__}: {error}", err=True)
        raise Failed(_back(archive)) from None


def _backup() -> str:
    try:
        if engines.dialect() == "sqlite":
            db.engine.dispose()
            restore.close(engines.sqlite_file())  # else nothing could be brought back
    except restore.Refused as refused:
        raise Failed(str(refused)) from None
    problem = nightly.attempt()
    if problem:
        raise Failed(f"No backup could be made, and nothing was changed: {problem}")
    newest = records.every()[0].name
    click.echo(f"Backup: {places.folder() / newest}")
    return newest


def _look(app: Flask) -> None:
    """Asks for pages as a reader would; healthz tries a write."""
    client = app.test_client()
    for page in PAGES:
        status = client.get(page, base_url=current_app.config["SITE_URL"]).status_code
        if status != 200:
            raise Failed(f"{page} answered {status}")


def _back(name: str) -> str:
    db.session.remove()
    try:
        restore.restore(places.folder() / name, replace=True)
    except Exception as error:  # whatever it is: the backup is whole, and where it lies must be said
        return (
            f"The update failed, and the data could not be brought back ({error}). With the former version of the "
            f"program: flask backup restore {places.folder() / name} --replace"
        )
    return "The update failed. The data is as before; take the former version of the program (git checkout)."


def main() -> int:
    app = create_app({"LOG_LEVEL": "WARNING"})
    with app.app_context():
        try:
            run(app)
        except Failed as failed:
            click.echo(str(failed), err=True)
            return 1
    click.echo("The database fits the program, and the pages answer.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`flask doctor`."""

import json
import sys

import click
from flask import current_app
from flask.cli import with_appcontext

from medportal import mail
from medportal.health import report, words
from medportal.health.findings import Level
from medportal.i18n import LANGUAGES

COLOURS = {Level.OK: "green", Level.NOTE: "yellow", Level.PROBLEM: "red"}


@click.command(
    "doctor", help="Say what is wrong with the site and what to do; fails when there is a problem."
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default=None, help="Of the sentences.")
@with_appcontext
def doctor(as_json: bool, language: str | None) -> None:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    found = report.examine(thorough=True)
    with mail.language(app, language or app.config["DEFAULT_LANGUAGE"]):
        if as_json:
            findings = [
                {
                    "key": f.key,
                    "level": f.level.value,
                    "sentence": words.plain(f.sentence),
                    "remedy": words.plain(f.remedy),
                }
                for f in found
            ]
            sound = report.is_sound(found)
            click.echo(json.dumps({"sound": sound, "findings": findings}, ensure_ascii=False, indent=2))
        else:
            for f in found:
                click.echo(
                    f"{click.style(str(words.LEVELS[f.level]), fg=COLOURS[f.level])}: {words.terminal(f.sentence)}"
                )
                if f.remedy:
                    click.echo(f"    {words.terminal(f.remedy)}")
    if not report.is_sound(found):
        sys.exit(1)

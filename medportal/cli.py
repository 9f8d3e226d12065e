"""Commands. Long ones show progress, commit in batches, and can be stopped and run again."""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from flask_babel import force_locale

from medportal import damage, delivery, passwords, samples
from medportal import jobs as recurring
from medportal import taxonomy as taxonomy_data
from medportal.backups.commands import backup, db_copy
from medportal.blueprints.accounts import queries as account_queries
from medportal.blueprints.accounts import recovery, staff
from medportal.blueprints.content import upkeep
from medportal.blueprints.pages import queries as page_queries
from medportal.blueprints.specialists.queries import takes_records
from medportal.changes import BATCH, content_changed
from medportal.content_types import kind_by_path
from medportal.demo import cast, loader, scale
from medportal.digests import preview, staging
from medportal.extensions import db, reading
from medportal.health.command import doctor
from medportal.i18n import LANGUAGES
from medportal.importers import IMPORTERS, run
from medportal.importers.base import Options
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.models.content import Content, ContentText
from medportal.models.digest import Delivery
from medportal.models.outbox import MailState, Outbox
from medportal.models.subscription import Frequency
from medportal.models.user import Role
from medportal.search import glossary
from medportal.search import upkeep as search_upkeep

demo = AppGroup("demo", help="The sample site.")
content = AppGroup("content", help="Upkeep of what is published.")
messages = AppGroup("messages", help="Messages and reports from readers.")
users = AppGroup("users", help="Owners, passwords, the first sign-in.")
jobs = AppGroup("jobs", help="Recurring work and mail.")
mail = AppGroup("mail", help="Letters on their way.")
digest = AppGroup("digest", help="What subscribers get by mail.")
search = AppGroup("search", help="The search index and its glossary.")
taxonomy = AppGroup("taxonomy", help="Categories and specialties.")


def init_app(app: Flask) -> None:
    for command in (
        demo,
        content,
        messages,
        users,
        jobs,
        mail,
        digest,
        search,
        taxonomy,
        import_command,
        backup,
        db_copy,
        doctor,
    ):
        app.cli.add_command(command)


@demo.command("load")
def demo_load() -> None:
    """Load the sample texts; what is there already stays as it is."""
    samples.come_back()
    added = loader.load(echo=click.echo)
    db.session.commit()
    click.echo(f"{added} sample texts added.")
    password = cast.load()
    for email in cast.CAST:
        click.echo(f"{email:<24}{password}")


@demo.command("remove")
def demo_remove() -> None:
    """Remove every sample text, picture and account, without a trace; in short pieces, so that nobody waits."""
    found = samples.counts()
    samples.begin(by="command line")
    samples.keep_on()
    click.echo(f"{found.things} sample texts and {found.people} sample accounts removed.")


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
    click.echo(f"{relist()} entries listed.")


def relist() -> int:
    """Commits in batches."""
    ids = db.session.scalars(sa.select(Content.id).order_by(Content.id)).all()
    for start in range(0, len(ids), BATCH):
        content_changed(*ids[start : start + BATCH])
        db.session.commit()
    return len(ids)


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


@users.command("create-owner")
@click.argument("email")
@click.option("--name", default="", help="How letters begin.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default=None, help="Of desk and letters.")
@click.password_option(help="At least 14 characters; asked for when it is not given.")
def users_create_owner(email: str, name: str, language: str | None, password: str) -> None:
    """Make an owner; /setup closes for good."""
    address = _address(email)
    _check_new_password(password, Role.OWNER, address, name)
    db.session.rollback()
    user = staff.create_owner(
        address,
        passwords.hash_of(password),
        name=name,
        lang=language or current_app.config["DEFAULT_LANGUAGE"],
        by="command line",
    )
    if user is None:
        raise click.ClickException(
            "This address has an account already: flask users set-password, or another address."
        )
    db.session.commit()
    click.echo(f"Owner made: {address}")


@users.command("set-password")
@click.argument("email")
@click.password_option(help="Asked for when it is not given.")
def users_set_password(email: str, password: str) -> None:
    """Give an account a new password; its sessions end."""
    user = account_queries.user_of(_address(email))
    if user is None:
        raise click.ClickException("No account has this address.")
    _check_new_password(password, user.role, user.email, user.name)
    db.session.rollback()
    hashed = passwords.hash_of(password)
    recovery.set_password(user, hashed, but=None, how="command line")
    db.session.commit()
    click.echo("The password has been set, and all sessions have ended.")


@users.command("setup-code")
def users_setup_code() -> None:
    """Print a new code for /setup, the page that makes the first owner."""
    if not staff.setup_is_open():
        raise click.ClickException("There is an owner: /setup is closed for good.")
    code = staff.new_setup_code()
    db.session.commit()
    click.echo(f"{current_app.config['SITE_URL']}/setup    code: {code}    (good for one day)")


def _address(email: str) -> str:
    try:
        return addresses.normalise(email)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _check_new_password(password: str, role: str, *own: str) -> None:
    with force_locale("en"):
        fault = passwords.fault_of(password, role=role, context=passwords.context_words(*own))
    if fault:
        raise click.BadParameter(fault, param_hint="password")


@jobs.command("run")
@click.option("--loop", is_flag=True, help="Until stopped; SIGTERM finishes the letter on the line.")
@click.option("--once", is_flag=True, help="What is due now (the default).")
def jobs_run(loop: bool, once: bool) -> None:
    """Send the mail that waits and do the recurring work that is due."""
    if loop and once:
        raise click.UsageError("--loop or --once, not both")
    damage.guard()
    if loop:
        recurring.Loop().run()
        return
    done = recurring.run_once()
    click.echo(f"{done} things done.")


@mail.command("status")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def mail_status(as_json: bool) -> None:
    """How many letters, those of digests too, wait, are held, sent, failed; since when the oldest waits."""
    with reading():
        counts = {state.value: 0 for state in MailState}
        for table in (Outbox, Delivery):
            for row in db.session.execute(sa.select(table.state, sa.func.count()).group_by(table.state)):
                counts[row[0]] += row[1]
        oldest = delivery.oldest_waiting()
    if as_json:
        click.echo(json.dumps(counts | {"oldest_waiting": oldest.isoformat() if oldest else None}))
        return
    for state, count in counts.items():
        click.echo(f"{state:<11}{count}")
    if oldest:
        click.echo(f"The oldest has waited since {oldest:%Y-%m-%d %H:%M} UTC.")


_frequency = click.option(
    "--frequency", type=click.Choice([f.value for f in Frequency]), help="One of them only."
)


@digest.command("preview")
@_frequency
@click.option("--language", type=click.Choice(list(LANGUAGES)), default=None)
def digest_preview(frequency: str | None, language: str | None) -> None:
    """How the next digest reads to somebody who follows everything."""
    with reading():
        rendered = preview.of_frequency(
            frequency or Frequency.WEEKLY, language or current_app.config["DEFAULT_LANGUAGE"]
        )
    if rendered is None:
        click.echo("Nothing has happened since the last digest of this frequency.")
        return
    click.echo(f"{rendered.subject}\n\n{rendered.text}")


@digest.command("queue")
@_frequency
@click.option("--now", default=None, help="As if it were this moment (ISO 8601, with its zone).")
def digest_queue(frequency: str | None, now: str | None) -> None:
    """Write the deliveries of a digest and release them; run again, it tells nobody anything twice.

    With a frequency its digest is written now, due or not; without, whatever is due.
    """
    at = _moment(now) if now else utc_now()
    staging.catch_up(at)
    if frequency:
        number = staging.open_run(frequency, at)
        staging.stage(number)
        runs = [number]
    else:
        runs = staging.open_all_due(at)
    waiting = staging.waiting(runs)
    click.echo(f"{len(runs)} digests, {waiting} letters to send.")


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("not a moment such as 2026-11-22T07:00+03:00", param_hint="now") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


@search.command("reindex")
def search_reindex() -> None:
    """Build the search index anew, and load what is missing of the shipped glossary."""
    words = glossary.load()
    db.session.commit()
    shown = time.monotonic()

    def progress(done: int, of: int) -> None:
        nonlocal shown
        if done == of or time.monotonic() - shown > 2:
            shown = time.monotonic()
            click.echo(f"{done} of {of} entries")

    search_upkeep.rebuild(echo=progress)
    click.echo(f"The search index is built; {words} words were added to the glossary.")


@search.command("check")
def search_check() -> None:
    """Compare the search index with the content; fails when they differ."""
    with reading():
        faults = search_upkeep.faults()
    for fault in faults:
        click.echo(fault)
    if faults:
        raise click.ClickException(f"{len(faults)} faults; `flask search reindex` builds the index anew.")
    click.echo("The search index says what the content says.")


@taxonomy.command("load")
def taxonomy_load() -> None:
    """Add the categories and specialties that are missing."""
    added = taxonomy_data.load()
    db.session.commit()
    click.echo(f"{added} added.")


def _page(named: str) -> int:
    """The page of a number or of an address such as diseases/heart-attack."""
    path, _, slug = named.strip("/").partition("/")
    kind = kind_by_path(path)
    with reading():
        number: int | None = int(named) if named.isascii() and named.isdigit() and len(named) < 10 else None
        if number is None and kind is not None:
            number = db.session.scalar(
                sa.select(ContentText.content_id)
                .where(ContentText.kind == kind.key, ContentText.slug == slug)
                .limit(1)
            )
        found = number is not None and takes_records(number)
        db.session.rollback()
    if number is None or not found:
        raise click.BadParameter("no page of this name that shows trials and medicines", param_hint="--link")
    return number


@click.command("import", help="Read texts, trials or medicines from files of another SOURCE.")
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
@click.option(
    "--link", default=None, help="Show trials or medicines on this page: its number, or diseases/<address>."
)
@with_appcontext
def import_command(
    source: str,
    files: tuple[Path, ...],
    index: Path | None,
    dry_run: bool,
    publish: bool,
    link: str | None,
) -> None:
    page = _page(link) if link else None
    options = Options(index=index, dry_run=dry_run, publish=publish, link=page)
    totals = run(IMPORTERS[source](options), files, echo=click.echo)
    click.echo(totals.summary())
    if totals.broken:
        sys.exit(1)

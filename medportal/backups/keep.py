"""Which archives are kept: all of the last 24 hours, and of the last 7 days, 4 weeks and 6 months that have any, the best
one each."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from medportal.backups import offsite, places, records
from medportal.backups.records import Record
from medportal.lib.dates import utc_now
from medportal.logs import log

FRESH = timedelta(days=1)
RULES: tuple[tuple[int, Callable[[datetime], str]], ...] = (
    (7, lambda moment: f"{moment:%Y-%m-%d}"),
    (4, lambda moment: f"{moment:%G-%V}"),
    (6, lambda moment: f"{moment:%Y-%m}"),
)


def chosen(backups: Iterable[Record], *, now: datetime) -> set[str]:
    """Names of those to keep. One that was tried out goes before one that was not, then the newest; the newest of
    all and the newest that was tried out stay in any case."""
    newest = sorted(
        backups, key=lambda backup: (backup.made_at, backup.name.removesuffix(".zip")), reverse=True
    )
    kept = {backup.name for backup in newest if now - backup.made_at < FRESH}
    kept |= {backup.name for backup in newest[:1]}
    kept |= {backup.name for backup in [b for b in newest if b.verified][:1]}
    for most, period_of in RULES:
        best: dict[str, Record] = {}
        for backup in newest:
            period = period_of(backup.made_at)
            if period not in best or (backup.verified and not best[period].verified):
                best[period] = backup
        kept |= {best[period].name for period in sorted(best, reverse=True)[:most]}
    return kept


def prune() -> list[str]:
    """Names of the archives that went, here and in the other place."""
    backups = records.every()
    kept = chosen(backups, now=utc_now())
    gone = [backup.name for backup in backups if backup.name not in kept]
    for name in gone:
        records.forget(places.folder() / name)
    try:
        offsite.remove(gone)
    except (OSError, offsite.NotThere) as error:  # old copies too many are no reason for an alarm
        log.warning("old copies could not be removed", exc_info=error)
    return gone

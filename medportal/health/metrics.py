"""Numbers for Prometheus, in its text format. All are of the site as a whole, so it does not matter which process is
asked; requests are counted by the proxy in front, which sees them all."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

from medportal import delivery
from medportal.extensions import db, sqlite_file
from medportal.lib.dates import utc_now
from medportal.models.digest import Delivery
from medportal.models.outbox import Job, MailState, Outbox

Sample = tuple[dict[str, str], float]
_WAITING = (MailState.QUEUED, MailState.HELD, MailState.FAILED)


def text() -> str:
    lines: list[str] = []
    for name, meaning, samples in _families():
        lines += [f"# HELP medportal_{name} {meaning}", f"# TYPE medportal_{name} gauge"]
        lines += [f"medportal_{name}{_labels(labels)} {value:.15g}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: dict[str, str]) -> str:
    """Values are words of our own; quotes and line breaks in them would still be escaped."""
    said = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + said + "}" if said else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _families() -> Iterator[tuple[str, str, list[Sample]]]:
    now = utc_now()
    yield "letters", "Letters that have not left, by queue and state.", list(_letters())
    oldest = delivery.oldest_waiting()
    age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    yield "oldest_letter_seconds", "How long the oldest letter has waited.", [({}, age)]
    jobs = db.session.scalars(sa.select(Job).order_by(Job.name)).all()
    finished: list[Sample] = [
        ({"job": job.name}, job.finished_at.timestamp()) for job in jobs if job.finished_at
    ]
    yield "job_finished_timestamp_seconds", "When recurring work last ended.", finished
    failed: list[Sample] = [({"job": job.name}, float(bool(job.error))) for job in jobs]
    yield "job_failed", "1 when recurring work failed the last time.", failed
    yield "database_bytes", "Size of the database.", [({}, float(_database_size()))]
    free = shutil.disk_usage(current_app.instance_path).free
    yield "disk_free_bytes", "Room left on the disk of the site.", [({}, float(free))]
    yield "time_seconds", "The clock of the site.", [({}, now.timestamp())]


def _letters() -> Iterator[Sample]:
    """Delivered letters are many and not counted."""
    for queue, table in (("outbox", Outbox), ("digests", Delivery)):
        counted = (
            sa.select(table.state, sa.func.count()).where(table.state.in_(_WAITING)).group_by(table.state)
        )
        found = {row[0]: row[1] for row in db.session.execute(counted)}
        for state in _WAITING:
            yield {"queue": queue, "state": state.value}, float(found.get(state, 0))


def _database_size() -> int:
    path = sqlite_file()
    if path is None:
        return db.session.scalar(sa.select(sa.func.pg_database_size(sa.func.current_database()))) or 0
    parts: list[Path] = [path, path.with_name(path.name + "-wal")]
    return sum(part.stat().st_size for part in parts if part.is_file())

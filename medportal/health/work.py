"""Who works here: the jobs program, the owners; and what the jobs keep in order."""

from datetime import timedelta

import sqlalchemy as sa
from flask import current_app
from flask_babel import lazy_gettext as _l

from medportal.extensions import db
from medportal.health.choices import serious
from medportal.health.findings import Finding, duration, fine, note, problem
from medportal.lib.dates import utc_now
from medportal.models.outbox import Job
from medportal.models.search import SearchName, SearchSection, SearchState
from medportal.models.user import Role, SecondFactor, User
from medportal.search import upkeep

SILENT = timedelta(minutes=10)


def loop() -> Finding:
    """Some job ends every few seconds; a long one holds a lease meanwhile."""
    now = utc_now()
    start = _l(
        "Start the portal again: `systemctl restart medportal-web` (where WEB_JOBS is `apart`: `medportal-jobs`), or the jobs by "
        "hand: `flask jobs run --loop`. Without them no letter leaves and nothing planned is published."
    )
    rows = db.session.execute(sa.select(Job.finished_at, Job.lease_until)).all()
    seen = max((row.finished_at for row in rows if row.finished_at), default=None)
    busy = any(row.lease_until and row.lease_until > now for row in rows)
    if seen is None and not busy:
        return problem("jobs", _l("The jobs program has never run."), start)
    if seen is not None and now - seen > SILENT and not busy:
        return problem(
            "jobs", _l("The jobs program has not been seen for %(age)s.", age=duration(now - seen)), start
        )
    return fine("jobs", _l("The jobs program runs."))


def errors() -> Finding:
    failed = list(db.session.scalars(sa.select(Job.name).where(Job.error != "").order_by(Job.name)))
    if not failed:
        return fine("job_errors", _l("No recurring work has failed."))
    return note(
        "job_errors",
        _l("Recurring work that failed the last time: `%(names)s`.", names=", ".join(failed)),
        _l(
            "It is tried again by itself. If it stays so, the page Mail of the desk shows the error under Recurring work, "
            "and the log of the jobs program the details."
        ),
    )


def owners() -> Finding:
    query = (
        sa.select(User.id, SecondFactor.confirmed_at)
        .outerjoin(SecondFactor, SecondFactor.user_id == User.id)
        .where(User.role == Role.OWNER, User.disabled_at.is_(None))
    )
    found = db.session.execute(query).all()
    if not found:
        return problem(
            "owners",
            _l("The site has no owner who can sign in."),
            _l("Make one: `flask users create-owner ADDRESS`"),
        )
    without = sum(1 for row in found if row.confirmed_at is None)
    if without:
        return Finding(
            "owners",
            serious(),
            _l("Owners without two-step verification: %(n)s.", n=without),
            _l("Each sets it up for themselves: My account, Two-step verification."),
        )
    return fine("owners", _l("Every owner has two-step verification."))


_REINDEX = _l("Run: `flask search reindex`")


def search_index() -> Finding:
    if upkeep.is_stale():
        return problem(
            "search",
            _l(
                "The search index is of another version or unfinished: searches find only part of the content."
            ),
            _l("The jobs program builds it anew within ten minutes; at once: `flask search reindex`"),
        )
    return fine("search", _l("The search index is of this version."))


def search_rows() -> Finding:
    """Counted by hand, row for row: what the index believes of itself must be so."""
    sizes = db.session.execute(sa.select(SearchState.names, SearchState.sections)).one_or_none() or (0, 0)
    rows = [
        db.session.scalar(sa.select(sa.func.count()).select_from(model))
        for model in (SearchName, SearchSection)
    ]
    if rows == list(sizes):
        return fine("search_rows", _l("The search index is complete."))
    return problem(
        "search_rows", _l("The search index is damaged: entries are missing or too many."), _REINDEX
    )


def heartbeat() -> Finding | None:
    """Off by default; where it is on, whether it goes out stands among the recurring work."""
    if not current_app.config["HEARTBEAT_URL"]:
        return None
    return fine("heartbeat", _l("A watchdog outside is told every minute that the site is alive."))

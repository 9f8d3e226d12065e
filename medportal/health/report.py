"""All checks, in the order in which they are told."""

from collections.abc import Iterable, Sequence

from flask_babel import lazy_gettext as _l

from medportal.extensions import db, reading
from medportal.health import backups, certificate, choices, database, machine, mail, work
from medportal.health.findings import Check, Finding, Level, problem
from medportal.logs import log

CHECKS = (
    Check("database", database.reachable),
    Check("integrity", database.integrity, database=True, thorough=True),
    Check("migrations", database.migrations, database=True),
    Check("backup", backups.age, database=True),
    Check("copy", backups.elsewhere),
    Check("disk", machine.disk),
    Check("jobs", work.loop, database=True),
    Check("job_errors", work.errors, database=True),
    Check("mail_server", mail.server),
    Check("sender", mail.sender),
    Check("queue", mail.queue, database=True),
    Check("failed", mail.failed, database=True),
    Check("held", mail.held, database=True),
    Check("site_url", choices.site_url),
    Check("certificate", certificate.certificate, thorough=True),
    Check("proxy", choices.proxy),
    Check("secret_key", choices.secret_key),
    Check("debug", choices.debug),
    Check("second_factor", choices.second_factor),
    Check("owners", work.owners, database=True),
    Check("folder", machine.permissions),
    Check("files", machine.files),
    Check("clock", machine.clock, database=True),
    Check("search", work.search_index, database=True),
    Check("search_rows", work.search_rows, database=True, thorough=True),
    Check("heartbeat", work.heartbeat),
    Check("sqlite", database.sqlite_version),
)
_GROUND = ("database", "migrations")
"""What all other looks into the database stand on."""
_WORST_FIRST = (Level.PROBLEM, Level.NOTE, Level.OK)


def examine(*, thorough: bool) -> list[Finding]:
    """The worst first. Changes nothing. A check that itself fails is a finding, never an error."""
    found: list[Finding] = []
    with reading():
        db.session.rollback()
        for check in CHECKS:
            lost = check.database and any(f.key in _GROUND and f.level == Level.PROBLEM for f in found)
            if not lost and (thorough or not check.thorough):
                found += _look(check)
        db.session.rollback()
    return sorted(found, key=lambda finding: _WORST_FIRST.index(finding.level))


def _look(check: Check) -> Iterable[Finding]:
    try:
        finding = check.look()
    except Exception as error:  # one part that cannot be looked at must not hide the others
        db.session.rollback()
        log.error("health check %s failed", check.key, exc_info=error)
        return [
            problem(
                check.key,
                _l(
                    "This could not be examined: %(what)s (`%(error)s`).",
                    what=check.key,
                    error=type(error).__name__,
                ),
                _l(
                    "The log says why. If the other findings do not explain it, send the log to whoever looks after the program."
                ),
            )
        ]
    return [finding] if finding else []


def is_sound(findings: Sequence[Finding]) -> bool:
    return not any(finding.level == Level.PROBLEM for finding in findings)

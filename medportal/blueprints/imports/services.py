"""What owners decide about imports. The jobs program does the work; here only the row is changed, and only from a state
in which that makes sense: False says that it does not any more."""

from typing import Any

import sqlalchemy as sa

from medportal import audit
from medportal.blueprints.imports import files, queries
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.imports import ImportRun, ImportState

UNDOABLE = (ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED)
CONTINUED = (ImportState.FAILED, ImportState.CANCELLED)
_NOTHING = dict.fromkeys(("total", "position", "read", "made", "merged", "skipped", "broken", "published"), 0)


def check(source: str, folder: str, brought: list[dict[str, Any]], *, by: str) -> ImportRun:
    """A new import; its files are read and counted first, and nothing is saved."""
    run = ImportRun(
        source=source,
        folder=folder,
        files=brought,
        options={"dry_run": True, "publish": False},
        started_by=by,
        messages=[],
    )
    db.session.add(run)
    db.session.flush()
    audit.record("import checked", run, actor=by, source=source)
    return run


def start(run: ImportRun, *, publish: bool, by: str) -> bool:
    values: dict[str, Any] = {
        "options": {"dry_run": False, "publish": publish},
        "messages": [],
        "finished_at": None,
    }
    return files.are_there(run.folder) and _change(
        run, "import started", by, [ImportState.CHECKED], ImportState.QUEUED, values | _NOTHING
    )


def cancel(run: ImportRun, *, by: str) -> bool:
    """What was imported so far stays, and the import may be continued or undone."""
    from_ = [ImportState.QUEUED, ImportState.RUNNING, ImportState.CHECKED]
    return _change(run, "import cancelled", by, from_, ImportState.CANCELLED, {"finished_at": utc_now()})


def go_on(run: ImportRun, *, by: str) -> bool:
    values: dict[str, Any] = {"error": "", "finished_at": None}
    return files.are_there(run.folder) and _change(
        run, "import continued", by, CONTINUED, ImportState.QUEUED, values
    )


def undo(run: ImportRun, *, by: str) -> bool:
    values = {"error": "", "position": 0, "total": queries.count(queries.removable(run))}
    return not run.is_dry and _change(run, "import undone", by, UNDOABLE, ImportState.UNDOING, values)


def _change(
    run: ImportRun, action: str, by: str, from_: Any, to: ImportState, values: dict[str, Any]
) -> bool:
    moved = db.session.execute(
        sa.update(ImportRun)
        .where(ImportRun.id == run.id, ImportRun.state.in_(from_))
        .values(state=to, **values)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        return False
    audit.record(action, run, actor=by, source=run.source)
    return True

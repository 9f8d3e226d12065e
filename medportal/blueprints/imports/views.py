"""Imports at the desk: files are brought and checked, then imported by the jobs program, and undone if need be. Owners
only."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from medportal import audit, htmx
from medportal.access import owners, takes_large_files
from medportal.blueprints.imports import files, queries, services
from medportal.blueprints.imports.forms import FilesForm, StartForm
from medportal.blueprints.imports.labels import SOURCES, STATES
from medportal.extensions import db
from medportal.models.imports import ImportRun, ImportState
from medportal.paging import asked_page
from medportal.sessions import member

bp = Blueprint("imports", __name__)
Answer = str | Response | tuple[str, int]
DONE = {
    "check": _l("The files have arrived and are checked first. Nothing is imported yet."),
    "start": _l("The import has begun. This page may be left; the work goes on."),
    "cancel": _l("The import has been cancelled. What was imported so far stays."),
    "resume": _l("The import goes on."),
    "undo": _l("The import is being undone. This page may be left; the work goes on."),
    "late": _l("Nothing was changed: the import had moved on meanwhile. This is how it stands."),
}


@bp.app_context_processor
def _labels() -> dict[str, object]:
    return {"import_sources": SOURCES, "import_states": STATES, "import_done": DONE}


def _me() -> str:
    return audit.actor_name(member().role, member().id)


def _run(number: int) -> ImportRun:
    run = db.session.get(ImportRun, number) if number < 2**31 else None
    if run is None:
        abort(404)
    return run


@bp.get("/<lang:lang>/admin/imports")
@owners
def admin_imports() -> str:
    return render_template("admin/imports.html", page=asked_page(queries.runs()))


@bp.route("/<lang:lang>/admin/imports/new", methods=["GET", "POST"])
@owners
@takes_large_files
def admin_new_import() -> Answer:
    form = FilesForm(source=next(iter(SOURCES)))
    if request.method != "POST":
        return render_template("admin/import_new.html", form=form)
    if not form.validate():
        return render_template("admin/import_new.html", form=form), 422
    by = _me()
    db.session.rollback()  # nobody waits for the writer's turn while files are written
    try:
        records = [file for file in form.records.data or [] if isinstance(file, FileStorage)]
        folder, brought = files.take(SOURCES[form.source.data], records, _file(form.companion.data))
    except files.Refused as fault:
        form.records.errors = [str(fault)]
        return render_template("admin/import_new.html", form=form), 422
    run = services.check(form.source.data, folder, brought, by=by)
    db.session.commit()
    return redirect(url_for("imports.admin_import", number=run.id, done="check"), 303)


def _file(value: object) -> FileStorage | None:
    return value if isinstance(value, FileStorage) else None


@bp.get("/<lang:lang>/admin/imports/<int:number>")
@owners
def admin_import(number: int) -> str:
    """One import: how far it is, what came of it, and what can be done now."""
    run = _run(number)
    return htmx.render(
        "admin/import.html",
        "admin/_import.html",
        run=run,
        form=None,
        start=StartForm(formdata=None),
        has_files=files.are_there(run.folder),
        undoable=not run.is_dry and run.state in services.UNDOABLE,
        kept=asked_page(queries.kept(run)) if run.state == ImportState.UNDONE else None,
    )


@bp.post("/<lang:lang>/admin/imports/<int:number>/<any(start, cancel, resume):action>")
@owners
def admin_import_act(number: int, action: str) -> Response:
    run, by = _run(number), _me()
    if action == "start":
        changed = services.start(run, publish=StartForm().publish.data, by=by)
    elif action == "cancel":
        changed = services.cancel(run, by=by)
    else:
        changed = services.go_on(run, by=by)
    db.session.commit()
    return redirect(url_for("imports.admin_import", number=number, done=action if changed else "late"), 303)


@bp.route("/<lang:lang>/admin/imports/<int:number>/undo", methods=["GET", "POST"])
@owners
def admin_undo_import(number: int) -> Answer:
    """Shows what would go and what would stay, then does it."""
    run = _run(number)
    if request.method == "POST" and request.form.get("sure"):
        changed = services.undo(run, by=_me())
        db.session.commit()
        done = "undo" if changed else "late"
        return redirect(url_for("imports.admin_import", number=number, done=done), 303)
    if run.is_dry or run.state not in services.UNDOABLE:
        return redirect(url_for("imports.admin_import", number=number, done="late"), 303)
    kept = asked_page(queries.kept(run))
    return render_template(
        "admin/import_undo.html",
        run=run,
        going=queries.count(queries.removable(run)),
        kept=kept,
    )

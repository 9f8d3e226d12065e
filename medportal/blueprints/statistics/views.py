"""Numbers for those who run the site. Nothing in them is about a person."""

from flask import Blueprint, abort, render_template
from flask import Response as FlaskResponse

from medportal.access import staff
from medportal.blueprints.statistics import charts
from medportal.blueprints.statistics.tables import SUBJECTS
from medportal.i18n import current_language
from medportal.lib import sheets
from medportal.lib.dates import utc_now
from medportal.templating import site_day

bp = Blueprint("statistics", __name__)


@bp.get("/<lang:lang>/admin/statistics")
@staff
def overview() -> str:
    tables = {key: subject.made() for key, subject in SUBJECTS.items()}
    rtl = current_language().dir == "rtl"
    drawings = {
        key: charts.draw(table.labels, table.series, rtl=rtl)
        for key, table in tables.items()
        if table.series and not table.is_empty
    }
    return render_template("admin/statistics.html", subjects=SUBJECTS, tables=tables, drawings=drawings)


@bp.get("/<lang:lang>/admin/statistics/<name>.csv")
@staff
def table(name: str) -> FlaskResponse:
    """One of the tables for other programs."""
    if name not in SUBJECTS:
        abort(404)
    made = SUBJECTS[name].made()
    file = f"{name}-{site_day(utc_now()).isoformat()}.csv"
    return FlaskResponse(
        sheets.MARK + sheets.lines([made.columns, *made.rows]),
        mimetype="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file}"'},
    )

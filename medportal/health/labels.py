"""The levels in words."""

from flask_babel import lazy_gettext as _l

from medportal.health.findings import Level

LEVELS = {Level.OK: _l("In order"), Level.NOTE: _l("Note"), Level.PROBLEM: _l("Problem")}
ICONS = {Level.OK: "circle-check", Level.NOTE: "info", Level.PROBLEM: "triangle-alert"}

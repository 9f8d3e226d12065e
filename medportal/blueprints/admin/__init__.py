"""The desk: its frame, what needs somebody today, members and roles, mail, the audit trail."""

from medportal.blueprints.admin import letters, users  # noqa: F401  # their views join the blueprint
from medportal.blueprints.admin.views import bp

__all__ = ["bp"]

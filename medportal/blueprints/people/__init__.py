"""People and organisations who write, review and translate: the desk's screens."""

from medportal.blueprints.people import checks_admin, profile_admin  # noqa: F401  # their views belong to the blueprint
from medportal.blueprints.people.admin import bp

__all__ = ["bp"]

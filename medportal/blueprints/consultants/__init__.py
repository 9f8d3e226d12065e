"""The consultants' corner: the directory, profiles, the room in which consultants work, and what they propose."""

from medportal.blueprints.consultants import admin, privacy, room  # noqa: F401  # their views belong to the blueprint
from medportal.blueprints.consultants.views import bp

__all__ = ["bp"]

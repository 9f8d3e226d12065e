"""Polls: on home, at their own addresses, and at the desk."""

from medportal.blueprints.polls import admin, personal  # noqa: F401  # its views join the blueprint
from medportal.blueprints.polls.views import bp

__all__ = ["bp"]

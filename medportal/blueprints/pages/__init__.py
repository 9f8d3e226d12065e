"""Home, the fixed pages, contact, reports of mistakes, and what watchdogs and browsers ask for."""

from medportal.blueprints.pages import admin  # noqa: F401  # its views join the blueprint
from medportal.blueprints.pages.views import bp

__all__ = ["bp"]

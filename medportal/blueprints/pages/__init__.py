"""Home, the fixed pages, contact, reports of mistakes, and what watchdogs and browsers ask for."""

from medportal.blueprints.pages.views import bp

__all__ = ["bp"]

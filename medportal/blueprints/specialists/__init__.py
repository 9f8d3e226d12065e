"""Opinions of experts, trials and news of medicines at the desk. What readers see of them is part of the page."""

from medportal.blueprints.specialists import admin, records  # noqa: F401  # their views join the blueprint
from medportal.blueprints.specialists.views import bp

__all__ = ["bp"]

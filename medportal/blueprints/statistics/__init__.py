"""How the site is doing, in numbers that name nobody."""

from medportal.blueprints.statistics.views import bp

__all__ = ["bp"]

"""Emergency numbers by country: the desk's form, and what readers see of them."""

from medportal.blueprints.emergency.admin import bp

__all__ = ["bp"]

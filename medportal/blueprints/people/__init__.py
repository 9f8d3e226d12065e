"""People and organisations who write, review and translate: the desk's screens."""

from medportal.blueprints.people.admin import bp

__all__ = ["bp"]

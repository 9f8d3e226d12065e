"""Backups at the desk: what there is, whether it was tried out, one more, and the download. Owners only."""

from medportal.blueprints.backups.views import bp

__all__ = ["bp"]

"""Subscriptions: the box, double opt-in, preferences by link or account, one click to stop, the archive; and the desk's
screens for digests, mailings and subscribers."""

from medportal.blueprints.subscriptions import archive, desk, mailings, people, preferences
from medportal.blueprints.subscriptions.views import bp

__all__ = ["archive", "bp", "desk", "mailings", "people", "preferences"]

"""The door: sign up, confirm, sign in and out, forgotten passwords, invitations, the first owner."""

from medportal.blueprints.accounts import entering, forgotten, invite, needed, setup  # noqa: F401  # their views join the blueprint
from medportal.blueprints.accounts.views import bp

__all__ = ["bp"]

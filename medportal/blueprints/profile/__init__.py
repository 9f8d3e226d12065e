"""My account: what is known about a member, changed, taken along and erased by the member alone."""

from medportal.blueprints.profile import security  # noqa: F401  # its views join the blueprint
from medportal.blueprints.profile.views import bp

__all__ = ["bp"]

"""What the owner chooses for the whole site, and the farewell to the sample site."""

from medportal.blueprints.settings import start  # noqa: F401  # its views join the blueprint
from medportal.blueprints.settings.views import bp

__all__ = ["bp"]

from medportal.blueprints.media import admin, picker  # noqa: F401  # they add their screens to the blueprint
from medportal.blueprints.media.views import bp

__all__ = ["bp"]

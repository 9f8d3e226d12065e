from medportal.blueprints.search import admin  # noqa: F401  # adds its screens to the blueprint
from medportal.blueprints.search.views import bp

__all__ = ["bp"]

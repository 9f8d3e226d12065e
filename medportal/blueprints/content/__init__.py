"""Everything of the kinds in `content_types`: lists, pages, categories, their JSON and short addresses."""

from medportal.blueprints.content.views import bp

__all__ = ["bp"]

"""Categories at the desk: a tree, named in every language."""

from medportal.blueprints.taxonomy.admin import bp

__all__ = ["bp"]

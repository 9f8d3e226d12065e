"""Questions to consultants: asked in confidence, answered, and published only with consent."""

from medportal.blueprints.questions import admin, export, letters, manage, work
from medportal.blueprints.questions.views import bp

__all__ = ["admin", "bp", "export", "letters", "manage", "work"]

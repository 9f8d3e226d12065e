"""The editor: two languages side by side, everything a page needs to be believed, and its history."""

from medportal.blueprints.editing import (  # noqa: F401  # their views join the blueprint
    bin,
    bulk,
    editor,
    facts,
    history,
    people,
    preview,
    publish,
    references,
    symptoms,
    treatments,
)
from medportal.blueprints.editing.views import bp

__all__ = ["bp"]

"""Where things are. Fixed pages have short addresses; everything else stands under its kind."""

from typing import Any

from flask import url_for

from medportal.content_types import KINDS
from medportal.content_types.page import FIXED


def page_url(kind: str, slug: str, **values: Any) -> str:
    """The address of a text, by the key of its kind; `lang=` for another language than the page's."""
    if kind == "page" and slug in FIXED:
        return url_for("pages.fixed", slug=slug, **values)
    return url_for("content.page", kind=KINDS[kind], slug=slug, **values)

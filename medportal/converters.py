"""Parts of addresses that are more than text."""

from typing import Any

from flask import Flask
from werkzeug.routing import BaseConverter, Map, UnicodeConverter, ValidationError

from medportal.content_types import KINDS, ContentType, kind_by_path
from medportal.content_types.page import FIXED


class KindConverter(BaseConverter):
    """`<kind:kind>` is the plural of a content type, as in `/en/diseases/`; only registered ones match."""

    def __init__(self, map: Map) -> None:
        super().__init__(map)
        self.regex = "|".join(kind.path for kind in KINDS.values())

    def to_python(self, value: str) -> ContentType:
        kind = kind_by_path(value)
        if kind is None:
            raise ValidationError
        return kind

    def to_url(self, value: Any) -> str:
        return str(value.path)


class SlugConverter(UnicodeConverter):
    """A slug has no dots, so that `.json` and `.ics` can follow it."""

    def __init__(self, map: Map) -> None:
        super().__init__(map)
        self.regex = "[^/.]+"


class FixedPageConverter(BaseConverter):
    """The slugs of pages with short addresses, such as `/en/about`."""

    regex = "|".join(FIXED)


def init_app(app: Flask) -> None:
    app.url_map.converters.update(kind=KindConverter, slug=SlugConverter, fixed=FixedPageConverter)

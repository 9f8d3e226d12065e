"""Medical news."""

from flask_babel import lazy_gettext as _l

from medportal.content_types.base import ContentType

KIND = ContentType(
    key="news",
    path="news",
    label=_l("News item"),
    plural=_l("Medical News"),
    icon="newspaper",
    sections=("body", "resources"),
    schema_type="NewsArticle",
)

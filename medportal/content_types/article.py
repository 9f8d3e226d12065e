"""Articles: health topics that are no disease, and essays."""

from flask_babel import lazy_gettext as _l

from medportal.content_types.base import ContentType

KIND = ContentType(
    key="article",
    path="articles",
    label=_l("Article"),
    plural=_l("Articles"),
    icon="file-text",
    sections=("body", "resources"),
)

"""The owner's own pages, among them the fixed ones (about, privacy …) that have short addresses."""

from flask_babel import lazy_gettext as _l

from medportal.content_types.base import ContentType, Order

FIXED = (
    "about",
    "contact",
    "disclaimer",
    "privacy",
    "editorial-policy",
    "funding",
    "accessibility",
    "sources",
)

KIND = ContentType(
    key="page",
    path="pages",
    label=_l("Page"),
    plural=_l("Pages"),
    icon="info",
    order=Order.TITLE,
    medical=False,
    listed=False,
    on_home=0,
    sections=("body",),
    schema_type="WebPage",
)

"""What can be published. One file per kind, one line each here; nothing else in the house lists the kinds."""

from flask import Flask

from medportal.content_types import abstract, article, disease, event, guideline, news, page, question, video
from medportal.content_types.base import KINDS, ContentType, kind_by_path, listed_kinds, register
from medportal.content_types.sections import SECTIONS

for _kind in (
    disease.KIND,
    news.KIND,
    article.KIND,
    event.KIND,
    guideline.KIND,
    video.KIND,
    abstract.KIND,
    question.KIND,
    page.KIND,
):
    register(_kind)

__all__ = ["KINDS", "ContentType", "init_app", "kind_by_path", "listed_kinds", "register"]


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(kinds=KINDS, listed_kinds=listed_kinds, section_labels=SECTIONS)

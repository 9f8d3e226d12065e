"""Questions of readers with the answers of consultants. Only what was approved for publication ever becomes one: until
then a question is no content at all (see `models/consultation.py`)."""

from flask_babel import lazy_gettext as _l

from medportal.content_types.base import ContentType

KIND = ContentType(
    key="question",
    path="questions",
    label=_l("Question and answer"),
    plural=_l("Questions and Answers"),
    icon="circle-help",
    sections=("question", "answer", "resources"),
    schema_type="QAPage",
)

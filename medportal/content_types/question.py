"""Questions of readers with the answers of consultants. Only what was approved for publication ever becomes one: until
then a question is no content at all (see `models/consultation.py`)."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from medportal.content_types.base import ContentType
from medportal.models.content import Origin
from medportal.models.types import localize


def _json_ld(page: Any, thing: dict[str, Any]) -> None:
    """The asker is a reader whose name is not told; the answer is its author's, as the page says."""
    published = page.day(page.text.published_at) if page.text.published_at else None
    dated = {"datePublished": published} if published else {}
    answer = {
        "@type": "Answer",
        "text": page.section_words("answer"),
        "url": f"{page.address}#answer",
    } | dated
    if page.content.origin == Origin.OWN:  # nobody asked a sample
        thing["author"] = {"@type": "Person", "name": gettext("A reader")}
    people = [_author(credit.person, page.lang) for credit in page.authors]
    if people:
        answer["author"] = people
    thing.update(
        text=page.section_words("question") or page.text.title,
        answerCount=1,
        acceptedAnswer=answer,
        **dated,
    )


def _author(person: Any, lang: str) -> dict[str, Any]:
    kind = "Organization" if person.form == "organisation" else "Person"
    found: dict[str, Any] = {"@type": kind, "name": localize(person.name, lang)}
    if person.title:
        found["jobTitle"] = localize(person.title, lang)
    if person.degrees:
        found["honorificSuffix"] = ", ".join(degree["abbr"] for degree in person.degrees)
    return found


KIND = ContentType(
    key="question",
    path="questions",
    label=_l("Question and answer"),
    plural=_l("Questions and Answers"),
    icon="circle-help",
    sections=("question", "answer", "resources"),
    template="content/kinds/_question.html",
    page_type="QAPage",
    schema_type="Question",
    json_ld=_json_ld,
)

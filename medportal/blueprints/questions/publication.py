"""A question becomes content: a version without what could tell who asked, the asker's consent to that very version, the
owner's word, and the gate that every medical page passes. Services flush; the caller commits."""

from collections.abc import Mapping, Sequence
from datetime import date

from medportal import audit
from medportal.blueprints.content import services as content_services
from medportal.blueprints.content.drafts import ContentDraft, PartDraft, SectionDraft, TextDraft
from medportal.blueprints.editing import publishing
from medportal.blueprints.questions import answering, letters, rules
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.lib.html import plain_to_html
from medportal.models.consultation import Answer, Phase, Question, QuestionText
from medportal.models.content import Content, Made
from medportal.models.people import Person
from medportal.models.trust import Role
from medportal.models.user import Role as UserRole

Words = Mapping[str, tuple[str, str]]
"""language → title and text of the question, as everybody would read it."""


class NotAgreed(Exception):
    """The asker has not agreed to this version."""


def can_offer(question: Question) -> bool:
    answered = (Phase.DRAFTED, Phase.ANSWERED, Phase.OFFERED)
    return question.may_publish and question.phase in answered


def offer(question: Question, words: Words, *, by: str) -> None:
    """Ask the asker for consent to this version. The asker reads the answer from now on, too."""
    kept = {text.lang: text for text in question.texts}
    question.texts = [text for lang, text in kept.items() if lang in words]
    for lang, (title, body) in words.items():
        if lang in kept:
            kept[lang].title, kept[lang].body = title, body
        else:
            question.texts.append(QuestionText(lang=lang, title=title, body=body))
    if question.phase == Phase.DRAFTED:
        answering.deliver(question)
    question.phase, question.offered_at = Phase.OFFERED, utc_now()
    question.offered_version += 1
    question.agreed_at = question.agreed_version = None
    rules.look_in()
    audit.record("question offered", question, actor=by, version=question.offered_version)
    db.session.flush()
    letters.tell(question, "offered", once=str(question.offered_version))


def unpublish(question: Question, *, by: str) -> None:
    """The owner's way back: nobody reads it any more but its asker, and a new version may be offered."""
    take_back(question, by=by)
    question.phase = Phase.ANSWERED
    question.agreed_at = question.agreed_version = None
    audit.record("question unpublished", question, actor=by)
    db.session.flush()


def can_publish(question: Question) -> bool:
    answer = question.answer()
    signed = answer is not None and answer.person is not None
    return signed and question.phase == Phase.OFFERED and question.is_agreed


def publish(
    question: Question, *, categories: Sequence[str], reviewer: Person | None, on: date, due: date, by: str
) -> Content:
    """In every language of the version. NotAgreed without consent; gate.Closed when something is missing that a medical
    page must say; SecondPersonNeeded. Nothing is to be committed then."""
    answer = question.answer()
    if not can_publish(question) or answer is None or answer.person is None:
        raise NotAgreed
    draft = ContentDraft(
        kind="question",
        source_lang=question.lang,
        categories=tuple(categories),
        references=tuple(answer.sources),
    )
    content = content_services.create_content(draft, by=by)
    content_services.add_credit(content, answer.person, Role.AUTHOR)
    for version in question.texts:
        text = content_services.save_text(
            content, version.lang, _draft(question, version, answer), by=_writer(answer, by)
        )
        publishing.publish(text, by=by)
        if reviewer is not None:
            content_services.record_review(text, reviewer, on=on, next_due=due, by=by)
    question.content_id = content.id
    question.phase, question.published_at = Phase.PUBLISHED, utc_now()
    rules.look_in()
    audit.record("question published", question, actor=by, content=content.id)
    db.session.flush()
    letters.tell(question, "published", once=str(question.offered_version))
    return content


def _draft(question: Question, version: QuestionText, answer: Answer) -> TextDraft:
    words = {"question": version.body, "answer": answer.words(version.lang)}
    return TextDraft(
        title=version.title,
        made=Made.WRITTEN if version.lang == question.lang else Made.TRANSLATED,
        sections=[
            SectionDraft(key=key, parts=[PartDraft(html=plain_to_html(text))]) for key, text in words.items()
        ],
    )


def _writer(answer: Answer, by: str) -> str:
    """Who wrote it, as revisions name them: the owner who publishes it is the second person."""
    user_id = answer.person.user_id if answer.person is not None else None
    return audit.actor_name(UserRole.CONSULTANT, user_id) if user_id else by


def take_back(question: Question, *, by: str) -> None:
    """What was published of it is deleted with its history: no list, search, feed, letter or file knows it any more."""
    number, question.content_id, question.published_at = question.content_id, None, None
    content = db.session.get(Content, number) if number is not None else None
    db.session.flush()
    if content is not None:
        content_services.delete_content(content, by=by)

"""What editors do to things and texts. Plain arguments; every function flushes, the caller commits once."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from medportal import audit, choices
from medportal.blueprints.content import gate
from medportal.blueprints.content import services as content_services
from medportal.blueprints.content.drafts import Change, ContentDraft, TextDraft
from medportal.blueprints.content.revisions import draft_from, last_number, last_snapshot, same_words
from medportal.content_types import KINDS
from medportal.extensions import db
from medportal.lib.html import to_text
from medportal.models.consultation import Question
from medportal.models.content import Content, ContentText, Origin, Status
from medportal.models.trust import Revision


@dataclass(frozen=True)
class Clash:
    """Somebody saved this text since it was on the screen, and it was changed here too. `saved` is what they left."""

    lang: str
    saved: Revision


class Clashes(Exception):
    def __init__(self, found: list[Clash]) -> None:
        super().__init__("saved by somebody else meanwhile")
        self.found = found


def begin(kind: str, titles: Mapping[str, str], *, source_lang: str, by: str) -> Content:
    """A new thing with its titles and nothing else. ValueError when no address can be made of one."""
    content = content_services.create_content(ContentDraft(kind=kind, source_lang=source_lang), by=by)
    changes = {lang: Change(draft=TextDraft(title=title)) for lang, title in titles.items() if title}
    content_services.save_texts(content, changes, by=by)
    return content


def save(content: Content, changes: Mapping[str, Change], bases: Mapping[str, int], *, by: str) -> bool:
    """Save what was typed; whether anything changed. `bases`: the revisions that were on the screen.

    Clashes when somebody else saved the same text meanwhile; what was not touched here is left as they made it.
    gate.Closed when a page that readers see would lose what it must say. Nothing is to be committed then.
    """
    wanted = _untouched_left_alone(content, changes, bases)
    before = {lang: last_number(text.id) for lang, text in _texts(content).items()}
    with worked_on(content, by=by, small={lang for lang, change in wanted.items() if change.minor}):
        content_services.save_texts(content, wanted, by=by)
    texts = _texts(content).items()
    return any(last_number(text.id) != before.get(lang, 0) for lang, text in texts)


@contextmanager
def worked_on(content: Content, *, by: str, small: Collection[str] = ()) -> Iterator[None]:
    """Whatever changes texts at the desk: a sample or an import becomes the site's own by it, unless it is `small` in
    these languages and indeed changes little; nothing that readers see may lose what it must have; and what a second
    person was to publish as it stood goes back to them. gate.Closed, too, for words to which a reader agreed."""
    with nothing_lost(content):
        before = {lang: last_snapshot(text) for lang, text in _texts(content).items()}
        yield
        db.session.flush()
        after = {lang: last_snapshot(text) for lang, text in _texts(content).items()}
        changed = [lang for lang in after if after[lang] != before.get(lang)]
        if changed and is_agreed(content):
            raise gate.Closed(_texts(content)[changed[0]], [gate.Fault.AGREED])
        if content.origin != Origin.OWN and any(
            lang not in small or not _alike(before.get(lang), after[lang]) for lang in changed
        ):
            adopt(content, by=by)
        for lang, text in _texts(content).items():
            if lang in changed and text.status == Status.SCHEDULED and choices.needs_second_person():
                text.status, text.publish_at = Status.IN_REVIEW, None


def is_agreed(content: Content) -> bool:
    """Whether a reader agreed to these words, who asked the question."""
    return db.session.scalar(sa.select(Question.id).where(Question.content_id == content.id)) is not None


def _alike(one: dict[str, Any] | None, two: dict[str, Any] | None) -> bool:
    """All but three words, or one in ten, are the same, and so is how the text came about."""
    if one is None or two is None or one["made"] != two["made"]:
        return False
    before, after = _words(one), _words(two)
    other = max((before - after).total(), (after - before).total())
    return other <= max(3, before.total() // 10)


def _words(stored: dict[str, Any]) -> Counter[str]:
    sections = [to_text(part["html"]) for s in stored["sections"].values() for part in s["parts"]]
    treatments = [str(words) for fields in stored.get("treatments", {}).values() for words in fields.values()]
    return Counter(" ".join([*sections, *treatments]).split())


def _texts(content: Content) -> dict[str, ContentText]:
    return {text.lang: text for text in content.texts}


def _untouched_left_alone(
    content: Content, changes: Mapping[str, Change], bases: Mapping[str, int]
) -> dict[str, Change]:
    texts, clashes, wanted = _texts(content), [], dict(changes)
    for lang, change in changes.items():
        text = texts.get(lang)
        latest = _latest(text) if text is not None else None
        if text is None or latest is None or latest.number == bases.get(lang, 0):
            continue
        base = _revision(text, bases.get(lang, 0))
        if base is not None and same_words(change.draft, base.snapshot):
            del wanted[lang]
        elif base is not None and same_words(draft_from(latest.snapshot), base.snapshot):
            continue  # only treatments changed meanwhile, and this form holds none
        elif not same_words(change.draft, latest.snapshot):
            clashes.append(Clash(lang, latest))
    if clashes:
        raise Clashes(clashes)
    return wanted


def _latest(text: ContentText) -> Revision | None:
    return _revision(text, last_number(text.id))


def _revision(text: ContentText, number: int) -> Revision | None:
    return db.session.scalar(
        sa.select(Revision).where(Revision.text_id == text.id, Revision.number == number)
    )


def adopt(content: Content, *, by: str) -> None:
    """A sample or an import that somebody has worked on is the site's own from now on, with all that this asks."""
    audit.record("adopt", content, actor=by, origin=content.origin)
    content.origin = Origin.OWN


@contextmanager
def nothing_lost(content: Content) -> Iterator[None]:
    """gate.Closed when a text that readers see lacks something afterwards that it had before. What lacked already is no
    reason to refuse: who mends a mistake must not be held up by another one."""
    before = _missing(content)
    yield
    db.session.flush()
    db.session.expire(content, ["references", "credits"])
    for text, faults in _missing(content).items():
        lost = [fault for fault in faults if fault not in before.get(text, [])]
        if lost:
            raise gate.Closed(text, lost)


def _missing(content: Content) -> dict[ContentText, list[gate.Fault]]:
    return {text: gate.faults(text) for text in content.texts if text.status == Status.PUBLISHED}


def name_of(content: Content) -> dict[str, Any]:
    """What the desk calls a thing: its title in every language that it has one in."""
    return {text.lang: text.title for text in content.texts if text.title} or {
        content.source_lang: KINDS[content.kind].key
    }

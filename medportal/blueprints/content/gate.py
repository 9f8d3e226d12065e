"""What a medical page must say before readers may see it (U5): who wrote it and with what training, on which evidence,
with what interests, and, where software drafted it, that a named person checked it.

The four criteria are those of Silberg, Lundberg and Musacchio, JAMA 1997;277:1244: authorship, attribution, disclosure,
currency. Dates are set by publishing and cannot be missing. Samples and imports are not ours: they carry their label and
an organisation's credit until somebody edits them.
"""

from collections.abc import Sequence
from enum import StrEnum

import sqlalchemy as sa

from medportal.content_types import KINDS
from medportal.extensions import db
from medportal.models.content import ContentText, Made, Origin, State
from medportal.models.trust import Credit, Revision, Role


class Fault(StrEnum):
    TEXT = "text"
    FACTS = "facts"
    AUTHOR = "author"
    CREDENTIAL = "credential"
    DISCLOSURE = "disclosure"
    REFERENCE = "reference"
    JOURNAL_AUTHORS = "journal_authors"
    UNCHECKED = "unchecked"
    AGREED = "agreed"


class Closed(Exception):
    """The text may not be shown: `faults` say what is missing."""

    def __init__(self, text: ContentText, faults: Sequence[Fault]) -> None:
        super().__init__(", ".join(faults))
        self.lang, self.faults = text.lang, faults


def faults(text: ContentText) -> list[Fault]:
    """What is missing, in the order in which the forms ask for it; nothing where the rule does not hold."""
    kind = KINDS[text.kind]
    found = [] if _says_something(text) else [Fault.TEXT]
    if kind.detail is not None and db.session.get(kind.detail, text.content_id) is None:
        found.append(Fault.FACTS)
    if not kind.medical or text.content.origin != Origin.OWN:
        return found
    found += _of_journal(text) if kind.authors_elsewhere else _of_ours(text)
    if text.made == Made.MACHINE_DRAFTED and not _checked(text):
        found.append(Fault.UNCHECKED)
    return found


def _checked(text: ContentText) -> bool:
    """Whether somebody reviewed it since its last change that was not small."""
    if not text.reviews:
        return False
    changed_at = db.session.scalar(
        sa.select(sa.func.max(Revision.saved_at)).where(
            Revision.text_id == text.id, Revision.minor.is_(False)
        )
    )
    return changed_at is None or text.reviews[0].reviewed_on >= changed_at.date()


def check(text: ContentText) -> None:
    """Closed when something is missing."""
    missing = faults(text)
    if missing:
        raise Closed(text, missing)


def _says_something(text: ContentText) -> bool:
    written = any(section.state == State.WRITTEN and section.parts for section in text.sections)
    return written or bool(text.summary) or not KINDS[text.kind].medical


def authors(text: ContentText) -> list[Credit]:
    roles = (Role.AUTHOR, Role.WORK_GROUP)
    return [c for c in text.content.credits if c.role in roles and c.lang in (None, text.lang)]


def _of_ours(text: ContentText) -> list[Fault]:
    """An organisation answers for itself as people do: what it is stands in place of a degree."""
    signed = [credit.person for credit in authors(text)]
    missing = {
        Fault.AUTHOR: not signed,
        Fault.CREDENTIAL: any(not (who.degrees or who.title or who.rank) for who in signed),
        Fault.DISCLOSURE: any(who.interests is None for who in signed),
        Fault.REFERENCE: not text.content.references,
    }
    return [fault for fault, is_missing in missing.items() if is_missing]


def _of_journal(text: ContentText) -> list[Fault]:
    """An abstract was written by the journal's authors; the paper itself is the reference."""
    detail = db.session.get(KINDS[text.kind].detail, text.content_id)  # type: ignore[arg-type]
    return [Fault.JOURNAL_AUTHORS] if detail is not None and not detail.authors else []

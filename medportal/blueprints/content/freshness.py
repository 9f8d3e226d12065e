"""Which sections of a translation are older than the other language's, and how they become current again (U3).

A change in one language makes the same section of the others older, unless it was minor or the others were changed
with it. Who works on a section that is older catches up: that makes no other language older. A text that comes new is
taken for a translation of what is there. Treatments belong to the section of that name.
"""

from collections.abc import Collection, Mapping
from typing import Any

from medportal.models.content import Content, ContentText, Section, Status
from medportal.models.trust import Revision

Changes = Mapping[str, tuple[frozenset[str], Revision]]
"""language → keys of the sections that changed there, and the revision that changed them."""


def changed_sections(before: dict[str, Any] | None, after: dict[str, Any]) -> frozenset[str]:
    """Keys of the sections that were changed or left out. What came new is no change of what others translated."""
    if before is None:
        return frozenset()
    old, new = before["sections"], after["sections"]
    changed = {key for key in old if new.get(key) != old[key]}
    told = before.get("treatments")
    if told is not None and told != after.get("treatments"):
        changed.add("treatment")
    return frozenset(changed)


def settle(
    content: Content,
    changes: Changes,
    *,
    along: Mapping[str, frozenset[str]],
    restored: Collection[str] = (),
) -> None:
    """`along`: what was changed in small ways in the same save, by language: who touched it has looked at it.
    `restored`: languages that went back to earlier words, which are no younger for that."""
    for key in frozenset().union(*(keys for keys, _ in changes.values())):
        changed = {lang: revision for lang, (keys, revision) in changes.items() if key in keys}
        sections = {text.lang: found for text in content.texts if (found := _section(text, key)) is not None}
        caught_up = any(lang in sections and sections[lang].outdated_by_id is not None for lang in changed)
        for lang, section in sections.items():
            if lang in changed and lang not in restored:
                section.outdated_by = None
            elif lang not in changed and not caught_up and key not in along.get(lang, ()):
                section.outdated_by = next(iter(changed.values()))


def _section(text: ContentText, key: str) -> Section | None:
    if text.status == Status.TITLE_ONLY:
        return None
    return next((section for section in text.sections if section.key == key), None)


def mark_current(section: Section) -> None:
    """Somebody compared it with the other language and found that it still holds."""
    section.outdated_by = None


def outdated(text: ContentText) -> list[Section]:
    return [section for section in text.sections if section.outdated_by_id is not None]

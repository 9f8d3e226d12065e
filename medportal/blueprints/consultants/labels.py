"""Words of the corner, and the letters that stand where there is no picture."""

from flask_babel import lazy_gettext as _l

WORKS = {
    "written": _l("Written"),
    "reviewed": _l("Reviewed"),
    "opinions": _l("Opinions given"),
    "answered": _l("Answered questions"),
}
DONE = {
    "sent": _l("Your changes have been sent. Readers see them once the desk has accepted them."),
    "nothing": _l("Nothing was changed."),
    "taken_back": _l("Your changes have been taken back."),
    "accepted": _l("The changes are public from now on."),
    "declined": _l("The changes are declined. The consultant reads your note in the consultants' room."),
}
_NO_LETTERS_OF = ("dr", "prof")
_ARTICLE = "\u0627\u0644"
_APART = "\u200c"
"""Keeps Arabic letters from joining; invisible between others."""


def initials(name: str) -> str:
    """The first letters of the first two words of a name, without its titles."""
    words = [word for word in name.replace(",", " ").split() if word[0].isalpha()]
    named = [word for word in words if not word.endswith(".") and word.lower() not in _NO_LETTERS_OF]
    return _APART.join(_first(word) for word in (named or words)[:2])


def _first(word: str) -> str:
    """The article is no part of an Arabic name's letters: most would begin with it."""
    return word[2] if word.startswith(_ARTICLE) and len(word) > 3 else word[0]

"""A draft of the terms under which readers ask: words to begin with, which a physician and a lawyer have to read."""

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

_MARK = _l("DRAFT. A physician and a lawyer must read this before it is used; then this line is taken out.")
_DRAFT = (
    _l(
        "What is answered. General questions about health, diseases and their treatment, in Arabic or English. The answer is information for its reader. It is no diagnosis and no prescription, and it does not replace a visit to a physician who can examine you."
    ),
    _l(
        "Not for emergencies. Nobody reads questions at once. In an emergency, call your local ambulance number. Never delay a visit, and never change or stop a medicine, because of something read here."
    ),
    _l("Minors. Who is under 18 asks together with a parent or guardian."),
    _l(
        "How long it takes. The time within which an answer is meant to come stands above the form. Should it take longer, you are told. Not every question can be answered; then you are told why."
    ),
    _l(
        "Who reads it. The owner of this site, who passes questions on, and the consultant whom the question is given to. They are bound to secrecy. Please write no names, telephone numbers or addresses: they are not needed."
    ),
    _l(
        "Publication. A question and its answer are published only if you agree and the owner approves, without your name and without personal details. You see the words beforehand."
    ),
    _l(
        "Withdrawing. You can withdraw your question and its answer at any time with the link in your letter, without giving a reason. They are then deleted here, and a published page is taken down."
    ),
)


def draft(code: str) -> str:
    """The draft in this language, a paragraph each."""
    with force_locale(code):
        return "\n\n".join(str(words) for words in (_MARK, *_DRAFT))


def is_draft(text: str, code: str) -> bool:
    """Whether the line that says so still stands in it."""
    with force_locale(code):
        return str(_MARK) in text

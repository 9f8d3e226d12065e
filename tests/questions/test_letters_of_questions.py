"""Letters about questions."""

import os
from pathlib import Path

import pytest

from medportal import mail
from medportal.blueprints.questions import letters as words
from tests.asking import (
    SECRET,
    ask,
)

SNAPSHOTS = Path(__file__).parent.parent / "letters"


@pytest.mark.parametrize("what", [*words.TO_ASKERS, *(f"work-{key}" for key in words.TO_WORK)])
@pytest.mark.usefixtures("open_site")
def test_letters_about_questions_read_as_their_snapshots(what, visitor, lang, in_app, letters):
    ask(visitor(), lang)

    def render():
        if what.startswith("work-"):
            return mail.fill(
                "question_work", lang, words=words.TO_WORK[what[5:]], address=f"http://localhost/{lang}/x"
            )
        return mail.fill(
            "question",
            lang,
            words=words.TO_ASKERS[what],
            address="" if what == "gone" else f"http://localhost/{lang}/LINK",
        )

    rendered = in_app(render)
    text = f"{rendered.subject}\n\n{rendered.text}"
    file = SNAPSHOTS / f"question-{what}.{lang}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
    assert SECRET not in text

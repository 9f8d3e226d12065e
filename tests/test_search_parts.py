"""The parts of the search: stems, hyphens, excerpts, marks."""

import pytest

from medportal.search import analysis
from medportal.search.highlight import excerpt, marked
from medportal.search.suggest import suggest


@pytest.mark.parametrize(
    ("words", "stem"),
    [
        ("السكري والسكري بالسكري وبالسكري للسكري كالسكري السُّكَّرِيّ الســكري السکری", "سكر"),
        ("tumour tumors Tumours TUMOR", "tumor"),
        ("haemorrhage hemorrhages", "hemorrhag"),
        ("centre centers", "center"),
    ],
)
def test_forms_of_a_word_have_one_stem(words, stem):
    assert {token.term.stem for token in analysis.tokens(words)} == {stem}


def test_a_hyphen_joins_and_parts():
    assert [term.stem for term in analysis.terms("X-linked")] == ["x", "link", "xlink"]


def test_an_excerpt_holds_most_of_what_was_asked():
    text = "Nothing here. " * 60 + "The airways and the lungs are narrow. " + "Nothing there. " * 60
    cut = excerpt(text, {("airway",), ("lung",)})
    assert "airways and the lungs" in cut
    assert len(cut) < 260
    assert cut.startswith("…")
    assert cut.endswith("…")


def test_a_phrase_is_marked_only_as_a_whole():
    assert (
        str(marked("type 2 diabetes, another type", {("type", "2")}))
        == "<mark>type</mark> <mark>2</mark> diabetes, another type"
    )


def test_suggest_without_a_word_is_empty(in_app):
    assert in_app(lambda: suggest("  ", "ar")) == []

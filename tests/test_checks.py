"""What is noticed while a text is being written, and what is rightly left alone."""

import pytest

from medportal.blueprints.editing.findings import FINDINGS
from medportal.lib.checks import Finding, check, sentences

LONG = "Long " + " ".join(["word"] * 25) + "."
LONG_ARABIC = " ".join(["كلمة"] * 23) + "."


def codes(html, title="Title", lang="en"):
    return [finding.code for finding in check(html, title, lang)]


def words(html, code, title="Title", lang="en"):
    return [finding.words for finding in check(html, title, lang) if finding.code == code]


def test_a_good_text_has_no_findings():
    assert codes(
        "<h3>Dose</h3><p>Take 2.5 mg daily.</p><h4>Children</h4><ul><li>Half of it.</li></ul>"
        '<p>See <a href="https://a.example">the leaflet on doses</a>.</p><img src="/media/a.webp" alt="A table of doses">'
    ) == []  # fmt: skip
    assert codes("<h3>الجرعة</h3><p>تؤخذ 5 mg يوميًا. ما العمل عند النسيان؟</p>", "العنوان", "ar") == []
    assert codes("", "", "ar") == []


def test_every_finding_is_worded():
    html = f"""<img src="/media/a.webp"><img src="/media/b.webp" alt=" "><h4>Too deep</h4><h3> </h3><p>{LONG_ARABIC} MRI heart attack
    <a href="/x">هنا</a> <a href="/x">www.a.example</a> <a href="/y"></a></p>"""
    assert set(codes(html, "عنوان", "ar")) == set(FINDINGS)


def test_where_counts_the_blocks_from_the_title_on():
    html = "<p>One.</p><ul><li>CT scans</li><li>two</li></ul><table><tbody><tr><td>a</td><td><a href='/'>here</a></td></tr></tbody></table>"
    assert check(html, "MRI", "en") == [
        Finding("abbreviation", 0, "MRI"),
        Finding("abbreviation", 2, "CT"),
        Finding("link_words", 5, "here"),
    ]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h3>a</h3><h4>b</h4><h3>c</h3><h4>d</h4>", []),
        ("<h4>a</h4>", ["heading_order"]),
        ("<h4>a</h4><h4>b</h4><h3>c</h3>", ["heading_order"]),
        ("<h3></h3><p>x</p>", ["heading_empty"]),
        ("<h3>&nbsp;<br></h3>", ["heading_empty"]),
        ('<h3><img src="/media/a.webp" alt="A heart"></h3>', []),
        ("<p></p><p>&nbsp;</p><p><br><br></p><p>x  y</p>", []),
    ],
)
def test_headings(html, expected):
    assert codes(html) == expected


@pytest.mark.parametrize(
    "text",
    ["here", "Click here!", "<strong>HERE</strong>", "read more…", "هنا", "اضغطْ هُنا", "للمزيد", "من هنا ←"],
)
def test_link_words_that_say_nothing(text, lang):
    assert "link_words" in codes(f'<p>x <a href="https://a.example">{text}</a></p>', lang=lang)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.example/x", ["link_address"]),
        ("www.who.int", ["link_address"]),
        ("who.int/health", ["link_address"]),
        ("", ["link_empty"]),
        ("what stands here about doses", []),
        ("office@a.example", []),
        ("1", []),
        ("9.5", []),
        ('<img src="/media/a.webp" alt="The map">', []),
    ],
)
def test_other_links(text, expected):
    assert codes(f'<p>x <a href="#ref-1">{text}</a></p>') == expected


@pytest.mark.parametrize(
    ("text", "lang", "n"),
    [
        ("One. Two! Three? Four", "en", 4),
        ("It is 2.5 mg. Next.", "en", 2),
        ("Dr. Salem saw e.g. 3.5 cases, approx. Five more came. End.", "en", 2),
        ("J. B. Smith wrote. So did St. Jude.", "en", 2),
        ("See https://a.example/x.html for more. End.", "en", 2),
        ("Wait… what. “Yes.” He said.", "en", 4),
        ("Vitamin A. Then more.", "en", 1),
        ("ما هذا؟ هذا دواء؛ وذاك غذاء. انتهى", "ar", 4),
        ("قال د. سالم إن الجرعة 2.5 mg يوميًا. انتهى.", "ar", 2),
        ("", "en", 0),
    ],
)
def test_sentences(text, lang, n):
    assert len(sentences(text, lang)) == n


def test_long_sentences_are_those_beyond_the_limit_of_the_language():
    assert words(f"<p>Short. {LONG} Short.</p>", "long_sentence")[0].startswith("Long word")
    assert codes(f"<p>{LONG.removeprefix('Long ')}</p>") == []
    assert codes(f"<p>{LONG_ARABIC}</p>", lang="ar") == ["long_sentence"]
    assert codes(f"<p>{LONG_ARABIC.removeprefix('كلمة ')}</p>", lang="ar") == []
    assert codes(f"<p>{LONG}</p>", lang="fr") == ["long_sentence"]
    assert codes("<ul>" + "<li>three short words</li>" * 20 + "</ul>") == []
    assert codes("<p>" + "three short words<br>" * 20 + "</p>") == []


@pytest.mark.parametrize(
    "text",
    [
        "An electrocardiogram (ECG) is made. The ECG shows it.",
        "The ECG comes first. An electrocardiogram (ECG) is a line.",
        "ECG (electrocardiogram) and later ECGs.",
        "Two electrocardiograms (ECGs) were made; each ECG was good.",
        "تخطيط القلب (ECG) ثم ECG.",
        "صورة ECG (تخطيط كهربائية القلب).",
        "الرنين المغناطيسيّ (ECG، بالإنكليزية) ثم ECG.",
        "Type II, stage IV, 400 IU, 5 mg, 5 mL, 120 mmHg, 7 AM, pH, HbA1c.",
        "See https://a.example/ECG for it.",
        "NEVER WITHOUT A DOCTOR",
    ],
)
def test_explained_abbreviations_units_and_roman_numerals_are_fine(text):
    assert words(f"<p>{text}</p>", "abbreviation") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The ECG shows it. Another ECG.", ["ECG"]),
        ("MRI and CT, then COPD", ["MRI", "CT", "COPD"]),
        ("ECG (12)", ["ECG"]),
        ("ECG (CT)", ["ECG", "CT"]),
        ("Many ACEs", ["ACE"]),
        ("يُجرى ECG للقلب", ["ECG"]),
        ("CI and MD and DC", ["CI", "MD", "DC"]),
    ],
)
def test_unexplained_abbreviations_are_named_once(text, expected):
    assert words(f"<p>{text}</p>", "abbreviation") == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>يسمى heart attack أيضًا</p>", ["heart attack"]),
        ("<p>يسمى <strong>heart</strong> attack أيضًا</p>", ["heart attack"]),
        ('<p>يسمى <span lang="en">heart attack</span> أيضًا</p>', []),
        ('<p>يسمى <bdi lang="en-GB" dir="ltr">heart <em>attack</em></bdi> أيضًا</p>', []),
        ('<p lang="en">heart attack</p>', []),
        ('<p>heart <span lang="en">x</span> attack</p>', []),
        ("<p>يسمى stroke أيضًا</p>", []),
        ("<p>5 mg/dL و 10 mmol mL و vitamin D</p>", []),
        ("<p>راسلونا: office.one@a.example أو https://a.example/one/two-three</p>", []),
    ],
)
def test_latin_words_in_arabic_need_their_mark(html, expected):
    assert words(html, "unmarked_language", "عنوان heart attack", "ar") == expected
    assert words(html, "unmarked_language", lang="en") == []


def test_quoted_words_are_short():
    assert all(len(f.words) <= 80 for f in check(f"<p>{LONG * 40}</p>", "x", "en"))

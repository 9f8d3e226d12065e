"""The pure functions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medportal.lib.arabic import fold, index_letter, sort_key, to_arabic_digits, to_ascii_digits
from medportal.lib.bidi import LRI, PDI, isolate_html, isolate_plain, isolate_text, strip_controls
from medportal.lib.html import plain_to_html, sanitise, to_text
from medportal.lib.slugs import MAX_LENGTH, numbered, slugify


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("السكري", "السُّكَّرِيّ"),
        ("امراض", "أمراض"),
        ("مستشفي", "مستشفى"),
        ("التهاب", "إلتهاب"),
        ("500", "٥٠٠"),
        ("۵۰۰", "٥٠٠"),
        ("کبد", "كبد"),
        ("رئه", "رئة"),
        ("cafe", "Café"),
        ("مــــرض", "مرض"),
    ],
)
def test_folding_makes_what_is_typed_meet_what_is_written(typed, written):
    assert fold(typed) == fold(written)


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("title", "letter"),
    [
        ("السكري", "س"),
        ("أمراض القلب", "ا"),
        ("إسهال", "ا"),
        ("الإيدز", "ا"),
        ("آلام الظهر", "ا"),
        ("التهاب الكبد", "ا"),
        ("الالتهاب الرئوي", "ا"),
        ("التسمم", "ت"),
        ("ألياف", "ا"),
        ("ألزهايمر", "ا"),
        ("ورم", "و"),
        ("Épilepsie", "e"),
        ("Asthma", "a"),
        ("22q11 deletion", "#"),
    ],
)
def test_the_letter_of_a_title_ignores_article_and_hamza(title, letter):
    assert index_letter(title) == letter


def test_titles_sort_by_the_alphabet_and_not_by_code_points():
    titles = ["يرقان", "الأنيميا", "إسهال", "أرق", "الربو", "التسمم"]
    assert sorted(titles, key=sort_key) == ["أرق", "إسهال", "الأنيميا", "التسمم", "الربو", "يرقان"]


def test_digits_turn_both_ways():
    assert to_arabic_digits("2026") == "٢٠٢٦"
    assert to_ascii_digits("٢٠٢٦") == "2026"


@pytest.mark.parametrize(
    "run",
    [
        "120/80",
        "10–20 mg",
        "CD4+",
        "(500 mg)",
        "C91.1",
        "HbA1c",
        "5-10%",
        "≤ 7.5 %",
        "37.5 °C",
        "IL-6",
        "T2DM",
        "1.5 mg/dL",
        "6–8 h",
        "COVID-19",
        "+20",
        "±0.5 mm",
        "p < 0.05",
    ],
)
def test_left_to_right_runs_are_isolated_whole(run):
    html = str(isolate_text(f"القيمة {run} في النص."))
    inside = html.split("<bdi")[1].split(">", 1)[1].split("</bdi>", maxsplit=1)[0]
    assert inside.replace("&lt;", "<").strip() == run
    assert isolate_plain(f"القيمة {run} في النص.") == f"القيمة {LRI}{run}{PDI} في النص."


@pytest.mark.parametrize("plain", ["عام 2026 كان", "من 10 إلى 20", "نسبة 5.7 عند", "نص بلا أرقام."])
def test_plain_numbers_and_arabic_need_no_isolation(plain):
    assert isolate_plain(plain) == plain


def test_brackets_and_full_stops_stay_with_their_sentence():
    assert isolate_plain("الدواء (metformin) مفيد.") == f"الدواء {LRI}(metformin){PDI} مفيد."
    assert isolate_plain("(انظر CD4)") == f"(انظر {LRI}CD4{PDI})"
    assert isolate_plain("عند 120/80.") == f"عند {LRI}120/80{PDI}."


def test_isolation_leaves_tags_and_their_attributes_alone():
    html = '<p>انظر <a href="https://a.example/10-20">10–20 mg</a></p>'
    out = str(isolate_html(html))
    assert 'href="https://a.example/10-20"' in out
    assert '<bdi dir="ltr" lang="en">10–20 mg</bdi>' in out


@given(st.text(max_size=80))
def test_isolating_never_loses_or_invents_text(text):
    clean = strip_controls(text)
    assert isolate_plain(clean).replace(LRI, "").replace(PDI, "") == clean


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="JaVaScRiPt:alert(1)">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        "<svg onload=alert(1)>",
        "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
        '<p style="background:url(javascript:alert(1))">x</p>',
        "<iframe src=//evil.example></iframe>",
        '<img src="https://tracker.example/pixel.gif">',
        '<form action="//evil.example"><input name=q></form>',
        "<p onclick=alert(1)>x</p>",
        '<base href="//evil.example/">',
        '<meta http-equiv="refresh" content="0;url=//evil.example">',
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        '<p id="main" class="skip">x</p>',
        "<style>*{display:none}</style>",
        "<template><script>alert(1)</script></template>",
    ],
)
def test_hostile_html_leaves_nothing_alive(hostile):
    clean = sanitise(f"<p>a</p>{hostile}")
    for danger in (
        "script",
        "onerror",
        "onclick",
        "onload",
        "javascript",
        "style",
        "evil.example",
        "tracker",
        "data:",
        "id=",
        "class=",
    ):
        assert danger not in clean.lower()


def test_the_sanitiser_keeps_what_medicine_needs():
    html = '<h3>أ</h3><p dir="rtl" lang="ar">نص <bdi>x</bdi> H<sub>2</sub>O</p><table><tbody><tr><th scope="row">a</th><td>b</td></tr></tbody></table>'
    assert sanitise(html) == html


def test_the_sanitiser_is_stable():
    html = "<h1>Title</h1><p>5 < 6 & 7</p><a href='https://a.example/?a=1&b=2'>x</a>"
    once = sanitise(html)
    assert sanitise(once) == once
    assert "<h3>Title</h3>" in once


def test_plain_text_becomes_paragraphs_and_lists():
    assert plain_to_html("Key points\n- one <b>\n- two\n\nNext.") == (
        "<p>Key points</p>\n<ul><li>one &lt;b&gt;</li><li>two</li></ul>\n<p>Next.</p>"
    )


def test_the_words_of_html_lose_marks_and_references():
    assert to_text('<p>A &amp; B<sup><a href="#ref-1">[1]</a></sup>.</p><p>C</p>') == "A & B. C"


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Type 2 diabetes", "type-2-diabetes"),
        ("السُّكَّري من النوع الثاني", "السكري-من-النوع-الثاني"),
        ("Crohn's disease (IBD)", "crohn-s-disease-ibd"),
        ("a.json", "a-json"),
        ("…", ""),
    ],
)
def test_slugs_are_letters_digits_and_hyphens(title, slug):
    assert slugify(title) == slug


@given(st.text(max_size=300))
def test_slugs_never_hold_dots_or_slashes_and_stay_short(title):
    slug = slugify(title)
    assert len(slug) <= MAX_LENGTH
    assert not set(slug) & set("./?#% \x00")
    assert len(numbered(slug or "x", 1234)) <= MAX_LENGTH

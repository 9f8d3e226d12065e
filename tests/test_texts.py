"""The page of one text: sections, honest emptiness, trust, and what people typed."""

from datetime import UTC, date, datetime, timedelta

from medportal.blueprints.content import services
from medportal.blueprints.content.drafts import PartDraft, SectionDraft, TreatmentDraft
from medportal.models.content import State
from tests.conftest import section


def test_a_draft_is_seen_by_nobody(read, make_content):
    make_content(title="Secret draft", langs=("en",), publish=False)
    assert "Secret draft" not in read("/en/diseases/").text
    read("/en/diseases/secret-draft", status=404)
    read("/en/diseases/secret-draft.json", status=404)
    assert "Secret draft" not in read("/en/feeds/all.xml").html
    assert "secret-draft" not in read("/sitemap-en-1.xml").html


def test_a_disease_shows_its_sections_in_order_with_urgent_advice_on_top(read, make_content):
    make_content(
        langs=("en",), sections=[section("causes"), section("definition"), section("when_to_get_help")]
    )
    headings = [h.get_text(strip=True) for h in read("/en/diseases/test-disease").all(".section > h2")]
    assert headings[:3] == ["When to get help", "What it is", "Causes"]


def test_urgency_is_a_word_and_not_only_a_colour(read, make_content, lang):
    parts = [PartDraft(html="<p>x</p>", urgency=level) for level in ("routine", "emergency", "urgent")]
    make_content(sections=[SectionDraft(key="when_to_get_help", parts=parts)])
    slug = {"ar": "مرض-تجريبي", "en": "test-disease"}[lang]
    titles = [h.get_text(" ", strip=True) for h in read(f"/{lang}/diseases/{slug}").all(".urgency__title")]
    words = {
        "en": [
            "Emergency: Call an ambulance now",
            "Urgent: See a doctor today",
            "Not urgent: Make an appointment",
        ],
        "ar": ["حالة طارئة: طلب الإسعاف فورًا", "حالة عاجلة: مراجعة الطبيب اليوم", "حالة غير عاجلة: حجز موعد"],
    }
    assert titles == words[lang]


def test_emptiness_is_told_apart(read, make_content):
    make_content(
        langs=("en",),
        sections=[
            SectionDraft(key="prevention", state=State.NOTHING_KNOWN, as_of=date(2026, 11, 1)),
            SectionDraft(key="fasting", state=State.DOES_NOT_APPLY),
            SectionDraft(key="outlook", state=State.NOT_YET_WRITTEN),
        ],
    )
    page = read("/en/diseases/test-disease")
    said = [p.get_text(" ", strip=True) for p in page.all(".state")]
    assert said == [
        "As of November 1, 2026 nothing is known about this.",
        "This section is not yet written.",
        "This does not apply here.",
    ]
    assert "Not available" not in page.text
    assert "Complications" not in page.text


def test_a_disease_without_any_section_still_has_its_page(read, make_content):
    make_content(langs=("en",), sections=[])
    assert "its text is not yet written" in read("/en/diseases/test-disease").text


def test_treatments_say_what_is_not_stated(read, make_content):
    drug = TreatmentDraft(
        key="x",
        kind="drug",
        fields={"en": {"name": "Examplin", "benefit": "<p>Helps 1 in 10.</p>"}},
        references=[1],
    )
    make_content(
        langs=("en",), sections=[section("treatment")], references=[{"title": "A study"}], treatments=[drug]
    )
    page = read("/en/diseases/test-disease")
    assert page.one(".treatment h3").get_text(" ", strip=True) == "Examplin Medicine"
    missing = page.all(".treatment dd.muted")[0].get_text()
    assert missing == "How it works, Risks, Without it, Quality of life, What is uncertain"
    assert page.one(".treatment a.ref")["href"] == "#ref-1"
    assert page.one("#ref-1")


def test_no_review_no_review_date(read, make_content):
    make_content(langs=("en",))
    page = read("/en/diseases/test-disease")
    assert "Not reviewed by a physician" in page.text
    assert "lastReviewed" not in page.html
    assert "reviewedBy" not in page.html


def test_a_review_names_who_and_when_for_readers_and_machines(
    read, make_content, in_app, text_of, make_person
):
    content = make_content(langs=("en",))
    in_app(
        lambda: services.record_review(
            text_of(content), make_person(), on=date(2026, 1, 2), next_due=date(2029, 1, 2), by="test"
        )
    )
    page = read("/en/diseases/test-disease")
    assert "Last reviewed on January 2, 2026 by Dr Example" in page.text
    assert '"lastReviewed": "2026-01-02"' in page.html
    assert '"reviewedBy": {"@type": "Person", "name": "Dr Example"}' in page.html


def test_an_overdue_review_is_said_on_the_page(read, make_content, in_app, text_of, make_person):
    content = make_content(langs=("en",))
    in_app(
        lambda: services.record_review(
            text_of(content), make_person(), on=date(2020, 1, 2), next_due=date(2023, 1, 2), by="test"
        )
    )
    assert "The review of this page is overdue." in read("/en/diseases/test-disease").text


def test_sample_texts_say_so_and_stay_out_of_search_engines(read, make_content, lang):
    make_content(origin="sample")
    slug = {"ar": "مرض-تجريبي", "en": "test-disease"}[lang]
    page = read(f"/{lang}/diseases/{slug}")
    said = {
        "en": "Sample text, drafted by software, not reviewed by a physician",
        "ar": "نص تجريبي أعدّه برنامج ولم يراجعه طبيب",
    }
    assert page.one(".origin").get_text(strip=True) == said[lang]
    assert page.one('meta[name="robots"]')["content"] == "noindex"
    assert slug not in read(f"/sitemap-{lang}-1.xml").html


def test_fasting_without_a_cited_guideline_is_not_shown(read, make_content):
    make_content(langs=("en",), sections=[section("fasting", "<p>Eat at night.</p>"), section("causes")])
    assert "Eat at night" not in read("/en/diseases/test-disease").text


def test_related_texts_of_every_kind_are_offered_in_both_directions(read, make_content, in_app):
    disease = make_content(langs=("en",))
    news = make_content("news", langs=("en",), title="Its news")
    in_app(lambda: services.relate(disease, [news]))
    assert [a.get_text(strip=True) for a in read("/en/diseases/test-disease").all(".related h3 a")] == [
        "Its news"
    ]
    assert [a.get_text(strip=True) for a in read("/en/news/its-news").all(".related h3 a")] == [
        "Test disease"
    ]


def test_names_typed_by_people_are_isolated_and_marked(read, make_content):
    make_content(
        langs=("ar",), title="ورم", text={"synonyms": [{"name": "Tumour (HPV) 10–20 mg", "lang": "en"}]}
    )
    name = read("/ar/diseases/ورم").one(".names bdi")
    assert (name["lang"], name["dir"]) == ("en", "ltr")


def test_direction_overrides_never_reach_a_title(read, make_content):
    make_content(langs=("en",), title="Bad\u202etitle")
    assert "\u202e" not in read("/en/diseases/").html


def test_dates_and_counts_take_the_digits_of_the_site(read, make_content, app, monkeypatch):
    monkeypatch.setitem(app.config, "ARABIC_DIGITS", True)
    make_content("news", langs=("ar",), title="خبر 500", sections=[section("body", "<p>500 مغ</p>")])
    page = read("/ar/news/خبر-500")
    assert "500" in page.one("h1").text
    assert all("٢٠" in time.text for time in page.all("time"))


def test_what_was_published_long_ago_keeps_its_date(read, make_content, in_app, text_of):
    content = make_content("news", langs=("en",), title="News")

    def age():
        text_of(content).published_at = datetime.now(UTC).replace(hour=12) - timedelta(days=400)
        services.content_changed(content)

    in_app(age)
    day = (datetime.now(UTC) - timedelta(days=400)).date().isoformat()
    assert day in [time["datetime"] for time in read("/en/news/news").all(".about-text time")]
    in_app(lambda: services.publish(text_of(content), by="test"))
    assert day in [time["datetime"] for time in read("/en/news/news").all(".about-text time")]

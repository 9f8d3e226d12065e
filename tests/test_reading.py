"""What readers see: lists, pages, languages, and honest emptiness."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from medportal.blueprints.content import services
from medportal.blueprints.content.drafts import PartDraft, SectionDraft, TextDraft, TreatmentDraft
from medportal.content_types import KINDS
from medportal.models.content import State
from tests.conftest import section

LISTED = [kind.path for kind in KINDS.values() if kind.listed]


def test_the_front_door_follows_the_reader(client):
    for wanted, home in [("en-GB,en", "/en/"), ("ar-SY", "/ar/"), ("de", "/ar/"), ("", "/ar/")]:
        response = client.get("/", headers={"Accept-Language": wanted})
        assert response.headers["Location"] == home
        assert "Accept-Language" in response.headers["Vary"]


def test_every_page_names_its_language_and_direction(read, lang):
    html = read(f"/{lang}/").one("html")
    assert html["lang"] == lang
    assert html["dir"] == {"ar": "rtl", "en": "ltr"}[lang]


@pytest.mark.parametrize("path", LISTED)
def test_an_empty_list_says_so_and_leads_on(read, lang, path):
    page = read(f"/{lang}/{path}/")
    assert page.one(".empty a")


def test_home_shows_the_newest_of_each_kind(read, make_content, lang):
    make_content("news", title={"ar": "خبر", "en": "Some news"})
    make_content("disease")
    page = read(f"/{lang}/")
    assert {h.get_text(strip=True) for h in page.all(".block h3")} == (
        {"خبر", "مرض تجريبي"} if lang == "ar" else {"Some news", "Test disease"}
    )


def test_home_leaves_imported_texts_out(read, make_content):
    make_content("news", title="Imported news", origin="imported")
    assert "Imported news" not in read("/en/").text
    assert "Imported news" in read("/en/news/").text


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


def test_a_text_of_the_other_language_only_is_offered_and_never_shown(read, make_content):
    make_content(langs=("en",), title="Rare syndrome", sections=[section(html="<p>English body words.</p>")])
    page = read("/ar/diseases/rare-syndrome")
    assert "English body words" not in page.html
    assert page.one(".notice a.button")["href"] == "/en/diseases/rare-syndrome"
    assert page.one('meta[name="robots"]')["content"] == "noindex"
    assert page.one('link[rel="canonical"]')["href"] == "http://localhost/en/diseases/rare-syndrome"
    assert page.one(".notice [lang=en]")["dir"] == "ltr"


def test_a_foreign_text_stands_behind_under_its_known_title_with_a_badge(
    read, make_content, in_app, content_of
):
    content = make_content(langs=("en",), title="Rare syndrome")
    make_content(langs=("ar",), title="ورم")
    in_app(lambda: services.name_text(content_of(content), "ar", "متلازمة نادرة"))
    in_app(lambda: services.content_changed(content))
    page = read("/ar/diseases/")
    assert [h.get_text(strip=True) for h in page.all(".card h3")] == ["ورم", "متلازمة نادرة"]
    assert page.one(".badge--language").get_text(strip=True) == "متاح باللغة الإنجليزية فقط"
    assert "متلازمة نادرة" in read("/ar/diseases/rare-syndrome").text
    assert "rare-syndrome" not in read("/ar/feeds/diseases.xml").html
    assert "rare-syndrome" not in read("/sitemap-ar-1.xml").html


def test_the_other_languages_slug_leads_to_our_own_text(client, make_content):
    make_content()
    response = client.get("/ar/diseases/test-disease")
    assert response.status_code == 301
    assert response.headers["Location"].startswith("/ar/diseases/%D9%85")


def test_the_language_switch_stays_on_the_page_and_keeps_the_query(read, make_content, app):
    make_content()
    switch = read("/en/diseases/test-disease").one(".switch__link")
    assert switch["href"] == "/ar/diseases/مرض-تجريبي" or "%D9%85" in switch["href"]
    assert switch["lang"] == "ar"
    assert switch.get_text(strip=True) == "العربية"
    assert read("/en/news/?year=2026&page=1").one(".switch__link")["href"] == "/ar/news/?page=1&year=2026"


def test_alternates_are_reciprocal(read, make_content):
    make_content()
    pages = {
        code: read(f"/{code}/diseases/{slug}")
        for code, slug in [("en", "test-disease"), ("ar", "مرض-تجريبي")]
    }
    links = {
        code: {link["hreflang"]: link["href"] for link in page.all('link[rel="alternate"][hreflang]')}
        for code, page in pages.items()
    }
    assert links["en"] == links["ar"]
    assert set(links["en"]) == {"ar", "en", "x-default"}


def test_an_old_slug_redirects_for_ever(client, make_content, in_app, text_of):
    content = make_content(langs=("en",), title="Old name")
    for title in ("New name", "Newest name"):
        in_app(
            lambda t=title: services.save_text(text_of(content).content, "en", TextDraft(title=t), by="test")
        )
    for slug in ("old-name", "new-name"):
        response = client.get(f"/en/diseases/{slug}")
        assert (response.status_code, response.headers["Location"]) == (301, "/en/diseases/newest-name")


def test_a_withdrawn_text_answers_410_in_both_languages(read, make_content, in_app, text_of, lang):
    content = make_content()
    in_app(lambda: services.withdraw(text_of(content, lang), by="test"))
    slug = {"ar": "مرض-تجريبي", "en": "test-disease"}[lang]
    page = read(f"/{lang}/diseases/{slug}", status=410)
    assert page.one("h1").get_text() == {"ar": "سُحبت هذه الصفحة", "en": "This page was withdrawn"}[lang]


def test_everything_about_a_withdrawn_text_is_gone(client, make_content, in_app, text_of):
    content = make_content(langs=("en",))
    in_app(lambda: services.withdraw(text_of(content), by="test"))
    for path in ("/en/diseases/test-disease.json", f"/en/d/{content}", "/ar/diseases/test-disease"):
        assert client.get(path).status_code == 410


def test_a_text_withdrawn_in_one_language_is_not_called_untranslated(read, make_content, in_app, text_of):
    content = make_content()
    in_app(lambda: services.withdraw(text_of(content, "ar"), by="test"))
    assert "سُحب هذا النص بهذه اللغة." in read("/ar/diseases/test-disease").text


def test_the_slug_of_another_disease_is_never_taken_over(client, make_content, in_app, text_of):
    first = make_content(langs=("en",), title="Old name")
    in_app(lambda: services.save_text(text_of(first).content, "en", TextDraft(title="New name"), by="test"))
    make_content(langs=("en",), title="Old name")
    assert client.get("/en/diseases/old-name").headers["Location"] == "/en/diseases/new-name"
    assert client.get("/en/diseases/old-name-2").status_code == 200


@pytest.mark.parametrize("slug", ["Test-Disease", "test%20disease", "TEST_DISEASE"])
def test_an_address_written_a_little_differently_is_mended(client, make_content, slug):
    make_content(langs=("en",))
    assert client.get(f"/en/diseases/{slug}").headers["Location"] == "/en/diseases/test-disease"


def test_a_title_stays_known_while_its_text_is_drafted(read, make_content, in_app, content_of):
    content = make_content(langs=("en",), title="Rare syndrome")
    in_app(lambda: services.name_text(content_of(content), "ar", "متلازمة نادرة"))
    in_app(lambda: services.save_text(content_of(content), "ar", TextDraft(title="مسودة سرية"), by="test"))
    in_app(lambda: services.content_changed(content))
    for path in ("/ar/diseases/", "/ar/diseases/rare-syndrome"):
        assert "متلازمة نادرة" in read(path).text
        assert "مسودة سرية" not in read(path).text


def test_titles_that_begin_with_a_digit_stand_behind_the_letters(read, make_content):
    make_content(langs=("en",), title="22q11 deletion")
    link = read("/en/diseases/").all("a.letters__link")[-1]
    assert link.get_text(strip=True) == "0–9"
    assert len(read(link["href"]).all(".card")) == 1


def test_the_list_of_the_other_language_begins_with_known_names(read, make_content, in_app, content_of):
    make_content(langs=("en",), title="11-beta deficiency")
    known = make_content(langs=("en",), title="Zoster")
    in_app(lambda: services.name_text(content_of(known), "ar", "الهربس النطاقي"))
    in_app(lambda: services.content_changed(known))
    assert [h.get_text(strip=True) for h in read("/ar/diseases/").all(".card h3")] == [
        "الهربس النطاقي",
        "11-beta deficiency",
    ]


def test_fasting_without_a_cited_guideline_is_not_shown(read, make_content):
    make_content(langs=("en",), sections=[section("fasting", "<p>Eat at night.</p>"), section("causes")])
    assert "Eat at night" not in read("/en/diseases/test-disease").text


def test_the_short_address_leads_to_the_text(client, make_content):
    content = make_content(langs=("en",))
    assert client.get(f"/en/d/{content}").headers["Location"] == "/en/diseases/test-disease"


def test_the_a_to_z_folds_arabic_and_offers_only_letters_with_entries(read, make_content):
    for title in ("السكري", "إسهال", "أنفلونزا"):
        make_content(langs=("ar",), title=title)
    page = read("/ar/diseases/")
    assert [a.get_text(strip=True) for a in page.all("a.letters__link")] == ["الكل", "ا", "س"]
    assert len(page.all(".letters__list li")) == 29
    assert [h.get_text(strip=True) for h in read("/ar/diseases/?letter=إ").all(".card h3")] == [
        "إسهال",
        "أنفلونزا",
    ]
    assert len(read("/en/diseases/").all(".letters__list li")) == 27


def test_lists_are_narrowed_by_category_and_year(read, make_content, make_category):
    make_category("heart")
    make_content("news", langs=("en",), title="Heart news", categories=["heart"])
    make_content("news", langs=("en",), title="Other news")
    assert [h.get_text(strip=True) for h in read("/en/news/?category=heart").all(".card h3")] == [
        "Heart news"
    ]
    year = datetime.now(UTC).year
    assert len(read(f"/en/news/?year={year}").all(".card")) == 2
    assert "Nothing fits this choice." in read("/en/news/?year=1999").text


def test_unknown_filters_fall_back_and_absurd_pages_are_not_found(read, make_content):
    make_content("news", langs=("en",), title="News")
    for query in (
        "category=nothing",
        "letter=%D8%A5%D8%A5",
        "year=x",
        "page=x",
        "page=-1",
        "page=0",
        "sort=evil",
    ):
        assert len(read(f"/en/news/?{query}").all(".card")) == 1
    read("/en/news/?page=2", status=404)
    read("/en/news/?page=99999999999999999999", status=404)


def test_long_lists_come_in_pages(read, make_content, app, monkeypatch):
    monkeypatch.setitem(app.config, "PAGE_SIZE", 2)
    for n in range(3):
        make_content(langs=("en",), title=f"Disease {n}")
    first = read("/en/diseases/?category=")
    assert [h.get_text(strip=True) for h in first.all(".card h3")] == ["Disease 0", "Disease 1"]
    second = read(first.one('a[rel="next"]')["href"])
    assert [h.get_text(strip=True) for h in second.all(".card h3")] == ["Disease 2"]


def test_htmx_gets_the_results_alone_from_the_same_address(read, make_content):
    make_content(langs=("en",))
    part = read("/en/diseases/", headers={"HX-Request": "true"})
    assert not part.all("html")
    assert part.one("#results .card")
    whole = read("/en/diseases/", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert whole.one("html")


EVENT = {
    "starts_on": date(2030, 5, 1),
    "starts_at": time(9, 0),
    "ends_on": date(2030, 5, 2),
    "ends_at": time(16, 30),
    "zone": "Asia/Amman",
    "place": {"en": "Sample hall", "ar": "قاعة نموذجية"},
    "organiser": {"en": "Sample society", "ar": "جمعية نموذجية"},
    "cme_points": 6,
}


def test_events_are_coming_or_past(read, make_content):
    past = EVENT | {"starts_on": date(2020, 5, 1), "ends_on": date(2020, 5, 2)}
    make_content("event", langs=("en",), title="Coming", detail=EVENT)
    make_content("event", langs=("en",), title="Past", detail=past)
    assert [h.get_text(strip=True) for h in read("/en/events/").all(".card h3")] == ["Coming"]
    assert [h.get_text(strip=True) for h in read("/en/events/?when=past").all(".card h3")] == ["Past"]
    page = read("/en/events/coming")
    for words in ("May 1, 2030", "09:00", "Sample hall", "Asia/Amman", "Sample society"):
        assert words in page.text


def test_an_event_shows_the_day_of_its_place(read, make_content):
    """Late in the evening in Los Angeles it is the next day here; on the first of January in Tokyo it is still last year."""
    late = EVENT | {"zone": "America/Los_Angeles", "starts_at": time(20, 0), "ends_at": time(22, 0)}
    early = EVENT | {"zone": "Asia/Tokyo", "starts_on": date(2030, 1, 1), "starts_at": None, "ends_at": None}
    make_content("event", langs=("en",), title="Late", detail=late)
    make_content("event", langs=("en",), title="Early", detail=early)
    days = {
        card.select_one("h3").get_text(strip=True): card.select_one("time")["datetime"]
        for card in read("/en/events/").all(".card")
    }
    assert days == {"Early": "2030-01-01", "Late": "2030-05-01"}
    assert '"startDate": "2030-05-01T20:00:00-07:00"' in read("/en/events/late").html


def test_an_event_in_a_zone_that_does_not_exist_is_refused(make_content):
    with pytest.raises(ValueError, match="no such time zone"):
        make_content("event", langs=("en",), title="Nowhere", detail=EVENT | {"zone": "Nowhere/X"})


def test_a_calendar_gives_the_moment_in_utc(client, make_content):
    make_content("event", langs=("en",), title="Coming", detail=EVENT)
    for path in ("/en/events/coming.ics", "/en/events.ics"):
        response = client.get(path)
        assert response.mimetype == "text/calendar"
        assert b"DTSTART:20300501T060000Z" in response.data
    assert client.get("/en/events/nothing.ics").status_code == 404


def test_a_video_is_a_plain_link_and_says_when_it_has_no_transcript(read, make_content):
    detail = {"host": "Sample host", "url": "https://video.example/1", "seconds": 215, "captions": ["ar"]}
    make_content("video", langs=("en",), title="Film", detail=detail)
    page = read("/en/videos/film")
    assert not page.all("iframe, video, embed, object")
    assert page.one(".video a")["href"] == "https://video.example/1"
    assert "opens in a new window" in page.text
    assert "There is none yet." in page.text
    assert "3:35" in page.text


def test_a_superseded_guideline_leads_to_its_successor(read, make_content, in_app, content_of):
    detail = {"issuer": {"en": "WHO"}, "year": 2015}
    old = make_content("guideline", langs=("en",), title="Old", detail=detail)
    new = make_content("guideline", langs=("en",), title="New", detail=detail | {"year": 2024})

    def replace():
        content_of(old).superseded_by_id = new
        services.content_changed(old)

    in_app(replace)
    assert read("/en/guidelines/old").one(".notice--warning a")["href"] == "/en/guidelines/new"


def test_an_abstract_gives_its_bibliography(read, make_content):
    detail = {
        "journal": "Sample J",
        "authors": ["Doe J"],
        "published": "2012-05",
        "doi": "10.1000/182",
        "pmid": "123",
    }
    make_content("abstract", langs=("en",), title="Paper", detail=detail)
    page = read("/en/abstracts/paper")
    assert page.all('a[href="https://doi.org/10.1000/182"]')
    assert page.all('a[href="https://pubmed.ncbi.nlm.nih.gov/123/"]')
    assert len(read("/en/abstracts/?year=2012").all(".card")) == 1


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


def test_categories_count_and_gather_all_kinds(read, make_content, make_category, lang):
    make_category("heart")
    make_content(categories=["heart"])
    make_content("news", title={"ar": "خبر", "en": "News"}, categories=["heart"])
    assert read(f"/{lang}/categories/").one(".tile")["href"] == f"/{lang}/categories/heart"
    assert len(read(f"/{lang}/categories/heart").all(".card")) == 2


def test_fixed_pages_have_short_addresses_and_appear_in_the_footer_once_they_exist(
    read, client, make_content
):
    assert not read("/en/").all('a[href="/en/about"]')
    read("/en/about", status=404)
    make_content("page", title={"ar": "عن الموقع", "en": "About us"}, text={"slug": "about"})
    assert read("/en/about").one("h1").get_text(strip=True) == "About us"
    assert read("/ar/").all('.site-footer a[href="/ar/about"]')
    assert client.get("/en/pages/about").headers["Location"] == "/en/about"


def test_names_typed_by_people_are_isolated_and_marked(read, make_content):
    make_content(
        langs=("ar",), title="ورم", text={"synonyms": [{"name": "Tumour (HPV) 10–20 mg", "lang": "en"}]}
    )
    name = read("/ar/diseases/ورم").one(".names bdi")
    assert (name["lang"], name["dir"]) == ("en", "ltr")


def test_direction_overrides_never_reach_a_title(read, make_content):
    make_content(langs=("en",), title="Bad\u202etitle")
    assert "\u202e" not in read("/en/diseases/").html


@pytest.mark.parametrize("path", ["/en/", "/en/diseases/", "/en/diseases/a-0", "/en/categories/heart"])
def test_a_page_asks_the_same_number_of_questions_whatever_the_rows(
    read, make_content, make_category, count_queries, path
):
    make_category("heart")
    references = [{"title": "R"}]
    for n in range(2):
        make_content(title={"ar": f"ا {n}", "en": f"A {n}"}, categories=["heart"], references=references)
    few = count_queries(lambda: read(path))
    for n in range(2, 12):
        make_content(title={"ar": f"ا {n}", "en": f"A {n}"}, categories=["heart"], references=references * 3)
    assert count_queries(lambda: read(path)) == few
    assert few <= 20


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


def test_a_ninth_kind_is_one_file(app, read, make_content, make_app, monkeypatch):
    """A kind registered by a test has its list, page, JSON, feed entry and form by itself."""
    from flask_babel import lazy_gettext
    from wtforms import StringField

    from medportal.content_types.base import ContentType

    podcast = ContentType(
        key="podcast",
        path="podcasts",
        label=lazy_gettext("Video"),
        plural=lazy_gettext("Videos Library"),
        icon="play",
        sections=("body", "transcript"),
        detail_fields={"host": StringField("Host")},
    )
    monkeypatch.setitem(KINDS, "podcast", podcast)
    make_content("podcast", langs=("en",), title="Episode one", sections=[section("body")])
    client = make_app().test_client()
    assert "Episode one" in client.get("/en/podcasts/").get_data(as_text=True)
    assert client.get("/en/podcasts/episode-one").status_code == 200
    assert client.get("/en/podcasts/episode-one.json").json["kind"] == "podcast"
    for feed in ("podcasts", "all"):
        assert "Episode one" in client.get(f"/en/feeds/{feed}.xml").get_data(as_text=True)
    assert "episode-one" in client.get("/sitemap-en-1.xml").get_data(as_text=True)
    with app.test_request_context("/ar/", method="POST", data={"slug": "a b"}):
        form = podcast.form()
        assert {"title", "slug", "body", "body_state", "transcript", "host"} <= set(form._fields)
        assert not form.validate()
        assert form.errors["title"] == ["هذا الحقل مطلوب."]
        assert form.errors["slug"] == ["حروف وأرقام وواصلات فقط."]

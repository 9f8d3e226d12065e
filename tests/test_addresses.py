"""Where things are: languages, slugs, redirects, and what is said when something is elsewhere or gone."""

import pytest

from medportal.blueprints.content import services
from medportal.blueprints.content.drafts import TextDraft
from tests.conftest import section


def test_the_front_door_follows_the_reader(client):
    for wanted, home in [("en-GB,en", "/en/"), ("ar-SY", "/ar/"), ("de", "/ar/"), ("", "/ar/")]:
        response = client.get("/", headers={"Accept-Language": wanted})
        assert response.headers["Location"] == home
        assert "Accept-Language" in response.headers["Vary"]


def test_every_page_names_its_language_and_direction(read, lang):
    html = read(f"/{lang}/").one("html")
    assert html["lang"] == lang
    assert html["dir"] == {"ar": "rtl", "en": "ltr"}[lang]


def test_a_text_of_the_other_language_only_is_offered_and_never_shown(read, make_content):
    make_content(langs=("en",), title="Rare syndrome", sections=[section(html="<p>English body words.</p>")])
    page = read("/ar/diseases/rare-syndrome")
    assert "English body words" not in page.html
    assert page.one(".notice a.button")["href"] == "/en/diseases/rare-syndrome"
    assert page.one('meta[name="robots"]')["content"] == "noindex"
    assert page.one('link[rel="canonical"]')["href"] == "http://localhost/en/diseases/rare-syndrome"
    assert page.one(".notice [lang=en]")["dir"] == "ltr"


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


def test_the_short_address_leads_to_the_text(client, make_content):
    content = make_content(langs=("en",))
    assert client.get(f"/en/d/{content}").headers["Location"] == "/en/diseases/test-disease"


def test_fixed_pages_have_short_addresses_and_appear_in_the_footer_once_they_exist(
    read, client, make_content
):
    assert not read("/en/").all('a[href="/en/about"]')
    read("/en/about", status=404)
    make_content("page", title={"ar": "عن الموقع", "en": "About us"}, text={"slug": "about"})
    assert read("/en/about").one("h1").get_text(strip=True) == "About us"
    assert read("/ar/").all('.site-footer a[href="/ar/about"]')
    assert client.get("/en/pages/about").headers["Location"] == "/en/about"

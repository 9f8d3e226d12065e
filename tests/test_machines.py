"""The portal for machines says what people see, and nothing more."""

import json
import xml.etree.ElementTree as ET
from datetime import date

import pytest

from medportal.blueprints.content import services
from medportal.blueprints.content.drafts import PartDraft, SectionDraft
from tests.conftest import section

ATOM = {"a": "http://www.w3.org/2005/Atom"}
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


def ld(page):
    return json.loads(page.one('script[type="application/ld+json"]').string)


def test_a_disease_is_a_medical_web_page_about_a_condition(read, make_content):
    make_content(
        langs=("en",),
        codes=[("ICD-10", "C91.1")],
        references=[{"title": "A study", "doi": "10.1000/182", "year": "2020"}],
        sections=[section("causes", "<p>Genes &amp; more.</p>")],
        text={"synonyms": [{"name": "TD"}]},
    )
    data = ld(read("/en/diseases/test-disease"))
    assert data["@type"] == "MedicalWebPage"
    assert data["inLanguage"] == "en"
    thing = data["mainEntity"]
    assert thing["@type"] == "MedicalCondition"
    assert thing["alternateName"] == ["TD"]
    assert thing["code"] == [{"@type": "MedicalCode", "codeValue": "C91.1", "codingSystem": "ICD-10"}]
    assert thing["cause"] == {"@type": "MedicalCause", "name": "Genes & more."}
    assert data["citation"][0]["sameAs"] == "https://doi.org/10.1000/182"


def test_names_and_dates_for_machines_are_those_on_the_page(
    read, make_content, in_app, text_of, make_person, lang
):
    content = make_content()

    def prepare():
        person = make_person("Dr Layla Example")
        services.add_credit(text_of(content, lang).content, person, "author")
        services.record_review(
            text_of(content, lang), person, on=date(2026, 3, 4), next_due=date(2029, 3, 4), by="t"
        )

    in_app(prepare)
    page = read(f"/{lang}/diseases/" + {"en": "test-disease", "ar": "مرض-تجريبي"}[lang])
    data = ld(page)
    shown = {time["datetime"][:10] for time in page.all("time")}
    for name in ("lastReviewed", "datePublished", "dateModified"):
        assert data[name] in shown
    for person in (data["reviewedBy"], *data["author"]):
        assert person["name"] in page.text
    for citation in data.get("citation", []):
        assert citation["name"] in page.text


def test_a_translation_points_at_its_source_and_back(read, make_content):
    make_content(source_lang="en")
    english, arabic = ld(read("/en/diseases/test-disease")), ld(read("/ar/diseases/مرض-تجريبي"))
    assert arabic["translationOfWork"]["@id"] == english["@id"]
    assert [work["@id"] for work in english["workTranslation"]] == [arabic["@id"]]


def test_breadcrumbs_for_machines_are_those_on_the_page(read, make_content, lang):
    make_content()
    page = read(f"/{lang}/diseases/" + {"en": "test-disease", "ar": "مرض-تجريبي"}[lang])
    names = [item["name"] for item in ld(page)["breadcrumb"]["itemListElement"]]
    assert names == [li.get_text(strip=True) for li in page.all(".breadcrumb li")]


@pytest.mark.parametrize("path", ["/en/", "/en/diseases/", "/en/categories/", "/en/news/"])
def test_lists_parse_and_are_canonical(read, make_content, path):
    make_content()
    page = read(path)
    assert page.one('link[rel="canonical"]')["href"] == f"http://localhost{path}"
    assert {link["hreflang"] for link in page.all('link[rel="alternate"][hreflang]')} == {
        "ar",
        "en",
        "x-default",
    }
    for script in page.all('script[type="application/ld+json"]'):
        assert json.loads(script.string)["@context"] == "https://schema.org"


def test_a_letter_of_the_a_to_z_is_no_page_for_search_engines(read, make_content):
    make_content(langs=("en",))
    assert read("/en/diseases/?letter=t").one('meta[name="robots"]')["content"] == "noindex"


def test_previews_name_title_text_and_picture_per_language(read, make_content, lang):
    make_content(text={"summary": "A summary that is shown."})
    page = read(f"/{lang}/diseases/" + {"en": "test-disease", "ar": "مرض-تجريبي"}[lang])
    og = {meta["property"]: meta["content"] for meta in page.all('meta[property^="og:"]')}
    assert og["og:title"] == {"en": "Test disease", "ar": "مرض تجريبي"}[lang]
    assert og["og:description"] == "A summary that is shown."
    assert f"og-{lang}" in og["og:image"]
    assert og["og:image"].startswith("http://localhost/static/")


def test_the_same_text_comes_as_json(client, make_content, lang):
    parts = [PartDraft(html="<p>A</p>", source="NIH", source_url="https://nih.example/", licence="CC BY 4.0")]
    make_content(sections=[SectionDraft(key="definition", parts=parts)])
    slug = {"en": "test-disease", "ar": "مرض-تجريبي"}[lang]
    data = client.get(f"/{lang}/diseases/{slug}.json").json
    assert (data["lang"], data["kind"], data["reviewed"]) == (lang, "disease", None)
    assert data["sections"][0]["parts"][0]["licence"] == "CC BY 4.0"
    assert set(data["translations"]) == {"ar", "en"}
    assert client.get(f"/{lang}/diseases/nothing.json").status_code == 404


def test_feeds_are_atom_in_their_language_and_newest_first(client, make_content, lang):
    make_content("news", title={"ar": "خبر 10–20 mg", "en": "News & <more>"})
    make_content("news", langs=(lang,), title={"ar": "أحدث", "en": "Newer"})
    for path in ("all", "news"):
        response = client.get(f"/{lang}/feeds/{path}.xml")
        assert response.mimetype == "application/atom+xml"
        feed = ET.fromstring(response.data)
        titles = [entry.find("a:title", ATOM).text for entry in feed.findall("a:entry", ATOM)]
        assert titles == {"en": ["Newer", "News & <more>"], "ar": ["أحدث", "خبر \u206610–20 mg\u2069"]}[lang]
        for name in ("id", "title", "updated", "author"):
            assert feed.find(f"a:{name}", ATOM) is not None


def test_imported_texts_stay_out_of_feeds(client, make_content):
    make_content("news", langs=("en",), title="Imported", origin="imported")
    assert "Imported" not in client.get("/en/feeds/all.xml").get_data(as_text=True)


def test_category_feeds_hold_their_category(client, make_content, make_category):
    make_category("heart")
    make_content("news", langs=("en",), title="Inside", categories=["heart"])
    make_content("news", langs=("en",), title="Outside")
    text = client.get("/en/feeds/categories/heart.xml").get_data(as_text=True)
    assert "Inside" in text
    assert "Outside" not in text
    assert client.get("/en/feeds/categories/nothing.xml").status_code == 404
    assert client.get("/en/feeds/pages.xml").status_code == 404


def test_the_sitemap_is_an_index_of_languages(client, make_content):
    make_content(langs=("en",))
    index = ET.fromstring(client.get("/sitemap.xml").data)
    parts = [loc.text for loc in index.iter(LOC)]
    assert parts == ["http://localhost/sitemap-ar-1.xml", "http://localhost/sitemap-en-1.xml"]
    english = ET.fromstring(client.get("/sitemap-en-1.xml").data)
    assert "http://localhost/en/diseases/test-disease" in [loc.text for loc in english.iter(LOC)]


def test_the_manifest_speaks_the_language(client, lang):
    data = client.get(f"/{lang}/manifest.webmanifest").json
    assert (data["lang"], data["dir"]) == (lang, {"ar": "rtl", "en": "ltr"}[lang])
    for icon in data["icons"]:
        client.get(icon["src"]).close()


def test_window_titles_isolate_their_numbers_in_arabic(read, make_content):
    make_content(langs=("ar",), title="جرعة 10–20 mg", text={"slug": "x"})
    assert read("/ar/diseases/x").one("title").get_text().startswith("جرعة \u206610–20 mg\u2069")

"""The search: what is found and what never is, its pages, suggestions, limits, and that any input is safe."""

import xml.etree.ElementTree as ET
from datetime import timedelta
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from medportal.blueprints.content import services
from medportal.blueprints.content.drafts import TextDraft
from medportal.changes import content_changed
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.content import Content, ContentText, Status
from medportal.models.search import SearchName, SearchSection, SearchState, SearchTerm, SearchVariant
from medportal.search import analysis, glossary, index, query, upkeep
from tests.conftest import section
from tests.people import Page


@pytest.fixture
def hits(read):
    """`hits("asthma")`: the titles on the results page."""

    def search(words, lang="en", **values):
        return [
            link.get_text()
            for link in read(f"/{lang}/search", query_string={"q": words, **values}).all(".hit__title a")
        ]

    return search


def disease(make_content, title="Asthma", html="<p>The airways are narrow.</p>", **values):
    return make_content(langs=("en",), title=title, sections=[section(html=html)], **values)


# What is found


def test_a_draft_is_never_found(make_content, hits):
    disease(make_content, publish=False)
    assert hits("asthma") == hits("airways") == []


def test_publishing_renaming_unpublishing_and_deleting_show_at_once(
    make_content, hits, in_app, text_of, content_of
):
    number = disease(make_content, publish=False)
    in_app(lambda: services.publish(text_of(number), by="test"))
    assert hits("asthma") == ["Asthma"]
    in_app(
        lambda: services.save_text(content_of(number), "en", TextDraft(title="Bronchial disease"), by="test")
    )
    assert hits("asthma") == hits("airways") == []
    assert hits("bronchial") == ["Bronchial disease"]
    in_app(lambda: services.withdraw(text_of(number), by="test"))
    assert hits("bronchial") == []
    in_app(lambda: services.publish(text_of(number), by="test"))
    in_app(lambda: services.delete_content(content_of(number), by="test"))
    assert hits("bronchial") == []


def test_nothing_is_left_in_the_index_of_what_was_deleted(make_content, in_app, content_of):
    number = disease(make_content)
    in_app(lambda: services.delete_content(content_of(number), by="test"))

    def rows():
        return [
            db.session.scalar(sa.select(sa.func.count()).select_from(model))
            for model in (SearchName, SearchSection, SearchTerm, SearchVariant)
        ]

    assert in_app(rows) == [0, 0, 0, 0]
    assert in_app(
        lambda: db.session.execute(sa.select(SearchState.names, SearchState.section_stems)).one()
    ) == (0, 0)


def test_members_words_never_appear(make_content, make_user, hits):
    disease(make_content)
    make_user("findme@example.org", name="Findme Somebody")
    assert hits("findme") == []


@pytest.mark.parametrize("words", ["الربو", "ربو", "رَبْو", "الـــربو", "بالربو", "والربو"])
def test_an_english_page_is_found_by_its_arabic_name_and_says_so(
    make_content, in_app, content_of, read, words
):
    number = disease(make_content)
    in_app(lambda: (services.name_text(content_of(number), "ar", "الربو"), content_changed(number)))
    page = read("/ar/search", query_string={"q": words})
    assert [link.get_text() for link in page.all(".hit__title a")] == ["الربو"]
    assert page.one(".hit .badge--language")


def test_taking_a_word_out_of_the_glossary_takes_it_out_of_the_search(make_content, hits, in_app, as_):
    in_app(lambda: glossary.add("Asthma", [("ar", "ضيقة الصدر")]))
    disease(make_content)
    assert hits("ضيقة الصدر", "ar") == ["Asthma"]
    owner = as_("owner")
    word = in_app(
        lambda: db.session.scalar(
            sa.select(glossary.GlossaryWord.id).where(glossary.GlossaryWord.lang == "ar")
        )
    )
    owner.send(f"/en/admin/glossary/words/{word}", state="out")
    assert hits("ضيقة الصدر", "ar") == []
    owner.send(f"/en/admin/glossary/words/{word}", state="back")
    assert hits("ضيقة الصدر", "ar") == ["Asthma"]


def test_a_word_added_at_the_desk_is_found_at_once(make_content, hits, as_, in_app):
    disease(make_content)
    owner = as_("editor")
    owner.send("/en/admin/glossary/new", name="Asthma", arabic="الربو")
    number = in_app(lambda: db.session.scalar(sa.select(glossary.GlossaryConcept.id)))
    owner.send(
        f"/en/admin/glossary/{number}", text="كرشة نفس", lang="ar", kind="regional", region="EG", source=""
    )
    assert hits("كرشه النفس", "ar") == ["Asthma"]
    assert "unverified" in owner.get(f"/en/admin/glossary/{number}").text


@pytest.mark.parametrize("code", ["C91.1", "c91.1", "c91 1"])
def test_codes_find_their_page(make_content, hits, code):
    make_content(langs=("en",), title="Chronic lymphocytic leukaemia", codes=[("ICD-10", "C91.1")])
    disease(make_content)
    assert hits(code) == ["Chronic lymphocytic leukaemia"]


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("X-linked ichthyosis", "xlinked ichthyosis"),
        ("X-linked ichthyosis", "X linked ichthyosis"),
        ("Haemophilia", "hemophilia"),
        ("Tumour of the oesophagus", "esophageal tumors"),
        ("Alzheimer's disease", "alzheimers"),
        ("Sjögren syndrome", "sjogren"),
        ("Pneumonia", "pnuemonia"),
        ("Pneumonia", "nimonia"),
        ("Diarrhoea", "diarhea"),
        ("إنفلونزا", "انفلونزه"),
        ("روماتيزم", "روماتيزوم"),
        ("التهاب الكبد", "إلتهاب الكبد"),
    ],
)
def test_spelling_and_orthography_are_forgiven(make_content, hits, written, typed):
    disease(make_content, title=written)
    assert hits(typed) == [written]


@pytest.mark.parametrize(
    ("plain", "varied"),
    [
        ("مرض السكري", "مَرَضُ السُّكَّرِيّ"),
        ("مرض السكري", "مـــرض الســـكري"),
        ("blood sugar disease", "BLOOD SUGAR DISEASE"),
        ("السكري 2", "السكری ٢"),
    ],
)
def test_marks_tatweel_case_and_digits_change_no_rank(make_content, in_app, plain, varied):
    for title in ("مرض السكري 2", "السكري", "ارتفاع سكر الدم", "Blood sugar", "Sugar 2", "Kidney disease"):
        disease(make_content, title=title)
    ranked = in_app(lambda: [(hit.content_id, hit.score) for hit in query.search(plain).hits])
    assert ranked
    assert in_app(lambda: [(hit.content_id, hit.score) for hit in query.search(varied).hits]) == ranked


# The page


def test_a_misspelling_is_said_and_can_be_insisted_on(make_content, read):
    disease(make_content, title="Hypertension")
    page = read("/en/search?q=hypertention")
    assert "Results for “hypertension” are shown as well" in page.text
    only = page.soup.select_one(".notice a")
    assert "Search only for" in only.get_text()
    assert read(only["href"]).all(".hit") == []


def test_nothing_found_helps_on(read, lang):
    page = read(f"/{lang}/search", query_string={"q": "zzzzqq"})
    assert len(page.all(".empty a")) >= 3
    assert page.soup.select_one("meta[name=robots]")["content"] == "noindex"


def test_every_page_has_the_box_even_one_that_does_not_exist(read, lang):
    for path, status in (
        (f"/{lang}/", 200),
        (f"/{lang}/contact", 200),
        (f"/{lang}/search", 200),
        (f"/{lang}/nowhere", 404),
    ):
        form = read(path, status).soup.select_one("form[role=search].search")
        assert form["action"] == f"/{lang}/search"
        assert form.select_one("input[name=q]")


def test_kinds_are_counted_and_narrow_the_search(make_content, read):
    disease(make_content)
    make_content("article", langs=("en",), title="Living with asthma")
    page = read("/en/search?q=asthma")
    assert "Diseases (1)" in page.text.replace("  ", " ")
    narrowed = read("/en/search?q=asthma&kind=article")
    assert [a.get_text() for a in narrowed.all(".hit__title a")] == ["Living with asthma"]
    assert "(1)" in narrowed.text


def test_counts_by_kind_are_what_the_kinds_show(make_content, read):
    for n in range(30):
        disease(make_content, title=f"Asthma {n}")
    for n in range(4):
        make_content("article", langs=("en",), title=f"Asthma story {n}")
    counts = [link.get_text(" ", strip=True) for link in read("/en/search?q=asthma").all(".search-kinds a")]
    assert counts == ["All (34)", "Diseases (30)", "Articles (4)"]
    assert len(read("/en/search?q=asthma&kind=article").all(".hit")) == 4


@pytest.mark.parametrize("words", ["the", "من", "s", "the of in"])
def test_stop_words_alone_are_looked_for(make_content, hits, words):
    disease(make_content, title="The disease")
    assert hits(words) in ([], ["The disease"])


def test_a_section_in_one_language_does_not_answer_for_the_other(
    make_content, in_app, content_of, text_of, hits
):
    number = make_content(langs=("en",), title="Asthma", sections=[section("treatment", "<p>Inhaler.</p>")])
    in_app(
        lambda: services.publish(
            services.save_text(content_of(number), "ar", TextDraft(title="الربو"), by="test"), by="test"
        )
    )
    assert hits("asthma", section="treatment", text="en") == ["Asthma"]
    assert hits("asthma", section="treatment", text="ar") == []


def test_each_limit_narrows(make_content, make_category, hits):
    heart = make_category("heart")
    disease(make_content, title="Asthma of the heart", categories=[heart])
    make_content(langs=("en",), title="Asthma", sections=[section("treatment", "<p>Salbutamol.</p>")])
    make_content(
        "video",
        langs=("en",),
        title="Asthma film",
        detail={"host": "Example", "url": "https://example.org/v"},
    )
    tomorrow = (utc_now() + timedelta(days=2)).date().isoformat()
    assert hits("asthma", category="heart") == ["Asthma of the heart"]
    assert hits("asthma", section="treatment") == ["Asthma"]
    assert hits("salbutamol", section="definition") == []
    assert hits("asthma", video="1") == ["Asthma film"]
    assert hits("asthma", text="ar") == []
    assert len(hits("asthma", text="en")) == 3
    assert hits("asthma", **{"from": tomorrow}) == []
    assert len(hits("asthma", to=tomorrow, **{"from": "2020-01-01"})) == 3
    assert hits("", category="heart") == ["Asthma of the heart"]
    assert len(hits("asthma", kind="nonsense", section="nonsense", **{"from": "31.12.2020"})) == 3


def test_the_advanced_form_keeps_what_was_chosen(make_category, read, lang):
    make_category("heart")
    page = read(
        f"/{lang}/search/advanced?q=asthma&kind=disease&section=treatment&text=en&from=2020-01-01&video=1"
    )
    assert page.soup.select_one("#q")["value"] == "asthma"
    assert page.soup.select_one("#kind option[selected]")["value"] == "disease"
    assert page.soup.select_one("#section option[selected]")["value"] == "treatment"
    assert page.soup.select_one("#from")["value"] == "2020-01-01"
    assert page.soup.select_one("#video").has_attr("checked")


def test_a_day_may_be_written_in_any_digits_and_what_is_none_is_said(make_content, read, hits):
    disease(make_content)
    assert hits("asthma", **{"from": "٢٠٢٠/١/٣١"}) == ["Asthma"]
    assert hits("asthma", to="2020-01-31") == []
    page = read("/en/search", query_string={"q": "asthma", "from": "last week"})
    assert "last week” is no date" in page.text
    assert len(page.all(".hit")) == 1


def test_the_language_switch_keeps_the_search(make_content, read):
    disease(make_content)
    link = read("/en/search?q=asthma&kind=disease&exact=1").soup.select_one(".switch__link")
    assert "q=asthma" in link["href"]
    assert "kind=disease" in link["href"]
    assert link["href"].startswith("/ar/search")


def test_results_have_pages_and_end_in_404(make_content, read):
    for n in range(23):
        disease(make_content, title=f"Asthma {n}")
    assert len(read("/en/search?q=asthma").all(".hit")) == 20
    assert len(read("/en/search?q=asthma&page=2").all(".hit")) == 3
    read("/en/search?q=asthma&page=3", 404)


def test_a_results_page_costs_the_same_whatever_it_shows(make_content, client, count_queries):
    disease(make_content)
    client.get("/en/search?q=asthma")
    one = count_queries(lambda: client.get("/en/search?q=asthma"))
    for n in range(8):
        disease(make_content, title=f"Asthma {n}")
    client.get("/en/search?q=asthma")  # parts that many pages share are read again after a change
    assert count_queries(lambda: client.get("/en/search?q=asthma")) == one <= 24


def test_quotes_stand_in_the_readers_words_with_numbers_in_order(make_content, read):
    make_content(
        langs=("ar",),
        title="ارتفاع الضغط",
        sections=[section(html="<p>القياس 120/80 mmHg هو الطبيعي لدى البالغين.</p>")],
    )
    words = read("/ar/search", query_string={"q": "القياس 120"}).soup.select_one(".hit__text")
    assert "القياس" in [mark.get_text() for mark in words.select("mark")]
    assert words.select_one("mark bdi[dir=ltr]").get_text() == "120/80 mmHg"


def test_titles_are_escaped(make_content, read):
    disease(
        make_content, title="Asthma <img src=x>", html="<p>asthma &lt;script&gt;alert(1)&lt;/script&gt;</p>"
    )
    page = read("/en/search", query_string={"q": "asthma <script>alert(2)</script>"})
    assert not page.all("main script")
    assert not page.all("main img")


# Machines


def test_the_api_answers_as_agreed(make_content, client):
    number = disease(make_content)
    answer = client.get("/api/search?q=asthma&lang=en&limit=5")
    assert answer.get_json() == {
        "total": 1,
        "results": [
            {
                "id": number,
                "kind": "disease",
                "lang": "en",
                "title": "Asthma",
                "url": "http://localhost/en/diseases/asthma",
                "snippet": "The airways are narrow.",
            }
        ],
    }
    assert client.get("/api/search").get_json() == {"total": 0, "results": []}
    assert len(client.get("/api/search?q=asthma&limit=0").get_json()["results"]) == 1


def test_browsers_may_add_the_search(client, lang):
    answer = client.get(f"/opensearch-{lang}.xml")
    assert answer.mimetype == "application/opensearchdescription+xml"
    url = ET.fromstring(answer.get_data()).find("{http://a9.com/-/spec/opensearch/1.1/}Url")
    assert url.get("template") == f"http://localhost/{lang}/search?q={{searchTerms}}"
    assert f"/opensearch-{lang}.xml" in client.get(f"/{lang}/").get_data(as_text=True)


# Suggestions


def suggested(client, words, lang="en"):
    answer = client.get(f"/{lang}/search/suggest", query_string={"q": words}, headers={"X-Suggest": "1"})
    assert answer.status_code == 200
    return [line["data-value"] for line in Page(answer).all("[role=option]")]


def test_suggestions_begin_as_typed_then_hold_the_words(make_content, client):
    disease(make_content, title="Asthma")
    disease(make_content, title="Childhood asthma")
    assert suggested(client, "ast") == ["Asthma", "Childhood asthma"]
    assert suggested(client, "asthma chi") == ["Childhood asthma"]
    assert suggested(client, "zzzz") == []


def test_a_misspelling_or_lay_word_is_answered_with_the_title(make_content, client, in_app):
    in_app(lambda: glossary.add("Asthma", [("ar", "الربو")]))
    disease(make_content)
    assert suggested(client, "asthme") == ["Asthma"]
    assert suggested(client, "الرب", "ar") == ["Asthma"]


def test_there_are_at_most_eight_suggestions_and_drafts_are_none(make_content, client):
    for n in range(12):
        disease(make_content, title=f"Asthma {n}")
    disease(make_content, title="Asthma draft", publish=False)
    found = suggested(client, "asthma")
    assert len(found) == 8
    assert "Asthma draft" not in suggested(client, "asthma dr")


def test_opened_as_a_page_suggestions_are_the_search(client):
    assert client.get("/en/search/suggest?q=asthma").headers["Location"] == "/en/search?q=asthma"


# Any input


HOSTILE = [
    '"',
    "'",
    "%",
    "*",
    "asthma*",
    'a" OR "b',
    "NEAR(a b)",
    "a AND NOT b",
    "stems:asthma",
    "(((((",
    "^asthma",
    "a:b:c",
    "\x00asthma",
    "asthma\x00",
    "😀",
    "😀 asthma",
    "the of in",
    "في من",
    "ـــــ",
    "ًٌٍَُ",
    "ء",
    "-",
    "--",
    "';DROP TABLE user;--",
    "\\",
    "_",
    "%_%",
    "a" * 10_000,
    "asthma " * 1_500,
    "س" * 10_000,
    "ab " * 3_000,
    "\u202e\u2066x",
    "١٢٣٤٥٦٧٨٩٠" * 100,
    "<script>",
    "{{7*7}}",
    "e\u0301" * 500,
    "ﷺ",
    "İSTANBUL",
    "ß",
    "\ud83d",
]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_33_any_input_is_safe(make_content, client, words):
    disease(make_content)
    words = words.encode("utf-8", "replace").decode()
    for path in ("/en/search", "/ar/search", "/api/search", "/en/search/suggest"):
        answer = client.get(path, query_string={"q": words}, headers={"X-Suggest": "1"})
        refused = "\x00" in words or len(quote(words)) > 4_000  # no reader types those: rule 29
        assert answer.status_code == (400 if refused else 200)


# The index


def test_check_sees_what_is_wrong_and_reindex_mends_it(app, make_content, in_app):
    disease(make_content)
    run = app.test_cli_runner()
    assert run.invoke(args=["search", "check"]).exit_code == 0
    in_app(lambda: db.session.execute(sa.update(ContentText).values(title="Changed behind the back")))
    broken = run.invoke(args=["search", "check"])
    assert broken.exit_code == 1
    assert "does not say what the content says" in broken.output
    assert run.invoke(args=["search", "reindex"]).exit_code == 0
    assert run.invoke(args=["search", "check"]).exit_code == 0


def test_another_version_of_the_analysis_builds_the_index_anew(make_content, in_app, monkeypatch):
    disease(make_content)
    in_app(upkeep.keep)
    assert not in_app(upkeep.is_stale)
    monkeypatch.setattr(analysis, "VERSION", analysis.VERSION + 1)
    assert in_app(upkeep.is_stale)
    in_app(upkeep.keep)
    assert not in_app(upkeep.is_stale)
    assert in_app(lambda: len(query.search("asthma").hits)) == 1


def test_an_unchanged_text_writes_nothing(make_content, in_app):
    number = disease(make_content)
    first = in_app(
        lambda: db.session.scalar(sa.select(SearchSection.id).where(SearchSection.content_id == number))
    )
    in_app(lambda: index.write(upkeep.collect.entries([number])))
    assert (
        in_app(
            lambda: db.session.scalar(sa.select(SearchSection.id).where(SearchSection.content_id == number))
        )
        == first
    )


def test_what_was_scheduled_or_archived_is_not_in_the_index(make_content, in_app, text_of):
    number = disease(make_content)
    in_app(lambda: setattr(text_of(number), "status", Status.ARCHIVED))
    in_app(lambda: index.write(upkeep.collect.entries([number])))
    assert in_app(lambda: query.search("asthma").hits) == []
    assert in_app(lambda: db.session.get(Content, number)) is not None


def test_a_rolled_back_change_leaves_the_index_alone(app, make_content, hits, text_of):
    number = disease(make_content)
    with app.app_context():
        services.withdraw(text_of(number), by="test")
        db.session.rollback()
    assert hits("asthma") == ["Asthma"]


def test_content_from_before_the_search_is_indexed_by_the_jobs(app, make_content, in_app, hits):
    disease(make_content)

    def as_after_an_upgrade():
        index.clear()
        db.session.execute(sa.delete(SearchState))

    in_app(as_after_an_upgrade)
    disease(make_content, title="Stroke")
    assert hits("asthma") == []
    assert in_app(upkeep.is_stale)
    assert app.test_cli_runner().invoke(args=["jobs", "run", "--once"]).exit_code == 0
    assert hits("asthma") == ["Asthma"]
    assert in_app(upkeep.faults) == []


def test_check_counts_the_vocabulary_and_the_rows_of_the_index(make_content, in_app):
    disease(make_content)
    in_app(lambda: db.session.execute(sa.update(SearchTerm).values(names=7)))
    assert "counted wrongly" in in_app(upkeep.faults)[0]
    in_app(upkeep.rebuild)
    in_app(lambda: db.session.execute(sa.delete(SearchSection)))
    assert any("without their partner" in fault for fault in in_app(upkeep.faults))


def test_the_article_need_not_be_typed(make_content, client):
    disease(make_content, title="السكري")
    assert suggested(client, "سك", "ar") == ["السكري"]

"""What people type finds the right page of the sample site, in both languages, through the pages themselves."""

from functools import partial

import pytest
import sqlalchemy as sa
from flask_migrate import upgrade

from medportal import create_app
from medportal.demo import loader
from medportal.extensions import db
from medportal.models.content import Content
from tests.conftest import _worker_url
from tests.people import Page

# key of the sample → everyday words, regional names, abbreviations and misspellings that must lead to it
WORDS = {
    ("ar", "heart-attack"): "جلطة|جلطة قلبية|جلطه في القلب|ذبحة|نوبة قلبية|سكتة قلبية|احتشاء|MI|وجع صدر|I21",
    ("ar", "stroke"): "جلطة|جلطة دماغية|سكتة|فالج|جلطة بالمخ|سكته دماغيه|شلل نصفي|CVA",
    ("ar", "type-2-diabetes"): "سكر|السكري|مرض السكر|سكرى|ارتفاع السكر|سكر تراكمي|السكر النوع الثاني|E11",
    ("ar", "hypertension"): "ضغط|الضغط|ضغط عالي|ارتفاع الضغط|ضغط الدم المرتفع|ضغط مرتفع|HTN",
    ("ar", "asthma"): "كرشة نفس|ربو|حساسية صدر|ضيق نفس|ازمة صدرية|صفير الصدر|كتمة|تزييق|J45",
    (
        "en",
        "heart-attack",
    ): "heart attack|MI|myocardial infarction|coronary|heart atack|hart attack|chest pain",
    ("en", "stroke"): "stroke|CVA|brain attack|mini stroke|TIA|strok|cerebrovascular accident|face drooping",
    ("en", "type-2-diabetes"): "diabetes|sugar|high sugar|diabetis|T2DM|sugar diabetes|blood sugar|metformin",
    ("en", "hypertension"): "high blood pressure|blood pressure|HTN|hypertention|pressure|BP|high bp",
    ("en", "asthma"): "asthma|asma|wheezing|wheeze|short of breath|inhaler|cant breathe|breathlessness",
}

# language of the reader, query, what must be found, what must not be
TRIPLES = """
en|heart attack|heart-attack|home-blood-pressure-video
en|myocardial infarction|heart-attack|asthma
en|stroke|recognising-a-stroke-video|asthma
en|TIA|stroke|heart-attack
en|asthma|asthma-as-needed-inhaler-2018|stroke
en|asthma|gina-asthma-2024|type-2-diabetes
en|ASTHMA|asthma|stroke
en|wheezing|asthma|stroke
en|hypertension|who-hypertension-report-2025|privacy
en|hypertention|hypertension|antibiotics-and-viruses
en|diabetes|type-2-diabetes|asthma
en|diabetis|type-2-diabetes|asthma
en|metformin|type-2-diabetes|hypertension
en|insulin|type-2-diabetes|stroke
en|paraneoplastic|paraneoplastic-neurological-syndromes|asthma
en|antibodies|paraneoplastic-neurological-syndromes|stroke
en|GINA 2024|gina-asthma-2024|stroke
en|blood pressure at home video|home-blood-pressure-video|al-razi-bedside-notes
en|al-Razi|al-razi-bedside-notes|stroke
en|antibiotics virus|antibiotics-and-viruses|stroke
en|telomeres|telomeres-pancreatic-cancer-2017|stroke
en|pancreatic cancer|telomeres-pancreatic-cancer-2017|asthma
en|rare diseases resolution|rare-diseases-resolution-2025|hypertension
en|privacy|privacy|stroke
en|disclaimer|disclaimer|stroke
en|how do I recognise a stroke|recognising-a-stroke-video|al-razi-bedside-notes
en|stroke talk online|sample-stroke-online-talk|privacy
en|Bateman|asthma-as-needed-inhaler-2018|asthma
en|I21|heart-attack|stroke
en|السكتة الدماغية|stroke|asthma
en|السكري|type-2-diabetes|asthma
en|الربو|asthma|stroke
en|احتشاء عضلة القلب|heart-attack|asthma
ar|جلطة قلبية|heart-attack|hypertension
ar|احتشاء عضلة القلب|heart-attack|asthma
ar|السكتة الدماغية|stroke|asthma
ar|سكته دماغيه|stroke|asthma
ar|فالج|stroke|antibiotics-and-viruses
ar|الربو|asthma|stroke
ar|رَبْو|asthma|stroke
ar|بخاخ|asthma-as-needed-inhaler-2018|stroke
ar|دليل الربو|gina-asthma-2024|stroke
ar|ضغط|hypertension|antibiotics-and-viruses
ar|ارتفاع ضغط الدم|who-hypertension-report-2025|al-razi-bedside-notes
ar|سُكَّر|type-2-diabetes|asthma
ar|السكري|type-2-diabetes|antibiotics-and-viruses
ar|السُّكَّرِيّ|type-2-diabetes|antibiotics-and-viruses
ar|الســـكري|type-2-diabetes|antibiotics-and-viruses
ar|بالسكري|type-2-diabetes|antibiotics-and-viruses
ar|السکری|type-2-diabetes|antibiotics-and-viruses
ar|المضادات الحيوية|antibiotics-and-viruses|type-2-diabetes
ar|الرازي|al-razi-bedside-notes|stroke
ar|الخصوصية|privacy|stroke
ar|إخلاء المسؤولية|disclaimer|stroke
ar|اخلاء المسئولية|disclaimer|stroke
ar|التيلوميرات|telomeres-pancreatic-cancer-2017|stroke
ar|سرطان البنكرياس|telomeres-pancreatic-cancer-2017|asthma
ar|قياس الضغط في المنزل|home-blood-pressure-video|al-razi-bedside-notes
ar|أجسام مضادة|paraneoplastic-neurological-syndromes|hypertension
ar|أنسولين|type-2-diabetes|stroke
ar|انسولين|type-2-diabetes|stroke
ar|ألم الصدر|heart-attack|al-razi-bedside-notes
ar|stroke|stroke|asthma
ar|diabetes|type-2-diabetes|asthma
ar|MI|heart-attack|stroke
ar|كرشة نفس|asthma|stroke
ar|ضيق التنفس|asthma|privacy
""".strip().splitlines()


@pytest.fixture(scope="module")
def site(tmp_path_factory, worker_id, base_settings):
    """The sample site, and the number of each of its texts by key."""
    settings = {
        **base_settings,
        "INSTANCE_PATH": tmp_path_factory.mktemp("search"),
        "DATABASE_URL": _worker_url(f"{worker_id}_search"),
    }
    app = create_app(settings)
    with app.app_context():
        upgrade()
        loader.load()
        ids = {key: number for number, key in db.session.execute(sa.select(Content.id, Content.key))}
        db.session.remove()
    yield app.test_client(), ids
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def found(site):
    """`found("ar", "سكر")`: the keys of what the page lists, in order, and the page."""
    client, ids = site
    keys = {number: key for key, number in ids.items()}

    def search(lang, words):
        page = Page(client.get(f"/{lang}/search", query_string={"q": words}))
        assert page.status == 200
        answer = client.get("/api/search", query_string={"q": words, "lang": lang, "limit": "50"}).get_json()
        listed = [keys[result["id"]] for result in answer["results"]]
        titles = [link.get_text() for link in page.soup.select(".hit__title a")]
        assert titles == [result["title"] for result in answer["results"]][: len(titles)], (
            "page and API differ"
        )
        return listed, page

    return search


@pytest.mark.parametrize(
    ("lang", "words", "key"),
    [(lang, words, key) for (lang, key), listed in WORDS.items() for words in listed.split("|")],
)
def test_everyday_words_reach_their_page_among_the_first_three(found, lang, words, key):
    listed, _page = found(lang, words)
    assert key in listed[:3]


@pytest.mark.parametrize(
    ("lang", "words", "right", "wrong"), [partial(str.split, sep="|")(line) for line in TRIPLES], ids=TRIPLES
)
def test_a_search_finds_what_it_must_and_not_what_it_must_not(found, lang, words, right, wrong):
    listed, page = found(lang, words)
    assert right in listed
    assert wrong not in listed
    assert page.soup.select_one(".hit mark") or page.soup.select_one(".hit__text")


@pytest.mark.parametrize(
    ("lang", "words", "shown"),
    [
        ("ar", "السكري", "السكري"),
        ("ar", "بالسُّكري", "السكري"),
        ("en", "wheezing", "wheez"),
        ("en", "hypertention", "ypertension"),
    ],
)
def test_the_words_found_are_marked_in_the_text_as_it_was_written(found, lang, words, shown):
    _listed, page = found(lang, words)
    marks = [mark.get_text() for mark in page.soup.select(".hit mark")]
    assert any(shown in mark for mark in marks)


def test_there_are_at_least_sixty_triples_and_forty_everyday_words():
    assert len(TRIPLES) >= 60
    assert sum(len(words.split("|")) for words in WORDS.values()) >= 40

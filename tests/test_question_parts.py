"""Beside the questions of readers: their settings, what fits while one is written, and the screen that stops emergencies."""

import csv
import datetime as dt
import html
from pathlib import Path

import pytest
from flask import render_template

from medportal.blueprints.questions import stop
from medportal.blueprints.questions.similar import similar
from medportal.blueprints.settings import terms
from medportal.demo import loader
from medportal.extensions import db
from medportal.i18n import LANGUAGES
from medportal.models.emergency import EmergencyNumber
from medportal.models.search import MissedSearch
from medportal.models.setting import all_settings
from tests.conftest import ORIGIN, section

ASK = "/{}/consultants/ask/similar"
HTMX = ORIGIN | {"HX-Request": "true"}
TERMS = {f"questions_terms_{code}": "Terms of the site." for code in LANGUAGES}


@pytest.fixture
def physician(in_app, make_person):
    return in_app(lambda: make_person("Dr Responsible", listed=True).id)


@pytest.fixture
def complete(physician):
    return TERMS | {
        "questions_on": "y",
        "questions_physician": str(physician),
        "questions_reply_days": "7",
        "questions_look_in_days": "3",
    }


def test_questions_are_on_once_everything_is_said(as_, complete, physician, in_app):
    as_("owner").send("/en/admin/settings/questions", **complete)
    kept = in_app(all_settings)
    assert kept["questions_on"] is True
    assert kept["questions_physician"] == physician
    assert (kept["questions_reply_days"], kept["questions_look_in_days"]) == (7, 3)
    assert kept["questions_terms"] == dict.fromkeys(LANGUAGES, "Terms of the site.")


@pytest.mark.parametrize(
    "missing",
    ["questions_physician", "questions_reply_days", "questions_look_in_days", *TERMS],
)
def test_without_any_one_of_them_they_stay_off_and_the_field_is_named(as_, complete, missing, in_app, lang):
    page = as_("owner").send(f"/{lang}/admin/settings/questions", 422, **complete | {missing: ""})
    assert [a["href"] for a in page.all(".errors a")] == [f"#{missing}"]
    code = missing.removeprefix("questions_terms_")
    if code in LANGUAGES:
        assert LANGUAGES[code].locale.get_display_name(lang) in page.one(".errors a").text
    assert page.one(f"#{missing}")["aria-invalid"] == "true"
    assert "questions_on" not in in_app(all_settings)


def test_while_they_are_off_things_can_be_prepared_one_by_one(as_, in_app):
    as_("owner").send("/en/admin/settings/questions", questions_reply_days="5")
    kept = in_app(all_settings)
    assert kept["questions_reply_days"] == 5
    assert kept["questions_on"] is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("questions_reply_days", "61"),
        ("questions_reply_days", "0"),
        ("questions_look_in_days", "31"),
        ("questions_look_in_days", "soon"),
        ("questions_physician", "999"),
    ],
)
def test_nonsense_is_refused(as_, complete, name, value):
    page = as_("owner").send("/en/admin/settings/questions", 422, **complete | {name: value})
    assert [a["href"] for a in page.all(".errors a")] == [f"#{name}"]


def test_who_has_no_place_in_the_corner_and_no_account_is_not_offered(as_, in_app, make_person, physician):
    in_app(lambda: make_person("Author of old"))
    page = as_("owner").get("/en/admin/settings")
    assert [option["value"] for option in page.all("#questions_physician option")] == ["", str(physician)]


def test_the_draft_is_offered_in_each_language_and_must_be_read(as_, complete):
    owner = as_("owner")
    page = owner.get("/en/admin/settings?draft=questions")
    drafts = {name: page.one(f"#{name}").text.strip() for name in TERMS}
    for name, text in drafts.items():
        assert text.count("\n\n") == 7, name
    assert len(set(drafts.values())) == len(LANGUAGES)
    page = owner.send("/en/admin/settings/questions", 422, **complete | drafts)
    assert "still there" in page.one(".errors").text
    read = {name: text.split("\n\n", 1)[1] for name, text in drafts.items()}
    owner.send("/en/admin/settings/questions", **complete | read)
    assert not terms.is_draft(read["questions_terms_en"], "en")


@pytest.fixture
def pages(make_content):
    make_content(
        kind="disease",
        title={"en": "Asthma", "ar": "الربو"},
        sections=[section(html="<p>Wheeze and cough. أزيز وسعال.</p>")],
    )
    make_content(
        kind="question",
        title={"en": "May I exercise with asthma?", "ar": "هل تمكن الرياضة مع الربو؟"},
        sections=[section("question", "<p>Sport with wheeze? رياضة مع أزيز؟</p>")],
    )
    make_content(kind="news", title={"en": "Asthma day", "ar": "يوم الربو"})
    make_content(kind="disease", title={"en": "Migraine", "ar": "الشقيقة"}, langs=("ar", "en"))


WORDS = {
    "en": "I am 30 and I have asthma, may I exercise?",
    "ar": "عمري 30 سنة وعندي الربو فهل أمارس الرياضة؟",
}


def test_what_fits_is_shown_while_a_question_is_written(pages, client, lang):
    answer = client.post(ASK.format(lang), data={"body": WORDS[lang]}, headers=HTMX)
    text = answer.get_data(as_text=True)
    titles = {"en": ("exercise with asthma", "Asthma"), "ar": ("تمكن الرياضة", "الربو")}[lang]
    assert all(title in html.unescape(text) for title in titles)
    assert {"en": "Migraine", "ar": "الشقيقة"}[lang] not in text
    assert {"en": "Asthma day", "ar": "يوم الربو"}[lang] not in text
    assert 'aria-live="polite"' in text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("words", ["", "the of and", "من في على", "12 30 120/80", "\u202e\u202e", "zzqxv"])
def test_words_that_say_nothing_find_nothing(pages, client, lang, words):
    answer = client.post(ASK.format(lang), data={"body": words}, headers=HTMX)
    assert answer.status_code == 200
    assert "<li>" not in answer.get_data(as_text=True)
    assert 'aria-live="polite"' in answer.get_data(as_text=True)


def test_only_what_readers_of_the_language_can_read_is_shown(in_app, make_content):
    make_content(title={"en": "Asthma"}, langs=("en",))
    make_content(title={"en": "Asthma of drafts"}, langs=("en",), publish=False)
    assert in_app(lambda: [entry.title for entry in similar("asthma", "en")]) == ["Asthma"]
    assert in_app(lambda: similar("asthma", "ar")) == []


def test_never_more_than_asked_for_and_a_long_text_costs_little(in_app, make_content, count_queries):
    for n in range(7):
        make_content(title={"en": f"Asthma number{n}"}, langs=("en",))
    long = "asthma " + " ".join(f"word{n}" for n in range(20_000))
    assert len(in_app(lambda: similar(long, "en", limit=3))) == 3
    assert count_queries(lambda: in_app(lambda: similar(long, "en"))) < 20


def test_63_nothing_of_the_words_is_kept(pages, client, in_app):
    client.post(ASK.format("en"), data={"body": "purpleheadache unheardof"}, headers=HTMX)
    assert in_app(lambda: db.session.query(MissedSearch).count()) == 0
    tables = db.metadata.sorted_tables
    assert "purple" not in in_app(lambda: str([db.session.execute(db.select(t)).all() for t in tables]))


def test_who_asks_too_often_is_told_of_nothing_and_no_error(pages, client):
    for _ in range(120):
        client.post(ASK.format("en"), data={"body": ""}, headers=HTMX)
    answer = client.post(ASK.format("en"), data={"body": "asthma"}, headers=HTMX)
    assert answer.status_code == 200
    assert "<li>" not in answer.get_data(as_text=True)


def test_it_is_a_part_of_a_page_and_of_our_own_pages_only(client):
    assert client.post(ASK.format("en"), data={"body": "x"}, headers=ORIGIN).status_code == 404
    foreign = HTMX | {"Origin": "https://elsewhere.example"}
    assert client.post(ASK.format("en"), data={"body": "x"}, headers=foreign).status_code == 403
    assert client.get(ASK.format("en") + "?body=x", headers=HTMX).status_code == 405


TODAY = dt.date(2026, 3, 1)


@pytest.fixture
def screen(app, in_app, time_machine):
    """The screen for a country, with three rows of Syria of which two may be shown."""
    time_machine.move_to("2026-03-01 10:00:00+00:00")
    common = {"country": "SY", "source": "Sample office"}
    rows = [
        EmergencyNumber(**common, service="ambulance", number="000", checked_on=TODAY),
        EmergencyNumber(**common, service="crisis", number="001", checked_on=TODAY),
        EmergencyNumber(**common, service="poison", number="002", checked_on=TODAY - dt.timedelta(days=400)),
        EmergencyNumber(country="AT", source="", service="ambulance", number="003", checked_on=TODAY),
    ]
    in_app(lambda: db.session.add_all(rows))

    def show(lang, country=None):
        with app.test_request_context(f"/{lang}/consultants/ask"):
            app.preprocess_request()
            return render_template("questions/_stop.html", stop=stop.rows(country), go_on="/go-on")

    return show


def test_the_stop_screen_shows_numbers_that_were_checked_within_a_year(screen, lang):
    page = screen(lang, "sy")
    assert "tel:000" in page
    assert "tel:001" in page
    assert "tel:002" not in page
    assert '<option value="SY" selected>' in page
    assert 'href="/go-on"' in page


@pytest.mark.parametrize("country", ["AT", "", None, "XX", "<b>", "SY; drop"])
def test_where_none_may_be_shown_it_says_the_local_ambulance(screen, country, lang):
    page = screen(lang, country)
    assert "tel:" not in page
    said = {"en": "your local ambulance number", "ar": "رقم الإسعاف المحلي"}
    assert said[lang] in page
    assert "<b>" not in page


def test_every_sign_has_a_source_that_was_looked_up():
    with (Path(loader.__file__).parent / "references.csv").open(encoding="utf-8", newline="") as file:
        keys = {row["key"] for row in csv.DictReader(file)}
    assert all(sources and set(sources) <= keys for _sign, sources in stop.SIGNS)

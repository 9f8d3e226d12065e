"""Emergency numbers: only what somebody checked within a year is shown."""

import datetime as dt

import pytest
import sqlalchemy as sa

from medportal.blueprints.content.drafts import PartDraft, SectionDraft
from medportal.blueprints.emergency import queries
from medportal.changes import site_changed
from medportal.extensions import db
from medportal.models.emergency import EmergencyNumber

TODAY = dt.date(2026, 3, 1)
SENTENCE = {
    "en": "In an emergency, call the local emergency number.",
    "ar": "في حالة الطوارئ يجب الاتصال برقم الطوارئ المحلي.",
}
SAMPLE = {"country": "SY", "service": "ambulance", "number": "000", "source": "Sample office"}


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to("2026-03-01 10:00:00+00:00")


@pytest.fixture
def make_number(in_app):
    """A made-up number; it calls nobody."""

    def make(**values):
        row = EmergencyNumber(**({**SAMPLE, "checked_on": TODAY} | values))
        return in_app(lambda: (db.session.add(row), site_changed(), db.session.flush(), row.id)[-1])

    return make


def kept(in_app):
    return in_app(
        lambda: [
            (row.country, row.number, row.checked_on)
            for row in db.session.scalars(sa.select(EmergencyNumber))
        ]
    )


def test_none_is_shipped_and_the_sentence_stands_alone(read, lang):
    page = read(f"/{lang}/")
    assert SENTENCE[lang] in page.text
    assert not page.all("details.emergency")


def test_a_checked_number_is_shown_by_country_with_its_source(read, make_number, lang):
    make_number(number="0 0#0", source_url="https://office.example/numbers")
    make_number(country="AT")
    shown = read(f"/{lang}/").one("details.emergency")
    names = {"en": ["Austria", "Syria"], "ar": ["النمسا", "سوريا"]}[lang]
    assert sorted(dt.get_text() for dt in shown.select("dt")) == sorted(names)
    links = [a["href"] for a in shown.select("a")]
    assert "tel:00%230" in links
    assert "https://office.example/numbers" in links
    assert shown.select("a bdi")[0]["dir"] == "ltr"


@pytest.mark.parametrize(
    "values",
    [
        {"source": ""},
        {"checked_on": None},
        {"checked_on": TODAY - dt.timedelta(days=366)},
        {"checked_on": TODAY + dt.timedelta(days=1)},
    ],
)
def test_what_nobody_verified_is_never_shown(read, make_number, values):
    make_number(**values)
    page = read("/en/")
    assert "tel:" not in page.html
    assert SENTENCE["en"] in page.text


def test_an_old_number_vanishes_by_itself_and_the_desk_says_so_in_time(
    read, make_number, in_app, time_machine
):
    make_number(checked_on=TODAY - dt.timedelta(days=330))
    assert in_app(queries.due_count) == 0
    time_machine.move_to("2026-03-10 10:00:00+00:00")
    assert in_app(queries.due_count) == 1
    assert "tel:000" in read("/en/").html
    time_machine.move_to("2026-04-06 10:00:00+00:00")
    assert "tel:000" not in read("/en/").html
    assert in_app(queries.due_count) == 1


def test_the_urgent_card_shows_it_and_costs_one_question_more_whatever_the_number(
    read, make_content, make_number, count_queries, lang
):
    parts = [PartDraft(html="<p>x</p>", urgency="emergency")]
    make_content(sections=[SectionDraft(key="when_to_get_help", parts=parts)])
    path = f"/{lang}/diseases/" + {"en": "test-disease", "ar": "مرض-تجريبي"}[lang]
    none = count_queries(lambda: read(path))
    for country in ("SY", "AT", "EG"):
        make_number(country=country)
    assert count_queries(lambda: read(path)) == none
    assert len(read(path).all(".urgency__card--emergency details a[href^='tel:']")) == 3


@pytest.fixture
def editor(as_):
    return as_("editor")


def test_a_number_is_added_changed_checked_and_deleted(editor, in_app, lang):
    where = f"/{lang}/admin/emergency-numbers"
    assert editor.get(where).all(".empty")
    editor.send(f"{where}/new", **SAMPLE | {"number": "٠٠٠"}, checked_on="2026-02-01")
    assert kept(in_app) == [("SY", "000", dt.date(2026, 2, 1))]
    assert "000" in editor.get(f"{where}?state=shown").text
    editor.send(f"{where}/1", **SAMPLE | {"number": "00 0"}, checked_on="2026-02-01")
    editor.send(f"{where}/1/checked")
    assert kept(in_app) == [("SY", "00 0", TODAY)]
    assert editor.send(f"{where}/1/delete", 200).all("input[name=sure]")
    editor.send(f"{where}/1/delete", sure="y")
    assert kept(in_app) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "call us"},
        {"number": ""},
        {"country": "XX"},
        {"checked_on": "2026-03-09"},
        {"source_url": "javascript:alert(1)"},
        {"service": "taxi"},
    ],
)
def test_a_wrong_answer_is_named_and_what_was_typed_stays(editor, in_app, lang, wrong):
    page = editor.send(f"/{lang}/admin/emergency-numbers/new", 422, **SAMPLE | {"note_ar": "ملاحظة"} | wrong)
    assert page.all("[data-errors] a")
    assert page.one("#note_ar")["value"] == "ملاحظة"
    assert kept(in_app) == []


def test_the_same_number_is_not_kept_twice(editor, make_number):
    make_number()
    assert editor.send("/en/admin/emergency-numbers/new", 422, **SAMPLE).all(".field__error")


def test_without_a_source_nothing_was_checked(editor, make_number, in_app, lang):
    make_number(source="", checked_on=None)
    page = editor.send(f"/{lang}/admin/emergency-numbers/1/checked", 422)
    assert page.all("#source-error")
    assert kept(in_app)[0][2] is None


def test_fields_follow_the_language_they_are_for(editor, lang):
    page = editor.get(f"/{lang}/admin/emergency-numbers/new")
    assert [page.one(f"#note_{code}")["dir"] for code in ("ar", "en")] == ["rtl", "ltr"]
    assert [page.one(f"#{name}")["dir"] for name in ("number", "source_url")] == ["ltr", "ltr"]


def test_the_list_goes_by_country_in_the_readers_language(editor, make_number, lang):
    for country in ("SY", "EG", "AT"):
        make_number(country=country)
    titles = [row.get_text() for row in editor.get(f"/{lang}/admin/emergency-numbers").all(".row__title a")]
    names = {"en": ["Austria", "Egypt", "Syria"], "ar": ["سوريا", "مصر", "النمسا"]}[lang]
    assert [next(n for n in names if n in title) for title in titles] == names


@pytest.mark.parametrize("role", ["member", "consultant"])
def test_only_staff_may_look(as_, role):
    as_(role).get("/en/admin/emergency-numbers", 403)

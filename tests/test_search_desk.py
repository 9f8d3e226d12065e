"""The desk of the search: what found nothing, without telling who, and the glossary."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.glossary import GlossaryConcept, GlossaryWord
from medportal.models.search import MissedSearch
from medportal.retention import clean_up
from medportal.search import glossary, missed, query, upkeep


@pytest.fixture(autouse=True)
def _nothing_waits(monkeypatch):
    """Misses of other tests are forgotten, and every miss is written at once."""
    monkeypatch.setattr(missed, "PAUSE", -1.0)
    missed._waiting.clear()


@pytest.fixture
def misses(in_app):
    return lambda: in_app(
        lambda: [
            (row.lang, row.text, row.times, row.days) for row in db.session.scalars(sa.select(MissedSearch))
        ]
    )


def missed_on_days(in_app, text, days=3, lang="ar", times=5):
    in_app(
        lambda: db.session.add(
            MissedSearch(lang=lang, text=text, times=times, days=days, last_on=utc_now().date())
        )
    )


def test_a_search_that_finds_nothing_is_counted_after_the_answer(client, misses):
    for _ in range(2):
        client.get("/ar/search", query_string={"q": "زغغغل"}).close()
    assert misses() == [("ar", "زغغغل", 2, 1)]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Dose 500 zzqq", "dose zzqq"),
        ("zzqq@example.org", None),
        ("0501234567 zzqq", None),
        ("https://zzqq.example", None),
        ("zzqq＠mail example", None),
        ("www.zzqq.example", None),
        ("zzqq (at) mail dot com", None),
        ("½ zzqq²", "⁄ zzqq"),
        ("z" * 200, "z" * 60),
    ],
)
def test_20_nothing_is_kept_that_could_tell_who_asked(client, misses, typed, kept):
    client.get("/en/search", query_string={"q": typed}).close()
    assert [row[1] for row in misses()] == ([kept] if kept else [])


def test_20_a_flood_fills_neither_memory_nor_database(client, in_app, misses, monkeypatch):
    monkeypatch.setattr(missed, "PAUSE", 1e9)
    monkeypatch.setattr(missed, "IN_MEMORY", 5)
    monkeypatch.setattr(missed, "MOST_ROWS", 3)
    for letter in "abcdefghij":
        client.get("/en/search", query_string={"q": f"zz{letter}qq"}).close()
    assert len(missed._waiting) == 5
    in_app(missed.write)
    assert len(misses()) == 3


def test_separate_days_are_counted(client, in_app, misses, time_machine):
    for day in (1, 1, 2, 5):
        time_machine.move_to(f"2026-03-0{day} 10:00:00+00:00")
        client.get("/en/search", query_string={"q": "zzqq"}).close()
    assert misses() == [("en", "zzqq", 4, 3)]


def test_the_owner_sees_what_was_missed_on_three_days_and_settles_it(as_, in_app, lang):
    missed_on_days(in_app, "كلمة غريبة")
    missed_on_days(in_app, "مرة واحدة", days=2)
    owner = as_("owner")
    assert "searches" in owner.get("/en/admin/").html
    page = owner.get(f"/{lang}/admin/searches")
    assert "كلمة غريبة" in page.text
    assert "مرة واحدة" not in page.text
    number = in_app(lambda: db.session.scalar(sa.select(MissedSearch.id).where(MissedSearch.days == 3)))
    owner.send(f"/{lang}/admin/searches/{number}", state="aside")
    assert "كلمة غريبة" not in owner.get(f"/{lang}/admin/searches").text
    assert "كلمة غريبة" in owner.get(f"/{lang}/admin/searches?state=aside").text
    owner.send(f"/{lang}/admin/searches/{number}", state="back")
    assert "كلمة غريبة" in owner.get(f"/{lang}/admin/searches").text


def test_a_missed_word_goes_into_the_form_of_its_language(as_, in_app):
    missed_on_days(in_app, "كلمة غريبة")
    owner = as_("owner")
    link = owner.get("/ar/admin/searches").all(".row a")[0]["href"]
    assert owner.get(link).one("#arabic")["value"] == "كلمة غريبة"


def test_misses_are_forgotten_after_ninety_days(app, in_app, misses):
    old = utc_now().date() - timedelta(days=91)
    in_app(lambda: db.session.add(MissedSearch(lang="en", text="old", times=9, days=9, last_on=old)))
    missed_on_days(in_app, "new")
    in_app(clean_up)
    assert [row[1] for row in misses()] == ["new"]


def test_the_glossary_is_found_by_any_word(as_, in_app):
    in_app(
        lambda: (
            glossary.add("Asthma", [("ar", "الربو")]),
            glossary.add("Stroke", [("ar", "السكتة الدماغية")]),
        )
    )
    page = as_("editor").get("/ar/admin/glossary", query_string={"q": "ربو"})
    assert [row.get_text(strip=True) for row in page.all(".row__title a")] == ["Asthma"]


def test_the_same_concept_is_opened_and_keeps_what_it_has(as_, in_app):
    in_app(lambda: glossary.add("Asthma", [("ar", "الربو")]))
    as_("owner").send("/en/admin/glossary/new", name="Asthma", arabic="ضيقة")
    words = in_app(
        lambda: sorted(db.session.scalars(sa.select(GlossaryWord.text).where(GlossaryWord.lang == "ar")))
    )
    assert words == ["الربو", "ضيقة"]


@pytest.mark.parametrize("form", [{"name": ""}, {"name": "?!"}, {"name": "x" * 201}])
def test_a_concept_without_a_word_is_not_taken_and_what_was_typed_stays(as_, in_app, lang, form):
    page = as_("owner").send(f"/{lang}/admin/glossary/new", 422, **form, arabic="الربو")
    assert page.one("#arabic")["value"] == "الربو"
    assert page.all(".field__error")
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(GlossaryConcept))) == 0


def test_the_shipped_list_never_brings_back_what_was_taken_out(in_app, as_):
    in_app(glossary.load)
    number = in_app(
        lambda: db.session.scalar(sa.select(GlossaryWord.id).where(GlossaryWord.text == "كرشة نفس"))
    )
    as_("owner").send(f"/en/admin/glossary/words/{number}", state="out")
    in_app(lambda: setattr(glossary.state(), "glossary", "an older list"))
    assert in_app(glossary.load) == 0
    assert in_app(lambda: db.session.get_one(GlossaryWord, number).removed)


def test_the_shipped_list_is_sound(in_app):
    in_app(glossary.load)

    def faults():
        words = db.session.execute(
            sa.select(GlossaryWord.lang, GlossaryWord.kind, GlossaryWord.key, GlossaryWord.text)
        ).all()
        return [
            row
            for row in words
            if row.lang not in ("ar", "en") or row.kind not in list(glossary.WordKind) or not row.key
        ]

    assert in_app(faults) == []
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(GlossaryConcept))) > 1_500


def test_a_newer_list_reaches_pages_that_are_indexed_already(make_content, in_app):
    make_content(langs=("en",), title="Asthma")
    assert in_app(lambda: query.search("كرشة نفس").hits) == []
    in_app(upkeep.keep)
    assert len(in_app(lambda: query.search("كرشة نفس").hits)) == 1
    assert in_app(upkeep.faults) == []

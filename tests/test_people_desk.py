"""People and organisations at the desk: what readers need to know of whoever signs."""

import datetime as dt

import pytest
import sqlalchemy as sa

from medportal.blueprints.content import services as contents
from medportal.extensions import db
from medportal.models.content import Content
from medportal.models.media import Media
from medportal.models.people import Person
from medportal.models.taxonomy import Specialty
from medportal.models.trust import Credit, Review
from medportal.search import query, upkeep

PERSON = {
    "kind": "person",
    "name_en": "Dr Layla Sample",
    "name_ar": "د. ليلى نموذج",
    "disclosure": "unknown",
    "country": "",
}


@pytest.fixture
def editor(as_):
    return as_("editor")


@pytest.fixture
def make(in_app, make_person):
    def add(name="Dr Example", **values):
        return in_app(lambda: make_person(name, **values).id)

    return add


@pytest.fixture
def sign(in_app, make_content, text_of, content_of):
    """A page that bears a name."""

    def write(person, title="Asthma", role="author", review=False):
        number = make_content(langs=("en",), title=title)

        def credit():
            who = db.session.get_one(Person, person)
            contents.add_credit(content_of(number), who, role)
            if review:
                contents.record_review(
                    text_of(number), who, on=dt.date(2026, 1, 1), next_due=dt.date(2030, 1, 1), by="test"
                )

        in_app(credit)
        return number

    return write


def look(in_app, number, read=lambda person: person):
    return in_app(lambda: read(db.session.get_one(Person, number)))


def names(page):
    return [a.get_text() for a in page.all(".row__title a")]


def test_an_entry_is_added_with_all_that_readers_are_told(editor, in_app, lang):
    in_app(lambda: db.session.add(Specialty(slug="cardiology", name={"en": "Cardiology", "ar": "القلب"})))
    where = f"/{lang}/admin/people"
    assert editor.get(where).all(".empty")
    degree = {
        "degree0_abbr": "MD",
        "degree0_meaning_en": "Doctor of Medicine",
        "degree0_meaning_ar": "دكتور في الطب",
    }
    some = {"disclosure": "some", "interests_en": "Fees from Sample Ltd", "interests_ar": ""}
    editor.send(f"{where}/new", **PERSON | degree | some | {"country": "SY", "specialties": "1"})
    found = look(
        in_app, 1, lambda p: (p.degrees, p.country, p.interests, [s.slug for s in p.specialties], p.title)
    )
    meaning = {"en": "Doctor of Medicine", "ar": "دكتور في الطب"}
    assert found == (
        [{"abbr": "MD", "meaning": meaning}],
        "SY",
        {"en": "Fees from Sample Ltd"},
        ["cardiology"],
        None,
    )
    page = editor.get(f"{where}/1")
    assert page.one("#degree0_abbr")["value"] == "MD"
    assert page.one("#degree1_abbr").get("value", "") == ""
    country = page.one("#country option[selected]").get_text()
    assert country == {"en": "Syria", "ar": "سوريا"}[lang]


@pytest.mark.parametrize(
    ("disclosure", "stored", "said"),
    [("unknown", None, "not stated"), ("none", {}, "none declared"), ("some", {"en": "Fees"}, "Fees")],
)
def test_never_asked_is_told_apart_from_nothing_to_declare(
    editor, in_app, make, sign, read, disclosure, stored, said
):
    make(interests=None if stored is None else {"en": "Before"})
    editor.send("/en/admin/people/1", **PERSON | {"disclosure": disclosure, "interests_en": "Fees"})
    sign(1)
    assert look(in_app, 1, lambda person: person.interests) == stored
    assert f"Interests: {said}" in read("/en/diseases/asthma").text
    listed = names(editor.get("/en/admin/people?state=disclosure"))
    assert listed == ([PERSON["name_en"]] if stored is None else [])


def test_emptied_degrees_go_and_the_photo_stays(editor, in_app, make):
    photo = Media(name="a.jpg", mime="image/jpeg", width=1, height=1, alt={})
    in_app(lambda: db.session.add(photo))
    make(photo_id=1, degrees=[{"abbr": "MD", "meaning": {}}, {"abbr": "PhD", "meaning": {}}])
    editor.send("/en/admin/people/1", **PERSON | {"degree0_abbr": "", "degree1_abbr": "PhD"})
    kept = look(in_app, 1, lambda person: ([d["abbr"] for d in person.degrees], person.photo_id))
    assert kept == (["PhD"], 1)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name_en": "", "name_ar": ""}, "name_ar"),
        ({"disclosure": "some"}, "interests_ar"),
        ({"degree0_meaning_en": "Doctor"}, "degree0_abbr"),
        ({"country": "XX"}, "country"),
        ({"name_en": "x" * 201}, "name_en"),
    ],
)
def test_a_wrong_answer_is_named_and_what_was_typed_stays(editor, in_app, lang, wrong, field):
    typed = PERSON | {"title_ar": "استشارية", "degree2_abbr": "FRCS"} | wrong
    page = editor.send(f"/{lang}/admin/people/new", 422, **typed)
    assert page.all("[data-errors] a")[0]["href"] == f"#{field}"
    assert page.one("#title_ar")["value"] == "استشارية"
    assert page.one("#degree2_abbr")["value"] == "FRCS"
    assert in_app(lambda: db.session.scalar(sa.select(Person.id))) is None


def test_fields_follow_the_language_they_are_for(editor, lang):
    page = editor.get(f"/{lang}/admin/people/new")
    for name in ("name", "title", "interests", "degree0_meaning"):
        assert [page.one(f"#{name}_{code}")["dir"] for code in ("ar", "en")] == ["rtl", "ltr"]
    assert page.one("#degree0_abbr")["dir"] == "ltr"


def test_the_list_is_searched_filtered_and_counts(editor, make, sign, lang):
    first = make("Dr Ahmad", degrees=[{"abbr": "MD", "meaning": {}}], interests={})
    make("Sample Society", form="organisation")
    in_arabic = make("Dr Zayn")
    sign(first, review=True)
    sign(first, title="Stroke")
    where = f"/{lang}/admin/people"
    row = editor.get(f"{where}?q=ahmad").one(".row").get_text()
    assert {"en": "Named on 2 pages · 1 review", "ar": "مذكور في صفحتين · مراجعة واحدة"}[lang] in row
    assert len(names(editor.get(where))) == 3
    assert len(names(editor.get(f"{where}?kind=organisation"))) == 1
    for missing in ("credential", "disclosure"):
        links = editor.get(f"{where}?state={missing}").all(".row__title a")
        assert [a["href"] for a in links] == [f"{where}/{in_arabic}"]
    assert names(editor.get(f"{where}?q=نموذج"))
    assert names(editor.get(f"{where}?q=100%25")) == []


def test_arabic_names_are_found_however_alef_is_written(editor, in_app):
    in_app(lambda: db.session.add(Person(name={"ar": "أحمد الأمين"})))
    assert names(editor.get("/ar/admin/people?q=احمد الامين")) == ["أحمد الأمين"]


def test_the_list_costs_the_same_whatever_it_shows(editor, make, sign, count_queries):
    sign(make())
    one = count_queries(lambda: editor.get("/en/admin/people"))
    for n in range(3):
        sign(make(f"Dr {n}"), title=f"Page {n}")
    assert count_queries(lambda: editor.get("/en/admin/people")) == one


def test_a_new_name_reaches_page_and_search(editor, make, sign, in_app, read):
    sign(make())
    editor.send("/en/admin/people/1", **PERSON)
    assert "Layla" in read("/en/diseases/asthma").text
    assert len(in_app(lambda: query.search("layla").hits)) == 1
    assert in_app(upkeep.faults) == []


def test_a_merge_moves_credits_and_reviews_and_fills_what_is_missing(editor, make, sign, in_app, lang):
    gone = make("Dr Layla S", degrees=[{"abbr": "MD", "meaning": {}}], interests={"en": "Fees"})
    kept = make("Dr Layla Sample", country="SY")
    alone = sign(gone, title="Alone", review=True)
    both = sign(gone, title="Both")

    def second(content):
        who = db.session.get_one(Person, kept)
        contents.add_credit(content, who, "author")
        contents.add_credit(content, who, "reviewer")

    in_app(lambda: second(db.session.get_one(Content, both)))
    where = f"/{lang}/admin/people/{gone}/merge"
    assert names(editor.get(f"{where}?q=layla")) == []
    assert f"into={kept}" in editor.get(f"{where}?q=layla").html
    assert editor.get(f"{where}?into={kept}").one("form.form input[name=into]")["value"] == str(kept)
    editor.send(where, into=str(kept))

    def state():
        credits = {(c.content_id, c.person_id, c.role) for c in db.session.scalars(sa.select(Credit))}
        reviews = list(db.session.scalars(sa.select(Review.person_id)))
        people = list(db.session.scalars(sa.select(Person.id)))
        return credits, reviews, people, db.session.scalar(sa.select(sa.func.count()).select_from(Credit))

    wanted = {(alone, kept, "author"), (both, kept, "author"), (both, kept, "reviewer")}
    assert in_app(state) == (wanted, [kept], [kept], 3)
    facts = look(in_app, kept, lambda p: (p.degrees[0]["abbr"], p.country, p.interests, p.name["en"]))
    assert facts == ("MD", "SY", {"en": "Fees"}, "Dr Layla Sample")
    assert in_app(upkeep.faults) == []


@pytest.mark.parametrize("into", ["1", "99", "", "x"])
def test_nobody_is_merged_into_nothing(editor, make, in_app, into):
    make()
    editor.send("/en/admin/people/1/merge", 422, into=into)
    assert look(in_app, 1, lambda person: person.id) == 1


@pytest.mark.parametrize("role", ["author", "reviewer"])
def test_whoever_is_named_is_not_deleted_and_the_pages_are_named(editor, make, sign, in_app, lang, role):
    sign(make(), role=role)
    page = editor.send(f"/{lang}/admin/people/1/delete", 422, sure="y")
    assert page.all("[data-errors]")
    assert "Asthma" in page.text
    assert look(in_app, 1, lambda person: person.id) == 1


def test_whoever_is_named_nowhere_is_deleted_after_a_look(editor, make, in_app, lang):
    make()
    assert editor.send(f"/{lang}/admin/people/1/delete", 200).all("input[name=sure]")
    editor.send(f"/{lang}/admin/people/1/delete", sure="y")
    assert in_app(lambda: db.session.scalar(sa.select(Person.id))) is None


@pytest.mark.parametrize("role", ["member", "consultant"])
def test_only_staff_may_look(as_, role):
    as_(role).get("/en/admin/people", 403)


def test_what_published_pages_rest_on_is_not_taken_away(editor, in_app, make, sign):
    sign(make(degrees=[{"abbr": "MD", "meaning": {}}], interests={}), review=True)
    bare = PERSON | {"degree0_abbr": "", "title_en": "", "title_ar": ""}
    editor.send("/en/admin/people/1", 422, **bare | {"disclosure": "none"})
    editor.send("/en/admin/people/1", 422, **PERSON | {"disclosure": "unknown"})
    editor.send("/en/admin/people/1", 422, **PERSON | {"disclosure": "none", "kind": "organisation"})
    society = make("Society", form="organisation")
    editor.send("/en/admin/people/1/merge", 422, into=str(society), sure="y")


def test_nobody_real_becomes_one_of_the_samples(editor, make, in_app):
    make("Dr Real")
    make("Dr Sample", key="sample")
    editor.send("/en/admin/people/1/merge", 422, into="2")
    editor.send("/en/admin/people/2/merge", 422, into="1")
    assert look(in_app, 1, lambda person: person.id) == 1


def test_a_declared_interest_outlives_a_merge(editor, make, in_app):
    gone, kept = make("Dr A", interests={"en": "Fees"}), make("Dr A", interests={})
    editor.send(f"/en/admin/people/{gone}/merge", into=str(kept))
    assert look(in_app, kept, lambda person: person.interests) == {"en": "Fees"}


def test_an_organisation_that_signs_keeps_its_interests(editor, in_app, make, sign):
    sign(make("Society", form="organisation", title={"en": "Society of samples"}, interests={}))
    typed = PERSON | {"kind": "organisation", "title_en": "Society of samples"}
    editor.send("/en/admin/people/1", 422, **typed | {"disclosure": "unknown"})
    editor.send("/en/admin/people/1", **typed | {"disclosure": "none"})


def test_who_becomes_an_organisation_leaves_the_corner(editor, in_app, make):
    make(listed=True)
    editor.send("/en/admin/people/1", **PERSON | {"disclosure": "none", "kind": "organisation"})
    assert look(in_app, 1, lambda person: person.listed) is False

"""What a page must say before readers see it, who checked it and when, and how old each language is: U3, U4, U5, U14, U15."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from medportal.blueprints.editing import publishing, reminders
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.content import Content
from medportal.models.people import Person
from medportal.models.trust import Review
from tests.conftest import section
from tests.editing import begin, submit, trust, write


@pytest.fixture
def desk(as_):
    return as_("editor")


@pytest.fixture
def trusted(make_content, in_app, content_of):
    """A published disease in both languages with an author and a reference; its number."""
    sections = [section("treatment", "<p>One tablet.</p>"), section("causes", "<p>Unknown.</p>")]
    number = make_content(sections=sections, title={"en": "Asthma", "ar": "الربو"})
    in_app(lambda: trust(content_of(number)))
    return number


PATHS = {"en": "/en/diseases/asthma", "ar": "/ar/diseases/الربو"}
OLDER = {"en": "This section is older than", "ar": "هذا القسم أقدم"}


def publish(desk, number, lang="en", of="en", status=303):
    path = f"/{lang}/admin/texts/{number}/publish"
    return desk.send(f"{path}/{of}/publish", status)


# U5


def test_u5_a_medical_page_is_published_only_when_it_says_who_wrote_it_on_what(
    desk, read, in_app, content_of, lang
):
    number = begin(desk, en="Anaemia")
    write(desk, number, en__definition_0="Words.")
    page = publish(desk, number, lang, status=422)
    missing = {"en": ["Author:", "References:"], "ar": ["المؤلف:", "المراجع:"]}[lang]
    assert [li.get_text(strip=True).split()[0] for li in page.all(".notice--warning li")] == missing
    read("/en/diseases/anaemia", 404)
    in_app(lambda: trust(content_of(number)))
    publish(desk, number, lang)
    text = read("/en/diseases/anaemia").text
    assert "Dr Example" in text
    assert "A guideline" in text


@pytest.mark.parametrize(
    ("person", "fault"),
    [
        ({"degrees": [], "interests": {"en": "None."}}, "Credential:"),
        ({"title": {"en": "Consultant"}, "interests": None}, "Interests:"),
    ],
)
def test_u5_an_author_without_credential_or_disclosure_is_no_author(desk, in_app, content_of, person, fault):
    number = begin(desk, en="Anaemia")
    write(desk, number, en__definition_0="Words.")
    in_app(lambda: trust(content_of(number), author=Person(name={"en": "Dr Example"}, **person)))
    assert fault in publish(desk, number, status=422).one(".notice--warning").get_text()


def test_u5_an_organisation_says_what_it_is_and_what_interests_it_has(desk, in_app, content_of, lang):
    number = begin(desk, en="Anaemia")
    write(desk, number, en__definition_0="Words.")
    body = Person(form="organisation", name={"en": "An office", "ar": "مكتب"})
    in_app(lambda: trust(content_of(number), author=body))
    page = publish(desk, number, lang, status=422)
    missing = {"en": ["Credential:", "Interests:"], "ar": ["المؤهل:", "تضارب"]}[lang]
    assert [li.get_text(strip=True).split()[0] for li in page.all(".notice--warning li")] == missing


def test_u5_the_last_author_and_reference_of_a_page_that_is_read_stay(desk, trusted, read, lang):
    page = desk.get(f"/{lang}/admin/texts/{trusted}/people")
    page = submit(desk, page, 422, form="main form[action$=remove]")
    assert {"en": "Author:", "ar": "المؤلف:"}[lang] in page.text
    page = desk.get(f"/{lang}/admin/texts/{trusted}/references")
    submit(desk, page, 422, form="main form[action$=remove]")
    assert "Dr Example" in read(PATHS["en"]).text


def test_u5_machine_drafted_medicine_waits_for_a_named_person(desk, in_app, content_of):
    number = begin(desk, en="Anaemia")
    write(desk, number, en__definition_0="Words.", en__made="machine_drafted")
    in_app(lambda: trust(content_of(number)))
    assert "Check:" in publish(desk, number, status=422).text
    review(desk, number)
    publish(desk, number)


def test_an_abstract_is_the_work_of_the_journals_authors(desk, in_app, lang):
    number = begin(desk, "abstract", en="A trial")
    write(desk, number, en__lay_summary_0="Words.")
    page = publish(desk, number, lang, status=422)
    assert page.one(".notice--warning a")["href"].endswith("/facts")
    facts = desk.get(f"/{lang}/admin/texts/{number}/facts")
    submit(desk, facts, journal="The Journal", authors="Ali A, Smith B", published="2024-05")
    publish(desk, number, lang)


def test_a_sample_stays_a_sample_until_it_is_really_edited(desk, make_content, in_app, read, lang):
    number = make_content(origin="sample", title={"en": "Asthma", "ar": "الربو"})
    write(desk, number, lang=lang, en__definition_0="Wards.", en__minor="y")
    assert in_app(lambda: db.session.get(Content, number).origin) == "sample"
    page = write(desk, number, 422, lang=lang, en__definition_0="Other words.")
    assert page.one("#en-definition_0").get_text().strip() == "Other words."
    assert "Wards." in read(PATHS["en"]).text


# U4


def review(desk, number, status=303, of="en", lang="en", **changes):
    page = desk.get(f"/{lang}/admin/texts/{number}/publish")
    return submit(desk, page, status, form=f"main form[action$='/{of}/review']", **({"whole": "y"} | changes))


def test_u4_mending_a_word_moves_modified_and_no_review(desk, trusted, in_app):
    review(desk, trusted, reviewed_on="2026-01-10", next_due="2028-01-10")
    write(desk, trusted, en__causes_0="Unknown!", en__minor="y")
    rows = in_app(lambda: [(r.reviewed_on, r.next_due) for r in db.session.scalars(sa.select(Review))])
    assert rows == [(dt.date(2026, 1, 10), dt.date(2028, 1, 10))]


@pytest.mark.parametrize(
    "wrong",
    [
        {"person": ""},
        {"whole": []},
        {"reviewed_on": ""},
        {"reviewed_on": "2031-01-01"},
        {"reviewed_on": "2026-01-10", "next_due": "2026-01-10"},
        {"person": "99999"},
    ],
)
def test_u4_a_date_without_a_reviewer_is_refused(desk, trusted, in_app, wrong, lang):
    review(desk, trusted, 422, lang=lang, **wrong)
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(Review.id)))) == 0


def test_u4_an_overdue_page_says_so_to_readers_and_stands_on_the_list(desk, trusted, read, lang):
    review(desk, trusted, of=lang, reviewed_on="2026-01-10", next_due="2027-01-10")
    overdue = {"en": "The review of this page is overdue.", "ar": "فات موعد مراجعة"}[lang]
    assert overdue not in read(PATHS[lang]).text
    with time_machine.travel("2027-02-01"):
        assert overdue in read(PATHS[lang]).text
        desk.sign_in("editor@mail.example.com")
        assert desk.get(f"/{lang}/admin/").all(".need a[href*='due=overdue']")
        assert desk.get(f"/{lang}/admin/texts/?due=overdue").all(f"#texts a[href$='/texts/{trusted}']")


# U3


def behind(desk, lang="en"):
    page = desk.get(f"/{lang}/admin/texts/?language=behind")
    return [badge.get_text(" ", strip=True) for badge in page.all("#texts .row__facts .muted")]


def test_u3_a_changed_section_makes_the_other_language_older(desk, trusted, read, lang):
    other = "ar" if lang == "en" else "en"
    assert OLDER[other] not in read(PATHS[other]).text
    write(desk, trusted, **{f"{lang}__treatment_0": "<p>Two tablets.</p>"})
    assert OLDER[other] in read(PATHS[other]).one("#treatment").parent.get_text()
    assert OLDER[lang] not in read(PATHS[lang]).text
    assert any("Treatment" in line for line in behind(desk))
    assert desk.get(f"/{lang}/admin/").all(".need a[href*='language=behind']")


def test_u3_a_minor_edit_makes_nothing_older(desk, trusted, read):
    write(desk, trusted, en__treatment_0="<p>Two tablets.</p>", en__minor="y")
    assert OLDER["ar"] not in read(PATHS["ar"]).text
    assert behind(desk) == []


def test_u3_marking_as_current_clears_it_without_a_change_of_text(desk, trusted, read, lang):
    write(desk, trusted, en__treatment_0="<p>Two tablets.</p>")
    page = desk.get(f"/{lang}/admin/texts/{trusted}")
    at = page.one("button[formaction*='/current/']")["formaction"]
    submit(desk, page, form="form.edit", at=at)
    assert OLDER["ar"] not in read(PATHS["ar"]).text
    assert behind(desk) == []


def test_u3_saving_unchanged_or_publishing_again_adds_nothing(desk, trusted, read):
    write(desk, trusted)
    desk.send(f"/en/admin/texts/{trusted}/publish/en/withdraw")
    publish(desk, trusted)
    assert behind(desk) == []


def test_u3_both_languages_changed_together_are_both_current(desk, trusted):
    write(desk, trusted, en__treatment_0="<p>Two.</p>", ar__treatment_0="<p>اثنان.</p>")
    assert behind(desk) == []


def test_u3_catching_up_makes_the_first_language_no_older(desk, trusted):
    write(desk, trusted, en__treatment_0="<p>Two.</p>")
    write(desk, trusted, ar__treatment_0="<p>اثنان.</p>")
    assert behind(desk) == []


def test_u3_a_treatment_is_part_of_the_treatment_section(desk, trusted, read):
    page = desk.get(f"/en/admin/texts/{trusted}/treatments/new")
    submit(
        desk,
        page,
        form="form.edit",
        kind="drug",
        en_name="Inhaler",
        ar_name="بخاخ",
        en_benefit="It helps.",
        ar_benefit="يفيد.",
    )
    page = desk.get(f"/en/admin/texts/{trusted}/treatments/inhaler")
    submit(desk, page, form="form.edit", en_risk="Thrush.")
    assert OLDER["ar"] in read(PATHS["ar"]).text


# U14


def test_u14_a_treatment_answers_what_readers_ask_or_says_not_stated(desk, trusted, read, lang):
    page = desk.get(f"/{lang}/admin/texts/{trusted}/treatments/new")
    names = {"how_it_works", "benefit", "risk", "without_it", "quality_of_life", "uncertainty"}
    fields = {field["name"].removeprefix("en_") for field in page.all("textarea[name^=en_]")}
    assert fields == names
    submit(
        desk,
        page,
        form="form.edit",
        kind="drug",
        en_name="Inhaler",
        en_benefit="It helps.",
        references=["1"],
    )
    shown = read(PATHS["en"]).one(".treatment").get_text(" ", strip=True)
    assert "It helps." in shown
    assert "Not stated here How it works, Risks, Without it, Quality of life, What is uncertain" in shown
    listed = desk.get(f"/{lang}/admin/texts/{trusted}/treatments").one(".rows").get_text(" ", strip=True)
    assert {"en": "1 of 6 answered", "ar": "1 من 6"}[lang] in listed


def test_a_treatment_that_was_removed_comes_back_from_the_history(desk, trusted, read):
    page = desk.get(f"/en/admin/texts/{trusted}/treatments/new")
    submit(desk, page, form="form.edit", kind="drug", en_name="Inhaler", en_benefit="It helps.")
    path = f"/en/admin/texts/{trusted}/treatments/inhaler/remove"
    desk.send(path, 200)
    desk.send(path, sure="y")
    assert "It helps." not in read(PATHS["en"]).text
    page = desk.get(f"/en/admin/texts/{trusted}/history/en/2")
    submit(desk, page, form="main form[action$=restore]")
    assert "It helps." in read(PATHS["en"]).text


# U15


def test_u15_a_safety_correction_stands_on_the_page_and_in_the_log(desk, trusted, read, lang):
    notes = {"en": "The dose was wrong.", "ar": "كانت الجرعة خاطئة."}
    write(
        desk,
        trusted,
        **{f"{lang}__causes_0": "<p>Known.</p>", f"{lang}__note": notes[lang], f"{lang}__safety": "y"},
    )
    assert notes[lang] in read(PATHS[lang]).one("#corrections").parent.get_text()
    assert notes[lang] in read(f"/{lang}/corrections").text
    other = "ar" if lang == "en" else "en"
    assert notes[lang] not in read(f"/{other}/corrections").text
    assert notes[lang] in read(f"/{lang}/feeds/corrections.xml").html


def test_a_small_change_leaves_no_line_in_the_log(desk, trusted, read):
    write(desk, trusted, en__causes_0="<p>Known.</p>", en__note="A comma.", en__minor="y")
    assert "A comma." not in read("/en/corrections").text
    assert "A comma." not in read(PATHS["en"]).text


# On its way


def test_a_planned_text_is_published_when_its_time_comes(desk, in_app, read, content_of, lang):
    number = begin(desk, en="Anaemia")
    write(desk, number, en__definition_0="Words.")
    in_app(lambda: trust(content_of(number)))
    at = (utc_now() + dt.timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    desk.send(f"/{lang}/admin/texts/{number}/publish/en/plan", 422, at="2020-01-01T10:00")
    desk.send(f"/{lang}/admin/texts/{number}/publish/en/plan", at=at)
    read("/en/diseases/anaemia", 404)
    from_now = utc_now() + dt.timedelta(days=3)
    with time_machine.travel(from_now):
        in_app(publishing.publish_due)
    read("/en/diseases/anaemia")


# The whole of it


def test_u5_every_medical_page_that_went_through_the_gate_meets_all_four_criteria(
    desk, read, in_app, content_of, lang
):
    """JAMA 1997;277:1244: authorship, attribution, disclosure, currency; and machines read what people do."""
    titles = {
        "disease": "Gout",
        "news": "A trial begins",
        "article": "Sleep",
        "guideline": "On gout",
        "video": "A film",
    }
    for kind, title in titles.items():
        number = begin(desk, kind, en=title, ar=f"{title} بالعربية")
        write(desk, number, en__summary="Words.", ar__summary="كلمات.")
        facts = {
            "guideline": {"issuer_en": "WHO", "year": "2024"},
            "video": {"host": "A host", "url": "https://video.example.org/1"},
        }
        if kind in facts:
            submit(desk, desk.get(f"/en/admin/texts/{number}/facts"), **facts[kind])
        in_app(lambda number=number: trust(content_of(number)))
        for code in ("ar", "en"):
            publish(desk, number, of=code)
        page = read(read(f"/{lang}/d/{number}", 302).response.headers["Location"])
        about = page.one(".about-text").get_text(" ", strip=True)
        assert {"en": "Dr Example", "ar": "د. نموذج"}[lang] in about
        assert "MD" in about
        assert {"en": "Interests: None.", "ar": "لا يوجد."}[lang] in about
        assert page.all("#references")
        machines_read_what_people_read(page, reviewed=False)
        review(desk, number, of=lang, reviewed_on="2026-01-10", next_due="2028-01-10")
        again = read(read(f"/{lang}/d/{number}", 302).response.headers["Location"])
        machines_read_what_people_read(again, reviewed=True)


def machines_read_what_people_read(page, *, reviewed):
    """Every name and date of the JSON-LD stands in "About this text", and the other way round."""
    about = page.one(".about-text")
    said = json.loads(page.one("script[type='application/ld+json']").string)
    names = [person["name"] for person in said["author"]]
    dates = {said["datePublished"], said["dateModified"]}
    if reviewed:
        names.append(said["reviewedBy"]["name"])
        dates |= {said["lastReviewed"], "2028-01-10"}
        assert said["lastReviewed"] == "2026-01-10"
    else:
        assert not {"lastReviewed", "reviewedBy"} & set(said)
    text = about.get_text(" ", strip=True)
    assert all(name in text for name in names), (names, text)
    assert {time["datetime"][:10] for time in about.select("time")} == dates


WAYS = st.lists(
    st.sampled_from(["save", "minor", "publish", "withdraw", "plan", "restore", "bulk", "facts"]),
    min_size=3,
    max_size=8,
)


@settings(max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(ways=WAYS)
def test_no_way_through_the_desk_shows_a_reviewer_without_a_stored_review(desk, trusted, in_app, ways):
    for n, way in enumerate(ways):
        go(desk, trusted, way, n)
    for code, path in PATHS.items():
        page = desk.get(path, status=None)
        if page.status == 200:
            assert "lastReviewed" not in page.html
            assert "reviewedBy" not in page.html
            assert {"en": "Not reviewed by a physician", "ar": "لم يراجعه طبيب"}[code] in page.text
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(Review.id)))) == 0


def go(desk, number, way, n):
    base = f"/en/admin/texts/{number}"
    if way in ("save", "minor"):
        write(desk, number, en__causes_0=f"<p>Words {n}.</p>", en__minor=["y"] if way == "minor" else [])
    elif way in ("publish", "withdraw"):
        desk.send(f"{base}/publish/en/{way}")
    elif way == "plan":
        desk.send(f"{base}/publish/en/plan", None, at="2031-01-01T10:00")
    elif way == "restore":
        desk.send(f"{base}/history/en/1/restore")
    elif way == "bulk":
        desk.send("/en/admin/texts/bulk", 200, action="withdraw", number=str(number), sure="y")
    else:
        submit(desk, desk.get(f"{base}/facts"))


# What an attack found


def test_an_author_who_lacks_what_the_gate_asks_is_not_added_to_a_page_that_is_read(desk, trusted, in_app):
    bare = in_app(
        lambda: (db.session.add(row := Person(name={"en": "Nobody"})), db.session.flush(), row.id)[2]
    )
    page = desk.get(f"/en/admin/texts/{trusted}/people")
    submit(desk, page, 422, form="main form[action$='/people']", person=str(bare))


def test_machine_text_is_not_published_on_a_review_of_what_stood_there_before(desk, in_app, content_of):
    number = begin(desk, en="Anaemia")
    write(desk, number, en__definition_0="Words.")
    in_app(lambda: trust(content_of(number)))
    review(desk, number, reviewed_on="2020-01-01", next_due="2031-01-01")
    write(desk, number, en__definition_0="Quite other words of a machine.", en__made="machine_drafted")
    publish(desk, number, status=422)


def test_a_small_change_that_is_none_makes_a_sample_the_sites_own(desk, make_content):
    number = make_content(origin="sample", title={"en": "Asthma", "ar": "الربو"})
    write(desk, number, 422, en__definition_0="Entirely new words, very many of them.", en__minor="y")
    write(desk, number, 422, en__made="machine_drafted", en__minor="y")


def test_a_safety_correction_needs_its_sentence(desk, trusted):
    page = write(desk, trusted, 422, en__causes_0="<p>Known.</p>", en__safety="y")
    assert page.all(".errors a[href='#en-note']")


def test_u3_going_back_to_older_words_does_not_make_them_younger(desk, trusted, read):
    write(desk, trusted, ar__treatment_0="<p>ثلاثة.</p>", en__treatment_0="<p>Three.</p>")
    write(desk, trusted, en__treatment_0="<p>Two tablets.</p>")
    desk.send(f"/en/admin/texts/{trusted}/history/ar/1/restore")
    assert OLDER["ar"] in read(PATHS["ar"]).text


def test_u3_a_section_that_was_left_out_makes_the_other_language_older(desk, trusted, read):
    write(desk, trusted, en__causes_0="", en__causes_state="")
    assert OLDER["ar"] in read(PATHS["ar"]).one("#causes").parent.get_text()


def test_u3_a_small_change_in_one_language_beside_a_large_one_in_the_other(desk, trusted):
    write(
        desk, trusted, en__treatment_0="<p>One tablet!</p>", en__minor="y", ar__treatment_0="<p>قرص واحد.</p>"
    )
    assert behind(desk) == []


def test_a_recorded_treatment_is_shown_although_its_section_was_not_begun(desk, in_app, make_content, read):
    number = make_content(title={"en": "Asthma", "ar": "الربو"})
    page = desk.get(f"/en/admin/texts/{number}/treatments/new")
    submit(desk, page, form="form.edit", kind="drug", en_name="Inhaler", en_benefit="It helps.")
    assert "It helps." in read(PATHS["en"]).text


def test_numbers_of_references_are_never_given_twice(desk, trusted, in_app):
    page = desk.get(f"/en/admin/texts/{trusted}/references")
    submit(desk, page, form="main section:last-of-type form", title="Paper X")
    write(desk, trusted, en__causes_0='<p>Known <a href="#ref-2">[2]</a></p>')
    desk.send(f"/en/admin/texts/{trusted}/references/2/remove", 422)
    write(desk, trusted, en__causes_0="<p>Known</p>")
    desk.send(f"/en/admin/texts/{trusted}/references/2/remove")
    page = desk.get(f"/en/admin/texts/{trusted}/references")
    submit(desk, page, form="main section:last-of-type form", title="Paper Y")
    assert in_app(lambda: [r.position for r in db.session.get(Content, trusted).references]) == [1, 3]


def test_two_at_one_treatment_lose_nothing(desk, trusted, as_):
    page = desk.get(f"/en/admin/texts/{trusted}/treatments/new")
    submit(desk, page, form="form.edit", kind="drug", en_name="Inhaler", en_risk="None.")
    path = f"/en/admin/texts/{trusted}/treatments/inhaler"
    other = as_("owner")
    mine, theirs = desk.get(path), other.get(path)
    submit(other, theirs, form="form.edit", en_risk="At most 10 mg.")
    page = submit(desk, mine, 409, form="form.edit", en_benefit="It helps.")
    assert page.one("#en_benefit").get_text().strip() == "It helps."
    assert "At most 10 mg." in desk.get(path).text


def test_an_undo_moves_only_what_was_moved(desk, trusted, in_app, read):
    desk.send(f"/en/admin/texts/{trusted}/publish/ar/withdraw")
    page = desk.send("/en/admin/texts/bulk", 200, action="withdraw", number=str(trusted), sure="y")
    read(PATHS["en"], 410)
    submit(desk, page, 200, form=".notice form")
    read(PATHS["en"])
    states = in_app(lambda: {t.lang: t.status for t in db.session.get(Content, trusted).texts})
    assert states == {"en": "published", "ar": "archived"}


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59", "x", ""])
def test_moments_that_no_calendar_has_are_refused(desk, trusted, at):
    desk.send(f"/en/admin/texts/{trusted}/publish/en/withdraw")
    assert desk.send(f"/en/admin/texts/{trusted}/publish/en/plan", None, at=at).status in (303, 422)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cme_points": "Infinity"},
        {"cme_points": "sNaN"},
        {"cme_points": "-5"},
        {"starts_on": "0001-01-01"},
        {"ends_on": "9999-12-31"},
    ],
)
def test_absurd_facts_of_an_event_are_refused(desk, wrong):
    number = begin(desk, "event", en="A meeting")
    good = {
        "starts_on": "2026-12-01",
        "ends_on": "2026-12-02",
        "zone": "Asia/Tokyo",
        "place_en": "Here",
        "organiser_en": "We",
    }
    page = desk.get(f"/en/admin/texts/{number}/facts")
    submit(desk, page, 422, **good | wrong)
    submit(desk, desk.get(f"/en/admin/texts/{number}/facts"), **good)


@pytest.mark.parametrize("title", ["!!!", "؟", "\u200b"])
def test_a_title_of_which_no_address_can_be_made_is_refused(desk, trusted, title):
    write(desk, trusted, 422, en__title=title, en__slug="")


def test_u4_one_letter_tells_the_owner_that_a_review_falls_due(as_, desk, trusted, in_app, letters, lang):
    as_("owner", lang=lang)
    review(desk, trusted, reviewed_on="2026-01-10", next_due="2028-01-10")
    in_app(reminders.remind)
    assert [letter.name for letter in letters()] == []
    for day in ("2027-12-01", "2028-01-09", "2028-02-01"):
        with time_machine.travel(day):
            in_app(reminders.remind)
    (letter,) = letters()
    assert letter.to == "owner@mail.example.com"
    assert f"/{lang}/admin/texts/?due=soon" in letter.text


def test_u4_an_older_review_recorded_later_moves_no_date(desk, trusted, read, lang):
    review(desk, trusted, reviewed_on="2026-01-10", next_due="2029-01-10")
    review(desk, trusted, reviewed_on="2020-01-10", next_due="2022-01-10")
    assert not desk.get(f"/{lang}/admin/texts/?due=overdue").all("#texts .rows")


def test_the_page_of_corrections_names_itself_in_every_language(read, lang):
    page = read(f"/{lang}/corrections")
    named = {link["hreflang"] for link in page.all("link[rel=alternate][hreflang]")}
    assert named == {"ar", "en", "x-default"}
    assert page.one("link[rel=canonical]")["href"].endswith(f"/{lang}/corrections")

"""Experts' opinions (U12) and records for specialists (U17), as readers see them."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa

from medportal.blueprints.specialists import services
from medportal.blueprints.specialists.labels import FAULTS
from medportal.changes import content_changed
from medportal.extensions import db
from medportal.models.people import PersonSpecialty, PersonText
from tests.conftest import section
from tests.specialists import PATH, TODAY, WORDS


def json_ld(page):
    return json.loads(page.one('script[type="application/ld+json"]').string)


# U12: the opinion of an expert


def test_u12_the_block_is_absent_when_there_is_no_published_opinion(make_content, opine, read, client, lang):
    content = make_content()
    opine(content, publish=False)
    page = read(PATH[lang])
    assert not page.all(".opinions, #opinions, .for-specialists, #for-specialists")
    assert "comment" not in json_ld(page)
    assert client.get(f"{PATH[lang]}.json").json["opinions"] == []


def test_u12_an_opinion_is_a_section_of_its_own_behind_the_evidence(make_content, opine, read, lang):
    content = make_content(
        sections=[section("definition"), section("causes"), section("treatment")],
        references=[{"title": "A source", "year": "2020"}],
    )
    opine(content, interests={"en": "Paid talks", "ar": "محاضرات مدفوعة"})
    page = read(PATH[lang])
    block = page.one("section.opinions")
    assert block.find_parent(class_="section") is None
    assert not block.select(".section")
    order = [node.get("id") or node.get("aria-labelledby") for node in page.all(".page__body > section")]
    assert (
        order.index("treatment")
        < order.index("references")
        < order.index("opinions")
        < order.index("about-text")
    )
    assert WORDS[lang] in block.get_text()
    for other in page.all(".page__body > section:not(.opinions)"):
        assert WORDS[lang] not in other.get_text()


def test_u12_it_is_signed_dated_labelled_and_says_its_interests(make_content, opine, read, lang):
    content = make_content()
    opine(content, interests={"en": "Paid talks", "ar": "محاضرات مدفوعة"})
    block = read(PATH[lang]).one("section.opinions")
    said = " ".join(block.get_text().split())
    for words in {
        "en": ("Opinion", "Sample Signer", "Cardiology", "Paid talks", "It is not evidence"),
        "ar": ("د. نموذج موقِّع", "أمراض القلب", "محاضرات مدفوعة"),
    }[lang]:
        assert words in said
    assert block.find("time")["datetime"] == "2026-01-15"
    assert not block.find_all("a")  # nobody is listed, so there is no profile to lead to


def test_u12_machines_do_not_take_it_for_a_review(make_content, opine, read, client, lang):
    content = make_content()
    opine(content)
    data = json_ld(read(PATH[lang]))
    [comment] = data["comment"]
    assert comment["@type"] == "Comment"
    assert comment["dateCreated"] == "2026-01-15"
    assert comment["author"]["name"]
    assert comment["text"] == WORDS[lang]
    raw = json.dumps(data)
    assert not [word for word in ("reviewedBy", "lastReviewed", '"Review"') if word in raw]
    assert WORDS[lang] not in json.dumps(data["mainEntity"], ensure_ascii=False)
    [opinion] = client.get(f"{PATH[lang]}.json").json["opinions"]
    assert (opinion["label"], opinion["given_on"], opinion["interests"]) == (
        "opinion", "2026-01-15", "none declared",
    )  # fmt: skip


def test_an_opinion_without_words_in_a_language_is_not_shown_there(make_content, opine, read):
    content = make_content()
    opine(content, texts={"ar": WORDS["ar"]})
    assert read(PATH["ar"]).all(".opinions")
    assert not read(PATH["en"]).all(".opinions")


def test_the_name_leads_to_the_profile_where_there_is_one(make_content, opine, specialist, in_app, read, app):
    person = specialist(listed=True)
    in_app(lambda: db.session.add(PersonText(person_id=person, lang="en", slug="sample-signer")))
    opine(make_content(), person=person)
    links = [a["href"] for a in read(PATH["en"]).one("section.opinions").select("h3 a")]
    known = "consultants.profile" in app.view_functions
    assert links == (["/en/consultants/sample-signer"] if known else [])


def test_markup_in_an_opinion_is_sanitised(make_content, opine, read):
    opine(make_content(), texts={"en": "<p onclick=x>Fine</p><script>alert(1)</script>"})
    block = read(PATH["en"]).one("section.opinions")
    assert "Fine" in block.get_text()
    assert not block.select("script, [onclick]")


def test_the_list_of_contents_names_both_blocks_in_their_order(make_content, opine, make_trial, read, lang):
    content = make_content(sections=[section("definition"), section("causes"), section("outlook")])
    opine(content)
    make_trial(content)
    anchors = [a["href"] for a in read(PATH[lang]).all(".contents a")]
    assert anchors[-3:] == ["#opinions", "#for-specialists", "#about-text"]


@pytest.mark.parametrize(
    ("fault", "person", "values"),
    [
        ("credential", {"rank": None}, {}),
        ("specialty", {}, {}),
        ("date", {}, {"given_on": None}),
        ("interests", {}, {"interests": None}),
        ("text", {}, {"texts": {}}),
    ],
)
def test_the_gate_names_what_is_missing(
    make_content, opine, specialist, as_, in_app, read, lang, fault, person, values
):
    content, number = make_content(), specialist(**person)
    if fault == "specialty":
        in_app(lambda: db.session.execute(sa.delete(PersonSpecialty)))
    opinion = opine(content, publish=False, person=number, **values)
    editor = as_("editor")
    answer = editor.send(f"/{lang}/admin/specialists/{content}/opinions/{opinion}/publish", 422)
    said = {
        "en": {"credential": "Credential:", "specialty": "Specialty:", "date": "Date:",
               "interests": "Interests:", "text": "Text:"},
        "ar": {"credential": "المؤهل:", "specialty": "الاختصاص:", "date": "التاريخ:",
               "interests": "المصالح:", "text": "النص:"},
    }[lang]  # fmt: skip
    found = answer.one(".errors").get_text()
    assert said[fault] in found
    assert not [words for key, words in said.items() if key != fault and words in found]
    assert not read(PATH[lang]).all(".opinions")


def test_every_fault_has_its_words():
    assert set(FAULTS) == set(services.Fault)


def test_a_published_opinion_may_not_lose_what_it_must_say(make_content, opine, as_, read):
    content = make_content()
    opinion = opine(content)
    editor = as_("editor")
    form = editor.get(f"/en/admin/specialists/{content}/opinions/{opinion}")
    person = form.one("#person option[selected]")["value"]
    answer = editor.send(
        f"/en/admin/specialists/{content}/opinions/{opinion}", 422,
        person=person, given_on="", asked="none", text_en="<p>Changed</p>",
    )  # fmt: skip
    assert "Date:" in answer.one(".errors").get_text()
    assert "Changed" not in read(PATH["en"]).html


# U17: the records for specialists


def test_u17_a_superseded_guideline_has_a_banner_a_link_and_a_chip_wherever_it_is_listed(
    make_content, relate, in_app, content_of, read, client, lang
):
    detail = {"issuer": {"en": "WHO", "ar": "منظمة الصحة العالمية"}, "year": 2015}
    titles = {"en": "Old zebra guideline", "ar": "دليل زيبرا القديم"}
    old = make_content("guideline", title=titles, detail=detail)
    new = make_content(
        "guideline", title={"en": "New zebra", "ar": "زيبرا الجديد"}, detail=detail | {"year": 2024}
    )
    relate(make_content(), old, new)

    def replace():
        content_of(old).superseded_by_id = new
        content_changed(old)

    in_app(replace)
    chip = {"en": "Replaced by a newer one", "ar": "حلّ محله الأحدث"}[lang]
    listed = read(f"/{lang}/guidelines/")
    assert [chip in card.get_text() for card in listed.all(".card")].count(True) == 1
    address = next(card.a["href"] for card in listed.all(".card") if chip in card.get_text())
    assert read(address).one(".notice--warning a")["href"] != address
    hit = read(f"/{lang}/search?q=" + titles[lang]).all(".hit")[0]
    assert chip in hit.get_text()
    rows = read(PATH[lang]).one(".for-specialists").select("#guidelines + ul > li")
    assert [chip in row.get_text() for row in rows] == [False, True]
    assert "2024" in rows[0].get_text()
    assert len(rows[1].find_all("a")) == 2
    data = client.get(f"{PATH[lang]}.json").json["for_specialists"]["guidelines"]
    assert [g["superseded"] for g in data] == [False, True]
    assert data[1]["superseded_by"] == data[0]["url"]
    assert len(json_ld(read(PATH[lang]))["mainEntity"]["guideline"]) == 1


@pytest.mark.parametrize("doi", ["10.1/x", "doi:10.1000/182", "https://doi.org/10.1000/182", "11.1000/1"])
def test_u17_a_doi_that_is_none_is_refused(make_content, as_, doi, lang):
    detail = {"journal": "Sample J", "authors": ["Doe J"], "published": "2012-05", "doi": "10.1000/182"}
    content = make_content("abstract", langs=("en",), title="Paper", detail=detail)
    facts = {"journal": "Sample J", "published": "2012", "authors": "Doe J", "pmid": ""}
    editor = as_("editor")
    answer = editor.send(f"/{lang}/admin/texts/{content}/facts", 422, doi=doi, **facts)
    assert "10.1000/182" in answer.one("#doi-error").get_text()


@pytest.mark.parametrize(("days", "stale"), [(0, False), (180, False), (181, True), (2000, True)])
def test_u17_the_status_of_a_trial_has_its_day_and_is_called_stale_after_180(
    make_content, make_trial, read, lang, days, stale
):
    as_of = TODAY - dt.timedelta(days=days)
    make_trial(make_content(), status_as_of=as_of)
    block = read(PATH[lang]).one(".for-specialists table")
    assert block.find("time")["datetime"] == as_of.isoformat()
    said = {"en": "Status may have changed", "ar": "قد تكون الحالة تغيّرت"}[lang]
    assert (said in block.get_text()) is stale
    link = block.find("a")
    assert (link["href"], link.get_text()) == ("https://clinicaltrials.gov/study/NCT00000001", "NCT00000001")


def test_a_trial_of_which_no_status_is_known_says_so(make_content, make_trial, read):
    make_trial(make_content(), status=None, status_as_of=None)
    block = read(PATH["en"]).one(".for-specialists table").get_text()
    assert "not stated" in block
    assert "its date is not stated" in block


def test_news_of_a_medicine_has_name_issuer_day_and_source(make_content, make_drug, read, lang):
    make_drug(make_content(), summary={"en": "A new label.", "ar": "نشرة جديدة."})
    row = read(PATH[lang]).one(".for-specialists #medicines + ul > li")
    for words in ("Brandname", "genericum", "Sample maker", "Sample register"):
        assert words in row.get_text()
    assert row.find("time")["datetime"] == "2026-02-03"
    assert row.find("a")["href"] == "https://register.example/1"
    assert {"en": "A new label.", "ar": "نشرة جديدة."}[lang] in row.get_text()


def test_abstracts_bring_their_summary_in_plain_words(make_content, relate, read, lang):
    detail = {"journal": "Sample J", "authors": ["Doe J"], "published": "2012-05", "doi": "10.1000/182"}
    lay = section("lay_summary", "<p>Simply said.</p>")
    paper = make_content("abstract", title={"en": "Paper", "ar": "بحث"}, detail=detail, sections=[lay])
    relate(make_content(), paper)
    page = read(PATH[lang])
    row = page.one(".for-specialists #abstracts + ul > li")
    assert "Simply said." in row.get_text()
    assert row.select('a[href="https://doi.org/10.1000/182"]')
    assert not page.all("#related")  # it is named once


def test_other_kinds_of_pages_have_no_such_blocks(make_content, as_, read):
    content = make_content("article", langs=("en",), title="Article")
    as_("editor").get(f"/en/admin/specialists/{content}", 404)
    assert "for-specialists" not in read("/en/articles/article").html


def test_the_page_asks_the_same_whatever_it_shows(
    make_content, opine, make_trial, make_drug, relate, read, count_queries, lang
):
    content = make_content()

    def paper(n):
        detail = {"journal": "J", "authors": ["Doe J"], "published": "2012", "doi": f"10.1000/{n}"}
        return make_content("abstract", title=f"Paper {n} بحث", detail=detail)

    def guideline(n):
        return make_content(
            "guideline", title=f"Guideline {n} دليل", detail={"issuer": {"en": "WHO"}, "year": n}
        )

    opine(content)
    make_trial(content)
    make_drug(content)
    relate(content, paper(1), guideline(2001))
    one = count_queries(lambda: read(PATH[lang]))
    for n in range(2, 5):
        opine(content)
        make_trial(content, number=f"NCT0000000{n}")
        make_drug(content)
    relate(content, *(paper(n) for n in range(2, 5)), *(guideline(2000 + n) for n in range(2, 5)))
    assert count_queries(lambda: read(PATH[lang])) == one

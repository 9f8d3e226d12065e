"""Experts' opinions (U12), records for specialists (U17), their desk, their importers, their samples."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa

from medportal import samples
from medportal.blueprints.content import services as content_services
from medportal.blueprints.specialists import services
from medportal.blueprints.specialists.labels import FAULTS
from medportal.changes import content_changed
from medportal.demo import loader
from medportal.extensions import db
from medportal.models.audit import Audit
from medportal.models.content import Content
from medportal.models.people import Person, PersonSpecialty, PersonText
from medportal.models.specialist import (
    ContentTrial,
    DrugUpdate,
    Opinion,
    OpinionText,
    Trial,
)
from medportal.models.taxonomy import Specialty
from tests.conftest import section, shared

PATH = {"en": "/en/diseases/test-disease", "ar": "/ar/diseases/مرض-تجريبي"}
WORDS = {"en": "I would wait and see.", "ar": "رأيي أن ننتظر ونرى."}
TODAY = dt.datetime.now(dt.UTC).date()


@pytest.fixture
def specialist(in_app):
    """A consultant who may sign; the number."""

    def make(**values):
        facts = {
            "name": {"en": "Sample Signer", "ar": "د. نموذج موقِّع"},
            "rank": "consultant",
            "interests": {},
        }

        def work():
            person = Person(**(facts | values))
            specialty = db.session.scalar(sa.select(Specialty).limit(1)) or Specialty(
                slug="cardiology", name={"en": "Cardiology", "ar": "أمراض القلب"}
            )
            db.session.add_all([person, specialty])
            db.session.flush()
            db.session.add(PersonSpecialty(person_id=person.id, specialty_id=specialty.id))
            return person.id

        return in_app(work)

    return make


@pytest.fixture
def opine(in_app, specialist):
    def make(content_id, *, publish=True, texts=WORDS, **values):
        person = values.pop("person", None) or specialist()
        facts = {"given_on": dt.date(2026, 1, 15), "interests": {}} | values

        def work():
            opinion = services.add_opinion(
                db.session.get_one(Content, content_id),
                services.OpinionFacts(person=db.session.get_one(Person, person), texts=texts, **facts),
                by="test",
            )
            if publish:
                services.publish_opinion(opinion, by="test")
            return opinion.id

        return in_app(work)

    return make


@pytest.fixture
def make_trial(in_app):
    def make(*pages, number="NCT00000001", **values):
        facts = {
            "register": "ClinicalTrials.gov", "number": number, "title": "A sample trial", "status": "recruiting",
            "status_as_of": TODAY, "phase": "PHASE3", "conditions": ["Test disease"], "countries": ["EG"],
            "url": f"https://clinicaltrials.gov/study/{number}",
        }  # fmt: skip

        def work():
            row = Trial()
            services.save_record(row, facts | values, by="test")
            for page in pages:
                services.link(row, page, by="test")
            return row.id

        return in_app(work)

    return make


@pytest.fixture
def make_drug(in_app):
    def make(*pages, **values):
        facts = {
            "name": "Brandname", "generic": "genericum", "kind": "label", "issuer": "Sample maker",
            "issued_on": dt.date(2026, 2, 3), "source": "Sample register", "url": "https://register.example/1",
        }  # fmt: skip

        def work():
            row = DrugUpdate()
            services.save_record(row, facts | values, by="test")
            for page in pages:
                services.link(row, page, by="test")
            return row.id

        return in_app(work)

    return make


@pytest.fixture
def relate(in_app):
    def make(one, *others):
        def work():
            content_services.relate(one, list(others))
            content_changed(one)

        in_app(work)

    return make


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


# The desk


def screen(content, *parts):
    return "/".join(["/en/admin/specialists", str(content), *map(str, parts)])


@pytest.mark.parametrize("role", ["member", "consultant"])
def test_the_desk_is_for_staff(as_, make_content, role):
    content = make_content()
    as_(role).get(screen(content), 403)


def test_an_editor_adds_publishes_withdraws_and_deletes_an_opinion(
    as_, make_content, specialist, in_app, read, lang
):
    content, person = make_content(), specialist()
    editor = as_("editor")
    base = f"/{lang}/admin/specialists/{content}"
    assert editor.get(f"/{lang}/admin/texts/{content}").all(f'a[href="{base}"]')
    form = {"person": str(person), "given_on": "2026-03-01", "asked": "some", "interests_en": "Shares"}
    editor.send(f"{base}/opinions/new", **form, text_en="First words", text_ar="كلمات أولى")
    assert not read(PATH[lang]).all(".opinions")
    number = in_app(lambda: db.session.scalar(sa.select(Opinion.id)))
    address = f"{base}/opinions/{number}"
    editor.send(f"{address}/publish")
    assert {"en": "First words", "ar": "كلمات أولى"}[lang] in read(PATH[lang]).one(".opinions").get_text()
    editor.send(address, **form, text_en="Other words", text_ar="كلمات أخرى")
    assert {"en": "Other words", "ar": "كلمات أخرى"}[lang] in read(PATH[lang]).one(".opinions").get_text()
    editor.send(f"{address}/withdraw")
    assert not read(PATH[lang]).all(".opinions")
    check = editor.send(f"{address}/delete", 200)
    assert check.one("form.form input[name=sure]")
    editor.send(f"{address}/delete", sure="y")
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(OpinionText.id)))) == 0
    done = in_app(lambda: set(db.session.scalars(sa.select(Audit.action))))
    assert {f"opinion {what}" for what in ("added", "published", "changed", "withdrawn", "deleted")} <= done


def test_interests_that_are_declared_must_be_written(as_, make_content, specialist):
    content, person = make_content(), specialist()
    answer = as_("editor").send(
        screen(content, "opinions", "new"), 422, person=str(person), asked="some", text_en="Kept words"
    )
    assert (
        "interests_ar" in answer.one(".errors").decode() or "interests_en" in answer.one(".errors").decode()
    )
    assert "Kept words" in answer.one("#text_en").get_text()


def test_an_opinion_changed_meanwhile_is_not_overwritten(as_, make_content, opine, specialist, read):
    content, person = make_content(), specialist()
    opinion = opine(content)
    address = screen(content, "opinions", opinion)
    editor = as_("editor")
    answer = editor.send(
        address, 409, seen="2020-01-01T00:00:00+00:00", person=str(person), given_on="2026-01-01", asked="none",
        text_en="Mine",
    )  # fmt: skip
    assert "Mine" in answer.one("#text_en").get_text()
    assert "Mine" not in read(PATH["en"]).html


def test_a_trial_is_added_by_its_number_changed_and_taken_off(as_, make_content, in_app, read):
    content, editor = make_content(), as_("editor")
    answer = editor.send(screen(content, "trials"), trial=" nct00000009 ")
    address = answer.response.headers["Location"]
    assert editor.get(address).one("#number")["value"] == "NCT00000009"
    facts = {"register": "ClinicalTrials.gov", "number": "NCT00000009", "title": "Typed trial"}
    editor.send(address, 422, **facts, state="recruiting")
    editor.send(address, **facts, state="recruiting", status_as_of="2020-01-31")
    assert "January 31, 2020" in read(PATH["en"]).one(".for-specialists").get_text()
    number = in_app(lambda: db.session.scalar(sa.select(Trial.id)))
    record = f"/en/admin/specialists/trials/record/{number}"
    editor.send(record, **facts, state="completed", status_as_of=TODAY.isoformat())
    assert "Completed" in read(PATH["en"]).one(".for-specialists").get_text()
    editor.send(screen(content, "trials", number, "unlink"))
    assert not read(PATH["en"]).all(".for-specialists")
    editor.send(screen(content, "trials"), trial="NCT00000009")
    assert "Completed" in read(PATH["en"]).one(".for-specialists").get_text()


@pytest.mark.parametrize("number", ["NCT1", "NCT0000000X", "12345678", "NCT000000010"])
def test_a_number_that_is_none_is_refused(as_, number, lang):
    answer = as_("editor").send(
        f"/{lang}/admin/specialists/trials/new", 422, register="ClinicalTrials.gov", number=number, title="x"
    )
    assert "NCT01234567" in answer.one("#number-error").get_text()


def test_the_address_of_a_trial_follows_its_number(as_, make_trial, in_app):
    number = make_trial()
    typed = {"register": "clinicaltrials gov", "number": "NCT00000002", "title": "Other", "state": ""}
    where = f"/en/admin/specialists/trials/record/{number}"
    as_("editor").send(where, **typed, url="https://clinicaltrials.gov/study/NCT00000001")
    row = in_app(lambda: db.session.execute(sa.select(Trial.register, Trial.url)).one())
    assert row == ("ClinicalTrials.gov", "https://clinicaltrials.gov/study/NCT00000002")


def test_a_trial_of_another_registry_needs_its_address(as_, in_app):
    editor = as_("editor")
    form = {"register": "ISRCTN", "number": "ISRCTN1", "title": "x", "state": ""}
    editor.send("/en/admin/specialists/trials/new", 422, **form)
    editor.send("/en/admin/specialists/trials/new", 422, **form, url="javascript:alert(1)")
    editor.send("/en/admin/specialists/trials/new", **form, url="https://www.isrctn.com/ISRCTN1")
    editor.send("/en/admin/specialists/trials/new", 422, **form, url="https://www.isrctn.com/ISRCTN1")
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(Trial.id)))) == 1


def test_news_of_a_medicine_is_added_on_a_page_and_deleted_from_it(as_, make_content, in_app, read):
    content, editor = make_content(), as_("editor")
    form = {
        "name": "Brand", "kind": "recall", "issuer": "Agency", "issued_on": "2026-01-02", "source": "Agency's list",
        "url": "https://agency.example/1", "summary_en": "Taken back.", "summary_ar": "سُحب.",
    }  # fmt: skip
    editor.send(f"/en/admin/specialists/drugs/new?page={content}", **form)
    assert "Taken back." in read(PATH["en"]).one("#medicines + ul").get_text()
    number = in_app(lambda: db.session.scalar(sa.select(DrugUpdate.id)))
    address = f"/en/admin/specialists/drugs/record/{number}/delete"
    assert "Brand" in editor.send(address, 200).text
    editor.send(address, sure="y")
    assert not read(PATH["en"]).all(".for-specialists")


def test_what_is_on_no_page_is_listed_with_the_page_that_its_condition_names(
    as_, make_content, make_trial, read
):
    content = make_content()
    make_trial(number="NCT00000002")
    make_trial(content, number="NCT00000003", status_as_of=TODAY - dt.timedelta(days=400))
    editor = as_("editor")
    rows = editor.get("/en/admin/specialists/trials?state=unlinked").all("#records .row")
    assert len(rows) == 1
    assert "NCT00000002" in rows[0].get_text()
    assert rows[0].select_one("input[name=page]")["value"] == str(content)
    assert len(editor.get("/en/admin/specialists/trials?state=stale").all("#records .row")) == 1
    editor.send(rows[0].form["action"], page=str(content))
    assert "NCT00000002" in read(PATH["en"]).one(".for-specialists").get_text()
    assert (
        "no page of this number"
        in editor.get(editor.send(rows[0].form["action"], page="999").response.headers["Location"]).text
    )


def test_the_lists_of_records_ask_the_same_whatever_they_show(as_, make_trial, make_drug, count_queries):
    editor = as_("editor")
    make_trial()
    make_drug()
    for what in ("trials", "drugs"):
        one = count_queries(lambda w=what: editor.get(f"/en/admin/specialists/{w}"))
        for n in range(2, 5):
            make_trial(number=f"NCT1000{len(what)}00{n}")
            make_drug()
        assert count_queries(lambda w=what: editor.get(f"/en/admin/specialists/{w}")) == one


def test_who_signed_an_opinion_stays_and_keeps_what_it_rests_on(as_, make_content, opine, specialist, in_app):
    person = specialist(title={"en": "Consultant"}, rank=None)
    opine(make_content(), person=person)
    editor = as_("editor")
    said = editor.send(f"/en/admin/people/{person}/delete", 422)
    assert "cannot be deleted" in said.text
    answer = editor.send(
        f"/en/admin/people/{person}", 422, form="person", name_en="Sample Signer", asked="none"
    )
    assert answer.all(".errors")


# The samples


SAMPLES = {
    "en": "/en/diseases/heart-attack",
    "ar": "/ar/diseases/احتشاء-عضلة-القلب",
}


def test_the_samples_show_it_all_and_say_that_nobody_gave_the_opinion(in_app, read, lang):
    in_app(loader.load)
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(Opinion.id)))) == 6
    texts = in_app(lambda: list(db.session.execute(sa.select(OpinionText.opinion_id, OpinionText.lang))))
    assert len(texts) == 12
    page = read(SAMPLES[lang])
    said = {"en": "Nobody gave it", "ar": "لم يُبده أحد"}[lang]
    assert said in page.one(".opinions .opinion").get_text()
    block = page.one(".for-specialists")
    for words in ("NCT03475563", "Vyvanse", "Shire LLC"):
        assert words in block.get_text()
    assert block.select("#guidelines")
    assert "lastReviewed" not in page.html


@pytest.mark.parametrize("kind", ["clinicaltrials_v2", "openfda"])
def test_the_samples_say_what_the_real_files_say(in_app, app, kind):
    """Loaded over an import of the real files, nothing is added; side by side they are the same."""
    files = sorted(shared("importers", kind).glob("*.json"))
    in_app(loader.load)
    model, number, names = {
        "clinicaltrials_v2": (Trial, "number", ("title", "status", "status_as_of", "conditions", "countries", "url")),
        "openfda": (DrugUpdate, "external_id", ("name", "generic", "issuer", "issued_on", "url")),
    }[kind]  # fmt: skip
    ours = in_app(lambda: [row.__dict__.copy() for row in db.session.scalars(sa.select(model))])
    in_app(lambda: db.session.execute(sa.delete(model)))
    source = "trials" if model is Trial else "openfda"
    app.test_cli_runner().invoke(args=["import", source, *map(str, files)])
    theirs = in_app(
        lambda: {getattr(r, number): r.__dict__.copy() for r in db.session.scalars(sa.select(model))}
    )
    assert ours
    for row in ours:
        assert [row[name] for name in names] == [theirs[row[number]][name] for name in names]


def test_the_samples_go_without_a_trace_and_what_is_ones_own_stays(in_app, specialist):
    in_app(loader.load)
    person = specialist()

    def own():
        asthma = db.session.scalars(sa.select(Content).where(Content.key == "asthma")).one()
        facts = services.OpinionFacts(
            person=db.session.get_one(Person, person), given_on=TODAY, interests={}, texts=WORDS
        )
        services.publish_opinion(services.add_opinion(asthma, facts, by="owner 1"), by="owner 1")

    in_app(own)

    def all_gone():
        samples.begin(by="test")
        while samples.step():
            pass

    in_app(all_gone)

    def count(model):
        return in_app(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(model)))

    assert [count(model) for model in (Opinion, OpinionText, Trial, DrugUpdate, ContentTrial)] == [
        1,
        2,
        0,
        0,
        0,
    ]
    assert in_app(lambda: db.session.scalar(sa.select(Opinion.origin))) == "own"
    assert in_app(lambda: db.session.scalars(sa.select(Person.key)).all()) == [None]
    assert in_app(lambda: db.session.scalar(sa.select(Content.origin))) == "own"


def test_somebody_who_does_not_exist_signs_nothing_of_the_sites_own(
    make_content, specialist, in_app, as_, lang
):
    page, person = make_content(), specialist(key="sample")
    editor = as_("editor")
    typed = {"person": str(person), "given_on": "2026-01-01", "asked": "none", "text_en": "Mine"}
    editor.send(screen(page, "opinions", "new"), **typed)
    told = editor.send(f"/{lang}/admin/specialists/{page}/opinions/1/publish", 422)
    assert str({"en": "does not exist", "ar": "لا وجود"}[lang]) in told.text


def test_a_sample_that_somebody_changes_and_signs_becomes_the_sites_own(in_app, as_, read, specialist):
    in_app(loader.load)
    own = specialist()
    opinion, page = in_app(
        lambda: db.session.execute(
            sa.select(Opinion.id, Opinion.content_id).where(Opinion.key == "opinion-heart-attack")
        ).one()
    )
    editor = as_("editor")
    form = editor.get(screen(page, "opinions", opinion))
    unreal = form.one("#person option[selected]")["value"]
    typed = {"given_on": "2026-01-01", "asked": "none", "text_en": "Ours"}
    for person, says_so in ((unreal, True), (str(own), False)):
        editor.send(screen(page, "opinions", opinion), person=person, **typed)
        block = read(SAMPLES["en"]).one(".opinions").get_text()
        assert "Ours" in block
        assert ("Nobody gave it" in block) == says_so

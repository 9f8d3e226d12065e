"""Experts' opinions and records for specialists at the desk."""

import datetime as dt

import pytest
import sqlalchemy as sa

from medportal.extensions import db
from medportal.models.audit import Audit
from medportal.models.specialist import (
    DrugUpdate,
    Opinion,
    OpinionText,
    Trial,
)
from tests.specialists import PATH, TODAY, screen


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

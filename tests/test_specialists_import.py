"""Trials of ClinicalTrials.gov and labels of openFDA, on small samples of our own making and, where they are, real ones."""

import csv
import json

import pytest
import sqlalchemy as sa

from medportal.extensions import db
from medportal.importers import runs
from medportal.models.content import ImportItem
from medportal.models.imports import ImportRun
from medportal.models.specialist import ContentTrial, DrugUpdate, Trial
from tests.conftest import shared
from tests.test_imports_desk import bring, facts
from tests.test_specialists import PATH

SET_ID = "00000000-0000-4000-8000-00000000000"


def study(number="NCT00000001", title="A sample trial", status="RECRUITING", day="2026-01-31", **protocol):
    return {
        "protocolSection": {
            "identificationModule": {"nctId": number, "briefTitle": title},
            "statusModule": {"overallStatus": status, "lastUpdateSubmitDate": day},
            "conditionsModule": {"conditions": ["Test disease"]},
            "designModule": {"phases": ["PHASE2", "PHASE3"]},
            "contactsLocationsModule": {"locations": [{"country": "Egypt"}, {"country": "Atlantis"}]},
        }
        | protocol
    }


def label(n=1, **values):
    return {
        "set_id": f"{SET_ID}{n}",
        "effective_time": "20260131",
        "openfda": {
            "brand_name": ["Brand<b>name</b>"],
            "generic_name": ["GENERICUM"],
            "manufacturer_name": ["Sample maker"],
        },
    } | values


@pytest.fixture
def run_import(app, tmp_path):
    def run(source, data, *options):
        path = tmp_path / "sample.json"
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        args = ["import", source, str(path), *options]
        result = app.test_cli_runner().invoke(args=args)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.output

    return run


def rows(in_app, model, *names):
    return in_app(
        lambda: [
            tuple(getattr(row, name) for name in names)
            for row in db.session.scalars(sa.select(model).order_by(model.id))
        ]
    )


def test_one_study_or_several_become_trials(run_import, in_app):
    assert "1 records read = 1 new" in run_import("trials", study())
    said = run_import("trials", {"studies": [study("NCT00000002"), study("NCT00000003", day="2026-02")]})
    assert "2 records read = 2 new" in said
    found = rows(in_app, Trial, "number", "status", "phase", "countries", "origin")
    assert found[0] == ("NCT00000001", "recruiting", "PHASE2/PHASE3", ["EG", "Atlantis"], "imported")
    days = [day.isoformat() for (day,) in rows(in_app, Trial, "status_as_of")]
    assert days == ["2026-01-31", "2026-01-31", "2026-02-01"]


def test_a_repeated_import_renews_what_changed_and_nothing_else(run_import, in_app):
    run_import("trials", study())
    assert "1 skipped (0 broken, 1 known already)" in run_import("trials", study())
    said = run_import("trials", study(status="COMPLETED", day="2026-05-01"))
    assert "0 new + 1 renewed" in said
    assert rows(in_app, Trial, "status") == [("completed",)]
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(ImportItem.id)))) == 1


def test_what_is_older_replaces_nothing(run_import, in_app):
    newer, older = study(status="COMPLETED", day="2026-02-01"), study(day="2020-02-01")
    assert "= 1 new" in run_import("trials", {"studies": [older, newer]})
    run_import("trials", older)
    run_import("trials", study("NCT00000002", day="2999-01-01"))
    days = rows(in_app, Trial, "status", "status_as_of")
    assert [(status, day and day.isoformat()) for status, day in days] == [
        ("completed", "2026-02-01"),
        ("recruiting", None),
    ]


def test_half_a_character_stops_nothing(run_import, in_app):
    said = run_import(
        "trials", json.dumps({"studies": [study(title="bad \ud800 title"), study("NCT00000002")]})
    )
    assert "= 2 new" in said
    assert "nothing in it" in run_import("trials", "null")


def test_what_a_person_changed_stays(run_import, in_app, as_):
    run_import("trials", study())
    as_("editor").send(
        "/en/admin/specialists/trials/record/1",
        register="ClinicalTrials.gov",
        number="NCT00000001",
        title="Ours",
        state="",
    )
    assert "0 new + 0 renewed" in run_import("trials", study(status="COMPLETED"))
    assert rows(in_app, Trial, "title") == [("Ours",)]


def test_a_dry_run_saves_nothing(run_import, in_app):
    assert "1 records read = 1 new" in run_import("trials", study(), "--dry-run")
    assert rows(in_app, Trial, "id") == []


def test_the_page_to_show_them_on_is_named_by_number_or_address(run_import, make_content, read, in_app):
    content = make_content()
    run_import("trials", study(), "--link", str(content))
    assert "NCT00000001" in read(PATH["en"]).one(".for-specialists").get_text()
    run_import("openfda", {"results": [label()]}, "--link", "diseases/test-disease")
    assert "Brandname" in read(PATH["en"]).one("#medicines + ul").get_text()
    assert "no page of this name" in run_import("trials", study(), "--link", "diseases/none")
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(ContentTrial))) == 1


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "skipped"),
        ({"FullStudiesResponse": {"FullStudies": []}}, "old interface"),
        ({"something": "else"}, "neither a study nor a list"),
        ([1, None, "x", {"protocolSection": []}], "no number of ClinicalTrials.gov"),
        (study(number="NCT1"), "no number of ClinicalTrials.gov"),
        (study(title=""), "has no title"),
        (study(identificationModule={"nctId": {"a": 1}, "briefTitle": ["x"]}), "no number"),
    ],
)
def test_broken_studies_are_reported_and_skipped(run_import, in_app, data, why):
    assert why in run_import("trials", data)
    assert rows(in_app, Trial, "id") == []


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"error": {"code": "NOT_FOUND", "message": "No matches found!"}}, "No matches found!"),
        ({"results": [{"openfda": {}}]}, "no set id"),
        ({"results": [{}]}, "no set id"),
        ({"recalling-firm": "x"}, "no answer of openFDA"),
        ({"$schema": "x", "properties": {}}, "a description of the format"),
        ({"results": [label(effective_time="20261399")]}, "has no date"),
        ({"results": [label(openfda={"brand_name": []})]}, "names no medicine"),
        ({"results": [label(openfda={"brand_name": ["X"]})]}, "who issued it"),
        ({"results": [label(set_id="javascript:alert(1)", openfda={})]}, "no set id"),
    ],
)
def test_broken_labels_are_reported_and_skipped(run_import, in_app, data, why):
    assert why in run_import("openfda", data)
    assert rows(in_app, DrugUpdate, "id") == []


def test_hostile_fields_become_short_plain_words(run_import, in_app, make_content, read):
    content = make_content()
    title = "<script>alert(1)</script><b>Bold</b> \u202e" + "word " * 5000
    evil = study(
        title=title,
        status="<img src=x onerror=alert(1)>",
        day="0000-99-99",
        conditionsModule={"conditions": ["<i>Flu</i>", {"x": 1}] + [f"C{n}" for n in range(500)]},
    )
    run_import("trials", evil, "--link", str(content))
    [(title, status, as_of, conditions)] = rows(
        in_app, Trial, "title", "status", "status_as_of", "conditions"
    )
    assert title.startswith("Bold word")
    assert len(title) <= 400
    assert "\u202e" not in title
    assert (status, as_of) == (None, None)
    assert conditions[0] == "Flu"
    assert len(conditions) <= 20
    assert not read(PATH["en"]).one(".for-specialists").select("script, img, b")


@pytest.mark.parametrize(("source", "kind"), [("trials", "clinicaltrials_v2"), ("openfda", "openfda")])
def test_the_real_files_give_what_a_reference_parser_finds(app, in_app, source, kind):
    table = shared("importers", "EXPECTED.tsv")
    with table.open(encoding="utf-8", newline="") as file:
        expected = [row for row in csv.DictReader(file, delimiter="\t") if row["kind"] == kind]
    model, column = (Trial, "title") if source == "trials" else (DrugUpdate, "name")
    for row in expected:
        before = len(rows(in_app, model, "id"))
        path = shared("importers", kind, row["file"])
        result = app.test_cli_runner().invoke(args=["import", source, str(path)])
        assert result.exception is None or isinstance(result.exception, SystemExit), row["file"]
        found = rows(in_app, model, column)[before:]
        usable = int(row["records"]) if row["first"] else 0
        assert len(found) == usable, (row["file"], result.output)
        if usable:
            assert found[0][0].startswith(row["first"].rstrip(".")[:60]), row["file"]
        else:
            assert "skipped" in result.output


# At the desk


@pytest.fixture
def owner(as_):
    return as_("owner")


def at_desk(owner, in_app, source, data, number=1):
    bring(owner, ("sample.json", json.dumps(data).encode()), source=source)
    in_app(runs.step)
    checked = facts(owner.get(f"/en/admin/imports/{number}"))
    owner.send(f"/en/admin/imports/{number}/start")
    in_app(runs.step)
    return checked


def test_owners_import_at_the_desk_and_undo_what_nobody_touched(owner, in_app, make_content, lang):
    content = make_content()
    data = {"studies": [study(), study("NCT00000002"), study("bad")]}
    checked = at_desk(owner, in_app, "trials", data)
    assert (checked["New records"], checked["Cannot be read"]) == ("2", "1")
    assert len(rows(in_app, Trial, "id")) == 2
    owner.send(f"/en/admin/specialists/{content}/trials", trial="NCT00000002")
    assert "NCT00000002" in owner.get(f"/{lang}/admin/imports/1/undo").text
    owner.send(f"/{lang}/admin/imports/1/undo", sure="y")
    in_app(runs.step)
    assert rows(in_app, Trial, "number") == [("NCT00000002",)]
    assert in_app(lambda: db.session.scalar(sa.select(ImportRun.state))) == "undone"
    assert "NCT00000002" in owner.get("/en/admin/imports/1").text
    checked = at_desk(owner, in_app, "trials", data, number=2)
    assert len(rows(in_app, Trial, "id")) == 2


def test_labels_come_by_the_desk_too(owner, in_app):
    at_desk(owner, in_app, "openfda", {"results": [label(1), label(2), {}]})
    assert rows(in_app, DrugUpdate, "name") == [("Brandname",), ("Brandname",)]
    assert "publish" not in {i.get("name") for i in owner.get("/en/admin/imports/1").all("input")}

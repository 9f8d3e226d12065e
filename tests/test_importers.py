"""MedQuAD, on a small sample of our own making and, where it is there, on the real thing."""

import csv
import gzip
import json

import pytest
import sqlalchemy as sa

from medportal.extensions import db
from medportal.models.content import Code, Content, ContentText, Part, Section, SymptomLink
from medportal.models.trust import Revision
from tests.conftest import shared

RECORDS = [
    {
        "id": "gard-1", "title": "Sample fever", "synonyms": ["SF", "sample fever"], "category": "Disease", "cuis": ["C0000001"],
        "source": "gard", "url": "https://gard.example/1", "topic": "sample-fever",
        "sections": {"information": "First words.\n\n- one\n- two", "genetic changes": "A gene."},
        "symptom_list": [{"name": "Fever", "frequency": "90%"}, {"name": "Rash", "frequency": None}], "course": ["Autosomal dominant inheritance"],
    },
    {
        "id": "ghr-1", "title": "Sample Fever", "synonyms": ["Old fever"], "category": "Disease", "cuis": ["C0000001", "C0000002"],
        "source": "ghr", "url": "https://ghr.example/1", "topic": "sample-fever",
        "sections": {"information": "Other words <b>x</b>.", "resources": "A list."},
    },
    {
        "id": "mplus-1", "title": "Sample food", "synonyms": [], "category": "Other", "cuis": [],
        "source": "mplus", "url": "https://mplus.example/1", "topic": "sample-food", "sections": {"information": "Eat well."},
    },
    {
        "id": "gard-2", "title": "Nameless syndrome", "synonyms": [], "category": "Disease", "cuis": [],
        "source": "gard", "url": "https://gard.example/2", "topic": "nameless-syndrome", "sections": {},
    },
]  # fmt: skip


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "sample.jsonl"
    lines = [json.dumps(record) for record in RECORDS]
    lines.insert(2, "{broken")
    lines.append(
        json.dumps({"id": "x", "title": "", "topic": "x", "source": "gard", "url": "u", "sections": {}})
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    index = tmp_path / "index.csv"
    with index.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title_ar", "category_guess"])
        writer.writerow(["gard-1", "حمى نموذجية", "infectious"])
        writer.writerow(["ghr-1", "", "genetic_congenital"])
    return path, index


@pytest.fixture
def run_import(app, sample):
    def run(*options, files=None):
        path, index = sample
        args = ["import", "medquad", *[str(f) for f in files or [path]], "--index", str(index), *options]
        return app.test_cli_runner().invoke(args=args, catch_exceptions=False).output

    return run


def everything(in_app):
    models = (Content, ContentText, Section, Part, Code, SymptomLink, Revision)
    return in_app(lambda: [db.session.scalar(sa.select(sa.func.count()).select_from(m)) for m in models])


def test_the_totals_add_up_and_broken_lines_are_named(run_import):
    output = run_import()
    assert "sample.jsonl, line 3: skipped, not JSON" in output
    assert "sample.jsonl, line 6: skipped, title is missing" in output
    assert (
        "6 records read = 3 made a page + 1 merged into one + 2 skipped (2 broken, 0 known already)" in output
    )
    assert "BMC Bioinformatics 20:511 (2019)" in output


def test_a_second_run_changes_nothing(run_import, in_app):
    run_import("--publish")
    before = everything(in_app)
    assert "0 made a page + 0 merged into one + 6 skipped (2 broken, 4 known already)" in run_import(
        "--publish"
    )
    assert everything(in_app) == before


def test_a_dry_run_saves_nothing(run_import, in_app):
    assert "3 made a page + 1 merged" in run_import("--dry-run")
    assert everything(in_app)[0] == 0


def test_texts_are_drafts_unless_they_are_published(run_import, read):
    run_import()
    assert "Sample fever" not in read("/en/diseases/").text


def test_nothing_is_blended_and_every_part_keeps_its_source(run_import, read):
    run_import("--publish")
    page = read("/en/diseases/sample-fever")
    definition = page.one(".section--definition")
    assert [p.get_text(" ", strip=True) for p in definition.select(".prose")] == [
        "First words. one two",
        "Other words <b>x</b>.",
    ]
    assert [h.get_text(strip=True) for h in definition.select("summary h3")] == [
        "Sample fever",
        "Sample Fever",
    ]
    assert [a["href"] for a in definition.select(".part__link a")] == [
        "https://gard.example/1",
        "https://ghr.example/1",
    ]
    assert page.one(".section--causes h3").get_text() == "Sample fever – Genetic changes"
    assert (
        "Not reviewed here. From Genetic and Rare Diseases Information Center (GARD), Genetics Home Reference (GHR), text of about 2016–2018."
        in page.text
    )
    assert "CC BY 4.0" in page.text
    assert page.one('meta[name="robots"]')["content"] == "noindex"
    assert page.all('.attribution a[href="https://doi.org/10.1186/s12859-019-3119-4"]')


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\xff\xfe{}", "not UTF-8"),
        (b"[]", "not a record"),
        (json.dumps(RECORDS[0] | {"sections": {"information": 5}}).encode(), "is unknown or no text"),
        (json.dumps(RECORDS[0] | {"sections": {"gossip": "x"}}).encode(), "is unknown or no text"),
        (json.dumps(RECORDS[0] | {"symptom_list": ["x"]}).encode(), "symptom_list is no list of dict"),
        (json.dumps(RECORDS[0] | {"title": "…"}).encode(), "no address can be made"),
    ],
)
def test_a_broken_line_is_skipped_with_its_number_and_reading_goes_on(run_import, tmp_path, line, why):
    path = tmp_path / "broken.jsonl"
    path.write_bytes(line + b"\n" + json.dumps(RECORDS[2]).encode() + b"\n")
    output = run_import(files=[path])
    assert "broken.jsonl, line 1: skipped" in output
    assert why in output
    assert "2 records read = 1 made a page + 0 merged into one + 1 skipped (1 broken" in output


def test_publishing_later_shows_the_drafts_that_nobody_touched(run_import, read, in_app):
    run_import()
    text = in_app(
        lambda: (
            db.session.scalars(sa.select(ContentText).where(ContentText.slug == "nameless-syndrome")).one().id
        )
    )
    in_app(lambda: db.session.add(Revision(text_id=text, number=2, saved_by="editor", snapshot={})))
    assert "2 drafts of earlier runs published" in run_import("--publish")
    assert "Sample fever" in read("/en/diseases/").text
    assert "Nameless" not in read("/en/diseases/").text


def test_a_page_that_the_owner_deleted_may_come_again_with_new_records(run_import, sample, in_app, tmp_path):
    from medportal.blueprints.content import services

    first, second = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    first.write_text(json.dumps(RECORDS[0]), encoding="utf-8")
    second.write_text(json.dumps(RECORDS[1]), encoding="utf-8")
    run_import("--publish", files=[first])
    in_app(lambda: services.delete_content(db.session.scalars(sa.select(Content)).one(), by="owner"))
    assert "1 made a page" in run_import("--publish", "--dry-run", files=[second])
    assert "1 made a page" in run_import("--publish", files=[second])


def test_symptoms_codes_and_other_names_arrive(run_import, read):
    run_import("--publish")
    page = read("/en/diseases/sample-fever")
    rows = [
        [cell.get_text(strip=True) for cell in row.select("td")]
        for row in page.all(".section--symptoms tbody tr")
    ]
    assert rows == [["Fever", "90%"], ["Rash", "not stated"]]
    assert "Inheritance and course: Autosomal dominant inheritance" in page.text
    assert "UMLS C0000001, UMLS C0000002" in page.text
    assert [b.get_text() for b in page.all(".names dd")[0].select("bdi[lang], bdi")] == ["SF", "Old fever"]


def test_other_topics_become_articles_and_empty_ones_are_still_listed(run_import, read):
    run_import("--publish")
    assert [h.get_text(strip=True) for h in read("/en/articles/").all(".card h3")] == ["Sample food"]
    assert "Nameless syndrome" in read("/en/diseases/").text
    assert "its text is not yet written" in read("/en/diseases/nameless-syndrome").text


def test_the_index_brings_arabic_titles_and_categories(run_import, read):
    run_import("--publish")
    assert "حمى نموذجية" in read("/ar/diseases/?letter=ح").text
    assert "Sample fever" in read("/en/categories/infectious").text
    assert "Sample fever" in read("/en/categories/genetic-congenital").text


def test_a_later_file_adds_its_parts_to_the_known_page(run_import, sample, read, tmp_path, in_app):
    first, second = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    first.write_text(json.dumps(RECORDS[0]), encoding="utf-8")
    second.write_text(json.dumps(RECORDS[1]), encoding="utf-8")
    assert "1 made a page + 0 merged" in run_import("--publish", files=[first])
    assert "0 made a page + 1 merged" in run_import("--publish", files=[second])
    assert len(read("/en/diseases/sample-fever").all(".section--definition .prose")) == 2
    assert everything(in_app)[0] == 1


def test_a_run_that_was_stopped_is_finished_by_the_next(run_import, in_app, monkeypatch):
    from medportal.importers import base
    from medportal.importers.medquad import MedquadImporter

    monkeypatch.setattr(base, "BATCH_SECONDS", -1)
    save, calls = MedquadImporter.save, []

    def stop_at_second(self, records, content_id):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return save(self, records, content_id)

    monkeypatch.setattr(MedquadImporter, "save", stop_at_second)
    run_import("--publish")
    assert everything(in_app)[0] == 1
    monkeypatch.setattr(MedquadImporter, "save", save)
    assert "2 made a page + 0 merged into one + 4 skipped" in run_import("--publish")
    assert everything(in_app)[0] == 3


def test_the_real_records_fill_pages_of_their_own(app, in_app, tmp_path, read):
    source = shared("medquad", "medquad.jsonl.gz")
    with gzip.open(source, "rt", encoding="utf-8") as file:
        lines = file.readlines()
    longest = max(lines, key=lambda line: len(json.loads(line)["topic"]))
    lines = [*lines[:59], longest]
    part = tmp_path / "part.jsonl"
    part.write_text("".join(lines), encoding="utf-8")
    topics = {json.loads(line)["topic"] for line in lines}
    index = shared("medquad", "index.csv")
    output = (
        app.test_cli_runner()
        .invoke(args=["import", "medquad", str(part), "--index", str(index), "--publish"])
        .output
    )
    assert f"60 records read = {len(topics)} made a page" in output
    assert f"{len(topics)} entries" in read("/en/diseases/").text
    html = in_app(lambda: db.session.scalars(sa.select(Part.html)).all())
    assert all(not h or h.startswith("<") for h in html)

"""Imports at the desk: files in, checked, imported in steps, continued after an accident, undone."""

import gzip
import io
import json
import os
import stat
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from medportal.blueprints.content import revisions, services
from medportal.blueprints.imports import files
from medportal.blueprints.imports.labels import SOURCES, STATES
from medportal.extensions import db
from medportal.importers import IMPORTERS, base, runs
from medportal.importers.medquad import MedquadImporter
from medportal.models.audit import Audit
from medportal.models.content import Content, ContentText, ImportItem
from medportal.models.imports import ImportRun, ImportState
from tests.test_importers import RECORDS, everything

NEW, RUN = "/en/admin/imports/new", "/en/admin/imports/1"
LINES = "\n".join(json.dumps(record) for record in RECORDS).encode()
JSONL = ("sample.jsonl", LINES + b"\n{broken\n")


@pytest.fixture
def owner(as_):
    return as_("owner")


@pytest.fixture(autouse=True)
def folder(app):
    root = Path(app.instance_path) / "imports"
    yield root
    files.shutil.rmtree(root, ignore_errors=True)


def bring(browser, *records, status=303, path=NEW, **more):
    data = {
        "csrf_token": browser.token(),
        "source": "medquad",
        "records": [FileStorage(io.BytesIO(content), name) for name, content in records],
    }
    answer = post_files(browser, path, data | more)
    assert answer.status_code == status, answer.get_data(as_text=True)[-3000:]
    return answer.get_data(as_text=True)


def post_files(browser, path, data):
    boundary, body = encode_multipart(data)
    kind = f"multipart/form-data; boundary={boundary}"
    return browser.client.post(path, data=body, content_type=kind, headers=browser.headers)


def archive(*members, **infos):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = infos.get("mode", 0o100644) << 16
            packed.writestr(info, content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def imported(browser, in_app, *records, publish=True):
    """The files brought, checked and imported."""
    bring(browser, *(records or [JSONL]))
    number = in_app(lambda: db.session.scalar(sa.select(sa.func.max(ImportRun.id))))
    in_app(runs.step)
    browser.send(f"/en/admin/imports/{number}/start", **({"publish": "y"} if publish else {}))
    in_app(runs.step)
    return number


def run_of(in_app, number=1):
    return in_app(
        lambda: {
            column.key: getattr(db.session.get(ImportRun, number), column.key)
            for column in ImportRun.__table__.columns
        }
    )


def facts(page):
    return {dt.get_text(): dt.find_next("dd").get_text() for dt in page.all(".facts dt")}


def test_every_source_and_state_has_its_words():
    assert set(SOURCES) == set(IMPORTERS)
    assert set(STATES) == set(ImportState)


def test_an_empty_list_says_what_to_do(owner, lang):
    page = owner.get(f"/{lang}/admin/imports")
    assert page.all(".empty")
    assert page.one(f'a[href="/{lang}/admin/imports/new"]')


def test_47_files_are_checked_first_and_nothing_is_saved(owner, in_app, lang):
    bring(owner, JSONL, path=f"/{lang}/admin/imports/new")
    waiting = owner.get(f"/{lang}/admin/imports/1")
    assert waiting.one("#import")["data-hx-trigger"] == "every 2s"
    assert waiting.one(f'noscript a[href="/{lang}/admin/imports/1"]')
    in_app(runs.step)
    page = owner.get(f"/{lang}/admin/imports/1")
    assert [int(n) for n in list(facts(page).values())[-5:]] == [5, 3, 1, 0, 1]
    assert "sample.jsonl, line 5: not JSON" in page.text
    assert not page.one("#import").get("data-hx-trigger")
    assert everything(in_app)[0] == 0
    assert page.one('form[action$="/1/start"]')
    assert "Import checked" not in page.text


def test_what_was_checked_is_imported_and_the_files_go(owner, in_app, read, folder):
    imported(owner, in_app)
    page = owner.get(RUN)
    assert facts(page)["Made a page"] == "3"
    assert facts(page)["Joined a page"] == "1"
    assert facts(page)["Cannot be read"] == "1"
    assert "Sample fever" in read("/en/diseases/").text
    assert list(folder.iterdir()) == []
    assert "finished" in owner.get("/en/admin/imports").text
    actions = in_app(
        lambda: db.session.scalars(sa.select(Audit.action).where(Audit.object_type == "ImportRun")).all()
    )
    assert actions == ["import checked", "import started"]


def test_texts_stay_drafts_without_the_tick(owner, in_app, read):
    imported(owner, in_app, publish=False)
    assert "Sample fever" not in read("/en/diseases/").text
    assert "kept as drafts" in owner.get(RUN).text


def test_47_a_second_import_of_the_same_finds_nothing_new(owner, in_app):
    imported(owner, in_app)
    bring(owner, JSONL)
    in_app(runs.step)
    page = owner.get("/en/admin/imports/2")
    assert "There is nothing new in these files." in page.text
    assert facts(page)["Known already"] == "4"


def test_the_companion_brings_titles_and_categories(owner, in_app, read):
    table = "id,title_ar,category_guess\ngard-1,حمى نموذجية,infectious\n".encode()
    bring(owner, JSONL, companion=FileStorage(io.BytesIO(table), "index.csv"))
    in_app(runs.step)
    owner.send(f"{RUN}/start", publish="y")
    in_app(runs.step)
    assert "حمى نموذجية" in read("/ar/diseases/").text


def test_47_uploads_are_private_and_named_by_us(owner, folder):
    bring(owner, ("../../etc/<b>passwd\u202e.jsonl", LINES), ("b.JSONL.GZ", gzip.compress(LINES)))
    stored = sorted(folder.glob("*/*"))
    assert [path.name for path in stored] == ["0.jsonl", "1.jsonl.gz"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in stored)
    assert stat.S_IMODE(stored[0].parent.stat().st_mode) == 0o700
    page = owner.get(RUN)
    assert "<b>passwd.jsonl" in page.text
    assert not page.all("main b")


def test_47_an_archive_is_unpacked_beside_its_names(owner, in_app, folder):
    bring(owner, ("all.zip", archive(("../../../evil/a.jsonl", LINES), ("/b/c.jsonl", b""))))
    assert sorted(path.name for path in folder.glob("*/*")) == ["0.jsonl", "1.jsonl"]
    in_app(runs.step)
    assert facts(owner.get(RUN))["Would make a page"] == "3"


ZEROS = b"\n" * (files.MOST_UNPACKED + 1)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("", b"", "Please choose a file."),
        ("a.exe", b"MZ", "is not a file of this source"),
        ("a.jsonl.gz", b"no gzip", "is damaged"),
        ("a.jsonl.gz", gzip.compress(LINES)[:-20], "is damaged"),
        ("a.jsonl.gz", gzip.compress(ZEROS), "too large"),
        ("a.zip", b"no zip", "is damaged"),
        ("a.zip", archive(("a.jsonl", LINES))[:-30], "is damaged"),
        ("a.zip", archive(("a.jsonl", ZEROS)), "too large"),
        ("a.zip", archive(("a.jsonl.gz", gzip.compress(ZEROS))), "too large"),
        ("a.zip", archive(("a.jsonl", LINES), ("b.exe", b"MZ")), "is not a file of this source"),
        ("a.zip", archive(("a.zip", archive(("a.jsonl", LINES)))), "is not a file of this source"),
        ("a.zip", archive(("a.jsonl", b"/etc/passwd"), mode=0o120777), "holds a link"),
        ("a.zip", archive(("a.jsonl", b""), mode=0o010644), "holds a link"),
        ("a.zip", archive(*((f"{n}.jsonl", b"") for n in range(51))), "At most 50 files"),
        ("a.zip", archive(("a.jsonl", ZEROS)).replace(len(ZEROS).to_bytes(4, "little"), (9).to_bytes(4, "little")), "is damaged"),
    ],
)  # fmt: skip
def test_47_bad_files_are_refused_and_nothing_is_left(owner, in_app, folder, name, content, said):
    page = bring(owner, (name, content), status=422)
    assert said in page
    assert not folder.exists() or list(folder.iterdir()) == []
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(ImportRun))) == 0


def test_47_too_much_is_refused_at_the_door(owner, folder):
    bring(owner, ("a.jsonl", b"x" * (22 * 1024 * 1024)), status=413)
    assert not folder.exists()


def test_only_this_form_takes_so_much(owner):
    data = {"csrf_token": owner.token(), "file": FileStorage(io.BytesIO(b"x" * 3 * 1024 * 1024), "a.csv")}
    assert post_files(owner, "/en/admin/subscribers/import", data).status_code == 413


def test_a_wrong_file_is_given_up_soon(owner, in_app):
    bring(owner, ("a.jsonl", b"nonsense\n" * 30_000))
    in_app(runs.step)
    row = run_of(in_app)
    assert row["state"] == "failed"
    assert "cannot be read" in row["error"]
    assert len(row["messages"]) <= runs.MESSAGES
    assert "cannot be read" in owner.get(RUN).text


def test_an_endless_line_is_skipped_without_being_held(owner, in_app):
    bring(owner, ("a.jsonl", b"[" * 5_000_000 + b"\n" + LINES))
    in_app(runs.step)
    assert run_of(in_app)["broken"] == 1
    assert run_of(in_app)["read"] == 5


def test_47_steps_are_short_and_counts_add_up_over_them(owner, in_app, monkeypatch):
    monkeypatch.setattr(base, "BATCH_SECONDS", -1)
    bring(owner, JSONL)
    in_app(runs.step)
    owner.send(f"{RUN}/start")
    monkeypatch.setattr(runs, "STEP_SECONDS", 0.001)
    seen = []
    for _ in range(20):
        in_app(lambda: runs._do(1, time.monotonic()))
        seen.append((run_of(in_app)["position"], run_of(in_app)["made"]))
        if run_of(in_app)["state"] == "done":
            break
    row = run_of(in_app)
    assert len(seen) == 3
    assert [made for _, made in seen] == [1, 2, 3]
    assert (row["read"], row["made"], row["merged"], row["skipped"], row["broken"]) == (5, 3, 1, 1, 1)


def test_one_that_was_killed_is_continued(owner, in_app, monkeypatch):
    monkeypatch.setattr(base, "BATCH_SECONDS", -1)
    save, calls = MedquadImporter.save, []

    def die_at_second(self, records, content_id):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return save(self, records, content_id)

    bring(owner, JSONL)
    in_app(runs.step)
    owner.send(f"{RUN}/start")
    monkeypatch.setattr(MedquadImporter, "save", die_at_second)
    with pytest.raises(KeyboardInterrupt):
        in_app(runs.step)
    in_app(db.session.rollback)
    assert run_of(in_app)["state"] == "running"
    assert everything(in_app)[0] == 1
    in_app(runs.step)
    row = run_of(in_app)
    assert (row["state"], row["read"], row["made"], row["merged"], row["skipped"]) == ("done", 5, 3, 1, 1)
    assert everything(in_app)[0] == 3


def test_what_goes_wrong_is_said_and_may_be_continued(owner, in_app, monkeypatch):
    def fail(*_):
        raise ValueError("a full stop")

    bring(owner, JSONL)
    in_app(runs.step)
    owner.send(f"{RUN}/start")
    with monkeypatch.context() as broken:
        broken.setattr(MedquadImporter, "save", fail)
        in_app(runs.step)
    assert "a full stop" in owner.get(RUN).text
    owner.send(f"{RUN}/resume")
    in_app(runs.step)
    assert run_of(in_app)["state"] == "done"
    assert run_of(in_app)["error"] == ""


def test_cancelled_it_stops_after_the_batch_and_goes_on_later(owner, in_app, monkeypatch):
    monkeypatch.setattr(base, "BATCH_SECONDS", -1)
    save = MedquadImporter.save

    def cancel_meanwhile(self, records, content_id):
        db.session.execute(sa.update(ImportRun).values(state="cancelled"))
        return save(self, records, content_id)

    bring(owner, JSONL)
    in_app(runs.step)
    owner.send(f"{RUN}/start")
    with monkeypatch.context() as patched:
        patched.setattr(MedquadImporter, "save", cancel_meanwhile)
        in_app(runs.step)
    assert (run_of(in_app)["state"], run_of(in_app)["made"]) == ("cancelled", 1)
    owner.send(f"{RUN}/resume")
    in_app(runs.step)
    assert (run_of(in_app)["state"], run_of(in_app)["made"]) == ("done", 3)


def test_buttons_pressed_too_late_change_nothing(owner, in_app):
    bring(owner, JSONL)
    owner.send(f"{RUN}/cancel")
    for action in ("start", "cancel"):
        assert "done=late" in owner.send(f"{RUN}/{action}").response.headers["Location"]
    assert "done=late" in owner.send(f"{RUN}/undo", sure="y").response.headers["Location"]
    in_app(runs.step)
    assert run_of(in_app)["state"] == "cancelled"
    owner.send("/en/admin/imports/9/start", 404)
    owner.get("/en/admin/imports/99999999999", 404)


def test_undo_removes_what_nobody_touched_and_lists_the_rest(owner, in_app, read, lang):
    number = imported(owner, in_app)

    def edit():
        text = db.session.scalars(sa.select(ContentText).where(ContentText.slug == "sample-food")).one()
        services.save_text(
            text.content, "en", replace(revisions.draft_of(text), summary="New."), by="owner 1"
        )

    in_app(edit)
    check = owner.get(f"/{lang}/admin/imports/{number}/undo")
    assert "Sample food" in check.text
    assert "Sample fever" not in check.one("main").get_text()
    assert owner.send(f"{RUN}/undo", 200).all("form input[name=sure]")
    assert everything(in_app)[0] == 3
    owner.send(f"{RUN}/undo", sure="y")
    in_app(runs.step)
    page = owner.get(RUN)
    assert facts(page)["Pages removed"] == "2"
    assert facts(page)["Pages kept"] == "1"
    assert [a["href"] for a in page.all("#import ul a")] == ["/en/articles/sample-food"]
    read("/en/diseases/sample-fever", 404)
    assert read("/en/articles/sample-food")


def test_what_was_undone_may_be_imported_again(owner, in_app):
    imported(owner, in_app)
    owner.send(f"{RUN}/undo", sure="y")
    in_app(runs.step)
    assert in_app(lambda: db.session.scalars(sa.select(ImportItem)).all()) == []
    assert everything(in_app)[0] == 0
    imported(owner, in_app)
    assert run_of(in_app, 2)["made"] == 3


def test_undo_leaves_what_other_imports_share_and_what_was_published_by_hand(owner, in_app):
    imported(owner, in_app, ("a.jsonl", json.dumps(RECORDS[0]).encode()))
    number = imported(owner, in_app, ("b.jsonl", LINES), publish=False)
    assert run_of(in_app, number)["merged"] == 1

    def publish():
        text = db.session.scalars(sa.select(ContentText).where(ContentText.slug == "sample-food")).one()
        services.publish(text, by="owner 1")

    in_app(publish)
    owner.send(f"/en/admin/imports/{number}/undo", sure="y")
    in_app(runs.step)
    assert in_app(lambda: db.session.scalars(sa.select(ContentText.slug).where(ContentText.lang == "en").order_by("slug")).all()) == ["sample-fever", "sample-food"]  # fmt: skip
    assert (run_of(in_app, number)["removed"], run_of(in_app, number)["kept"]) == (1, 2)
    owner.send("/en/admin/imports/1/undo", sure="y")
    in_app(runs.step)
    assert run_of(in_app, 1)["kept"] == 1


def test_undoing_goes_on_after_an_accident(owner, in_app, monkeypatch):
    imported(owner, in_app)
    owner.send(f"{RUN}/undo", sure="y")
    monkeypatch.setattr(runs, "BATCH_SECONDS", -1)
    delete, calls = services.delete_content, []

    def die_at_second(content, *, by):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        delete(content, by=by)

    with monkeypatch.context() as patched:
        patched.setattr(services, "delete_content", die_at_second)
        with pytest.raises(KeyboardInterrupt):
            in_app(runs.step)
    in_app(db.session.rollback)
    assert everything(in_app)[0] == 2
    in_app(runs.step)
    assert (run_of(in_app)["state"], run_of(in_app)["removed"]) == ("undone", 3)


def test_files_that_nobody_continued_go_after_a_week(owner, in_app, folder):
    bring(owner, JSONL)
    in_app(runs.step)
    (old,) = folder.iterdir()
    os.utime(old, (time.time() - 8 * 86400,) * 2)
    in_app(runs.step)
    assert list(folder.iterdir()) == []
    page = owner.get(RUN)
    assert "removed after a week" in page.text
    assert not page.all('form[action$="/start"]')
    assert "done=late" in owner.send(f"{RUN}/start").response.headers["Location"]


def test_files_that_vanish_are_an_error_that_is_said(owner, in_app, folder):
    bring(owner, JSONL)
    files.shutil.rmtree(folder)
    in_app(runs.step)
    assert run_of(in_app)["state"] == "failed"
    assert "FileNotFoundError" in owner.get(RUN).text


def test_the_part_asked_for_by_htmx_is_only_the_part(owner):
    bring(owner, JSONL)
    part = owner.get(RUN, headers={"HX-Request": "true"})
    assert "<html" not in part.html
    assert part.one("#import progress")


def test_imports_are_for_owners(as_):
    as_("editor").get("/en/admin/imports", 403)


def test_the_list_needs_a_fixed_number_of_queries(owner, in_app, count_queries):
    def add(n):
        return lambda: [
            db.session.add(
                ImportRun(source="medquad", folder=f"{n}-{i}", files=[], options={}, started_by="x")
            )
            for i in range(n)
        ]

    in_app(add(2))
    few = count_queries(lambda: owner.get("/en/admin/imports"))
    in_app(add(15))
    assert count_queries(lambda: owner.get("/en/admin/imports")) == few


def test_content_removed_by_the_owner_does_not_hinder_undoing(owner, in_app):
    imported(owner, in_app)
    in_app(lambda: services.delete_content(db.session.scalars(sa.select(Content)).first(), by="owner 1"))
    owner.send(f"{RUN}/undo", sure="y")
    in_app(runs.step)
    assert run_of(in_app)["removed"] == 2

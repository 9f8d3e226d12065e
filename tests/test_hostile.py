"""Hostile HTML goes in at every door and nothing of it is alive on the other side."""

import json
import time

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from medportal.blueprints.content import services, upkeep
from medportal.blueprints.content.drafts import ContentDraft, PartDraft, SectionDraft, TreatmentDraft
from medportal.extensions import db
from medportal.importers.base import Options, run
from medportal.importers.medquad import MedquadImporter
from medportal.lib.html import sanitise
from medportal.models.content import ContentText, Part
from medportal.models.treatment import FIELDS, TreatmentText
from tests.hostile import VECTORS, alive

NAMES = [name for name, _ in VECTORS]
vectors = pytest.mark.parametrize("html", [html for _, html in VECTORS], ids=NAMES)


def stored_html():
    return db.session.scalars(sa.select(Part.html)).all()


def assert_dead(pieces):
    found = {piece[:80]: faults[:3] for piece in pieces if (faults := alive(piece))}
    assert not found


def test_the_corpus_is_large_and_its_names_are_unique():
    assert len(set(NAMES)) == len(VECTORS) >= 60


def test_the_judge_sees_what_is_alive():
    dangerous = [html for _, html in VECTORS if alive(html)]
    assert len(dangerous) > len(VECTORS) * 0.9
    assert (
        alive("<p>x</p><a href='https://a.example' rel='noopener'>y</a><img src='/media/a.webp' alt=''>")
        == []
    )


@vectors
def test_nothing_is_alive_after_cleaning(html):
    clean = sanitise(html)
    assert alive(clean) == []
    assert alive(sanitise(f"<table><tr><td>{html}</td></tr></table><p>after</p>")) == []


@vectors
def test_cleaning_again_changes_nothing(html):
    once = sanitise(html)
    assert sanitise(once) == once


def test_words_of_a_word_processor_survive_their_cleaning():
    clean = sanitise(dict(VECTORS)["Word"])
    assert "Dose" in clean
    assert "mso" not in clean


def test_a_nest_without_end_is_cut_and_costs_no_time():
    began = time.monotonic()
    for tag in ("blockquote", "span", "table><tr><td", "x-y", "svg"):
        clean = sanitise("<p>before</p>" + f"<{tag}>" * 100_000 + "x")
        assert "before" in clean
        assert clean.count("<") < 400
    assert time.monotonic() - began < 10


def test_a_long_text_without_closing_tags_keeps_all_its_paragraphs():
    assert sanitise("<ul>" + "<li>one" * 2000 + "</ul>" + "<p>two<br>" * 2000).count("<p>two") == 2000


def test_nothing_is_alive_in_a_saved_text_and_on_its_page(make_content, in_app, read):
    parts = [
        PartDraft(html=html, heading=html[:200], source_url="javascript:alert(1)") for _, html in VECTORS
    ]
    make_content(sections=[SectionDraft(key="definition", parts=parts)], title="Hostile", langs=("en",))
    pieces = in_app(stored_html)
    assert len(pieces) == len(VECTORS)
    assert_dead(pieces)
    page = BeautifulSoup(read("/en/diseases/hostile").html, "html5lib")
    prose = page.select(".section--definition .prose")
    assert prose
    assert_dead([piece.decode_contents() for piece in prose])
    assert not page.select("main script, main iframe, main object, main [onerror], main [onclick]")


def test_nothing_is_alive_in_treatments(app, in_app):
    treatments = [
        TreatmentDraft(
            key=f"t{n}", kind="medicine", fields={"en": {"name": html[:100]} | dict.fromkeys(FIELDS, html)}
        )
        for n, (_, html) in enumerate(VECTORS)
    ]
    in_app(
        lambda: services.create_content(
            ContentDraft(kind="disease", source_lang="en", treatments=treatments), by="test"
        )
    )
    rows = in_app(
        lambda: [[getattr(t, f) for f in FIELDS] for t in db.session.scalars(sa.select(TreatmentText))]
    )
    assert len(rows) == len(VECTORS)
    assert_dead({piece for row in rows for piece in row})


def test_nothing_is_alive_in_what_an_importer_brings(app, in_app, tmp_path):
    records = [
        {"id": f"h-{n}", "title": f"Hostile {n}", "topic": f"hostile-{n}", "source": source, "url": "javascript:alert(1)",
         "category": "Disease", "sections": {"information": html, "treatment": f"- {html}\n\n{html}"}}
        for n, (_, html) in enumerate(VECTORS) for source in ["cancergov" if n % 2 else html[:100] or "x"]
    ]  # fmt: skip
    file = tmp_path / "hostile.jsonl"
    file.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    totals = in_app(lambda: run(MedquadImporter(Options(publish=True)), [file], echo=lambda _: None))
    assert totals.made == len(VECTORS)
    assert_dead(in_app(stored_html))
    assert in_app(lambda: db.session.scalars(sa.select(Part.source_url).distinct()).all()) == [None]


def test_what_an_older_policy_let_pass_is_cleaned_again(make_content, in_app):
    parts = [PartDraft(html="<p>x</p>") for _ in VECTORS]
    make_content(sections=[SectionDraft(key="definition", parts=parts)], langs=("en",))

    def as_it_was():
        for part, (_, html) in zip(db.session.scalars(sa.select(Part)), VECTORS, strict=True):
            part.html = html.replace("\x00", "")  # which one database could not even hold
        db.session.execute(sa.update(ContentText).values(policy_version=0))

    in_app(as_it_was)
    looked, changed = in_app(upkeep.resanitise)
    assert looked == 1
    assert changed > len(VECTORS) * 0.9
    assert_dead(in_app(stored_html))

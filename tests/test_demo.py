"""The sample site: loads once, says that it is a sample, keeps its references, and goes without a trace."""

import csv
import re
import tomllib
from pathlib import Path

import pytest
import sqlalchemy as sa

from medportal.content_types import KINDS
from medportal.demo import loader
from medportal.extensions import db
from medportal.lib import personal
from medportal.models.content import Content, ContentText
from medportal.models.listing import Listing
from medportal.models.media import Media
from medportal.models.people import Person
from medportal.models.trust import Revision

FOLDER = Path(loader.__file__).parent
TEXTS = sorted(p for kind in KINDS.values() for p in (FOLDER / kind.path).glob("*.md"))


@pytest.fixture
def loaded(in_app):
    return in_app(loader.load)


def test_every_sample_opens_in_both_languages_and_says_what_it_is(loaded, in_app, read):
    rows = in_app(lambda: [(r.lang, r.kind, r.slug, r.own) for r in db.session.scalars(sa.select(Listing))])
    assert len(rows) == 2 * loaded
    said = {"en": "drafted by software, not reviewed by a physician", "ar": "أعدّه برنامج ولم يراجعه طبيب"}
    for lang, kind, slug, own in rows:
        assert own
        folder = f"/{lang}/" if kind == "page" else f"/{lang}/{KINDS[kind].path}/"
        page = read(folder + slug)
        assert said[lang] in page.text
        assert page.one('meta[name="robots"]')["content"] == "noindex"
        assert "lastReviewed" not in page.html


def test_loading_again_adds_nothing(loaded, in_app):
    assert loaded >= 20
    assert in_app(loader.load) == 0


def test_removal_leaves_no_trace(loaded, in_app, app, read):
    assert in_app(loader.remove) == loaded
    for model in (Content, ContentText, Listing, Media, Person):
        assert in_app(lambda m=model: db.session.scalar(sa.select(sa.func.count()).select_from(m))) == 0
    assert not list((Path(app.instance_path) / "media").iterdir())
    read("/en/about", status=404)


def test_home_of_the_sample_shows_every_kind(loaded, read, lang):
    assert len(read(f"/{lang}/").all(".block h2")) == 12


def test_posters_are_ours_and_served_harmlessly(loaded, client, read):
    page = read("/ar/videos/قياس-ضغط-الدم-في-المنزل")
    image = page.one(".video img")
    assert image["alt"] == "رسم لجهاز قياس ضغط الدم مع الكُفّة"
    with client.get(image["src"]) as answer:
        assert answer.mimetype == "image/webp"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.name)
def test_every_reference_of_a_sample_was_looked_up(path):
    with (FOLDER / "references.csv").open(encoding="utf-8", newline="") as file:
        seen = {row["key"]: row for row in csv.DictReader(file)}
    facts = tomllib.loads((path.parent / f"{path.name.split('.')[0]}.toml").read_text(encoding="utf-8"))
    cited = set(re.findall(r"\[@([\w-]+)\]", path.read_text(encoding="utf-8")))
    assert cited <= set(facts.get("references", []))
    for key in facts.get("references", []):
        row = seen[key]
        assert row["title"]
        assert row["where_seen"]
        assert row["url"] or row["identifier"]
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", row["seen_on"])


@pytest.mark.parametrize("path", [p for p in TEXTS if p.name.endswith(".en.md")], ids=lambda p: p.name)
def test_both_languages_of_a_sample_have_the_same_sections_and_references(path):
    arabic = path.with_name(path.name.replace(".en.md", ".ar.md"))
    shape = []
    for file in (path, arabic):
        text = file.read_text(encoding="utf-8")
        shape.append((re.findall(r"^## (\w+)", text, re.M), sorted(set(re.findall(r"\[@([\w-]+)\]", text)))))
    assert shape[0] == shape[1]


QUESTIONS = [path for path in TEXTS if path.parent.name == "questions"]


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda p: p.name)
def test_sample_questions_and_answers_say_so_in_both_blocks(path):
    text = path.read_text(encoding="utf-8")
    said = "sample" if path.name.endswith(".en.md") else "نموذج"
    blocks = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    assert list(blocks) == ["question", "answer"]
    assert all(said in block.strip().splitlines()[0].lower() for block in blocks.values())
    assert not re.search(r"\b\d+ ?(?:mg|ml|mcg|units)\b|ملغ|وحدة", text)


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda p: p.name)
def test_sample_questions_hold_no_personal_details(path):
    lang, whole = path.name.split(".")[1], path.read_text(encoding="utf-8").partition("## question")[2]
    text = re.sub(r"\[@[\w-]+\]", "", whole)
    assert [text[found.start : found.end] for found in personal.find(text, lang)] == []


def test_ten_sample_questions_are_answered_by_consultants_who_do_not_exist(loaded, in_app, read, lang):
    page = read(f"/{lang}/questions/")
    assert len(page.all(".card h3 a")) == 10
    said = {"en": "Sample Consultant, Neurology", "ar": "د. نموذج الأمراض العصبية"}[lang]
    slug = {"en": "speech-lost-for-ten-minutes", "ar": "فقدان-الكلام-عشر-دقائق-ثم-التحسن"}[lang]
    assert said in read(f"/{lang}/questions/{slug}").text


def test_an_edited_sample_answer_keeps_the_name_but_nobody_of_the_corner(loaded, in_app):
    def edit():
        text = db.session.scalars(
            sa.select(ContentText).join(Content).where(Content.kind == "question")
        ).first()
        db.session.add(Revision(text_id=text.id, saved_by="owner 1", number=99, snapshot={}))
        return text.content_id

    kept = in_app(edit)
    in_app(loader.remove)
    people = in_app(lambda: [(p.key, p.listed) for p in db.session.scalars(sa.select(Person))])
    assert people == [(None, False)]
    assert in_app(lambda: [c.person.key for c in db.session.get_one(Content, kept).credits]) == [None]


def test_fasting_stands_only_where_a_guideline_is_cited():
    for path in TEXTS:
        fasting = re.search(r"^## fasting\n(.*?)(?=^## |\Z)", path.read_text(encoding="utf-8"), re.M | re.S)
        if fasting:
            assert re.search(r"\[@[\w-]+\]", fasting[1]), path


def test_made_up_texts_come_in_both_languages(app, in_app, read):
    output = app.test_cli_runner().invoke(args=["demo", "scale", "40"]).output
    assert "40 texts" in output
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(ContentText))) == 40
    assert "12 مادة" in read("/ar/diseases/").text
    read(read("/en/diseases/").all(".card h3 a")[0]["href"])

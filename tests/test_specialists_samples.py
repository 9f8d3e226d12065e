"""The samples of opinions and of records."""

import pytest
import sqlalchemy as sa

from medportal import samples
from medportal.blueprints.specialists import services
from medportal.demo import loader
from medportal.extensions import db
from medportal.models.content import Content
from medportal.models.people import Person
from medportal.models.specialist import (
    ContentTrial,
    DrugUpdate,
    Opinion,
    OpinionText,
    Trial,
)
from tests.conftest import shared
from tests.specialists import TODAY, WORDS, screen

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

"""Lists, home and categories: what stands where, in which order, in which language."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from medportal.blueprints.content import services
from medportal.blueprints.editing.text_form import Pane
from medportal.content_types import KINDS
from medportal.extensions import db
from tests.conftest import section

LISTED = [kind.path for kind in KINDS.values() if kind.listed]


@pytest.mark.parametrize("path", LISTED)
def test_an_empty_list_says_so_and_leads_on(read, lang, path):
    page = read(f"/{lang}/{path}/")
    assert page.one(".empty a")


def test_home_shows_the_newest_of_each_kind(read, make_content, lang):
    make_content("news", title={"ar": "خبر", "en": "Some news"})
    make_content("disease")
    page = read(f"/{lang}/")
    assert {h.get_text(strip=True) for h in page.all(".block h3")} == (
        {"خبر", "مرض تجريبي"} if lang == "ar" else {"Some news", "Test disease"}
    )


def test_home_leaves_imported_texts_out(read, make_content):
    make_content("news", title="Imported news", origin="imported")
    assert "Imported news" not in read("/en/").text
    assert "Imported news" in read("/en/news/").text


def test_a_foreign_text_stands_behind_under_its_known_title_with_a_badge(
    read, make_content, in_app, content_of
):
    content = make_content(langs=("en",), title="Rare syndrome")
    make_content(langs=("ar",), title="ورم")
    in_app(lambda: services.name_text(content_of(content), "ar", "متلازمة نادرة"))
    in_app(lambda: services.content_changed(content))
    page = read("/ar/diseases/")
    assert [h.get_text(strip=True) for h in page.all(".card h3")] == ["ورم", "متلازمة نادرة"]
    assert page.one(".badge--language").get_text(strip=True) == "متاح باللغة الإنجليزية فقط"
    assert "متلازمة نادرة" in read("/ar/diseases/rare-syndrome").text
    assert "rare-syndrome" not in read("/ar/feeds/diseases.xml").html
    assert "rare-syndrome" not in read("/sitemap-ar-1.xml").html


def test_titles_that_begin_with_a_digit_stand_behind_the_letters(read, make_content):
    make_content(langs=("en",), title="22q11 deletion")
    link = read("/en/diseases/").all("a.letters__link")[-1]
    assert link.get_text(strip=True) == "0–9"
    assert len(read(link["href"]).all(".card")) == 1


def test_the_list_of_the_other_language_begins_with_known_names(read, make_content, in_app, content_of):
    make_content(langs=("en",), title="11-beta deficiency")
    known = make_content(langs=("en",), title="Zoster")
    in_app(lambda: services.name_text(content_of(known), "ar", "الهربس النطاقي"))
    in_app(lambda: services.content_changed(known))
    assert [h.get_text(strip=True) for h in read("/ar/diseases/").all(".card h3")] == [
        "الهربس النطاقي",
        "11-beta deficiency",
    ]


def test_the_a_to_z_folds_arabic_and_offers_only_letters_with_entries(read, make_content):
    for title in ("السكري", "إسهال", "أنفلونزا"):
        make_content(langs=("ar",), title=title)
    page = read("/ar/diseases/")
    assert [a.get_text(strip=True) for a in page.all("a.letters__link")] == ["الكل", "ا", "س"]
    assert len(page.all(".letters__list li")) == 29
    assert [h.get_text(strip=True) for h in read("/ar/diseases/?letter=إ").all(".card h3")] == [
        "إسهال",
        "أنفلونزا",
    ]
    assert len(read("/en/diseases/").all(".letters__list li")) == 27


def test_lists_are_narrowed_by_category_and_year(read, make_content, make_category):
    make_category("heart")
    make_content("news", langs=("en",), title="Heart news", categories=["heart"])
    make_content("news", langs=("en",), title="Other news")
    assert [h.get_text(strip=True) for h in read("/en/news/?category=heart").all(".card h3")] == [
        "Heart news"
    ]
    year = datetime.now(UTC).year
    assert len(read(f"/en/news/?year={year}").all(".card")) == 2
    assert "Nothing fits this choice." in read("/en/news/?year=1999").text


def test_unknown_filters_fall_back_and_absurd_pages_are_not_found(read, make_content):
    make_content("news", langs=("en",), title="News")
    for query in (
        "category=nothing",
        "letter=%D8%A5%D8%A5",
        "year=x",
        "page=x",
        "page=-1",
        "page=0",
        "sort=evil",
    ):
        assert len(read(f"/en/news/?{query}").all(".card")) == 1
    read("/en/news/?page=2", status=404)
    read("/en/news/?page=99999999999999999999", status=404)


def test_long_lists_come_in_pages(read, make_content, app, monkeypatch):
    monkeypatch.setitem(app.config, "PAGE_SIZE", 2)
    for n in range(3):
        make_content(langs=("en",), title=f"Disease {n}")
    first = read("/en/diseases/?category=")
    assert [h.get_text(strip=True) for h in first.all(".card h3")] == ["Disease 0", "Disease 1"]
    second = read(first.one('a[rel="next"]')["href"])
    assert [h.get_text(strip=True) for h in second.all(".card h3")] == ["Disease 2"]


def test_htmx_gets_the_results_alone_from_the_same_address(read, make_content):
    make_content(langs=("en",))
    part = read("/en/diseases/", headers={"HX-Request": "true"})
    assert not part.all("html")
    assert part.one("#results .card")
    whole = read("/en/diseases/", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert whole.one("html")


def test_categories_count_and_gather_all_kinds(read, make_content, make_category, lang):
    make_category("heart")
    make_content(categories=["heart"])
    make_content("news", title={"ar": "خبر", "en": "News"}, categories=["heart"])
    assert read(f"/{lang}/categories/").one(".tile")["href"] == f"/{lang}/categories/heart"
    assert len(read(f"/{lang}/categories/heart").all(".card")) == 2


@pytest.mark.parametrize("path", ["/en/", "/en/diseases/", "/en/diseases/a-0", "/en/categories/heart"])
def test_a_page_asks_the_same_number_of_questions_whatever_the_rows(
    read, make_content, make_category, count_queries, path
):
    make_category("heart")
    references = [{"title": "R"}]
    for n in range(2):
        make_content(title={"ar": f"ا {n}", "en": f"A {n}"}, categories=["heart"], references=references)
    few = count_queries(lambda: read(path))
    for n in range(2, 12):
        make_content(title={"ar": f"ا {n}", "en": f"A {n}"}, categories=["heart"], references=references * 3)
    assert count_queries(lambda: read(path)) == few
    assert few <= 16


@pytest.mark.parametrize("path", ["/en/", "/en/diseases/", "/en/diseases/a"])
def test_pages_are_read_without_the_orm(make_app, make_content, make_category, in_app, path):
    make_category("heart")
    other = make_content(langs=("en",), title="B")
    disease = make_content(langs=("en",), title="A", categories=["heart"], references=[{"title": "R"}])
    in_app(lambda: services.relate(disease, [other]))
    portal = make_app(PAGE_CACHE_MB=0)
    asked = []
    with portal.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_execute", lambda _connection, statement, *_rest: asked.append(statement))
    client = portal.test_client()
    client.get(path)  # what is remembered for a while may be read by either
    asked.clear()
    assert client.get(path).status_code == 200
    assert asked
    # the mark that one mapped attribute leaves on a statement, whether the session or the connection is asked
    assert [str(statement) for statement in asked if statement._propagate_attrs] == []


def test_a_ninth_kind_is_one_file(app, read, make_content, make_app, monkeypatch):
    """A kind registered by a test has its list, page, JSON, feed entry and form by itself."""
    from flask_babel import lazy_gettext
    from wtforms import StringField

    from medportal.content_types.base import ContentType

    podcast = ContentType(
        key="podcast",
        path="podcasts",
        label=lazy_gettext("Video"),
        plural=lazy_gettext("Videos Library"),
        icon="play",
        sections=("body", "transcript"),
        detail_fields={"host": StringField("Host")},
    )
    monkeypatch.setitem(KINDS, "podcast", podcast)
    make_content("podcast", langs=("en",), title="Episode one", sections=[section("body")])
    client = make_app().test_client()
    assert "Episode one" in client.get("/en/podcasts/").get_data(as_text=True)
    assert client.get("/en/podcasts/episode-one").status_code == 200
    assert client.get("/en/podcasts/episode-one.json").json["kind"] == "podcast"
    for feed in ("podcasts", "all"):
        assert "Episode one" in client.get(f"/en/feeds/{feed}.xml").get_data(as_text=True)
    assert "episode-one" in client.get("/sitemap-en-1.xml").get_data(as_text=True)
    with app.test_request_context("/ar/", method="POST"):
        pane = Pane(podcast, "ar", None, MultiDict({"ar-slug": "a b"}))
        assert {"title", "slug", "body_0", "body_state", "transcript_0"} <= set(pane.form._fields)
        assert not pane.validate()
        assert pane.form.errors["title"] == ["هذا الحقل مطلوب."]
        assert pane.form.errors["slug"] == ["حروف وأرقام وواصلات فقط."]

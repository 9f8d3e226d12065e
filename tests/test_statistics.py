"""Statistics: exact, bounded, about nobody, readable without the drawing, harmless in a spreadsheet."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from medportal.blueprints.pages import services as pages
from medportal.blueprints.statistics import charts, queries
from medportal.blueprints.statistics.tables import SUBJECTS
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.outbox import Outbox
from medportal.models.search import MissedSearch
from medportal.models.trust import Review
from tests.people import MEMBER

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)


@pytest.fixture
def rows(as_):
    """The table of a subject as its CSV says it."""
    editor = as_("editor")

    def read(name, lang="en"):
        text = editor.get(f"/{lang}/admin/statistics/{name}.csv").html
        assert text.startswith("\ufeff")
        return list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))

    return read


def test_an_empty_site_says_so(as_, lang):
    page = as_("editor").get(f"/{lang}/admin/statistics")
    assert len(page.all(".empty")) == len(SUBJECTS)
    assert not page.all("main svg.chart__drawing")


def test_every_chart_has_words_and_a_table(as_, lang, make_content, in_app):
    make_content()
    in_app(lambda: pages.keep_message("contact", lang="en", body="Words"))
    page = as_("owner").get(f"/{lang}/admin/statistics")
    for drawing in page.all("svg.chart__drawing"):
        for number in drawing["aria-labelledby"].split():
            assert page.one(f"#{number}").text
        assert drawing.find_parent("section").select("table tbody tr")
        assert drawing.select("rect.chart__bar")
    assert page.all("svg.chart__drawing")
    assert not page.all("[style]")


def test_members_see_nothing(as_):
    as_("consultant").get("/en/admin/statistics", 403)
    as_("member").get("/en/admin/statistics/texts.csv", 403)


def test_texts_are_counted_by_kind_language_and_state(rows, make_content):
    make_content()
    make_content(langs=("en",), title="Other", publish=False)
    table = rows("texts")
    assert table[0] == [
        "Kind and language",
        "published",
        "scheduled",
        "in review",
        "draft",
        "title only",
        "withdrawn",
    ]
    assert ["Diseases, English", "1", "0", "0", "1", "0", "0"] in table
    assert len(table) == 3


def test_months_begin_by_the_clock_of_the_site(rows, make_content, in_app, text_of):
    content = make_content(langs=("en",), title="One")

    def move():
        text_of(content).published_at = datetime(2026, 9, 30, 22, tzinfo=UTC)  # 1 October in Damascus

    in_app(move)
    with time_machine.travel(NOW, tick=False):
        found = in_app(queries.published)
        months = in_app(queries.months)
    assert [f"{day:%Y-%m}" for day, n in zip(months, found["en"], strict=False) if n] == ["2026-10"]
    assert len(months) == 13


def test_reviews_are_counted_by_the_last_one(rows, make_content, make_person, in_app, text_of):
    today = utc_now().date()
    ids = [make_content(langs=("en",), title=f"Title {n}") for n in range(3)]

    def review():
        person = make_person()
        for content, due in ((ids[0], 30), (ids[1], 30), (ids[1], -5)):
            db.session.add(
                Review(
                    text_id=text_of(content).id,
                    person_id=person.id,
                    reviewed_on=today - timedelta(days=100),
                    next_due=today + timedelta(days=due),
                )
            )
            db.session.flush()

    in_app(review)
    assert ["Diseases", "1", "1", "1"] in rows("reviews")


def test_letters_and_messages_fall_into_their_weeks(rows, in_app):
    from medportal import mail as post

    in_app(lambda: post.queue("sign_up_burst", to=MEMBER, lang="en", dedupe="x"))
    in_app(lambda: db.session.execute(sa.update(Outbox).values(state="failed")))
    in_app(lambda: pages.keep_message("report", lang="en", body="Words"))
    assert rows("letters")[-1][1:] == ["0", "1"]
    assert rows("messages")[-1][1:] == ["0", "1"]
    assert len(rows("messages")) == 13


def test_a_search_that_would_be_calculated_is_not(rows, in_app, as_):
    def add():
        for text in ("=cmd|calc", "@sum", "cough"):
            db.session.add(MissedSearch(lang="en", text=text, times=3, days=3, last_on=utc_now().date()))

    in_app(add)
    assert {row[0] for row in rows("searches")[1:]} == {"'=cmd|calc", "'@sum", "cough"}
    assert "=cmd|calc" in as_("owner").get("/en/admin/statistics").text


def test_no_table_names_anybody(rows, make_user, in_app):
    make_user(MEMBER, name="Layla")
    in_app(lambda: pages.keep_message("contact", lang="en", name="Layla", email=MEMBER, body="Words"))
    for name in SUBJECTS:
        text = str(rows(name))
        assert "ayla" not in text
        assert "mail.example" not in text


def test_questions_do_not_grow_with_the_site(as_, make_content, in_app, count_queries):
    owner = as_("owner")
    make_content()
    counts = []
    for number in (1, 6):
        for step in range(number):
            make_content(title=f"Title {number} {step}")
            in_app(lambda: pages.keep_message("contact", lang="en", body="Words"))
        counts.append(count_queries(lambda: owner.get("/en/admin/statistics")))
    assert counts[0] == counts[1]


def test_an_unknown_table_is_not_found(as_):
    as_("owner").get("/en/admin/statistics/users.csv", 404)


@pytest.mark.parametrize("rtl", [False, True])
def test_time_runs_in_the_direction_of_reading(rtl):
    drawing = charts.draw(["a", "b", "c"], [("x", [1, 2, 3]), ("y", [0, 0, 9])], rtl=rtl)
    places = [mark.at for mark in drawing.below]
    assert places == sorted(places, reverse=rtl)
    assert all(drawing.left <= bar.x and bar.x + bar.width <= drawing.right for bar in drawing.bars)
    assert all(bar.y >= 0 and bar.height >= 0 for bar in drawing.bars)
    assert [mark.text for mark in drawing.beside] == ["0", "5", "10"]


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (1, 1), (3, 4), (9, 10), (11, 20), (81, 100), (1000, 1000)]
)
def test_axes_end_at_round_numbers(most, top):
    assert charts.nice_top(most) == top

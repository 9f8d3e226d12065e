"""What is special about events, videos, guidelines and abstracts."""

from datetime import date, time

import pytest

from medportal.blueprints.content import services
from tests.editing import submit

EVENT = {
    "starts_on": date(2030, 5, 1),
    "starts_at": time(9, 0),
    "ends_on": date(2030, 5, 2),
    "ends_at": time(16, 30),
    "zone": "Asia/Amman",
    "place": {"en": "Sample hall", "ar": "قاعة نموذجية"},
    "organiser": {"en": "Sample society", "ar": "جمعية نموذجية"},
    "cme_points": 6,
}


def test_events_are_coming_or_past(read, make_content):
    past = EVENT | {"starts_on": date(2020, 5, 1), "ends_on": date(2020, 5, 2)}
    make_content("event", langs=("en",), title="Coming", detail=EVENT)
    make_content("event", langs=("en",), title="Past", detail=past)
    assert [h.get_text(strip=True) for h in read("/en/events/").all(".card h3")] == ["Coming"]
    assert [h.get_text(strip=True) for h in read("/en/events/?when=past").all(".card h3")] == ["Past"]
    page = read("/en/events/coming")
    for words in ("May 1, 2030", "09:00", "Sample hall", "Asia/Amman", "Sample society"):
        assert words in page.text


def test_an_event_shows_the_day_of_its_place(read, make_content):
    """Late in the evening in Los Angeles it is the next day here; on the first of January in Tokyo it is still last year."""
    late = EVENT | {"zone": "America/Los_Angeles", "starts_at": time(20, 0), "ends_at": time(22, 0)}
    early = EVENT | {"zone": "Asia/Tokyo", "starts_on": date(2030, 1, 1), "starts_at": None, "ends_at": None}
    make_content("event", langs=("en",), title="Late", detail=late)
    make_content("event", langs=("en",), title="Early", detail=early)
    days = {
        card.select_one("h3").get_text(strip=True): card.select_one("time")["datetime"]
        for card in read("/en/events/").all(".card")
    }
    assert days == {"Early": "2030-01-01", "Late": "2030-05-01"}
    assert '"startDate": "2030-05-01T20:00:00-07:00"' in read("/en/events/late").html


def test_an_event_in_a_zone_that_does_not_exist_is_refused(make_content):
    with pytest.raises(ValueError, match="no such time zone"):
        make_content("event", langs=("en",), title="Nowhere", detail=EVENT | {"zone": "Nowhere/X"})


def test_a_calendar_gives_the_moment_in_utc(client, make_content):
    make_content("event", langs=("en",), title="Coming", detail=EVENT)
    for path in ("/en/events/coming.ics", "/en/events.ics"):
        response = client.get(path)
        assert response.mimetype == "text/calendar"
        assert b"DTSTART:20300501T060000Z" in response.data
    assert client.get("/en/events/nothing.ics").status_code == 404


def test_a_video_is_a_plain_link_and_says_when_it_has_no_transcript(read, make_content):
    detail = {"host": "Sample host", "url": "https://video.example/1", "seconds": 215, "captions": ["ar"]}
    make_content("video", langs=("en",), title="Film", detail=detail)
    page = read("/en/videos/film")
    assert not page.all("iframe, video, embed, object")
    assert page.one(".video a")["href"] == "https://video.example/1"
    assert "opens in a new window" in page.text
    assert "There is none yet." in page.text
    assert "3:35" in page.text


def test_pages_do_not_replace_each_other_in_a_circle(as_, make_content, in_app, content_of):
    one, two = (make_content(kind="article", langs=("en",), title=title) for title in ("One", "Two"))
    other = make_content(kind="disease", langs=("en",), title="Other")
    in_app(lambda: setattr(content_of(one), "superseded_by_id", two))
    editor = as_("editor")
    for number, successor in ((two, one), (one, other)):
        page = editor.get(f"/en/admin/texts/{number}/facts")
        answer = submit(editor, page, 422, superseded_by=str(successor))
        assert answer.one(".errors a")["href"] == "#superseded_by"


def test_a_superseded_guideline_leads_to_its_successor(read, make_content, in_app, content_of):
    detail = {"issuer": {"en": "WHO"}, "year": 2015}
    old = make_content("guideline", langs=("en",), title="Old", detail=detail)
    new = make_content("guideline", langs=("en",), title="New", detail=detail | {"year": 2024})

    def replace():
        content_of(old).superseded_by_id = new
        services.content_changed(old)

    in_app(replace)
    assert read("/en/guidelines/old").one(".notice--warning a")["href"] == "/en/guidelines/new"


def test_an_abstract_gives_its_bibliography(read, make_content):
    detail = {
        "journal": "Sample J",
        "authors": ["Doe J"],
        "published": "2012-05",
        "doi": "10.1000/182",
        "pmid": "123",
    }
    make_content("abstract", langs=("en",), title="Paper", detail=detail)
    page = read("/en/abstracts/paper")
    assert page.all('a[href="https://doi.org/10.1000/182"]')
    assert page.all('a[href="https://pubmed.ncbi.nlm.nih.gov/123/"]')
    assert len(read("/en/abstracts/?year=2012").all(".card")) == 1

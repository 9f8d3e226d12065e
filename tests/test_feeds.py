"""Feeds and calendars, read by parsers that are not ours."""

import datetime as dt

import feedparser
import icalendar
import pytest

from medportal.digests import staging
from medportal.lib.dates import utc_now
from tests.subscribing import change, run

EVENT = {
    "starts_on": dt.date(2027, 3, 1),
    "starts_at": dt.time(9, 30),
    "ends_on": dt.date(2027, 3, 2),
    "ends_at": dt.time(16, 0),
    "zone": "Asia/Damascus",
    "place": {"en": "Hall", "ar": "القاعة"},
    "city": {"en": "Damascus", "ar": "دمشق"},
}


@pytest.fixture
def feed(read):
    def parse(path):
        page = read(path)
        assert page.response.mimetype == "application/atom+xml"
        found = feedparser.parse(page.html)
        assert not found.bozo, found.get("bozo_exception")
        assert found.version == "atom10"
        assert found.feed.id
        assert found.feed.updated_parsed
        assert len({entry.id for entry in found.entries}) == len(found.entries)
        return found

    return parse


def test_feeds_of_everything_of_a_kind_and_of_a_category(feed, make_content, make_category, lang):
    make_category("heart")
    make_content("news", title={"ar": "خبر", "en": "News"}, categories=["heart"])
    make_content("article", title={"ar": "مقال", "en": "An article"})
    titles = {
        path: {entry.title for entry in feed(f"/{lang}/feeds/{path}.xml").entries}
        for path in ("all", "news", "articles", "categories/heart")
    }
    news, article = {"ar": ("خبر", "مقال"), "en": ("News", "An article")}[lang]
    assert titles == {
        "all": {news, article},
        "news": {news},
        "articles": {article},
        "categories/heart": {news},
    }
    assert feed(f"/{lang}/feeds/all.xml").feed.language == lang


def test_the_feed_of_digests_follows_the_archive(feed, in_app, make_content, lang):
    assert feed(f"/{lang}/feeds/digests.xml").entries == []
    make_content("news")
    in_app(lambda: run("weekly"))
    [entry] = feed(f"/{lang}/feeds/digests.xml").entries
    assert f"/{lang}/digests/" in entry.link


def test_the_feed_of_corrections_tells_safety_alone(feed, in_app, make_content):
    number = make_content()
    in_app(lambda: change(number, note="Wording."))
    in_app(lambda: change(number, words="Safe.", safety=True, note="The dose of 10–20 mg was wrong."))
    [entry] = feed("/en/feeds/corrections.xml").entries
    assert entry.summary == "The dose of 10–20 mg was wrong."
    assert feed("/ar/feeds/corrections.xml").entries == []


def test_u18_values_keep_their_order_in_feeds_and_calendars(feed, read, in_app, make_content):
    number = make_content("news", title={"ar": "جرعة 10–20 mg", "en": "Dose"})
    make_content("event", title={"ar": "لقاء عن 120/80", "en": "On 120/80"}, detail=EVENT)
    in_app(lambda: change(number, "ar", safety=True, note="الجرعة 5 mg/kg/day خطأ."))
    assert {entry.title for entry in feed("/ar/feeds/all.xml").entries} == {
        "جرعة \u206610–20 mg\u2069",
        "لقاء عن \u2066120/80\u2069",
    }
    [correction] = feed("/ar/feeds/corrections.xml").entries
    assert "\u20665 mg/kg/day\u2069" in correction.summary
    [event] = icalendar.Calendar.from_ical(read("/ar/events.ics").html).walk("VEVENT")
    assert event["SUMMARY"] == "لقاء عن \u2066120/80\u2069"


def test_calendars_of_one_event_and_of_all(read, make_content, lang):
    make_content("event", title={"ar": "لقاء", "en": "A meeting"}, detail=EVENT, text={"slug": "meeting"})
    for path in ("events.ics", "events/meeting.ics"):
        page = read(f"/{lang}/{path}")
        assert page.response.mimetype == "text/calendar"
        calendar = icalendar.Calendar.from_ical(page.html)
        [event] = calendar.walk("VEVENT")
        assert event["SUMMARY"] == {"ar": "لقاء", "en": "A meeting"}[lang]
        assert event["DTSTART"].dt == dt.datetime(2027, 3, 1, 6, 30, tzinfo=dt.UTC)
        assert event["UID"]
        assert event["DTSTAMP"]


def test_a_digest_that_is_being_written_is_in_no_feed_of_its_own(feed, in_app, make_content):
    make_content("news")
    in_app(lambda: staging.open_run("weekly", utc_now()))
    assert len(feed("/en/feeds/digests.xml").entries) == 1  # the archive does not wait for the mail

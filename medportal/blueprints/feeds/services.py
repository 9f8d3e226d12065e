"""Calendars as text (RFC 5545)."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext as _
from icalendar import Calendar
from icalendar import Event as CalendarEvent

from medportal.blueprints.content.addresses import page_url
from medportal.content_types.event import EventDetail
from medportal.lib.bidi import isolate_plain
from medportal.models.listing import Listing
from medportal.models.types import localize
from medportal.templating import absolute


def calendar(entries: list[tuple[Listing, EventDetail]], lang: str) -> bytes:
    """One calendar with these events, in `lang`. Timed events are given in UTC, all-day ones as days."""
    result = Calendar()
    result.add("prodid", "-//medportal//events//" + lang.upper())
    result.add("version", "2.0")
    result.add("x-wr-calname", _("Events"))
    for entry, detail in entries:
        result.add_component(_event(entry, detail, lang))
    return bytes(result.to_ical())


def _event(entry: Listing, detail: EventDetail, lang: str) -> CalendarEvent:
    host = urlsplit(current_app.config["SITE_URL"]).hostname
    item = CalendarEvent()
    item.add("uid", f"event-{entry.content_id}@{host}")
    item.add("dtstamp", entry.modified_at)
    item.add("last-modified", entry.modified_at)
    item.add("summary", isolate_plain(entry.title))
    if detail.starts_at is None:
        item.add("dtstart", detail.starts_on)
        item.add("dtend", detail.ends_on + timedelta(days=1))
    else:
        item.add("dtstart", detail.starts_utc)
        item.add("dtend", detail.ends_utc)
    place = [localize(detail.place, lang), localize(detail.city, lang)]
    item.add("location", ", ".join(p for p in place if p))
    item.add("description", entry.summary)
    item.add("url", absolute(page_url("event", entry.slug)))
    return item

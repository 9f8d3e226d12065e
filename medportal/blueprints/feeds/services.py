"""Calendars as text (RFC 5545), and notices: entries of feeds that are no page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from icalendar import Calendar
from icalendar import Event as CalendarEvent

from medportal.blueprints.content.addresses import page_url
from medportal.content_types.event import EventDetail
from medportal.models.digest import Edition, Happening
from medportal.models.listing import Listing
from medportal.models.types import localize
from medportal.templating import absolute, day, digits, isolate_plain


@dataclass(frozen=True)
class Notice:
    """`id` and `address` are paths of this site; the id never changes."""

    id: str
    title: str
    lang: str
    address: str
    at: datetime
    summary: str


def digests(editions: Sequence[Edition]) -> list[Notice]:
    found = []
    for edition in editions:
        address, n = url_for("subscriptions.digest", number=edition.digest_id), len(edition.items)
        on = day(edition.digest.due_at).striptags()
        said = ngettext("%(n)s page", "%(n)s pages", n, n=digits(n))
        title = _("Digest of %(day)s", day=on)
        found.append(Notice(address, title, edition.lang, address, edition.digest.created_at, said))
    return found


def corrections(rows: Sequence[tuple[Happening, Listing]]) -> list[Notice]:
    return [
        Notice(
            f"{url_for('content.short', content_id=listed.content_id)}#{happening.id}",
            listed.title,
            listed.lang,
            page_url(listed.kind, listed.slug),
            happening.at,
            happening.note,
        )
        for happening, listed in rows
    ]


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

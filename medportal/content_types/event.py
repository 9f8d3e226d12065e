"""Events: a wall clock at a place. Start and end are local there; the zone says where."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, validates
from wtforms import BooleanField, DateField, DecimalField, StringField, TimeField, URLField
from wtforms.validators import (
    URL,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    StopValidation,
    ValidationError,
)

from medportal.content_types.base import ContentType, Order
from medportal.extensions import Base, db
from medportal.lib.dates import local_to_utc
from medportal.models.types import Localized, LocalizedType, localize

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class EventDetail(Model):
    """Days and clocks as printed at the place; clocks are None for all-day events. `ends_on` is the last day."""

    __tablename__ = "event"
    __table_args__ = (
        sa.CheckConstraint(
            "ends_on > starts_on OR (ends_on = starts_on AND (ends_at IS NULL OR starts_at IS NULL OR ends_at >= starts_at))",
            name="ends_after_start",
        ),
    )

    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    starts_on: Mapped[date]
    starts_at: Mapped[time | None]
    ends_on: Mapped[date]
    ends_at: Mapped[time | None]
    zone: Mapped[str] = mapped_column(sa.String(60))
    place: Mapped[Localized] = mapped_column(LocalizedType)
    city: Mapped[Localized | None] = mapped_column(LocalizedType)
    organiser: Mapped[Localized] = mapped_column(LocalizedType)
    fee: Mapped[Localized | None] = mapped_column(LocalizedType)
    cme_points: Mapped[Decimal | None] = mapped_column(sa.Numeric(5, 1))
    online: Mapped[bool] = mapped_column(default=False)
    url: Mapped[str | None] = mapped_column(sa.String(500))

    @validates("zone")
    def _known_zone(self, _name: str, zone: str) -> str:
        """Raises ValueError for a zone that does not exist."""
        if zone not in available_timezones():
            raise ValueError(f"no such time zone: {zone!r}")
        return zone

    @property
    def starts_utc(self) -> datetime:
        return local_to_utc(self.starts_on, self.starts_at, self.zone)

    @property
    def ends_utc(self) -> datetime:
        """When it is over; an all-day event ends with its last day."""
        if self.ends_at is None:
            return local_to_utc(self.ends_on + timedelta(days=1), None, self.zone)
        return local_to_utc(self.ends_on, self.ends_at, self.zone)

    @property
    def is_past(self) -> bool:
        return self.ends_utc < datetime.now(UTC)


def _json_ld(page: Any, thing: dict[str, Any]) -> None:
    event = page.detail
    zone = ZoneInfo(event.zone)
    for name, on, at in (
        ("startDate", event.starts_on, event.starts_at),
        ("endDate", event.ends_on, event.ends_at),
    ):
        thing[name] = on.isoformat() if at is None else datetime.combine(on, at, tzinfo=zone).isoformat()
    thing["organizer"] = {"@type": "Organization", "name": localize(event.organiser, page.lang)}
    if event.online:
        thing["location"] = {"@type": "VirtualLocation", "url": event.url or page.address}
    else:
        place = [localize(event.place, page.lang), localize(event.city, page.lang)]
        thing["location"] = {"@type": "Place", "name": place[0], "address": ", ".join(p for p in place if p)}
    mode = "Online" if event.online else "Offline"
    thing["eventAttendanceMode"] = f"https://schema.org/{mode}EventAttendanceMode"


def _finite(_form: Any, field: Any) -> None:
    if not field.data.is_finite():
        raise StopValidation(_l("Not a valid decimal value."))


def _of_our_time(_form: Any, field: Any) -> None:
    if not 1900 <= field.data.year <= 2200:
        raise ValidationError(_l("Not a valid date value."))


KIND = ContentType(
    key="event",
    path="events",
    label=_l("Event"),
    plural=_l("Events"),
    icon="calendar-days",
    order=Order.EVENTS,
    medical=False,
    sections=("body", "venue", "resources"),
    detail=EventDetail,
    searched=("place", "city", "organiser"),
    detail_fields={
        "starts_on": DateField(_l("First day"), validators=[InputRequired(), _of_our_time]),
        "starts_at": TimeField(_l("Begins at"), validators=[Optional()]),
        "ends_on": DateField(_l("Last day"), validators=[InputRequired(), _of_our_time]),
        "ends_at": TimeField(_l("Ends at"), validators=[Optional()]),
        "zone": StringField(_l("Time zone"), validators=[InputRequired(), Length(max=60)]),
        "place": StringField(_l("Place"), validators=[InputRequired(), Length(max=200)]),
        "organiser": StringField(_l("Organiser"), validators=[InputRequired(), Length(max=200)]),
        "fee": StringField(_l("Fee"), validators=[Length(max=200)]),
        "cme_points": DecimalField(_l("CME points"), validators=[Optional(), _finite, NumberRange(0, 9999)]),
        "online": BooleanField(_l("Takes place online")),
        "url": URLField(_l("Address of the organiser's page"), validators=[Optional(), URL()]),
    },
    template="content/kinds/_event.html",
    schema_type="Event",
    json_ld=_json_ld,
    when=lambda event: (event.starts_utc, event.ends_utc),
    day=lambda event: event.starts_on,
)

"""Videos: a local poster and a plain link to the host; nothing is loaded from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship
from wtforms import IntegerField, StringField, URLField
from wtforms.validators import URL, InputRequired, Length, NumberRange, Optional

from medportal.content_types.base import ContentType
from medportal.extensions import Base, db
from medportal.models.media import Media

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class VideoDetail(Model):
    """`seconds` long, None if unknown; `captions` are language codes."""

    __tablename__ = "video"

    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    host: Mapped[str] = mapped_column(sa.String(120))
    url: Mapped[str] = mapped_column(sa.String(500))
    seconds: Mapped[int | None]
    captions: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    poster_id: Mapped[int | None] = mapped_column(sa.ForeignKey("media.id", ondelete="SET NULL"), index=True)

    poster: Mapped[Media | None] = relationship(lazy="joined")


def _json_ld(page: Any, thing: dict[str, Any]) -> None:
    detail = page.detail
    thing["url"] = detail.url
    if detail.seconds:
        minutes, seconds = divmod(detail.seconds, 60)
        thing["duration"] = f"PT{minutes}M{seconds}S"
    if detail.poster:
        thing["thumbnailUrl"] = page.absolute(f"/media/{detail.poster.name}")
    transcript = page.section_words("transcript")
    if transcript:
        thing["transcript"] = transcript


KIND = ContentType(
    key="video",
    path="videos",
    label=_l("Video"),
    plural=_l("Videos Library"),
    icon="play",
    sections=("body", "transcript", "resources"),
    detail=VideoDetail,
    searched=("host",),
    detail_fields={
        "host": StringField(_l("Host"), validators=[InputRequired(), Length(max=120)]),
        "url": URLField(_l("Address at the host"), validators=[InputRequired(), URL(), Length(max=500)]),
        "seconds": IntegerField(_l("Length in seconds"), validators=[Optional(), NumberRange(1, 86400)]),
    },
    template="content/kinds/_video.html",
    schema_type="VideoObject",
    json_ld=_json_ld,
)

"""Guidelines: who issued them, when, in which version; what replaced them is `content.superseded_by`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import IntegerField, StringField, URLField
from wtforms.validators import URL, InputRequired, Length, NumberRange, Optional

from medportal.content_types.base import ContentType
from medportal.extensions import Base, db
from medportal.lib.dates import local_to_utc
from medportal.models.types import Localized, LocalizedType, localize

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class GuidelineDetail(Model):
    """`year` of publication; `version` as the issuer prints it."""

    __tablename__ = "guideline"

    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    issuer: Mapped[Localized] = mapped_column(LocalizedType)
    year: Mapped[int]
    version: Mapped[str | None] = mapped_column(sa.String(60))
    url: Mapped[str | None] = mapped_column(sa.String(500))


def _json_ld(page: Any, thing: dict[str, Any]) -> None:
    thing["guidelineDate"] = str(page.detail.year)
    thing["recognizingAuthority"] = {"@type": "Organization", "name": localize(page.detail.issuer, page.lang)}


KIND = ContentType(
    key="guideline",
    path="guidelines",
    label=_l("Guideline"),
    plural=_l("Guidelines"),
    icon="scroll-text",
    sections=("body", "resources"),
    detail=GuidelineDetail,
    searched=("issuer", "version"),
    detail_fields={
        "issuer": StringField(_l("Issued by"), validators=[InputRequired(), Length(max=200)]),
        "year": IntegerField(_l("Year"), validators=[InputRequired(), NumberRange(1900, 2100)]),
        "version": StringField(_l("Version"), validators=[Length(max=60)]),
        "url": URLField(_l("Address of the original"), validators=[Optional(), URL(), Length(max=500)]),
    },
    template="content/kinds/_guideline.html",
    schema_type="MedicalGuideline",
    json_ld=_json_ld,
    when=lambda guideline: (local_to_utc(date(guideline.year, 1, 1), None, "UTC"), None),
    day=lambda guideline: date(guideline.year, 1, 1),
    year_only=True,
)

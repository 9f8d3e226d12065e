"""Pictures that belong to content. Files lie in `instance/media` under names of our own making."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from medportal.extensions import Base, db
from medportal.lib.arabic import fold
from medportal.lib.dates import utc_now
from medportal.models.content import Part
from medportal.models.treatment import FIELDS, TreatmentText
from medportal.models.types import Localized, LocalizedType, UtcDateTime, moment, pk

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Media(Model):
    """A picture in one or more widths. `name` is its largest file, `stem` what the names of its files begin with, None
    for pictures that came with the samples and have one file only. `alt` per language; empty where it is `decorative`."""

    __tablename__ = "media"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    stem: Mapped[str | None] = mapped_column(sa.String(40), unique=True)
    mime: Mapped[str] = mapped_column(sa.String(40))
    width: Mapped[int]
    height: Mapped[int]
    widths: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
    size: Mapped[int] = mapped_column(default=0)
    """Bytes of all its files."""
    fingerprint: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    """The same for the same pixels."""
    original: Mapped[str] = mapped_column(sa.String(200), default="")
    """How whoever sent it called the file: for people, never for addresses."""
    alt: Mapped[Localized] = mapped_column(LocalizedType)
    decorative: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(sa.String(200), default="")
    licence: Mapped[str] = mapped_column(sa.String(80), default="")
    words: Mapped[str] = mapped_column(sa.Text, default="")
    """What it is found by at the desk; follows from the rest."""
    uploaded_by: Mapped[str] = mapped_column(sa.String(80), default="")
    created_at: Mapped[moment] = mapped_column(default=utc_now)
    binned_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)

    @property
    def files(self) -> dict[int, str]:
        """Width → file name, the smallest first."""
        if self.stem is None:
            return {self.width: self.name}
        return {width: f"{self.stem}-{width}.webp" for width in self.widths}

    def file_near(self, width: int) -> tuple[int, int, str]:
        """(width, height, name) of the smallest file that is at least so wide, else of the largest."""
        found = next((w for w in self.files if w >= width), self.width)
        return found, max(1, round(self.height * found / self.width)), self.files[found]


@sa.event.listens_for(Media, "before_insert")
@sa.event.listens_for(Media, "before_update")
def _set_words(_mapper: Any, _connection: Any, media: Media) -> None:
    said = (media.original, *(media.alt or {}).values(), media.source)
    media.words = fold(" ".join(text for text in said if text))


_IN_PART = "html LIKE '%/media/%'"
_IN_TREATMENT = "(" + " || ".join(FIELDS) + ") LIKE '%/media/%'"

has_picture: sa.ColumnElement[bool] = sa.literal_column(f"(part.{_IN_PART})", sa.Boolean)
treatment_has_picture: sa.ColumnElement[bool] = sa.literal_column(f"({_IN_TREATMENT})", sa.Boolean)

# Few texts have pictures, and both databases find them here only if the query says the very same words.
sa.Index(
    "ix_part_pictures", Part.section_id, sqlite_where=sa.text(_IN_PART), postgresql_where=sa.text(_IN_PART)
)
sa.Index(
    "ix_treatment_text_pictures",
    TreatmentText.treatment_id,
    sqlite_where=sa.text(_IN_TREATMENT),
    postgresql_where=sa.text(_IN_TREATMENT),
)

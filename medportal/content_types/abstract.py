"""Abstracts from journals: the bibliographic facts, and our own summary in plain language."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Regexp

from medportal.content_types.base import ContentType
from medportal.extensions import Base, db
from medportal.lib.dates import local_to_utc

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

DOI = r"^10\.\d{4,9}/\S+$"
PMID = r"^\d{1,9}$"


class AbstractDetail(Model):
    """`authors` in the order of the paper, as the index prints them; `published` as "2012", "2012-05" or a full day."""

    __tablename__ = "abstract"

    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    journal: Mapped[str] = mapped_column(sa.String(300))
    authors: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    published: Mapped[str] = mapped_column(sa.String(10))
    doi: Mapped[str | None] = mapped_column(sa.String(200), index=True)
    pmid: Mapped[str | None] = mapped_column(sa.String(20), index=True)

    @property
    def day(self) -> date:
        """The first day that `published` may mean."""
        return date.fromisoformat((self.published + "-01-01")[:10])


def _json_ld(page: Any, thing: dict[str, Any]) -> None:
    detail = page.detail
    thing["author"] = [{"@type": "Person", "name": name} for name in detail.authors]
    thing["datePublished"] = detail.published
    thing["isPartOf"] = {"@type": "Periodical", "name": detail.journal}
    same = [f"https://doi.org/{detail.doi}"] if detail.doi else []
    if detail.pmid:
        same.append(f"https://pubmed.ncbi.nlm.nih.gov/{detail.pmid}/")
    thing["sameAs"] = same


KIND = ContentType(
    key="abstract",
    path="abstracts",
    label=_l("Journal abstract"),
    plural=_l("Journals' Abstracts"),
    icon="book-open",
    sections=("lay_summary", "body", "resources"),
    detail=AbstractDetail,
    authors_elsewhere=True,
    searched=("journal", "authors", "doi", "pmid"),
    detail_fields={
        "journal": StringField(_l("Journal"), validators=[InputRequired(), Length(max=300)]),
        "authors": StringField(_l("Authors"), description=_l("Separated by commas.")),
        "published": StringField(
            _l("Published"),
            description=_l("Year, year and month, or day: 2012, 2012-05, 2012-05-31."),
            validators=[InputRequired(), Regexp(r"^\d{4}(-\d{2}(-\d{2})?)?$")],
        ),
        "doi": StringField(
            _l("DOI"), validators=[Regexp(rf"^$|{DOI}", message=_l("A DOI looks like 10.1000/182."))]
        ),
        "pmid": StringField(
            _l("PubMed number"),
            validators=[Regexp(rf"^$|{PMID}", message=_l("A PubMed number has up to nine digits."))],
        ),
    },
    template="content/kinds/_abstract.html",
    schema_type="MedicalScholarlyArticle",
    json_ld=_json_ld,
    when=lambda abstract: (local_to_utc(abstract.day, None, "UTC"), None),
    day=lambda abstract: abstract.day,
    year_only=True,
)

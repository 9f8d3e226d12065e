"""What a text rests on: its references, and its treatments as records. Rows, which cost a fifth of entities and can be
remembered by what they show."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from medportal.extensions import ask, columns_of
from medportal.models.content import Code
from medportal.models.treatment import FIELDS, Treatment, TreatmentReference, TreatmentText
from medportal.models.trust import Reference

NUMBER: sa.BindParameter[int] = sa.bindparam("number")


class ShownReference(NamedTuple):
    """What a page shows of a `Reference`."""

    position: int
    title: str
    issuer: str
    year: str
    url: str | None
    doi: str | None
    pmid: str | None
    checked_on: date | None
    retracted: bool


class ShownTreatment(NamedTuple):
    """A `Treatment` in one language. `fields` in the order of the form; an empty one is shown as "not stated".
    `references`: the numbers of those it names."""

    key: str
    kind: str
    name: str
    fields: tuple[tuple[str, str], ...]
    references: tuple[int, ...]


class ShownCode(NamedTuple):
    system: str
    value: str


def references(content_id: int) -> list[ShownReference]:
    return [ShownReference(*row) for row in ask(_references(), {"number": content_id})]


@cache
def _references() -> sa.Select[Any]:
    reference = columns_of(Reference)
    shown = [reference[name] for name in ShownReference._fields]
    return sa.select(*shown).where(reference.content_id == NUMBER).order_by(reference.position)


def treatments(content_id: int, lang: str) -> list[ShownTreatment]:
    """Those that are described in `lang`."""
    numbers: dict[int, list[int]] = {}
    for treatment, position in ask(_named_by_treatments(), {"number": content_id}):
        numbers.setdefault(treatment, []).append(position)
    rows = ask(_treatments(), {"number": content_id, "lang": lang})
    return [
        ShownTreatment(key, kind, name, tuple(zip(FIELDS, said, strict=True)), tuple(numbers.get(number, ())))
        for number, key, kind, name, *said in rows
    ]


@cache
def _treatments() -> sa.Select[Any]:
    treatment, text = columns_of(Treatment), columns_of(TreatmentText)
    said = [text[name] for name in FIELDS]
    return (
        sa.select(treatment.id, treatment.key, treatment.kind, text.name, *said)
        .where(
            text.treatment_id == treatment.id,
            treatment.content_id == NUMBER,
            text.lang == sa.bindparam("lang"),
        )
        .order_by(treatment.position)
    )


@cache
def _named_by_treatments() -> sa.Select[Any]:
    treatment, reference = columns_of(Treatment), columns_of(Reference)
    link = columns_of(TreatmentReference)
    return (
        sa.select(link.treatment_id, reference.position)
        .where(
            link.treatment_id == treatment.id,
            link.reference_id == reference.id,
            treatment.content_id == NUMBER,
        )
        .order_by(link.treatment_id, reference.position)
    )


def codes(content_id: int) -> list[ShownCode]:
    return [ShownCode(*row) for row in ask(_codes(), {"number": content_id})]


@cache
def _codes() -> sa.Select[Any]:
    code = columns_of(Code)
    return sa.select(code.system, code.value).where(code.content_id == NUMBER).order_by(code.id)

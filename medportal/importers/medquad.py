"""MedQuAD: 5,490 documents of US government sites, one JSON record a line (CC BY 4.0).

One page per topic. Nothing is blended: every text is a part of its own, with source, address and licence.
"""

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import sqlalchemy as sa

from medportal import taxonomy
from medportal.blueprints.content import revisions, services
from medportal.blueprints.content.drafts import ContentDraft, PartDraft, SectionDraft, TextDraft
from medportal.extensions import db
from medportal.importers.base import Importer, Options, Record, lines
from medportal.lib.arabic import fold
from medportal.lib.dates import utc_now
from medportal.lib.html import plain_to_html, to_text
from medportal.lib.slugs import slugify
from medportal.models.content import Content, Made, Origin, Status, Symptom, SymptomLink
from medportal.search import glossary

LICENCE = "CC BY 4.0"
TEXT_OF = "2016–2018"

SOURCES = {
    "cancergov": "National Cancer Institute (NCI)",
    "cdc": "Centers for Disease Control and Prevention (CDC)",
    "gard": "Genetic and Rare Diseases Information Center (GARD)",
    "ghr": "Genetics Home Reference (GHR)",
    "mplus": "MedlinePlus",
    "nhlbi": "National Heart, Lung, and Blood Institute (NHLBI)",
    "niddk": "National Institute of Diabetes and Digestive and Kidney Diseases (NIDDK)",
    "ninds": "National Institute of Neurological Disorders and Stroke (NINDS)",
    "seniorhealth": "NIH SeniorHealth",
}

# type of question → (section, heading of the part where the section gathers several types)
SECTIONS: dict[str, tuple[str, str | None]] = {
    "information": ("definition", None),
    "symptoms": ("symptoms", None),
    "causes": ("causes", None),
    "genetic changes": ("causes", "Genetic changes"),
    "susceptibility": ("risk_factors", None),
    "inheritance": ("risk_factors", "Inheritance"),
    "complications": ("complications", None),
    "exams and tests": ("diagnosis", None),
    "stages": ("diagnosis", "Stages"),
    "treatment": ("treatment", None),
    "considerations": ("treatment", "Considerations"),
    "prevention": ("prevention", None),
    "outlook": ("outlook", None),
    "frequency": ("epidemiology", None),
    "research": ("research_text", None),
    "resources": ("resources", None),
    "support groups": ("resources", "Support groups"),
}
_LISTS = {"synonyms": str, "cuis": str, "course": str, "symptom_list": dict}
_HEADING = re.compile(r"<p>([^<.:;,?!]{2,90})</p>\n<")
_REQUIRED = {"id": str, "title": str, "topic": str, "source": str, "url": str, "sections": dict}


class MedquadImporter(Importer):
    name = "medquad"
    attribution = (
        "Attribution (CC BY 4.0): A. Ben Abacha, D. Demner-Fushman. A question-entailment approach to question "
        "answering. BMC Bioinformatics 20:511 (2019). https://doi.org/10.1186/s12859-019-3119-4. "
        "Changed: regrouped by subject and cleaned."
    )

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.index: dict[str, dict[str, str]] = {}
        self._symptoms: dict[str, int] = {}

    def read(self, path: Path, broken: Callable[[int, str], None]) -> Iterator[Record]:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in lines(cast(BinaryIO, file)):
                if line is None:
                    broken(number, "longer than any record")
                    continue
                if not line.strip():
                    continue
                try:
                    data = json.loads(line.decode("utf-8"))
                    why = _fault(data)
                except UnicodeDecodeError:
                    why = "not UTF-8"
                except ValueError as error:
                    why = f"not JSON ({error.args[0]})"
                if why:
                    broken(number, why)
                else:
                    yield Record(external_id=data["id"], group=data["topic"], data=data)

    def prepare(self) -> None:
        taxonomy.load()
        glossary.load()
        if self.options.index:
            with self.options.index.open(encoding="utf-8", newline="") as file:
                self.index = {row["id"]: row for row in csv.DictReader(file)}
        rows = db.session.execute(sa.select(Symptom.key, Symptom.id))
        self._symptoms = {row[0]: row[1] for row in rows}

    def save(self, records: Sequence[Record], content_id: int | None) -> int:
        if content_id is not None:
            return self._add_to(content_id, records)
        first = records[0].data
        content = services.create_content(
            ContentDraft(
                kind="article" if first.get("category") == "Other" else "disease",
                source_lang="en",
                origin=Origin.IMPORTED,
                origin_source="MedQuAD",
                categories=self._categories(records),
                codes=[("UMLS", cui) for record in records for cui in record.data.get("cuis", [])],
            ),
            by="import medquad",
        )
        draft = TextDraft(
            title=first["title"],
            synonyms=_synonyms(records, first["title"]),
            summary=_summary(records),
            made=Made.IMPORTED,
            sections=_sections(records, content.kind),
        )
        text = services.save_text(content, "en", draft, by="import medquad", note="imported")
        self._link_symptoms(content.id, records)
        arabic = self._arabic_title(records)
        if arabic:
            services.name_text(content, "ar", arabic)
        if self.options.publish:
            text.status = Status.PUBLISHED
            text.published_at = utc_now()
        return content.id

    def _add_to(self, content_id: int, records: Sequence[Record]) -> int:
        """Further records of a known topic: their parts follow those that are there."""
        content = db.session.get_one(Content, content_id)
        text = next(t for t in content.texts if t.lang == "en")
        here = revisions.draft_of(text)
        sections = {section.key: section for section in here.sections}
        for section in _sections(records, content.kind):
            known = sections.get(section.key)
            parts = [*(known.parts if known else ()), *section.parts]
            sections[section.key] = SectionDraft(key=section.key, parts=parts)
        names = [s["name"] for s in here.synonyms]
        more = [s for s in _synonyms(records, text.title) if s["name"] not in names]
        services.save_text(
            content,
            "en",
            TextDraft(
                title=here.title,
                slug=here.slug,
                summary=here.summary,
                made=here.made,
                synonyms=[*here.synonyms, *more],
                sections=list(sections.values()),
            ),
            by="import medquad",
            note="imported, further records",
        )
        self._link_symptoms(content_id, records)
        return content_id

    def _categories(self, records: Sequence[Record]) -> list[str]:
        guesses = [self.index.get(r.external_id, {}).get("category_guess", "") for r in records]
        return taxonomy.current([taxonomy.slug_of(guess) for guess in dict.fromkeys(guesses) if guess][:3])

    def _arabic_title(self, records: Sequence[Record]) -> str:
        return next((t for r in records if (t := self.index.get(r.external_id, {}).get("title_ar", ""))), "")

    def _link_symptoms(self, content_id: int, records: Sequence[Record]) -> None:
        links: dict[int, dict[str, Any]] = {}
        for record in records:
            source = SOURCES.get(record.data["source"], record.data["source"])
            signs = [("symptom", s["name"], s.get("frequency")) for s in record.data.get("symptom_list", [])]
            course = [("course", name, None) for name in record.data.get("course", [])]
            for aspect, name, frequency in signs + course:
                symptom_id = self._symptom(name)
                links.setdefault(
                    symptom_id,
                    {
                        "content_id": content_id,
                        "symptom_id": symptom_id,
                        "aspect": aspect,
                        "frequency": frequency,
                        "source": source,
                        "position": len(links),
                    },
                )
        if not links:
            return
        known = set(
            db.session.scalars(sa.select(SymptomLink.symptom_id).where(SymptomLink.content_id == content_id))
        )
        rows = [row for symptom_id, row in links.items() if symptom_id not in known]
        if rows:
            db.session.execute(sa.insert(SymptomLink), rows)

    def _symptom(self, name: str) -> int:
        key = fold(name)[:200]
        if key not in self._symptoms:
            symptom = Symptom(key=key, name={"en": name})
            db.session.add(symptom)
            db.session.flush()
            self._symptoms[key] = symptom.id
        return self._symptoms[key]


def _fault(data: Any) -> str:
    if not isinstance(data, dict):
        return "not a record"
    for name, kind in _REQUIRED.items():
        if not isinstance(data.get(name), kind) or (kind is str and not data[name]):
            return f"{name} is missing"
    if not slugify(data["title"]):
        return "no address can be made from its title"
    for name, kind in _LISTS.items():
        if not isinstance(data.get(name, []), list) or not all(
            isinstance(x, kind) for x in data.get(name, [])
        ):
            return f"{name} is no list of {kind.__name__}"
    if not all(isinstance(s.get("name"), str) for s in data.get("symptom_list", [])):
        return "a symptom has no name"
    wrong = [
        key for key, text in data["sections"].items() if key not in SECTIONS or not isinstance(text, str)
    ]
    return f"section {wrong[0]!r} is unknown or no text" if wrong else ""


def _synonyms(records: Sequence[Record], title: str) -> list[dict[str, str]]:
    names = [name for record in records for name in record.data.get("synonyms", [])]
    titles = [record.data["title"] for record in records]
    seen = {fold(title)}
    found = []
    for name in [*titles, *names]:
        if fold(name) not in seen:
            seen.add(fold(name))
            found.append({"name": name, "kind": "formal", "lang": "en"})
    return found


def _sections(records: Sequence[Record], kind: str) -> list[SectionDraft]:
    parts: dict[str, list[PartDraft]] = {}
    for record in records:
        for question, text in record.data["sections"].items():
            key, heading = SECTIONS[question]
            if kind == "article" and key == "definition":
                key = "body"
            parts.setdefault(key, []).append(
                _part(record, _html(record, text), _heading(records, record, heading))
            )
        terms = record.data.get("symptom_list") or record.data.get("course")
        if terms and "symptoms" not in record.data["sections"]:
            # The terms stand in their own table; this part keeps their source with the page.
            parts.setdefault("symptoms", []).append(_part(record, "", record.data["title"]))
    return [SectionDraft(key=key, parts=found) for key, found in parts.items()]


def _heading(records: Sequence[Record], record: Record, question: str | None) -> str | None:
    """Where several documents meet on a page, each part says which one it is of."""
    names = [record.data["title"]] if len(records) > 1 else []
    return " – ".join([*names, question] if question else names) or None


def _html(record: Record, text: str) -> str:
    """As HTML. The cancer institute's headings are lines of their own; other sources cannot be told apart from text."""
    html = plain_to_html(text)
    if record.data["source"] == "cancergov":
        html = _HEADING.sub(r"<h4>\1</h4>\n<", html)
    return html


def _part(record: Record, html: str, heading: str | None) -> PartDraft:
    return PartDraft(
        html=html,
        heading=heading,
        source=SOURCES.get(record.data["source"], record.data["source"]),
        source_url=record.data["url"],
        source_date=TEXT_OF,
        licence=LICENCE,
    )


def _summary(records: Sequence[Record]) -> str:
    """The first sentences of the first definition, for lists; not a text of ours."""
    text = next(
        (r.data["sections"]["information"] for r in records if r.data["sections"].get("information")), ""
    )
    words = to_text(plain_to_html(text.removeprefix("Key Points").strip().split("\n\n")[0]))
    return words if len(words) <= 200 else words[:199].rsplit(" ", 1)[0].rstrip(".,;: ") + "…"

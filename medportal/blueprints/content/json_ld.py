"""What the page says, for machines. Every name and date here is visible on the page; nothing is claimed on top."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from medportal.blueprints.content.addresses import page_url, profile_url
from medportal.blueprints.content.page import TextPage
from medportal.blueprints.content.signatures import Signed
from medportal.blueprints.content.specialists import Records
from medportal.choices import setting
from medportal.i18n import current_language
from medportal.lib.html import to_text
from medportal.models.types import localize
from medportal.templating import absolute, site_day


def page_json_ld(page: TextPage) -> dict[str, Any]:
    address = page.address
    own_type = "MedicalWebPage" if page.kind.medical else "WebPage"
    web_page: dict[str, Any] = {
        "@type": [own_type, page.kind.page_type] if page.kind.page_type else own_type,
        "@id": address,
        "url": address,
        "name": page.text.title,
        "description": page.description,
        "inLanguage": page.lang,
        "dateModified": site_day(page.text.modified_at).isoformat(),
        "breadcrumb": breadcrumbs(page),
        "isPartOf": {"@type": "WebSite", "name": site_name(), "url": absolute(url_for("pages.home"))},
    }
    if page.text.published_at:
        web_page["datePublished"] = site_day(page.text.published_at).isoformat()
    if page.review:
        web_page["lastReviewed"] = page.review.reviewed_on.isoformat()
        web_page["reviewedBy"] = _person(page.review.person, page.lang)
    authors = [_person(credit.person, page.lang) for credit in page.authors]
    if authors:
        web_page["author"] = authors
    citations = [_citation(reference) for reference in page.references]
    if citations:
        web_page["citation"] = citations
    if page.opinions:
        web_page["comment"] = [_opinion(signed, page.lang) for signed in page.opinions]
    _translations(page, web_page)
    if page.kind.schema_type != "WebPage":
        thing: dict[str, Any] = {
            "@type": page.kind.schema_type,
            "@id": f"{address}#thing",
            "name": page.text.title,
        }
        if page.kind.schema_type in ("Article", "NewsArticle", "MedicalScholarlyArticle"):
            thing["headline"] = page.text.title
        if page.kind.schema_type == "VideoObject":
            thing["uploadDate"] = web_page.get("datePublished", "")
        thing["description"] = page.description
        if page.kind.json_ld:
            page.kind.json_ld(page, thing)
        _records(page.records, thing, page.lang)
        web_page["mainEntity"] = thing
    return {"@context": "https://schema.org", **web_page}


def _opinion(signed: Signed, lang: str) -> dict[str, Any]:
    """A remark on the page by somebody else, never `reviewedBy` nor a `Review`: machines shall not take an opinion for a
    check of the text, and it hangs on the page, not on the disease, so that it is no fact about the disease either."""
    return {
        "@type": "Comment",
        "genre": _("Expert's opinion"),
        "text": to_text(signed.html),
        "dateCreated": signed.given_on.isoformat(),
        "author": _person(signed.person, lang),
        "inLanguage": lang,
    }


def _records(records: Records, thing: dict[str, Any], lang: str) -> None:
    """Trials and guidelines of a disease; their status changes, so who wants it asks the registry."""
    if records.trials:
        thing["study"] = [
            {"@type": "MedicalTrial", "name": trial.title, "identifier": trial.number, "url": trial.url}
            for trial in records.trials
        ]
    current = [found for found in records.guidelines if not found.entry.superseded]
    if current:
        thing["guideline"] = [
            {
                "@type": "MedicalGuideline",
                "name": found.entry.title,
                "url": absolute(page_url("guideline", found.entry.slug)),
                "guidelineDate": str(found.year),
                "recognizingAuthority": {
                    "@type": "Organization",
                    "name": localize(found.issuer, lang),
                },
            }
            for found in current
        ]


def _translations(page: TextPage, web_page: dict[str, Any]) -> None:
    source = page.content.source_lang
    for lang, address in page.translations.items():
        if lang == page.lang:
            continue
        other = {"@type": web_page["@type"], "@id": absolute(address)}
        if page.lang == source:
            web_page.setdefault("workTranslation", []).append(other)
        elif lang == source:
            web_page["translationOfWork"] = other


def site_name() -> str:
    """The owner's name of the site in the page's language."""
    named = localize(setting("site_name"), current_language().code)
    return named or _("Medical Portal")


def breadcrumbs(page: TextPage) -> dict[str, Any]:
    trail = [(_("Home"), url_for("pages.home"))]
    if page.kind.listed:
        trail.append((str(page.kind.plural), url_for("content.index", kind=page.kind)))
    trail.append((page.text.title, page.url))
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": n, "name": name, "item": absolute(address)}
            for n, (name, address) in enumerate(trail, 1)
        ],
    }


def _person(person: Any, lang: str) -> dict[str, Any]:
    kind = "Organization" if person.form == "organisation" else "Person"
    found = {"@type": kind, "name": localize(person.name, lang)}
    if person.title:
        found["jobTitle"] = localize(person.title, lang)
    profile = profile_url(person, lang)
    if profile:
        found["url"] = absolute(profile)
    return found


def _citation(reference: Any) -> dict[str, Any]:
    work: dict[str, Any] = {"@type": "CreativeWork", "name": reference.title}
    if reference.issuer:
        work["publisher"] = {"@type": "Organization", "name": reference.issuer}
    if reference.year:
        work["datePublished"] = reference.year
    if reference.doi:
        work["sameAs"] = f"https://doi.org/{reference.doi}"
    elif reference.url:
        work["url"] = reference.url
    return work


def list_json_ld(heading: str, address: str) -> dict[str, Any]:
    """For list pages: what it is, and the way to it."""
    return {
        "@context": "https://schema.org",
        "@type": "CollectionPage",
        "name": heading,
        "url": absolute(address),
        "inLanguage": current_language().code,
        "isPartOf": {"@type": "WebSite", "name": site_name(), "url": absolute(url_for("pages.home"))},
    }


def page_json(page: TextPage) -> dict[str, Any]:
    """The whole text for other programs, with its origin, so that nobody quotes it without."""
    text = page.text
    return {
        "id": page.content.id,
        "kind": page.kind.key,
        "lang": page.lang,
        "title": text.title,
        "url": page.address,
        "summary": text.summary,
        "synonyms": text.synonyms,
        "origin": page.content.origin,
        "origin_source": page.content.origin_source,
        "made": text.made,
        "published": text.published_at.isoformat() if text.published_at else None,
        "modified": text.modified_at.isoformat(),
        "reviewed": page.review.reviewed_on.isoformat() if page.review else None,
        "reviewed_by": localize(page.review.person.name, page.lang) if page.review else None,
        "categories": [c.slug for c in page.categories],
        "codes": [{"system": c.system, "code": c.value} for c in page.codes],
        "symptoms": [{"name": s.name, "aspect": s.aspect, "frequency": s.frequency} for s in page.symptoms],
        "sections": [
            {
                "key": section.key,
                "state": section.state,
                "as_of": section.as_of.isoformat() if section.as_of else None,
                "parts": [
                    {
                        "heading": part.heading,
                        "urgency": part.urgency,
                        "html": part.html,
                        "source": part.source,
                        "source_url": part.source_url,
                        "source_date": part.source_date,
                        "licence": part.licence,
                    }
                    for part in section.parts
                ],
            }
            for section in page.sections
        ],
        "treatments": [
            {"name": t.name, "kind": t.kind, **dict(t.fields), "references": t.references}
            for t in page.treatments
        ],
        "references": [
            {
                "number": r.position,
                "title": r.title,
                "issuer": r.issuer,
                "year": r.year,
                "url": r.url,
                "doi": r.doi,
                "pmid": r.pmid,
            }
            for r in page.references
        ],
        "opinions": [_opinion_json(signed, page.lang) for signed in page.opinions],
        "for_specialists": _records_json(page.records, page.lang),
        "translations": {lang: absolute(address) for lang, address in page.translations.items()},
    }


def _opinion_json(signed: Signed, lang: str) -> dict[str, Any]:
    person = signed.person
    return {
        "label": "opinion",
        "origin": signed.origin,
        "by": localize(person.name, lang),
        "specialties": [localize(specialty.name, lang) for specialty in person.specialties],
        "given_on": signed.given_on.isoformat(),
        "interests": localize(signed.interests, lang) or "none declared",
        "html": signed.html,
    }


def _records_json(records: Records, lang: str) -> dict[str, list[dict[str, Any]]]:
    return {
        "trials": [
            {
                "registry": trial.register,
                "number": trial.number,
                "title": trial.title,
                "status": trial.status,
                "status_as_of": trial.status_as_of.isoformat() if trial.status_as_of else None,
                "phase": trial.phase or None,
                "conditions": trial.conditions,
                "countries": trial.countries,
                "url": trial.url,
                "origin": trial.origin,
            }
            for trial in records.trials
        ],
        "medicines": [
            {
                "name": drug.name,
                "generic": drug.generic or None,
                "kind": drug.kind,
                "issuer": drug.issuer,
                "issued_on": drug.issued_on.isoformat() if drug.issued_on else None,
                "summary": localize(drug.summary, lang) or None,
                "source": drug.source,
                "url": drug.url,
                "origin": drug.origin,
            }
            for drug in records.drugs
        ],
        "guidelines": [
            {
                "title": found.entry.title,
                "url": absolute(page_url("guideline", found.entry.slug)),
                "issuer": localize(found.issuer, lang),
                "year": found.year,
                "version": found.version,
                "superseded": found.entry.superseded,
                "superseded_by": absolute(page_url("guideline", found.successor.slug))
                if found.successor
                else None,
            }
            for found in records.guidelines
        ],
        "abstracts": [
            {
                "title": found.entry.title,
                "url": absolute(page_url("abstract", found.entry.slug)),
                "journal": found.journal,
                "published": found.published,
                "doi": found.doi,
                "pmid": found.pmid,
                "lay_summary": found.summary or None,
            }
            for found in records.abstracts
        ],
    }

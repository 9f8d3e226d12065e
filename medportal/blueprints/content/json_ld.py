"""What the page says, for machines. Every name and date here is visible on the page; nothing is claimed on top."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from medportal.blueprints.content.page import TextPage
from medportal.choices import setting
from medportal.i18n import current_language
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
    citations = [_citation(reference) for reference in page.content.references]
    if citations:
        web_page["citation"] = citations
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
        web_page["mainEntity"] = thing
    return {"@context": "https://schema.org", **web_page}


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
        "categories": [c.slug for c in page.content.categories],
        "codes": [{"system": c.system, "code": c.value} for c in page.content.codes],
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
            {"name": t.name, "kind": t.kind, **t.fields, "references": t.references} for t in page.treatments
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
            for r in page.content.references
        ],
        "translations": {lang: absolute(address) for lang, address in page.translations.items()},
    }

"""Diseases: the structured page that the portal is built around."""

from typing import Any

from flask_babel import lazy_gettext as _l

from medportal.content_types.base import ContentType, Order

# schema.org's property for a section of a MedicalCondition, where it has one for text.
_TEXT_PROPERTIES = {
    "causes": "cause",
    "risk_factors": "riskFactor",
    "complications": "possibleComplication",
    "outlook": "expectedPrognosis",
    "epidemiology": "epidemiology",
}
_TYPED = {"causes": "MedicalCause", "risk_factors": "MedicalRiskFactor"}


def _json_ld(page: Any, thing: dict[str, Any]) -> None:
    names = [synonym["name"] for synonym in page.text.synonyms]
    if names:
        thing["alternateName"] = names
    codes = [{"@type": "MedicalCode", "codeValue": c.value, "codingSystem": c.system} for c in page.codes]
    if codes:
        thing["code"] = codes
    for key, name in _TEXT_PROPERTIES.items():
        words = page.section_words(key)
        if words:
            thing[name] = {"@type": _TYPED[key], "name": words} if key in _TYPED else words
    treatments = page.section("treatment") and [
        {"@type": "MedicalTherapy", "name": t.name} for t in page.treatments
    ]
    if treatments:
        thing["possibleTreatment"] = treatments
    signs = page.section("symptoms") and [
        {"@type": "MedicalSymptom", "name": s.name} for s in page.symptoms if s.aspect == "symptom"
    ]
    if signs:
        thing["signOrSymptom"] = signs


KIND = ContentType(
    key="disease",
    path="diseases",
    label=_l("Disease"),
    plural=_l("Diseases"),
    icon="stethoscope",
    order=Order.TITLE,
    on_home=6,
    sections=(
        "definition",
        "when_to_get_help",
        "symptoms",
        "causes",
        "risk_factors",
        "complications",
        "diagnosis",
        "treatment",
        "prevention",
        "outlook",
        "epidemiology",
        "daily_life",
        "fasting",
        "questions_for_doctor",
        "research_text",
        "resources",
    ),
    for_specialists=True,
    schema_type="MedicalCondition",
    json_ld=_json_ld,
)

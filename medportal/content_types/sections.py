"""The sections that a text may have, in the order in which pages show them: urgent advice stands on top."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

SECTIONS: dict[str, LazyString] = {
    "when_to_get_help": _l("When to get help"),
    "question": _l("The question"),
    "answer": _l("The answer"),
    "body": _l("Text"),
    "definition": _l("What it is"),
    "lay_summary": _l("Summary in plain language"),
    "symptoms": _l("Symptoms"),
    "causes": _l("Causes"),
    "risk_factors": _l("Risk factors"),
    "complications": _l("Complications"),
    "diagnosis": _l("Diagnosis"),
    "treatment": _l("Treatment"),
    "prevention": _l("Prevention"),
    "outlook": _l("Outlook"),
    "epidemiology": _l("How common it is"),
    "daily_life": _l("Daily life"),
    "fasting": _l("Fasting"),
    "questions_for_doctor": _l("Questions to ask the doctor"),
    "venue": _l("Place and travel"),
    "transcript": _l("Transcript"),
    "research_text": _l("Research"),
    "resources": _l("Help and further information"),
}

ORDER = {key: position for position, key in enumerate(SECTIONS)}

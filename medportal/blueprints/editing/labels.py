"""Words of the editor."""

from flask_babel import lazy_gettext as _l

from medportal.blueprints.content.gate import Fault
from medportal.models.content import Origin, Status
from medportal.models.treatment import TreatmentKind
from medportal.models.trust import Role

STATUS = {
    Status.TITLE_ONLY.value: _l("only a title"),
    Status.DRAFT.value: _l("draft"),
    Status.IN_REVIEW.value: _l("waits for a second person"),
    Status.SCHEDULED.value: _l("planned"),
    Status.PUBLISHED.value: _l("published"),
    Status.ARCHIVED.value: _l("withdrawn"),
}
ORIGIN = {
    Origin.OWN.value: _l("written here"),
    Origin.SAMPLE.value: _l("sample"),
    Origin.IMPORTED.value: _l("imported"),
}
LANGUAGE_STATES = {
    "missing": _l("a language is missing"),
    "behind": _l("one language is behind the other"),
    "gaps": _l("sections not yet written"),
}
DUE = {
    "overdue": _l("review overdue"),
    "soon": _l("review due within 60 days"),
    "never": _l("never reviewed"),
}
ROLES = {
    Role.AUTHOR.value: _l("Written by"),
    Role.WORK_GROUP.value: _l("Work group"),
    Role.TRANSLATOR.value: _l("Translated by"),
}
TREATMENT_KINDS = {
    TreatmentKind.DRUG.value: _l("Medicine"),
    TreatmentKind.SURGERY.value: _l("Surgery"),
    TreatmentKind.PROCEDURE.value: _l("Procedure"),
    TreatmentKind.PHYSICAL_THERAPY.value: _l("Physical therapy"),
    TreatmentKind.SPEECH_THERAPY.value: _l("Speech therapy"),
    TreatmentKind.PSYCHOTHERAPY.value: _l("Psychotherapy"),
    TreatmentKind.DIET_LIFESTYLE.value: _l("Food and way of life"),
    TreatmentKind.SELF_CARE.value: _l("Self-care"),
}
TREATMENT_FIELDS = {
    "how_it_works": _l("How it works"),
    "benefit": _l("Benefit"),
    "risk": _l("Risks"),
    "without_it": _l("Without it"),
    "quality_of_life": _l("Quality of life"),
    "uncertainty": _l("What is uncertain"),
}
FAULTS = {
    Fault.TEXT: _l("Text: nothing is written yet."),
    Fault.FACTS: _l("Facts: what a page of this kind must say is not filled in yet."),
    Fault.AUTHOR: _l("Author: nobody is named who wrote it."),
    Fault.CREDENTIAL: _l("Credential: an author has neither a title nor a degree."),
    Fault.DISCLOSURE: _l("Interests: an author has not stated any, nor that there are none."),
    Fault.REFERENCE: _l("References: there is none."),
    Fault.JOURNAL_AUTHORS: _l("Authors: those of the journal's article are not named."),
    Fault.AGREED: _l(
        "Consent: this is a reader's question, published in the words to which the reader agreed. They are changed only "
        "by a new version for which the reader is asked."
    ),
    Fault.UNCHECKED: _l("Check: software drafted this text, and no named person has checked it."),
}
FAULT_PLACES = {
    Fault.TEXT: "editing.edit",
    Fault.FACTS: "editing.facts",
    Fault.AUTHOR: "editing.people",
    Fault.CREDENTIAL: "editing.people",
    Fault.DISCLOSURE: "editing.people",
    Fault.REFERENCE: "editing.references",
    Fault.JOURNAL_AUTHORS: "editing.facts",
    Fault.AGREED: "editing.edit",
    Fault.UNCHECKED: "editing.publish",
}
CHANGED_MEANWHILE = _l(
    "This page was changed meanwhile, by somebody else or in another window. Nothing was overwritten: look at "
    "what is new, and save once more if yours is to take its place."
)
DONE = {
    "begun": _l("The page has been begun. Nobody but the desk sees it yet."),
    "saved": _l("Saved."),
    "shown": _l("Saved. Readers see it now."),
    "nothing": _l("Nothing had changed."),
    "discarded": _l("What was not saved has been discarded."),
    "current": _l("The section is marked as current."),
    "published": _l("Published."),
    "scheduled": _l("The publication is planned."),
    "unscheduled": _l("The plan has been taken back; the text is a draft."),
    "withdrawn": _l("Withdrawn. Its address says so to readers."),
    "handed": _l("A second person is asked to publish it."),
    "returned": _l("It is a draft again."),
    "reviewed": _l("The review has been recorded."),
    "added": _l("Added."),
    "changed": _l("Changed."),
    "removed": _l("Removed."),
    "moved": _l("The order has been changed."),
    "restored": _l("The earlier version is back. The one before it stays in the history."),
    "binned": _l("It is in the bin for 30 days."),
    "back": _l("It is back from the bin."),
    "erased": _l("Erased for good."),
    "bulk": _l("Done."),
}

"""Names of what is stored as a word: roles, what happened, what a copy of one's data holds."""

from datetime import datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from medportal.content_types import KINDS as CONTENT
from medportal.digests.labels import CONSENTS, FREQUENCIES, OCCASIONS, STANDINGS
from medportal.i18n import LANGUAGES
from medportal.mail import LETTERS, STATES
from medportal.models.user import Role
from medportal.templating import day_and_clock

ROLES = {
    Role.MEMBER: _l("Member"),
    Role.CONSULTANT: _l("Consultant"),
    Role.EDITOR: _l("Editor"),
    Role.OWNER: _l("Owner"),
}

ACTIONS = {
    "sign in": _l("Signed in"),
    "sign in refused": _l("Sign-in refused"),
    "code refused": _l("Code of two-step verification refused"),
    "refused": _l("Access to a page refused"),
    "account opened": _l("Account opened"),
    "owner made": _l("First owner's account created"),
    "invited": _l("Invitation sent"),
    "invitation withdrawn": _l("Invitation withdrawn"),
    "letter put aside": _l("Email put aside"),
    "concept added": _l("Concept added to the glossary"),
    "word changed": _l("Word of the glossary changed"),
    "password changed": _l("Password changed"),
    "address changed": _l("Email address changed"),
    "second factor on": _l("Two-step verification switched on"),
    "second factor off": _l("Two-step verification switched off"),
    "recovery codes renewed": _l("Recovery codes renewed"),
    "sessions ended": _l("Sessions ended"),
    "backup asked for": _l("Backup asked for"),
    "backup downloaded": _l("Backup downloaded"),
    "data exported": _l("Copy of the data taken"),
    "erasure asked for": _l("Erasure asked for"),
    "erasure taken back": _l("Erasure taken back"),
    "account erased": _l("Account erased"),
    "role changed": _l("Role changed"),
    "account disabled": _l("Account switched off"),
    "account enabled": _l("Account switched on"),
    "setting changed": _l("Setting changed"),
    "test letter sent": _l("Test letter sent"),
    "letter read": _l("Email read at the desk"),
    "letter sent again": _l("Email sent again"),
    "held letters released": _l("Held emails released"),
    "held letters discarded": _l("Held emails discarded"),
    "suppression lifted": _l("Mail to an address resumed"),
    "message done": _l("Message settled"),
    "message new": _l("Message opened again"),
    "create": _l("Text created"),
    "delete": _l("Text deleted"),
    "review": _l("Review noted"),
    "subscription stopped": _l("Subscription stopped"),
    "subscriber erased": _l("Subscriber erased"),
    "subscriber added": _l("Subscriber added"),
    "subscriber suppressed": _l("Mail to a subscriber suppressed"),
    "subscriber resumed": _l("Mail to a subscriber resumed"),
    "subscribers imported": _l("Table of subscribers taken in"),
    "subscribers exported": _l("Table of subscribers downloaded"),
    "digest pause": _l("Digest paused"),
    "digest resume": _l("Digest resumed"),
    "digest cancel": _l("Digest called off"),
    "mailing saved": _l("Announcement saved"),
    "mailing sent": _l("Announcement sent"),
    "picture added": _l("Picture uploaded"),
    "picture changed": _l("Picture described"),
    "picture binned": _l("Picture put into the bin"),
    "picture restored": _l("Picture taken out of the bin"),
    "picture deleted": _l("Picture deleted for good"),
    "import checked": _l("Files of an import checked"),
    "import started": _l("Import started"),
    "import cancelled": _l("Import cancelled"),
    "import continued": _l("Import continued"),
    "import undone": _l("Import undone"),
    "adopt": _l("Sample or import made the site's own"),
    "plan": _l("Publication planned"),
    "hand over": _l("Text handed over to a second person"),
    "back to draft": _l("Text is a draft again"),
    "bin": _l("Page put into the bin"),
    "take out of the bin": _l("Page taken out of the bin"),
    "facts changed": _l("Facts of a page changed"),
    "symptoms changed": _l("Symptoms of a page changed"),
    "reference added": _l("Reference added"),
    "reference changed": _l("Reference changed"),
    "reference removed": _l("Reference removed"),
    "credit added": _l("Author named"),
    "credit removed": _l("Author taken out"),
    "treatment removed": _l("Treatment removed"),
    "publish": _l("Text published"),
    "withdraw": _l("Text withdrawn"),
    "samples removed": _l("Sample content removed"),
    "person added": _l("Person added"),
    "person changed": _l("Person changed"),
    "people merged": _l("Two entries for a person merged"),
    "person deleted": _l("Person deleted"),
    "profile changed": _l("Profile changed"),
    "places changed": _l("Places of a person changed"),
    "credential checked": _l("Credentials checked"),
    "credential check changed": _l("Check of credentials changed"),
    "credential check withdrawn": _l("Check of credentials withdrawn"),
    "profile change sent": _l("Change of a profile proposed"),
    "profile change taken back": _l("Proposed change of a profile taken back"),
    "profile change accepted": _l("Proposed change of a profile accepted"),
    "profile change declined": _l("Proposed change of a profile declined"),
    "category added": _l("Category added"),
    "category changed": _l("Category changed"),
    "category moved": _l("Order of the categories changed"),
    "categories merged": _l("Categories merged"),
    "category deleted": _l("Category deleted"),
    "emergency number added": _l("Emergency number added"),
    "emergency number changed": _l("Emergency number changed"),
    "emergency number checked": _l("Emergency number checked again"),
    "emergency number deleted": _l("Emergency number deleted"),
    "poll added": _l("Poll added"),
    "poll changed": _l("Poll changed"),
    "poll closed": _l("Poll closed"),
    "poll deleted": _l("Poll deleted"),
    "message answered": _l("Message answered by email"),
    "opinion added": _l("Opinion added"),
    "opinion changed": _l("Opinion changed"),
    "opinion published": _l("Opinion published"),
    "opinion withdrawn": _l("Opinion withdrawn"),
    "opinion deleted": _l("Opinion deleted"),
    "trial added": _l("Trial added"),
    "trial changed": _l("Trial changed"),
    "trial deleted": _l("Trial deleted"),
    "trial linked": _l("Trial put on a page"),
    "trial unlinked": _l("Trial taken off a page"),
    "medicine added": _l("News of a medicine added"),
    "medicine changed": _l("News of a medicine changed"),
    "medicine deleted": _l("News of a medicine deleted"),
    "medicine linked": _l("News of a medicine put on a page"),
    "medicine unlinked": _l("News of a medicine taken off a page"),
    "question asked": _l("Question to a consultant arrived"),
    "question read": _l("Question opened and read"),
    "question assigned": _l("Question assigned"),
    "question returned": _l("Answer given back to the consultant"),
    "question declined": _l("Question declined"),
    "answer saved": _l("Draft of an answer saved"),
    "answer handed over": _l("Answer handed over"),
    "answer sent": _l("Answer sent to the asker"),
    "question offered": _l("Version for publication shown to the asker"),
    "question consent": _l("Consent to publication given"),
    "question wish": _l("Wish about publication changed"),
    "question reply": _l("Reply to an answer arrived"),
    "question published": _l("Question and answer published"),
    "question withdrawn": _l("Question withdrawn and erased"),
}

OBJECTS = {
    "User": _l("Account"),
    "Message": _l("Message"),
    "Content": _l("Text"),
    "ContentText": _l("Text"),
    "Outbox": _l("Email"),
    "Suppression": _l("Refused address"),
    "Subscriber": _l("Subscription by email"),
    "Digest": _l("Digest"),
    "Delivery": _l("Email"),
    "Mailing": _l("Announcement"),
    "ImportRun": _l("Import"),
    "GlossaryConcept": _l("Concept of the glossary"),
    "Media": _l("Picture"),
    "Person": _l("Person"),
    "Category": _l("Category"),
    "EmergencyNumber": _l("Emergency number"),
    "Poll": _l("Poll"),
    "Opinion": _l("Expert's opinion"),
    "Trial": _l("Clinical trial"),
    "DrugUpdate": _l("News of a medicine"),
    "Question": _l("Question to a consultant"),
}
ACTORS = {
    "visitor": _l("somebody not signed in"),
    "subscriber": _l("a subscriber, by link"),
    "asker": _l("who asked"),
    "jobs": _l("the jobs program"),
    "command line": _l("command line"),
    "setup": _l("first set-up"),
    "sample": _l("sample site"),
}

FIELDS = {
    "email": _l("Email address"),
    "name": _l("Name"),
    "display_name": _l("Display name"),
    "shown_publicly": _l("Shown among the latest members"),
    "language": _l("Language"),
    "role": _l("Role"),
    "created_at": _l("Member since"),
    "signed_in_at": _l("Last signed in"),
    "erasure_on": _l("Erasure planned for"),
    "second_factor": _l("Two-step verification"),
    "recovery_codes_left": _l("Recovery codes left"),
    "device": _l("Device"),
    "began": _l("Session began"),
    "last_used": _l("Last used"),
    "at": _l("Time"),
    "what": _l("What"),
    "written": _l("Written on"),
    "letter": _l("Email"),
    "state": _l("State"),
    "sent": _l("Sent"),
    "kind": _l("Kind"),
    "text": _l("Text"),
    "network": _l("Network"),
    "reason": _l("Reason"),
    "frequency": _l("Frequency"),
    "kinds": _l("Kinds"),
    "announcements": _l("Announcements"),
    "other_language": _l("Other language too"),
    "subject_names_contents": _l("Subject names the contents"),
    "paused_until": _l("Paused until"),
    "only_in_categories": _l("Only in categories"),
    "categories": _l("Categories"),
    "pages": _l("Pages"),
    "subscribed_at": _l("Subscribed on"),
    "consent_at": _l("Consent given on"),
    "consent_how": _l("Consent given"),
    "occasion": _l("Occasion"),
    "question": _l("Question"),
    "voted_on": _l("Voted on"),
    "answer": _l("Answer"),
    "answered_at": _l("Answered on"),
    "title": _l("Title"),
    "phase": _l("State"),
    "may_publish": _l("May be published without the name"),
    "reply": _l("Reply"),
    "rating": _l("Rating"),
    "rating_words": _l("Words to the rating"),
}


KINDS = {"contact": _l("Message"), "report": _l("Report of a mistake")}
_MOMENTS = {"created_at", "signed_in_at", "erasure_on", "began", "last_used", "at", "written", "sent"} | {
    *("paused_until", "subscribed_at", "consent_at", "answered_at"),
}
_WORDS: dict[str, dict[Any, Any]] = {
    "role": ROLES,
    "what": ACTIONS,
    "letter": LETTERS,
    "state": STATES | STANDINGS,
    "frequency": FREQUENCIES,
    "occasion": OCCASIONS,
    "consent_how": CONSENTS,
    "kind": KINDS,
}


def action_name(action: str) -> str:
    return str(ACTIONS.get(action, action))


def object_name(kind: str) -> str:
    return str(OBJECTS.get(kind, kind))


def actor_label(actor: str, emails: dict[str, str]) -> Markup:
    """Who did it: an address if the account still exists, a word for programs, else the pseudonym."""
    if actor in emails:
        return Markup('<bdi dir="ltr">{}</bdi>').format(emails[actor])
    return Markup("<bdi>{}</bdi>").format(str(ACTORS.get(actor, actor)))


def field_name(name: str) -> str:
    return str(FIELDS.get(name, name))


def export_value(name: str, value: Any) -> str:
    """A value of the copy as a person reads it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if name in _MOMENTS:
        return day_and_clock(datetime.fromisoformat(value))
    return _named(name, value)


def _named(name: str, value: Any) -> str:
    if name in _WORDS:
        return str(_WORDS[name].get(value, value))
    if name == "language" and value in LANGUAGES:
        return LANGUAGES[value].native_name
    if name == "kinds":
        return gettext(", ").join(str(CONTENT[key].plural) for key in value.split(", ") if key in CONTENT)
    return str(value)

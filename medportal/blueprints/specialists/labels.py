"""Words of the desk's screens."""

from flask_babel import lazy_gettext as _l

from medportal.blueprints.specialists.services import Fault

FAULTS = {
    Fault.SAMPLE: _l("The person named is a sample and does not exist."),
    Fault.CREDENTIAL: _l("Credential: the person named has neither a degree nor a title nor a rank."),
    Fault.SPECIALTY: _l("Specialty: none is recorded for the person named."),
    Fault.DATE: _l("Date: the day on which the opinion was given is missing."),
    Fault.INTERESTS: _l("Interests: the person has not stated any, nor that there are none."),
    Fault.TEXT: _l("Text: nothing is written yet."),
}
WHAT = {"trials": _l("Clinical trials"), "drugs": _l("News of medicines")}
STATES = {"unlinked": _l("on no page yet"), "stale": _l("status older than 180 days")}
DONE = {
    "added": _l("Added. Readers see it once it is published."),
    "saved": _l("Saved."),
    "published": _l("Published. Readers see the opinion now."),
    "withdrawn": _l("Withdrawn. Readers do not see it any more."),
    "deleted": _l("Deleted."),
    "linked": _l("Shown on the page from now on."),
    "unlinked": _l("Taken off the page. The record itself is kept."),
    "already": _l("It stands on this page already."),
    "unknown": _l("There is no page of this number that takes such records."),
}

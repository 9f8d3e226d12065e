"""Words for what questions may be."""

from flask_babel import lazy_gettext as _l

from medportal.models.consultation import Age, Phase

PHASES = {
    Phase.WAITING: _l("waits for the asker to confirm the address"),
    Phase.NEW: _l("new"),
    Phase.ASSIGNED: _l("with a consultant"),
    Phase.DRAFTED: _l("an answer is drafted"),
    Phase.ANSWERED: _l("answered privately"),
    Phase.OFFERED: _l("prepared for publication"),
    Phase.PUBLISHED: _l("published"),
    Phase.DECLINED: _l("declined"),
}
"""For the desk."""

FOR_ASKER = {
    Phase.WAITING: _l("Not sent yet: please confirm it below."),
    Phase.NEW: _l("It has arrived. A consultant is being chosen."),
    Phase.ASSIGNED: _l("A consultant has it and is writing the answer."),
    Phase.DRAFTED: _l("A consultant has written an answer. It is being looked through."),
    Phase.ANSWERED: _l("It has been answered. Nobody but you can read the answer."),
    Phase.OFFERED: _l("It has been answered. A version for everybody waits for your consent."),
    Phase.PUBLISHED: _l("It has been answered and published without your name."),
    Phase.DECLINED: _l("It will not be answered here."),
}

AGES = {
    Age.ADULT: _l("18 years or older"),
    Age.MINOR: _l("Under 18 years"),
}

FINDINGS = {
    "phone": _l("telephone number"),
    "email": _l("email address"),
    "address": _l("postal address"),
    "name": _l("name"),
    "url": _l("web address"),
    "handle": _l("name in a social network"),
    "date_of_birth": _l("date of birth"),
    "file_number": _l("number of a file or an insurance"),
    "national_number": _l("personal number"),
}

ASKER_DONE = {
    "arrived": _l("The question has arrived."),
    "agreed": _l("Thank you. The version can now be published; you can take that back at any time."),
    "private": _l("The question stays private."),
    "wish": _l("Your wish has been noted."),
    "replied": _l("The reply is on its way to the consultant."),
    "rated": _l("Thank you for the rating."),
}
DESK_DONE = {
    "looked": _l("Noted: somebody looked in today."),
    "opened": _l("It is open to you for one hour; the audit trail says so."),
    "assigned": _l("The question has been assigned."),
    "returned": _l("It is back with the consultant."),
    "sent": _l("The answer has been sent to the asker alone."),
    "offered": _l("The asker is asked for consent to this version."),
    "published": _l("Published."),
    "unpublished": _l("It is published no more."),
    "declined": _l("The question has been declined, and the asker is told."),
}
WORK_DONE = {
    "looked": _l("Noted: somebody looked in today."),
    "saved": _l("The draft has been saved."),
    "handed": _l("The answer has been handed over. Thank you."),
    "added": _l("The reference has been added."),
    "removed": _l("The reference has been removed."),
}

"""Words for trials and for news of medicines."""

from flask_babel import lazy_gettext as _l

from medportal.models.specialist import DrugNews, TrialStatus

REGISTER = "ClinicalTrials.gov"

TRIAL_STATUS = {
    TrialStatus.NOT_YET_RECRUITING.value: _l("Not yet recruiting"),
    TrialStatus.RECRUITING.value: _l("Recruiting"),
    TrialStatus.ENROLLING_BY_INVITATION.value: _l("Enrolling by invitation"),
    TrialStatus.ACTIVE_NOT_RECRUITING.value: _l("Active, not recruiting"),
    TrialStatus.SUSPENDED.value: _l("Suspended"),
    TrialStatus.TERMINATED.value: _l("Ended early"),
    TrialStatus.COMPLETED.value: _l("Completed"),
    TrialStatus.WITHDRAWN.value: _l("Withdrawn before anybody took part"),
    TrialStatus.AVAILABLE.value: _l("Expanded access: available"),
    TrialStatus.NO_LONGER_AVAILABLE.value: _l("Expanded access: no longer available"),
    TrialStatus.TEMPORARILY_NOT_AVAILABLE.value: _l("Expanded access: temporarily not available"),
    TrialStatus.APPROVED_FOR_MARKETING.value: _l("Approved for marketing"),
    TrialStatus.WITHHELD.value: _l("Withheld"),
    TrialStatus.UNKNOWN.value: _l("Unknown: the registry has not been told for long"),
}

DRUG_NEWS = {
    DrugNews.LABEL.value: _l("Official label"),
    DrugNews.APPROVAL.value: _l("Approval"),
    DrugNews.WARNING.value: _l("Safety warning"),
    DrugNews.RECALL.value: _l("Recall"),
    DrugNews.OTHER.value: _l("Other news"),
}

PHASES = {
    "EARLY_PHASE1": _l("early phase 1"),
    "PHASE1": _l("phase 1"),
    "PHASE2": _l("phase 2"),
    "PHASE3": _l("phase 3"),
    "PHASE4": _l("phase 4"),
    "PHASE1/PHASE2": _l("phases 1 and 2"),
    "PHASE2/PHASE3": _l("phases 2 and 3"),
}
"""What the registry calls a phase; whatever else stands there is shown as it is."""

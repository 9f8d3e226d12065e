"""Names of what is stored as a word."""

from typing import Any

from flask_babel import lazy_gettext as _l

from medportal.models.digest import Occasion, Stage
from medportal.models.subscription import Frequency, Standing

FREQUENCIES: dict[str, Any] = {
    Frequency.AT_ONCE: _l("At once"),
    Frequency.DAILY: _l("Daily"),
    Frequency.WEEKLY: _l("Weekly"),
    Frequency.MONTHLY: _l("Monthly"),
}
OCCASIONS: dict[str, Any] = FREQUENCIES | {
    Occasion.SAFETY: _l("Safety correction"),
    Occasion.MAILING: _l("Announcement"),
}
STAGES: dict[str, Any] = {
    Stage.STAGING: _l("being prepared"),
    Stage.RELEASED: _l("being sent"),
    Stage.PAUSED: _l("paused"),
    Stage.DONE: _l("finished"),
    Stage.CANCELLED: _l("called off"),
}
STANDINGS: dict[str, Any] = {
    Standing.ACTIVE: _l("active"),
    Standing.PAUSED: _l("paused"),
    Standing.STOPPED: _l("stopped"),
    Standing.SUPPRESSED: _l("not written to"),
}
CONSENTS: dict[str, Any] = {
    "form": _l("by email"),
    "account": _l("in the account"),
    "owner": _l("entered by the owner"),
}

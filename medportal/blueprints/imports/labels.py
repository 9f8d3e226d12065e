"""The sources of `medportal/importers` as owners see them, and the words for what an import is doing."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from medportal.models.imports import ImportState


@dataclass(frozen=True)
class Source:
    """`suffixes`: what its files end with; `archives`: whether a zip of such files is taken too; `facts`: its records
    become trials or news of medicines, not pages."""

    label: Any
    about: Any
    suffixes: tuple[str, ...]
    archives: bool = False
    companion: bool = False
    facts: bool = False


SOURCES = {
    "medquad": Source(
        label=_l("MedQuAD, questions and answers of US health authorities"),
        about=_l(
            "In English, from 2016–2018, licence CC BY 4.0. Every page says that it was not reviewed here."
        ),
        suffixes=(".jsonl.gz", ".jsonl"),
        archives=True,
        companion=True,
    ),
    "trials": Source(
        label=_l("Clinical trials of ClinicalTrials.gov"),
        about=_l(
            "JSON of its present interface, one study or several. The trials wait in their list to be linked."
        ),
        suffixes=(".json",),
        archives=True,
        facts=True,
    ),
    "openfda": Source(
        label=_l("Labels of medicines, from openFDA"),
        about=_l("JSON of its drug/label answers, licence CC0. They wait in their list to be linked."),
        suffixes=(".json",),
        archives=True,
        facts=True,
    ),
}

STATES = {
    ImportState.QUEUED: _l("waits for its turn"),
    ImportState.RUNNING: _l("is running"),
    ImportState.CHECKED: _l("checked, nothing imported yet"),
    ImportState.DONE: _l("finished"),
    ImportState.FAILED: _l("failed"),
    ImportState.CANCELLED: _l("cancelled"),
    ImportState.UNDOING: _l("is being undone"),
    ImportState.UNDONE: _l("undone"),
}

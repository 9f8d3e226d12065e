"""The desk's first page and the audit trail."""

import re
from functools import cache

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l
from markdown_it import MarkdownIt

from medportal import audit
from medportal.access import owners, staff
from medportal.blueprints.accounts.labels import ACTIONS
from medportal.blueprints.admin import menu, queries
from medportal.config import ROOT
from medportal.i18n import current_language
from medportal.lib.html import sanitise
from medportal.paging import asked_one_of, asked_page
from medportal.sessions import member

bp = Blueprint("admin", __name__)
_TITLE = re.compile(r"^# .*$", re.M)
_OTHER_GUIDE = re.compile(r" \[[^\]]+\]\(\w+\.md\)")

DONE = {
    "role": _l("The role has been changed. The member signs in again."),
    "disabled": _l("The account is switched off, and its sessions have ended."),
    "enabled": _l("The account is switched on again."),
    "sessions": _l("All sessions of this account have ended."),
    "factor": _l("Two-step verification is off. The member sets up a new one."),
    "invited": _l("The invitation is on its way."),
    "saved": _l("The choice has been saved."),
    "again": _l("The email will be sent again."),
    "release": _l("The held emails are on their way."),
    "discard": _l("The held emails have been discarded."),
    "settled": _l("The message has been settled."),
    "answered": _l("The answer has been sent."),
    "reopened": _l("The message is open again."),
    "withdrawn": _l("The invitation has been withdrawn."),
    "aside": _l("The email has been put aside."),
    "lifted": _l("Mail to this address has been resumed."),
}


@bp.app_context_processor
def _menu() -> dict[str, object]:
    return {"desk_menu": menu.groups_for, "desk_done": DONE}


def me() -> str:
    """The signed-in account, as the audit trail names it."""
    return audit.actor_name(member().role, member().id)


@bp.get("/<lang:lang>/admin/")
@staff
def today() -> str:
    """What needs somebody today, each with the page whose button settles it."""
    return render_template("admin/today.html", needs=menu.needs_of(member().role))


@bp.get("/<lang:lang>/admin/guide")
@staff
def guide() -> str:
    """The owner's guide as it stands in the documents, in the language of the desk."""
    return render_template("admin/guide.html", guide=_guide(current_language().code))


@cache
def _guide(lang: str) -> str:
    path = ROOT / "docs" / "owner" / f"{lang}.md"
    words = (path if path.is_file() else path.with_name("en.md")).read_text(encoding="utf-8")
    words = _OTHER_GUIDE.sub("", _TITLE.sub("", words, count=1))
    return sanitise(MarkdownIt("commonmark", {"html": True}).enable("table").render(words))


@bp.get("/<lang:lang>/admin/audit")
@owners
def audit_trail() -> str:
    action = asked_one_of("action", list(ACTIONS))
    page = asked_page(queries.trail(action))
    named = [row.Audit.actor for row in page.entries]
    named += [f"user {row.Audit.object_id}" for row in page.entries if row.Audit.object_type == "User"]
    names = queries.names_of(named)
    return render_template("admin/audit.html", page=page, names=names, actions=ACTIONS, action=action)

"""The desk's menu and its list of things to do: a feature that brings a screen adds its lines here.

Menus only show the way; whether somebody may open a screen is decided by the rule on its view.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from medportal.blueprints.admin import queries
from medportal.blueprints.backups import queries as backup_queries
from medportal.blueprints.consultants import queries as consultant_queries
from medportal.blueprints.editing import queries as editing
from medportal.blueprints.emergency import queries as emergency_queries
from medportal.blueprints.media import queries as media_queries
from medportal.blueprints.pages import queries as message_queries
from medportal.blueprints.people import checks
from medportal.blueprints.questions import queries as question_queries
from medportal.blueprints.search import glossary_queries
from medportal.blueprints.subscriptions import queries as subscription_queries
from medportal.models.user import STAFF, Role

OWNERS = frozenset({Role.OWNER})


@dataclass(frozen=True)
class Item:
    endpoint: str
    label: Any
    icon: str
    roles: frozenset[Role] = STAFF


@dataclass(frozen=True)
class Group:
    """Entries that belong together; without a label they stand by themselves."""

    label: Any
    items: tuple[Item, ...]


MENU = (
    Group(None, (Item("admin.today", _l("Today"), "house"),)),
    Group(
        _l("Content"),
        (
            Item("editing.index", _l("Texts"), "file-text"),
            Item("media.pictures", _l("Pictures"), "image"),
            Item("people.people", _l("People and organisations"), "users"),
            Item("consultants.changes", _l("Changes of profiles"), "stethoscope"),
            Item("specialists.index", _l("Trials and medicines"), "book-open"),
            Item("taxonomy.categories", _l("Categories"), "tag"),
            Item("emergency.numbers", _l("Emergency numbers"), "siren"),
            Item("search.admin_glossary", _l("Glossary"), "languages"),
            Item("imports.admin_imports", _l("Imports"), "download", OWNERS),
        ),
    ),
    Group(
        _l("Readers"),
        (
            Item("pages.admin_messages", _l("Messages"), "message-circle"),
            Item("questions.admin_questions", _l("Questions"), "circle-help", OWNERS),
            Item("polls.admin_polls", _l("Polls"), "list"),
            Item("search.admin_missed", _l("Searches"), "search"),
            Item("statistics.overview", _l("Statistics"), "activity"),
            Item("admin.users", _l("Members"), "user", OWNERS),
        ),
    ),
    Group(
        _l("Digests and mail"),
        (
            Item("subscriptions.admin_digests", _l("Digests"), "calendar-days", OWNERS),
            Item("subscriptions.admin_mailings", _l("Announcements"), "megaphone", OWNERS),
            Item("subscriptions.admin_subscribers", _l("Subscribers"), "users", OWNERS),
            Item("admin.letters", _l("Mail"), "mail", OWNERS),
        ),
    ),
    Group(
        _l("Site"),
        (
            Item("settings.site", _l("Settings of the site"), "settings", OWNERS),
            Item("backups.index", _l("Backups"), "shield-check", OWNERS),
            Item("health.overview", _l("Health of the site"), "activity", OWNERS),
            Item("admin.audit_trail", _l("Audit trail"), "scroll-text", OWNERS),
        ),
    ),
    Group(None, (Item("admin.guide", _l("Guide"), "book-open"),)),
)


@dataclass(frozen=True)
class Need:
    """Something that waits for a person: how many, and the page whose button settles it.

    `say(n)` is the sentence for that number, with its plural; `urgent` puts it on top.
    """

    count: Callable[[], int]
    say: Callable[[int], str]
    endpoint: str
    query: dict[str, str]
    icon: str
    roles: frozenset[Role] = STAFF
    urgent: bool = False


NEEDS = (
    Need(
        queries.held_count,
        queries.say_held,
        "admin.letters",
        {"state": "held"},
        "triangle-alert",
        OWNERS,
        urgent=True,
    ),
    Need(
        queries.restored_count,
        queries.say_restored,
        "admin.letters",
        {"state": "held"},
        "triangle-alert",
        OWNERS,
        urgent=True,
    ),
    Need(
        queries.failed_count,
        queries.say_failed,
        "admin.letters",
        {"state": "failed"},
        "circle-alert",
        OWNERS,
        urgent=True,
    ),
    Need(
        queries.stuck_count,
        queries.say_stuck,
        "admin.letters",
        {"state": "queued"},
        "clock",
        OWNERS,
        urgent=True,
    ),
    Need(
        backup_queries.late_count,
        backup_queries.say_late,
        "backups.index",
        {},
        "triangle-alert",
        OWNERS,
        urgent=True,
    ),
    Need(
        backup_queries.failed_copies,
        backup_queries.say_failed_copy,
        "backups.index",
        {},
        "triangle-alert",
        OWNERS,
    ),
    Need(
        subscription_queries.paused,
        subscription_queries.say_paused,
        "subscriptions.admin_digests",
        {},
        "clock",
        OWNERS,
    ),
    Need(
        message_queries.new_reports,
        message_queries.say_reports,
        "pages.admin_messages",
        {"kind": "report"},
        "flag",
    ),
    Need(
        message_queries.new_contacts,
        message_queries.say_contacts,
        "pages.admin_messages",
        {"kind": "contact"},
        "message-circle",
    ),
    Need(
        question_queries.late_count,
        question_queries.say_late,
        "questions.admin_questions",
        {"state": "late"},
        "clock",
        OWNERS,
        urgent=True,
    ),
    Need(
        question_queries.closed_count,
        question_queries.say_closed,
        "questions.admin_questions",
        {},
        "circle-alert",
        OWNERS,
    ),
    Need(
        question_queries.new_count,
        question_queries.say_new,
        "questions.admin_questions",
        {"state": "new"},
        "circle-help",
        OWNERS,
    ),
    Need(
        question_queries.adrift_count,
        question_queries.say_adrift,
        "questions.admin_questions",
        {"state": "adrift"},
        "circle-alert",
        OWNERS,
        urgent=True,
    ),
    Need(
        question_queries.drafted_count,
        question_queries.say_drafted,
        "questions.admin_questions",
        {"state": "drafted"},
        "circle-help",
        OWNERS,
    ),
    Need(
        question_queries.agreed_count,
        question_queries.say_agreed,
        "questions.admin_questions",
        {"state": "agreed"},
        "circle-help",
        OWNERS,
    ),
    Need(editing.overdue, editing.say_overdue, "editing.index", {"due": "overdue"}, "clock"),
    Need(editing.due_soon, editing.say_due_soon, "editing.index", {"due": "soon"}, "calendar-days"),
    Need(
        editing.translations_behind, editing.say_behind, "editing.index", {"language": "behind"}, "languages"
    ),
    Need(editing.handed_over, editing.say_handed_over, "editing.index", {"state": "in_review"}, "eye"),
    Need(
        media_queries.missing_count,
        media_queries.say_missing,
        "media.pictures",
        {"state": "missing"},
        "image",
    ),
    Need(
        emergency_queries.due_count,
        emergency_queries.say_due,
        "emergency.numbers",
        {"state": "soon"},
        "siren",
    ),
    Need(consultant_queries.waiting_count, consultant_queries.say_waiting, "consultants.changes", {}, "user"),
    Need(checks.run_out_count, checks.say_run_out, "people.people", {"state": "expired"}, "shield-check"),
    Need(glossary_queries.missed_waiting, glossary_queries.say_missed, "search.admin_missed", {}, "search"),
)


def groups_for(role: str) -> list[Group]:
    """What this role may open; a group of which it may open nothing is left out."""
    groups = [Group(group.label, tuple(i for i in group.items if role in i.roles)) for group in MENU]
    return [group for group in groups if group.items]


def needs_of(role: str) -> list[tuple[Need, int]]:
    """What waits for this role, the urgent first."""
    counted = [(need, need.count()) for need in NEEDS if role in need.roles]
    return sorted(((need, n) for need, n in counted if n), key=lambda pair: not pair[0].urgent)

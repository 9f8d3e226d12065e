"""Print one SVG sprite of the Lucide icons that the templates use, or, with "editor", of those on the editor's toolbar."""

import re
import sys
from pathlib import Path

ICONS = [
    "activity",
    "bell",
    "book-open",
    "calendar-days",
    "chevron-right",
    "circle-alert",
    "circle-check",
    "circle-help",
    "clock",
    "file-text",
    "flag",
    "globe",
    "hospital",
    "image",
    "info",
    "languages",
    "link",
    "list",
    "mail",
    "map-pin",
    "megaphone",
    "menu",
    "message-circle",
    "moon",
    "newspaper",
    "play",
    "plus",
    "printer",
    "rss",
    "scroll-text",
    "search",
    "settings",
    "share-2",
    "siren",
    "stethoscope",
    "sun-moon",
    "tag",
    "triangle-alert",
    "user",
    "x",
    "external-link",
    "download",
    "house",
    "type",
    "clipboard-list",
    "eye",
    "log-in",
    "log-out",
    "monitor-smartphone",
    "shield-check",
    "trash-2",
    "user-plus",
    "users",
]
# Loaded on edit pages only.
EDITOR_ICONS = [
    "bold",
    "italic",
    "heading-3",
    "heading-4",
    "list",
    "list-ordered",
    "text-quote",
    "link",
    "book-marked",
    "image",
    "subscript",
    "superscript",
    "table",
    "pilcrow-left",
    "pilcrow-right",
    "undo-2",
    "redo-2",
]


def symbol(name: str, svg: str) -> str:
    body = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.S)
    assert body, name
    return f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(body[1].split())}</symbol>'


folder = Path(sys.argv[1])
print(
    '<svg xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round">'
)
for icon in EDITOR_ICONS if sys.argv[2:] == ["editor"] else ICONS:
    print(symbol(icon, (folder / f"{icon}.svg").read_text(encoding="utf-8")))
print("</svg>")

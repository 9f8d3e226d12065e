"""What words of the glossary are called on screen."""

from flask_babel import lazy_gettext as _l

KINDS = {
    "name": _l("formal name"),
    "lay": _l("everyday word"),
    "regional": _l("regional word"),
    "abbreviation": _l("abbreviation"),
    "misspelling": _l("common misspelling"),
    "transliteration": _l("foreign word in other letters"),
    "code": _l("code of a classification"),
}
REGIONS = {
    "": _l("none"),
    "EG": _l("Egypt"),
    "LEV": _l("Levant"),
    "GULF": _l("Gulf"),
    "IRAQ": _l("Iraq"),
    "MAGHREB": _l("Maghreb"),
    "SUDAN": _l("Sudan"),
    "YEMEN": _l("Yemen"),
}

"""How the findings of `medportal.lib.checks` are worded at the desk: what was seen, and what would help."""

from flask_babel import lazy_gettext as _l

FINDINGS = {
    "alt_missing": _l("A picture has no description. Who cannot see it learns nothing of it."),
    "alt_empty": _l("A picture is marked as decoration. If it shows something, it needs a description."),
    "heading_order": _l("A heading skips a level. A heading of the larger kind should stand above it."),
    "heading_empty": _l("A heading is empty. Either it gets words or it is taken out."),
    "link_words": _l("The words of a link do not say where it leads."),
    "link_address": _l("A link shows its bare address. Words that say what is there help more."),
    "link_empty": _l("A link has no words."),
    "long_sentence": _l("A long sentence. Two short ones are easier to read."),
    "abbreviation": _l(
        "An abbreviation is not explained. Its full name helps once, with the abbreviation in brackets."
    ),
    "unmarked_language": _l(
        "Words of another language are not marked as such. Marked ones are read aloud correctly and keep their order."
    ),
}

"""What owners fill in to import something."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, MultipleFileField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from medportal.blueprints.imports.labels import SOURCES
from medportal.forms import MemberForm


class FilesForm(MemberForm):
    source = RadioField(
        _l("Source"),
        [InputRequired()],
        choices=lambda: [SelectChoice(name, source.label) for name, source in SOURCES.items()],
    )
    records = MultipleFileField(_l("Files"), description=_l("One file or several, 20 MB in all."))
    companion = FileField(
        _l("Companion table"), description=_l("A CSV file with titles and categories, if the source has one.")
    )


class StartForm(MemberForm):
    publish = BooleanField(
        _l("Publish at once"),
        description=_l(
            "Readers see the pages with the note that nobody has reviewed them here. Otherwise they are drafts."
        ),
    )

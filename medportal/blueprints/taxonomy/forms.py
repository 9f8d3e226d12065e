"""The form of one category."""

import re
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from medportal.blueprints.taxonomy import queries
from medportal.forms import ShortEnough
from medportal.i18n import current_language
from medportal.localized import Label, LocalizedForm, with_labels
from medportal.models.taxonomy import Category
from medportal.models.types import localize

_RANGE = re.compile(r"[A-Z]\d\d(\.\d)?(-[A-Z]\d\d(\.\d)?)?(; [A-Z]\d\d(\.\d)?(-[A-Z]\d\d(\.\d)?)?)*")


def _tidy_range(value: Any) -> Any:
    """As it is stored: "A50-A64; F52"."""
    if not isinstance(value, str):
        return value
    value = re.sub(r"\s*[-\u2010-\u2015]\s*", "-", value.upper())
    return "; ".join(part.strip() for part in re.split(r"[;,\u060c\u061b]", value) if part.strip())


class _CategoryForm(LocalizedForm):
    parent = SelectField(_l("Stands below"), coerce=int)
    icd10_range = StringField(
        _l("Codes of ICD-10"),
        description=_l("For example A00-B99, or A50-A64; F52."),
        filters=[_tidy_range],
        validators=[Optional(), ShortEnough(max=60)],
        render_kw={"dir": "ltr"},
    )
    slug = StringField(
        _l("Address"),
        description=_l(
            "The last part of its address, the same in every language. Left empty, it is made from the name."
        ),
        validators=[Optional(), ShortEnough(max=80)],
        render_kw={"dir": "ltr", "spellcheck": "false", "autocapitalize": "none"},
    )

    def validate_icd10_range(self, field: StringField) -> None:
        if not _RANGE.fullmatch(field.data or ""):
            raise ValidationError(
                gettext("Please write codes as in A00-B99, several with a semicolon between.")
            )

    def fill(self, tree: list[queries.Branch], without: set[int]) -> None:
        """Where it may stand: nowhere below itself."""
        lang = current_language().code
        self.parent.choices = [
            SelectChoice(0, gettext("Nothing: it is a main category")),
            *(
                SelectChoice(
                    branch.category.id, "\u2014 " * branch.depth + localize(branch.category.name, lang)
                )
                for branch in tree
                if branch.category.id not in without
            ),
        ]


def category_form(category: Category | None = None, **options: Any) -> _CategoryForm:
    """Ready to be validated. `options` go to the form: `data`, `formdata`."""
    made = with_labels(_CategoryForm, Label("name", gettext("Name"), most=120, needed=True))(**options)
    if category is not None and queries.is_used(category):
        del made.slug  # links to it stand on pages, in letters and elsewhere
    made.fill(queries.tree(), queries.within(category) if category is not None else set())
    return made

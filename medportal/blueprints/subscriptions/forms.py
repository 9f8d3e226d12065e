"""Forms for choosing what comes by mail."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from medportal.blueprints.subscriptions import queries
from medportal.content_types import KINDS, listed_kinds
from medportal.digests.labels import FREQUENCIES
from medportal.digests.subscribers import Manner, Wishes
from medportal.forms import TranslatedForm, email_field, language_field
from medportal.i18n import current_language
from medportal.models.subscription import Frequency, Subscriber
from medportal.models.types import localize


class TicksField(SelectMultipleField):
    """Any number of choices, each with a box to tick. What is not offered is left out, without an error: a category
    may have gone since the page was opened."""

    data: list[Any] | None
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def pre_validate(self, form: Any) -> None:
        offered = {choice[0] for choice in self.iter_choices()}
        self.data = [value for value in self.data or [] if value in offered]


def _kinds() -> list[SelectChoice]:
    return [SelectChoice(kind.key, str(kind.plural)) for kind in listed_kinds()]


def _categories() -> list[SelectChoice]:
    lang = current_language().code
    return [SelectChoice(row.id, localize(row.name, lang)) for row in queries.categories()]


class BasicForm(TranslatedForm):
    kinds = TicksField(_l("What shall come?"), choices=_kinds)
    language = language_field(_l("Language"))
    frequency = RadioField(
        _l("How often?"),
        choices=[SelectChoice(str(value), label) for value, label in FREQUENCIES.items()],
        default=Frequency.WEEKLY.value,
    )


class BoxForm(BasicForm):
    """The labels of the box at the foot of every page; what it sends is read by `SubscribeForm`."""

    email = email_field()
    website = StringField(_l("Leave this empty"))


class WishesForm(BasicForm):
    """What is wanted, and how."""

    within = TicksField(
        _l("Only in these categories"),
        description=_l("None ticked means: in all of them."),
        choices=_categories,
        coerce=int,
    )
    announcements = BooleanField(
        _l("Announcements of the site"), description=_l("A few times a year: changes to the site, surveys.")
    )
    other_language = BooleanField(
        _l("Also what exists in the other language only"), description=_l("It is marked as such.")
    )
    named = BooleanField(
        _l("The subject of emails may say what they are about"),
        description=_l("Otherwise no disease or category shows on a locked screen or in the inbox."),
    )

    def manner(self) -> Manner:
        return Manner(
            lang=self.language.data,
            frequency=self.frequency.data,
            other_language=bool(self.other_language.data),
            named=bool(self.named.data),
        )

    def wishes(
        self, *, categories: Iterable[int] = (), contents: Iterable[int] = (), people: Iterable[int] = ()
    ) -> Wishes:
        """The ticks, and what is followed besides."""
        return Wishes(
            kinds=frozenset(self.kinds.data or ()),
            within=frozenset(self.within.data or ()),
            categories=frozenset(categories),
            contents=frozenset(contents),
            people=frozenset(people),
            announcements=bool(self.announcements.data),
        )


class SubscribeForm(WishesForm):
    """For everybody: an email asks whether it was really the owner of the address. People never see `website`;
    programs that fill every field do."""

    email = email_field()
    website = StringField(_l("Leave this empty"))
    follows = False
    """Set where something is followed besides: then no kind has to be ticked."""

    @property
    def is_from_a_program(self) -> bool:
        return bool(self.website.data)

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        if not self.kinds.data and not self.announcements.data and not self.follows:
            self.kinds.errors = [gettext("Please choose at least one.")]
            return False
        return bool(fine)


def usual() -> dict[str, Any]:
    """What a new form starts with: everything, weekly, in the language of the page."""
    return {
        "kinds": [key for key, kind in KINDS.items() if kind.listed],
        "language": current_language().code,
        "frequency": Frequency.WEEKLY.value,
    }


def as_chosen(row: Subscriber, wishes: Wishes) -> dict[str, Any]:
    return {
        "kinds": list(wishes.kinds),
        "within": list(wishes.within),
        "announcements": wishes.announcements,
        "language": row.lang,
        "frequency": row.frequency,
        "other_language": row.other_language,
        "named": row.named,
    }

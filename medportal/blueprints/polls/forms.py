"""The form of voting, and the desk's form of a poll."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateTimeLocalField, HiddenField, IntegerField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from medportal import choices
from medportal.blueprints.polls.services import Answer, Facts
from medportal.forms import TranslatedForm
from medportal.i18n import LANGUAGES, current_language
from medportal.lib.arabic import fold
from medportal.localized import Label, LocalizedForm, spread, with_labels
from medportal.models.poll import Poll
from medportal.models.types import Localized, localize

FEWEST, MOST = 2, 10


def _number(value: Any) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class VoteForm(TranslatedForm):
    choice = RadioField(coerce=_number, validate_choice=False)

    @classmethod
    def of(cls, poll: Poll, sent: Mapping[str, Any] | None = None) -> Self:
        lang = current_language().code
        form = cls(formdata=sent)
        form.choice.label.text = localize(poll.question, lang)
        form.choice.choices = [SelectChoice(row.id, localize(row.label, lang)) for row in poll.choices]
        return form

    def validate_choice(self, field: RadioField) -> None:
        if field.data not in {choice.value for choice in field.choices or ()}:
            raise ValidationError(gettext("Please choose one of the answers."))


class _PollForm(LocalizedForm):
    opens_at = DateTimeLocalField(
        _l("Opens"),
        description=_l("Date and time where the site is at home."),
        validators=[InputRequired()],
        render_kw={"dir": "ltr"},
    )
    closes_at = DateTimeLocalField(
        _l("Closes"),
        description=_l("Without a date it stays open until somebody closes it."),
        validators=[Optional()],
        render_kw={"dir": "ltr"},
    )
    rows = HiddenField()
    poll: Poll | None = None
    count = 0

    @property
    def voted(self) -> bool:
        return self.poll is not None and self.poll.total > 0

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        if not fine:
            return False
        self._look_at_times()
        self._look_at_answers()
        if self.voted:
            self._look_at_corrections()
        return not (self.form_errors or any(field.errors for field in self))

    def _look_at_times(self) -> None:
        opens, closes = _moment(self.opens_at.data), _moment(self.closes_at.data)
        if opens is None:
            self.opens_at.errors = [gettext("Please choose another date.")]
        elif self.closes_at.data and (closes is None or closes <= opens):
            self.closes_at.errors = [gettext("It must close after it opens.")]

    def _look_at_answers(self) -> None:
        labels = [self.localized(f"answer{n}") for n in range(self.count)]
        for n, label in enumerate(labels):
            for code in LANGUAGES if label else ():
                field = self[f"answer{n}_{code}"]
                if code not in label:
                    field.errors = [gettext("Please write it in every language.")]
                elif label[code] in [other.get(code) for other in labels[:n]]:
                    field.errors = [gettext("This answer stands above already.")]
        if sum(map(bool, labels)) < FEWEST:
            empty = next(n for n, label in enumerate(labels) if not label)
            self[f"answer{empty}_{next(iter(LANGUAGES))}"].errors = [
                gettext("Two answers are needed at least.")
            ]

    def _look_at_corrections(self) -> None:
        """What people have voted for stays what it was."""
        assert self.poll is not None
        was = {choice.id: choice.label for choice in self.poll.choices}
        sent = [_number(self[f"id{n}"].data) for n in range(self.count)]
        if sorted(sent) != sorted(was):
            self.form_errors = [gettext("There are votes: answers can be neither added nor taken away.")]
            return
        pairs = [("question", self.poll.question)]
        pairs += [(f"answer{n}", was[number]) for n, number in enumerate(sent)]
        for name, before in pairs:
            for code in LANGUAGES:
                field = self[f"{name}_{code}"]
                if before.get(code) and _letters(before[code]) != _letters(field.data or ""):
                    field.errors = [
                        gettext(
                            "There are votes for this: only signs, spaces, vowel marks, hamza and capitals can be "
                            "corrected. For other words, please close this poll and open a new one."
                        )
                    ]

    def facts(self) -> Facts:
        opens = _moment(self.opens_at.data)
        assert opens is not None
        own = {choice.id for choice in self.poll.choices} if self.poll else set()
        answers = []
        for n in range(self.count):
            label, number = self.localized(f"answer{n}"), _number(self[f"id{n}"].data)
            if label:
                answers.append((self[f"place{n}"].data, n, Answer(number if number in own else None, label)))
        return Facts(
            question=self.localized("question"),
            opens_at=opens,
            closes_at=_moment(self.closes_at.data),
            answers=[answer for _, _, answer in sorted(answers, key=lambda entry: entry[:2])],
        )


def _letters(words: str) -> str:
    """What may not change: one letter more can turn an answer into its opposite."""
    return "".join(filter(str.isalnum, fold(words)))


def _moment(local: datetime | None) -> datetime | None:
    if local is None:
        return None
    try:
        return local.replace(tzinfo=choices.zone()).astimezone(UTC)
    except OverflowError:  # the first or the last day of all
        return None


def _local(moment: datetime | None) -> datetime | None:
    """To the minute: browsers show seconds only where there are any."""
    return moment.astimezone(choices.zone()).replace(tzinfo=None, second=0, microsecond=0) if moment else None


def poll_form(poll: Poll | None, now: datetime, sent: Mapping[str, Any] | None = None) -> _PollForm:
    """With a row for every answer that is there or was sent, and some that wait for one. After the first vote the
    answers are those that were voted on."""
    there = list(poll.choices) if poll else []
    voted = poll is not None and poll.total > 0
    count = len(there) if voted else min(MOST, max(4, len(there), _number((sent or {}).get("rows", "0"))))
    if sent and "more" in sent and not voted:
        count = min(MOST, count + 2)
    form = _class_of(count, voted=voted)(formdata=sent, data=_data(poll, there, now, count))
    form.poll, form.count = poll, count
    form.rows.data = str(count)
    return form


def _class_of(count: int, *, voted: bool) -> type[_PollForm]:
    labels = [Label("question", gettext("Question"), most=300, every=True)]
    fields: dict[str, Any] = {}
    for n in range(count):
        what = gettext("Answer %(n)s", n=n + 1)
        labels.append(Label(f"answer{n}", what, most=150, every=voted or n < FEWEST))
        place = [InputRequired(), NumberRange(1, MOST)]
        fields[f"place{n}"] = IntegerField(
            gettext("Place in the order"),
            validators=place,
            render_kw={"dir": "ltr", "type": "text", "inputmode": "numeric", "autocomplete": "off"},
        )
        fields[f"id{n}"] = HiddenField()
    meta: Any = type(_PollForm)
    return with_labels(meta("_PollForm", (_PollForm,), fields), *labels)


def _data(poll: Poll | None, there: list[Any], now: datetime, count: int) -> dict[str, Any]:
    question: Localized | None = poll.question if poll else None
    data: dict[str, Any] = spread("question", question)
    data |= {
        "opens_at": _local(poll.opens_at if poll else now),
        "closes_at": _local(poll.closes_at if poll else None),
    }
    for n in range(count):
        choice = there[n] if n < len(there) else None
        data |= spread(f"answer{n}", choice.label if choice else None)
        data |= {f"place{n}": n + 1, f"id{n}": str(choice.id) if choice else ""}
    return data

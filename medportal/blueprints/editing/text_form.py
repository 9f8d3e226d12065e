"""The form of one text in one language, made for the sections and parts that it has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional, Regexp

from medportal.blueprints.content.drafts import Change, PartDraft, SectionDraft, TextDraft
from medportal.blueprints.content.revisions import PART_FIELDS
from medportal.content_types import ContentType
from medportal.content_types.sections import ORDER, SECTIONS
from medportal.forms import TranslatedForm
from medportal.i18n import LANGUAGES
from medportal.lib.checks import Finding, check
from medportal.lib.html import as_html
from medportal.lib.slugs import MAX_LENGTH, slugify
from medportal.models.content import ContentText, Made, Part, Section, State, Status, Urgency

STATES = {
    "": _l("Leave out"),
    State.WRITTEN.value: _l("Written"),
    State.NOTHING_KNOWN.value: _l("Nothing is known"),
    State.DOES_NOT_APPLY.value: _l("Does not apply"),
    State.NOT_YET_WRITTEN.value: _l("Not yet written"),
}
MADE = {
    Made.WRITTEN: _l("Written for this portal"),
    Made.TRANSLATED: _l("Translated by a person"),
    Made.MACHINE_DRAFTED: _l("Drafted by software"),
    Made.IMPORTED: _l("Imported from the sources named"),
}
URGENCY = {
    Urgency.EMERGENCY: _l("Call an ambulance now"),
    Urgency.URGENT: _l("See a doctor today"),
    Urgency.ROUTINE: _l("Make an appointment"),
}
LEVELED = "when_to_get_help"
MOST_PARTS = 200


class TextForm(TranslatedForm):
    """What every text has, whatever its kind; sections are added by `Pane`."""

    title = StringField(_l("Title"), validators=[Length(max=300)])
    summary = TextAreaField(
        _l("Summary"),
        description=_l("One or two sentences. Lists, search engines and emails show them."),
        validators=[Length(max=500)],
    )
    synonyms = TextAreaField(
        _l("Other names"), description=_l("One on each line: lay names, regional names, abbreviations.")
    )
    slug = StringField(
        _l("Address"),
        description=_l("Letters, digits and hyphens; made from the title when left empty."),
        validators=[
            Length(max=MAX_LENGTH),
            Regexp(r"^[\w-]*$", message=_l("Only letters, digits and hyphens.")),
        ],
    )
    made = RadioField(_l("How this text was made"), default=Made.WRITTEN.value)
    note = StringField(
        _l("What changed, and why"),
        description=_l("Readers see this sentence below the page. Leave it empty for small things."),
        validators=[Length(max=500)],
    )
    minor = BooleanField(_l("A small change: nobody is told, and the other language does not become older"))
    safety = BooleanField(_l("A safety correction: those who follow this page are told by email at once"))


@dataclass
class Piece:
    """One field of text within a section: `part` is what it was before, `level` its urgency."""

    field: Field
    part: Part | None = None
    level: str | None = None


@dataclass
class SectionFields:
    key: str
    state: Field
    as_of: Field
    pieces: Sequence[Piece]
    section: Section | None
    only_elsewhere: bool = False
    """Another language has this section, and this one does not."""

    @property
    def label(self) -> Any:
        return SECTIONS[self.key]

    @property
    def outdated_by(self) -> Any:
        return self.section.outdated_by if self.section is not None else None

    @property
    def is_missing(self) -> bool:
        """Nothing says here why there is no text."""
        return self.section is None or self.section.state == State.NOT_YET_WRITTEN

    @property
    def is_written(self) -> bool:
        return self.section is not None and self.section.state == State.WRITTEN


def mark_gaps(panes: Sequence["Pane"]) -> None:
    """Say of every section that a text lacks whether another language has it."""
    written = {pane.lang: {section.key for section in pane.sections if section.is_written} for pane in panes}
    for pane in panes:
        elsewhere = set().union(*(keys for lang, keys in written.items() if lang != pane.lang))
        for section in pane.sections:
            section.only_elsewhere = section.is_missing and section.key in elsewhere


class Pane:
    """One language of the editor: a form with the fields of every section that the kind offers or the text has."""

    def __init__(self, kind: ContentType, lang: str, text: ContentText | None, formdata: Any = None) -> None:
        self.kind, self.lang, self.text = kind, lang, text
        self.language = LANGUAGES[lang]
        self._sent = set(formdata or ())
        self._stored = {section.key: section for section in text.sections} if text is not None else {}
        self.keys = sorted({*kind.sections, *self._stored} & SECTIONS.keys(), key=ORDER.__getitem__)
        fields: dict[str, Any] = {}
        for key in self.keys:
            fields[f"{key}_state"] = SelectField(
                _l("State"), choices=[SelectChoice(value, words) for value, words in STATES.items()]
            )
            fields[f"{key}_as_of"] = DateField(_l("Nothing is known, as of"), validators=[Optional()])
            for name, label in self._pieces(key):
                fields[name] = TextAreaField(label)
        form = type("PaneForm", (TextForm,), fields)
        self.form = form(
            formdata=formdata, prefix=f"{lang}-", data=None if formdata is not None else self._data()
        )
        self.form.made.choices = [
            SelectChoice(value.value, words)
            for value, words in MADE.items()
            if value != Made.IMPORTED or (text is not None and text.made == Made.IMPORTED)
        ]
        self.form.title.flags.required = True  # of every text that there is; an empty pane is left alone
        self._set_directions()
        self.sections = [self._section(key) for key in self.keys]

    def _pieces(self, key: str) -> Iterator[tuple[str, Any]]:
        section = self._stored.get(key)
        parts = section.parts if section is not None else []
        if key == LEVELED:
            yield from ((f"{key}_{level.value}", words) for level, words in URGENCY.items())
            parts = [part for part in parts if not part.urgency]
        least = len(parts) if key == LEVELED else max(len(parts), 1)
        while f"{self.lang}-{key}_{least}" in self._sent and least < MOST_PARTS:
            least += 1  # another editor has taken a part out meanwhile: what was typed into it is not lost
        for n in range(least):
            yield f"{key}_{n}", SECTIONS[key]

    def _data(self) -> dict[str, Any]:
        text = self.text
        if text is None:
            return {f"{key}_state": "" for key in self.keys}
        data: dict[str, Any] = {
            "title": text.title,
            "summary": text.summary,
            "slug": text.slug or "",
            "made": text.made,
            "synonyms": "\n".join(synonym["name"] for synonym in text.synonyms),
        }
        for key in self.keys:
            section = self._stored.get(key)
            data[f"{key}_state"] = section.state if section is not None else ""
            data[f"{key}_as_of"] = section.as_of if section is not None else None
            for name, part in self._parts_by_name(key).items():
                data[name] = part
        return data

    def _parts_by_name(self, key: str) -> dict[str, str]:
        section = self._stored.get(key)
        parts = list(section.parts) if section is not None else []
        found: dict[str, str] = {}
        if key == LEVELED:
            for level in Urgency:
                found[f"{key}_{level.value}"] = "\n".join(p.html for p in parts if p.urgency == level)
            parts = [part for part in parts if not part.urgency]
        return found | {f"{key}_{n}": part.html for n, part in enumerate(parts)}

    def _set_directions(self) -> None:
        """The direction is that of the content, whatever the language of the desk (U20)."""
        own = {"lang": self.lang, "dir": self.language.dir}
        pictures = url_for("media.pick", text=self.lang)  # described in the language of the text
        for field in self.form:
            if isinstance(field, TextAreaField) and field.short_name not in ("summary", "synonyms"):
                field.render_kw = own | {"rows": "6", "data-editor": "", "data-pictures-url": pictures}
            elif isinstance(field, (TextAreaField, StringField)):
                field.render_kw = own | ({"rows": "3"} if isinstance(field, TextAreaField) else {})

    def _section(self, key: str) -> SectionFields:
        section = self._stored.get(key)
        plain = [part for part in section.parts if not part.urgency] if section is not None else []
        pieces = []
        for name, _label in self._pieces(key):
            end = name.removeprefix(f"{key}_")
            if end.isdigit():
                pieces.append(Piece(self.form[name], plain[int(end)] if int(end) < len(plain) else None))
            else:
                pieces.append(Piece(self.form[name], level=end))
        return SectionFields(key, self.form[f"{key}_state"], self.form[f"{key}_as_of"], pieces, section)

    # What was typed

    @property
    def remarks(self) -> list[Finding]:
        """What is worth a second look. Pages mark words of the other language by themselves, so that is no remark."""
        html = "\n".join(as_html(p.field.data) for s in self.sections for p in s.pieces if p.field.data)
        found = check(html, self.form.title.data or "", self.lang) if html else []
        return [finding for finding in found if finding.code != "unmarked_language"]

    @property
    def is_empty(self) -> bool:
        """Nothing is there, and nothing was there before."""
        typed = [self.form.title, self.form.summary, *(p.field for s in self.sections for p in s.pieces)]
        return self.text is None and not any(field.data for field in typed)

    @property
    def loses_its_name(self) -> bool:
        """The title of a language that has no text is taken away again."""
        known = self.text is not None and self.text.status == Status.TITLE_ONLY
        typed = [self.form.title, self.form.summary, *(p.field for s in self.sections for p in s.pieces)]
        return known and len(self.text.content.texts) > 1 and not any(field.data for field in typed)  # type: ignore[union-attr]

    @property
    def names_only(self) -> bool:
        """Only a title is given to a thing that has no text in this language."""
        known = self.text is None or self.text.status == Status.TITLE_ONLY
        draft = self.draft()
        return known and bool(draft.title) and not (draft.sections or draft.summary or draft.synonyms)

    def validate(self) -> bool:
        fine = bool(self.form.validate())
        if not self.form.title.data and not self.loses_its_name:
            self._say(self.form.title, _l("This field is required."))
        elif not slugify(self.form.slug.data or self.form.title.data or "") and not (
            self.names_only or self.loses_its_name
        ):
            self._say(self.form.slug, _l("An address needs letters or digits."))
        if self.form.safety.data and not self.form.note.data:
            self._say(
                self.form.note,
                _l("A safety correction says what was wrong: those who follow the page read this."),
            )
        for section in self.sections:
            typed = any(piece.field.data for piece in section.pieces)
            if section.state.data == State.WRITTEN and not typed and section.key != "treatment":
                self._say(
                    section.state, _l("Nothing is written here: choose another state, or leave it out.")
                )
            elif typed and section.state.data not in ("", State.WRITTEN):
                self._say(section.state, _l("There is text here: choose Written, or empty the text."))
            elif section.state.data == State.NOTHING_KNOWN and not section.as_of.data:
                self._say(section.as_of, _l("This field is required."))
        return fine and not self.form.errors

    def _say(self, field: Field, words: Any) -> None:
        field.errors = [*field.errors, words]

    def change(self) -> Change:
        form = self.form
        return Change(
            draft=self.draft(),
            note=form.note.data or "",
            minor=bool(form.minor.data) and not form.safety.data,
            safety=bool(form.safety.data),
        )

    def draft(self) -> TextDraft:
        form = self.form
        sections = [found for section in self.sections if (found := self._drafted(section)) is not None]
        return TextDraft(
            title=form.title.data or "",
            slug=form.slug.data or "",
            summary=form.summary.data or "",
            synonyms=self._synonyms(),
            made=form.made.data or Made.WRITTEN,
            sections=sections,
        )

    def _synonyms(self) -> list[dict[str, str]]:
        """A name that was there keeps what is known of it."""
        known = {s["name"]: s for s in self.text.synonyms} if self.text is not None else {}
        names = [line.strip()[:200] for line in (self.form.synonyms.data or "").splitlines()]
        return [known.get(name, {"name": name}) for name in dict.fromkeys(names) if name]

    def _drafted(self, section: SectionFields) -> SectionDraft | None:
        parts = [_part(piece) for piece in section.pieces if piece.field.data]
        state = section.state.data or (State.WRITTEN if parts else "")
        if not state:
            return None
        return SectionDraft(key=section.key, state=state, as_of=section.as_of.data, parts=parts)


def _part(piece: Piece) -> PartDraft:
    kept = {name: getattr(piece.part, name) for name in PART_FIELDS} if piece.part is not None else {}
    return PartDraft(**kept | {"html": as_html(piece.field.data), "urgency": piece.level})

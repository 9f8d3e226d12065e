"""Every save of a text: who, when, what changed; and back to any of them."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext

from medportal.access import staff
from medportal.blueprints.content import gate
from medportal.blueprints.content.drafts import Change
from medportal.blueprints.content.revisions import draft_from, last_number
from medportal.blueprints.content.services import save_texts
from medportal.blueprints.editing import queries, services
from medportal.blueprints.editing.editor import thing
from medportal.blueprints.editing.publish import text_or_404
from medportal.blueprints.editing.views import Answer, bp
from medportal.content_types.sections import ORDER, SECTIONS
from medportal.desk import me
from medportal.extensions import db
from medportal.i18n import LANGUAGES, current_language
from medportal.lib.html import to_text
from medportal.models.content import ContentText, Status
from medportal.models.treatment import FIELDS
from medportal.models.trust import Revision
from medportal.paging import asked_number, asked_one_of, asked_page


@bp.get("/<int:number>/history")
@staff
def history(number: int) -> str:
    content = thing(number)
    langs = [text.lang for text in content.texts if text.status != Status.TITLE_ONLY]
    asked = asked_one_of("of", langs)
    own = current_language().code
    of = asked or (own if own in langs else next(iter(langs), None))
    text = next((text for text in content.texts if text.lang == of), None)
    query = (
        sa.select(Revision)
        .where(Revision.text_id == (text.id if text else 0))
        .order_by(Revision.number.desc())
    )
    page = asked_page(query, size=30)
    names = queries.names_of([revision.saved_by for revision in page.entries])
    return render_template(
        "editing/history.html", content=content, langs=langs, of=of, page=page, names=names
    )


@dataclass(frozen=True)
class Difference:
    """`pieces`: (what, words) in order, `what` one of "same", "out", "in"."""

    label: Any
    pieces: list[tuple[str, str]]


@bp.get("/<int:number>/history/<lang:of>/<int:revision>")
@staff
def compare(number: int, of: str, revision: int) -> str:
    """A version beside the one before it, or beside the one that `with` names."""
    content = thing(number)
    text = text_or_404(content, of)
    new = _revision(text, revision)
    other = asked_number("with", 10**6)
    old = _revision(text, other) if other is not None else _before(text, revision)
    return render_template(
        "editing/compare.html",
        content=content,
        of=of,
        language=LANGUAGES[of],
        new=new,
        old=old,
        last=last_number(text.id),
        differences=list(differences(old.snapshot if old else None, new.snapshot)),
        names=queries.names_of([new.saved_by]),
    )


@bp.post("/<int:number>/history/<lang:of>/<int:revision>/restore")
@staff
def restore(number: int, of: str, revision: int) -> Answer:
    """Saved anew from the stored words, by the rules of every other save."""
    content = thing(number)
    text = text_or_404(content, of)
    stored = _revision(text, revision)
    note = request.form.get("note", "")[:500]
    change = Change(draft=draft_from(stored.snapshot), note=note, restored=True)
    try:
        with services.worked_on(content, by=me()):
            save_texts(content, {of: change}, by=me())
    except gate.Closed:
        db.session.rollback()
        content = thing(number)
        said = gettext(
            "Readers see this page, and that version lacks something it must have. Nothing was changed."
        )
        return render_template("editing/refused.html", content=content, said=said), 422
    db.session.commit()
    return redirect(url_for("editing.history", number=number, of=of, done="restored"), 303)


def _revision(text: ContentText, number: int) -> Revision:
    found = db.session.scalar(
        sa.select(Revision).where(Revision.text_id == text.id, Revision.number == min(number, 2**31 - 1))
    )
    if found is None:
        abort(404)
    return found


def _before(text: ContentText, number: int) -> Revision | None:
    return db.session.scalar(
        sa.select(Revision)
        .where(Revision.text_id == text.id, Revision.number < min(number, 2**31 - 1))
        .order_by(Revision.number.desc())
        .limit(1)
    )


def differences(old: dict[str, Any] | None, new: dict[str, Any]) -> Iterator[Difference]:
    """What differs, in the order of the page; only that."""
    before, after = _words(old) if old is not None else {}, _words(new)
    for name in sorted({*before, *after}, key=_place):
        one, two = before.get(name, ""), after.get(name, "")
        if one != two:
            yield Difference(_label(name), _pieces(one, two))


def _place(name: str) -> tuple[int, str]:
    first = {"title": -4, "summary": -3, "synonyms": -2, "slug": -1}
    return first.get(name, ORDER.get(name, 99)), name


def _label(name: str) -> Any:
    known = {
        "title": gettext("Title"),
        "summary": gettext("Summary"),
        "synonyms": gettext("Other names"),
        "slug": gettext("Address"),
        "made": gettext("How this text was made"),
    }
    return known.get(name) or SECTIONS.get(name) or name.removeprefix("treatment:")


def _words(stored: dict[str, Any]) -> dict[str, str]:
    words = {name: stored[name] or "" for name in ("title", "summary", "slug", "made")}
    words["synonyms"] = "\n".join(synonym["name"] for synonym in stored["synonyms"])
    for key, section in stored["sections"].items():
        parts = [to_text(part["html"]) for part in section["parts"]]
        words[key] = "\n".join(parts) or f"[{section['state']}]"
    for fields in (stored.get("treatments") or {}).values():
        told = [fields["name"], *(to_text(fields[name]) for name in FIELDS if fields.get(name))]
        words[f"treatment:{fields['name']}"] = "\n".join(told)
    return words


def _pieces(one: str, two: str) -> list[tuple[str, str]]:
    """Word by word; a text of very many words is shown whole, before and after."""
    old, new = one.split(), two.split()
    if len(old) + len(new) > 6000:
        return [("out", one), ("in", two)]
    found: list[tuple[str, str]] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(("same", " ".join(old[a:b])))
        if tag in ("delete", "replace"):
            found.append(("out", " ".join(old[a:b])))
        if tag in ("insert", "replace"):
            found.append(("in", " ".join(new[c:d])))
    return found

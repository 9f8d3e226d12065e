"""The text of a thing, all languages side by side: read, keep what is typed, save."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from medportal.access import staff
from medportal.blueprints.content import freshness, gate
from medportal.blueprints.content.revisions import draft_from, last_number
from medportal.blueprints.content.services import name_text
from medportal.blueprints.editing import copies, queries, services
from medportal.blueprints.editing.text_form import Pane, mark_gaps
from medportal.blueprints.editing.views import Answer, bp
from medportal.changes import content_changed
from medportal.content_types import KINDS
from medportal.desk import me
from medportal.extensions import db, reading
from medportal.i18n import LANGUAGES, current_language
from medportal.lib.dates import utc_now
from medportal.models.content import Content, ContentText, Section, Status
from medportal.models.trust import WorkingCopy
from medportal.paging import asked_number
from medportal.sessions import member


def thing(number: int) -> Content:
    """What is edited; what lies in the bin is taken out first."""
    if number >= 2**31:
        abort(404)
    changing = request.method == "POST"  # two who change it stand in line
    content = db.session.get(Content, number, with_for_update=changing)
    if content is None or content.kind not in KINDS:
        abort(404)
    if content.binned_at is not None:
        abort(410)
    return content


def changed_since(content: Content) -> bool:
    """Whether somebody changed the thing since the form was shown, which says so in `seen`."""
    return request.form.get("seen", "") not in ("", content.touched_at.isoformat())


def panes_of(content: Content, formdata: Any = None) -> list[Pane]:
    """The desk's own language first: a telephone shows one at a time."""
    texts = {text.lang: text for text in content.texts}
    kind = KINDS[content.kind]
    codes = sorted(LANGUAGES, key=lambda code: code != current_language().code)
    panes = [Pane(kind, code, texts.get(code), formdata) for code in codes]
    mark_gaps(panes)
    return panes


def asked_bases() -> dict[str, int]:
    found = {}
    for code in LANGUAGES:
        value = request.form.get(f"base-{code}", "")
        found[code] = int(value[:9]) if value.isascii() and value.isdigit() else 0
    return found


def _bases(content: Content) -> dict[str, int]:
    return dict.fromkeys(LANGUAGES, 0) | {text.lang: last_number(text.id) for text in content.texts}


def _page(
    content: Content,
    panes: Sequence[Pane],
    bases: Mapping[str, int],
    *,
    copy: WorkingCopy | None = None,
    clashes: Sequence[services.Clash] = (),
    closed: gate.Closed | None = None,
) -> str:
    kind = KINDS[content.kind]
    actors = [clash.saved.saved_by for clash in clashes]
    return render_template(
        "editing/edit.html",
        content=content,
        kind=kind,
        panes=panes,
        bases=bases,
        copy=copy,
        version=copy.version if copy is not None else asked_number("version", 10**6) or 0,
        clashes={clash.lang: clash for clash in clashes},
        theirs={clash.lang: draft_from(clash.saved.snapshot) for clash in clashes},
        closed=closed,
        names=queries.names_of(actors),
        others=copies.others_at_work(content.id, member().id),
        highest_reference=max((r.position for r in content.references), default=0),
    )


@bp.get("/<int:number>")
@staff
def edit(number: int) -> str:
    content = thing(number)
    copy = copies.mine(content.id, member().id)
    if copy is None:
        return _page(content, panes_of(content), _bases(content))
    return _page(content, panes_of(content, MultiDict(copy.form)), copy.bases, copy=copy)


@bp.post("/<int:number>")
@staff
def save(number: int) -> Answer:
    content = thing(number)
    panes, bases = panes_of(content, request.form), asked_bases()
    told = [pane for pane in panes if not pane.is_empty]
    if [pane for pane in told if not pane.validate()]:  # every one says what is wrong
        with reading():
            return _page(content, panes, bases), 422
    try:
        changed = _save(content, told, bases)
    except services.Clashes as clash:
        db.session.rollback()
        return _page(content, panes, bases | _bases(content), clashes=clash.found), 409
    except gate.Closed as closed:
        db.session.rollback()
        return _page(content, panes, bases, closed=closed), 422
    copies.forget(content.id, member().id, version=_version())
    db.session.commit()
    shown = changed and any(text.status == Status.PUBLISHED for text in content.texts)
    done = "shown" if shown else "saved" if changed else "nothing"
    return redirect(url_for("editing.edit", number=number, done=done), 303)


def _save(content: Content, panes: Sequence[Pane], bases: Mapping[str, int]) -> bool:
    named = [pane for pane in panes if pane.names_only]
    nameless = [pane for pane in panes if pane.loses_its_name]
    changes = {pane.lang: pane.change() for pane in panes if pane not in named + nameless}
    changed = services.save(content, changes, bases, by=me())
    for pane in named:
        changed = _name(content, pane) or changed
    for text in [pane.text for pane in nameless if pane.text is not None]:
        content.texts.remove(text)
        content_changed(content.id)
    return changed or bool(nameless)


def _name(content: Content, pane: Pane) -> bool:
    """A title in a language that has no text yet: lists of that language show it. gate.Closed where a reader agreed to
    the titles too."""
    title = pane.form.title.data or ""
    if services.is_agreed(content):
        raise gate.Closed(content.texts[0], [gate.Fault.AGREED])
    if pane.text is None:
        name_text(content, pane.lang, title)
    elif pane.text.title == title:
        return False
    else:
        pane.text.title = pane.text.known_title = title
    content_changed(content.id)
    return True


@bp.post("/<int:number>/keep")
@staff
def keep(number: int) -> Answer | tuple[str, int, dict[str, str]]:
    """What is typed, every twenty seconds. Readers see nothing of it, and neither do other editors."""
    content = thing(number)
    form = {k: v for k, v in request.form.lists() if k.partition("-")[0] in LANGUAGES}
    bases = asked_bases()
    try:
        copy = copies.keep(content.id, member().id, form, bases, version=_version())
    except copies.Newer:
        db.session.rollback()
        return render_template("editing/_kept.html", newer=True), 409
    texts = {text.lang: text for text in content.texts}
    behind = [code for code, base in bases.items() if code in texts and last_number(texts[code].id) != base]
    others = copies.others_at_work(content.id, member().id)
    db.session.commit()
    page = render_template("editing/_kept.html", at=utc_now(), others=others, behind=behind)
    return page, 200, {"X-Version": str(copy.version)}


def _version() -> int:
    known = request.form.get("version", "")
    return int(known[:9]) if known.isascii() and known.isdigit() else 0


@bp.post("/<int:number>/discard")
@staff
def discard(number: int) -> Response:
    content = thing(number)
    copies.forget(content.id, member().id)
    db.session.commit()
    return redirect(url_for("editing.edit", number=number, done="discarded"), 303)


@bp.post("/<int:number>/current/<lang:of>/<section>")
@staff
def mark_current(number: int, of: str, section: str) -> Response:
    """Compared with the other language, and it still holds (U3)."""
    row = _section(thing(number), of, section)
    freshness.mark_current(row)
    content_changed(number)
    db.session.commit()
    return redirect(url_for("editing.edit", number=number, done="current"), 303)


def _section(content: Content, lang: str, key: str) -> Section:
    text: ContentText | None = next((text for text in content.texts if text.lang == lang), None)
    row = next((s for s in text.sections if s.key == key), None) if text is not None else None
    if row is None:
        abort(404)
    return row

"""The library of pictures at the desk: found, uploaded, described, put into the bin and taken out again."""

from dataclasses import dataclass, field
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from medportal import audit, htmx
from medportal.access import staff, takes_large_files
from medportal.blueprints.media import decoding, queries, services
from medportal.blueprints.media.decoding import Picture, Refused
from medportal.blueprints.media.forms import FactsForm, UploadForm, facts_form, upload_form
from medportal.blueprints.media.services import Facts, InUse
from medportal.blueprints.media.views import bp, send
from medportal.extensions import db
from medportal.models.media import Media
from medportal.paging import asked_one_of, asked_page
from medportal.sessions import member

Answer = str | Response | tuple[str, int]
DONE = {
    "added": _l("The picture is in the library."),
    "several": _l("The pictures are in the library. This one still needs a description."),
    "there": _l("This very picture was in the library already. It was not stored a second time."),
    "next": _l("Saved. Here is the next picture without a description."),
    "saved": _l("Saved."),
    "binned": _l("The picture is in the bin. It can be brought back for 30 days."),
    "restored": _l("The picture is back in the library."),
}


@dataclass
class Arrived:
    """What came of the files of one form. `refused`: whole sentences that name the file."""

    pictures: list[tuple[str, Picture]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def _me() -> str:
    return audit.actor_name(member().role, member().id)


def _media(number: int) -> Media:
    media = db.session.get(Media, number) if number < 2**31 else None
    if media is None:
        abort(404)
    return media


@bp.get("/<lang:lang>/admin/pictures")
@staff
def pictures() -> str:
    words = request.args.get("q", "").strip()[:80]
    state = asked_one_of("state", queries.STATES)
    page = asked_page(queries.pictures(words, state))
    return htmx.render(
        "admin/pictures.html",
        "admin/_pictures.html",
        page=page,
        q=words,
        state=state,
        uses=queries.uses(page.entries),
        described=queries.is_described,
        media_done=DONE,
    )


@bp.route("/<lang:lang>/admin/pictures/new", methods=["GET", "POST"])
@staff
@takes_large_files
def upload() -> Answer:
    form = upload_form()
    if request.method != "POST" or not form.validate():
        return _upload_page(form), 422 if request.method == "POST" else 200
    by, facts = _me(), form.facts()
    db.session.rollback()  # decoding takes its time: no other writer waits for it
    arrived = _decoded(form.chosen)
    if len(form.chosen) > 1:
        facts = Facts(alt={}, source=facts.source, licence=facts.licence)
    kept = [services.add(picture, facts, original=name, by=by) for name, picture in arrived.pictures]
    numbers = [media.id for media, _ in kept]
    db.session.commit()
    if arrived.refused:
        form.files.errors = arrived.refused
        return _upload_page(form, numbers), 422
    if len(kept) > 1:
        return _to_next(kept[0][0].id, "several")
    done = "added" if kept[0][1] else "there"
    return redirect(url_for("media.picture", number=numbers[0], done=done), 303)


def _upload_page(form: UploadForm, stored: list[int] | None = None) -> str:
    return render_template("admin/picture_new.html", form=form, stored=stored or [])


def _decoded(files: list[Any]) -> Arrived:
    arrived = Arrived()
    for file in files:
        name = services.plain_name(file.filename)
        try:
            arrived.pictures.append((name, decoding.read(file.stream.read())))
        except Refused as why:
            arrived.refused.append(gettext("%(file)s: %(why)s", file=f"\u2068{name}\u2069", why=why))
    return arrived


def _to_next(fallback: int, done: str) -> Response:
    """On to a picture that waits for its description, else to this one."""
    waiting = queries.next_missing()
    number = waiting if waiting is not None else fallback
    return redirect(url_for("media.picture", number=number, done=done if waiting else "saved"), 303)


@bp.get("/<lang:lang>/admin/pictures/<int:number>")
@staff
def picture(number: int) -> str:
    media, form = _media(number), facts_form()
    form.fill(media)
    return _page(media, form)


def _page(media: Media, form: FactsForm) -> str:
    uses = queries.uses([media]).get(media.id, [])
    return render_template("admin/picture.html", media=media, form=form, uses=uses, media_done=DONE)


@bp.post("/<lang:lang>/admin/pictures/<int:number>")
@staff
def describe(number: int) -> Answer:
    media, form = _media(number), facts_form()
    if not form.validate():
        return _page(media, form), 422
    was_missing = not queries.is_described(media)
    services.describe(media, form.facts(), by=_me())
    db.session.commit()
    if was_missing:
        return _to_next(number, "next")
    return redirect(url_for("media.picture", number=number, done="saved"), 303)


@bp.post("/<lang:lang>/admin/pictures/<int:number>/<any(bin, restore):action>")
@staff
def move(number: int, action: str) -> Answer:
    media = _media(number)
    if action == "restore":
        services.restore(media, by=_me())
        db.session.commit()
        return redirect(url_for("media.picture", number=number, done="restored"), 303)
    uses = queries.uses([media]).get(media.id, [])
    if not request.form.get("sure"):
        return render_template("admin/picture_bin.html", media=media, uses=uses)
    try:
        services.discard(media, by=_me())
    except InUse as why:
        return render_template("admin/picture_bin.html", media=media, uses=why.uses), 422
    db.session.commit()
    return redirect(url_for("media.picture", number=number, done="binned"), 303)


@bp.get("/<lang:lang>/admin/pictures/<int:number>/preview")
@staff
def preview(number: int) -> Response:
    """The desk sees what is in the bin; readers do not."""
    media = _media(number)
    response = send(media, media.file_near(480)[2])
    response.headers["Cache-Control"] = "no-store"
    return response

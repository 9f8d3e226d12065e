""" "Start my own site": the samples are counted, and removed once the owner has said so. Owners only."""

from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField
from wtforms.validators import InputRequired

from medportal import htmx, samples
from medportal.access import fresh, owners
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.settings.views import DONE, bp, me
from medportal.extensions import db
from medportal.forms import MemberForm
from medportal.models.user import Role
from medportal.sessions import member, signed_in_user
from medportal.templating import digits


class StartForm(MemberForm):
    sure = BooleanField(_l("Yes, remove the sample content. This cannot be undone."), [InputRequired()])


@bp.app_context_processor
def _samples() -> dict[str, Any]:
    return {"sample_notice": _notice}


def _notice() -> samples.Counts | None:
    """What of the samples is left, for the owner's first page; None when nothing is, or for others."""
    user = signed_in_user()
    return samples.glance() if user is not None and user.role == Role.OWNER else None


def say(found: samples.Counts) -> list[str]:
    """The counts, each as a sentence of its own."""
    shown = {name: digits(getattr(found, name)) for name in ("things", "texts", "edited", "media", "people")}
    lines = []
    if found.things:
        texts = ngettext("%(n)s text", "%(n)s texts", found.texts, n=shown["texts"])
        things = ngettext("%(n)s sample page", "%(n)s sample pages", found.things, n=shown["things"])
        lines.append(gettext("%(pages)s (%(texts)s in all languages)", pages=things, texts=texts))
    if found.media:
        lines.append(ngettext("%(n)s sample picture", "%(n)s sample pictures", found.media, n=shown["media"]))
    if found.people:
        lines.append(
            ngettext("%(n)s sample account", "%(n)s sample accounts", found.people, n=shown["people"])
        )
    return lines


def _page(form: StartForm) -> str:
    keep = member().id
    found = samples.counts(keep)
    return render_template(
        "admin/start.html",
        form=form,
        found=found,
        lines=say(found),
        progress=samples.progress(),
        own_is_sample=member().sample,
        settings_done=DONE,
    )


@bp.get("/<lang:lang>/admin/start")
@owners
def start() -> str:
    if htmx.wants_fragment():
        return render_template("admin/_removal.html", progress=samples.progress())
    return _page(StartForm(formdata=None))


@bp.post("/<lang:lang>/admin/start")
@owners
@fresh
def remove_samples() -> Answer:
    """Begins, with the first piece; the jobs program or the page itself does the rest."""
    form = StartForm()
    if not form.validate():
        return _page(form), 422
    samples.begin(by=me(), keep=member().id)
    return _go_on()


@bp.post("/<lang:lang>/admin/start/step")
@owners
def step() -> Answer:
    """The next piece, for sites on which no jobs program runs: sent by the page every two seconds, or by its button."""
    return _go_on()


def _go_on() -> Response | str:
    more = samples.step()
    db.session.commit()
    if htmx.wants_fragment():
        return render_template("admin/_removal.html", progress=samples.progress())
    return redirect(url_for("settings.start", done=None if more else "removed"), 303)

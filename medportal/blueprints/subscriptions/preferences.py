"""What comes, changed by its reader: by the link in every email, without signing in, or in My account."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Response as FlaskResponse
from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from medportal import audit, carriers, htmx, privacy
from medportal.access import anyone, members
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.subscriptions import queries, services
from medportal.blueprints.subscriptions.forms import WishesForm, as_chosen, usual
from medportal.blueprints.subscriptions.views import asked_category, asked_page, asked_person, bp, gone
from medportal.digests import subscribers
from medportal.digests.subscribers import Consent, Manner, Wishes
from medportal.extensions import db
from medportal.forms import MemberForm
from medportal.i18n import current_language
from medportal.lib.dates import utc_now
from medportal.models.subscription import Subscriber
from medportal.models.types import localize
from medportal.models.user import User
from medportal.sessions import member
from medportal.templating import site_day

PAUSES = {
    "7": _l("For one week"),
    "30": _l("For one month"),
    "90": _l("For three months"),
    "": _l("Until I resume"),
}


class MemberWishesForm(MemberForm, WishesForm):
    """In My account: it carries the token of the session."""


@dataclass(frozen=True)
class Door:
    """How the subscriber came in: `address` makes the address of an action, or of the page itself (None)."""

    address: Callable[..., str]
    template: str
    form: type[WishesForm]
    signed_in: bool


def _by_link(token: str) -> Door:
    def address(action: str | None = None, **values: Any) -> str:
        if action is None:
            return url_for("subscriptions.manage", token=token, **values)
        return url_for("subscriptions.manage_act", token=token, action=action, **values)

    return Door(address, "subscriptions/manage.html", WishesForm, signed_in=False)


def _by_account() -> Door:
    def address(action: str | None = None, **values: Any) -> str:
        if action is None:
            return url_for("subscriptions.mine", **values)
        return url_for("subscriptions.mine_act", action=action, **values)

    return Door(address, "subscriptions/mine.html", MemberWishesForm, signed_in=True)


ACTIONS = "any(pause, resume, stop, erase, export, unfollow):action"


@bp.route("/<lang:lang>/subscriptions/manage/<token>", methods=["GET", "POST"])
@anyone
def manage(token: str) -> Answer:
    row = subscribers.of_link(token, subscribers.MANAGE, lock=request.method == "POST")
    return _page(_by_link(token), row) if row is not None else gone()


@bp.post(f"/<lang:lang>/subscriptions/manage/<token>/<{ACTIONS}>")
@anyone
def manage_act(token: str, action: str) -> Answer:
    row = subscribers.of_link(token, subscribers.MANAGE, lock=True)
    return _act(_by_link(token), row, action) if row is not None else gone()


@bp.route("/<lang:lang>/account/subscriptions", methods=["GET", "POST"])
@members
def mine() -> Answer:
    return _page(_by_account(), subscribers.of_user(member(), lock=request.method == "POST"))


@bp.post(f"/<lang:lang>/account/subscriptions/<{ACTIONS}>")
@members
def mine_act(action: str) -> Answer:
    row = subscribers.of_user(member(), lock=True)
    return (
        _act(_by_account(), row, action) if row is not None else redirect(url_for("subscriptions.mine"), 303)
    )


@bp.post("/<lang:lang>/account/follow")
@members
def follow() -> Response:
    """One disease, category or consultant, from its page, by somebody whose address is known."""
    page, category, person = asked_page(), asked_category(), asked_person()
    wishes = Wishes(
        categories=frozenset([category.id] if category else ()),
        contents=frozenset([page.content_id] if page else ()),
        people=frozenset([person.id] if person else ()),
    )
    if wishes:
        _subscribe_member(wishes)
        db.session.commit()
    return redirect(url_for("subscriptions.mine", done="followed"), 303)


def _subscribe_member(wishes: Wishes, manner: Manner | None = None) -> Subscriber:
    """With an address that was confirmed when the account was opened: no further letter is needed."""
    row = subscribers.of_user(member())
    if manner is None:
        manner = (
            Manner(row.lang, row.frequency, row.other_language, row.named)
            if row is not None
            else Manner(lang=member().lang)
        )
    consent = Consent(lang=current_language().code, how="account")
    return subscribers.subscribe(member().email, wishes, manner, consent, user=member())


def _page(door: Door, row: Subscriber | None) -> Answer:
    """The preferences; a member may have none yet."""
    chosen = subscribers.wishes_of(row) if row is not None else Wishes()
    start = as_chosen(row, chosen) if row is not None else usual() | {"kinds": [], "language": member().lang}
    form = door.form(formdata=request.form if request.method == "POST" else None, data=start)
    seen = partial(_render, door, row, chosen, form)
    if request.method != "POST":
        return seen(door.template)
    wishes = form.wishes(categories=chosen.categories, contents=chosen.contents, people=chosen.people)
    if form.validate() and not wishes:
        form.kinds.errors = [gettext("Please choose at least one.")]
    if form.errors:
        return seen("subscriptions/_saved.html" if htmx.wants_fragment() else door.template), 422
    if row is None:
        _subscribe_member(wishes, form.manner())
    else:
        subscribers.change(row, wishes, form.manner())
    db.session.commit()
    if htmx.wants_fragment():
        return render_template("subscriptions/_saved.html", form=form)
    return redirect(door.address(done="saved"), 303)


def _render(door: Door, row: Subscriber | None, chosen: Wishes, form: WishesForm, template: str) -> str:
    return render_template(
        template,
        form=form,
        door=door,
        subscriber=row,
        categories=queries.categories_of(chosen.categories),
        pages=queries.pages_of(chosen.contents, current_language().code),
        people=queries.people_of(chosen.people, current_language().code),
        pauses=PAUSES,
    )


def _act(door: Door, row: Subscriber, action: str) -> Answer:
    if action == "export":
        return _export(row)
    if action == "erase" and not request.form.get("sure"):
        return render_template("subscriptions/erase.html", door=door)
    if action == "erase":
        files = _erase(row)
        db.session.commit()
        carriers.forget_files(files)
        return render_template("subscriptions/erased.html")
    done = _ACTIONS[action](row)
    db.session.commit()
    return redirect(door.address(done=done), 303)


def _pause(row: Subscriber) -> str:
    days = request.form.get("days", "7")
    if days not in PAUSES:
        abort(400)
    length = timedelta(days=int(days)) if days else None
    subscribers.pause(row, utc_now() + length if length else None)
    return "paused"


def _resume(row: Subscriber) -> str:
    subscribers.resume(row)
    return "resumed"


def _stop(row: Subscriber) -> str:
    subscribers.stop(row)
    audit.record("subscription stopped", row, actor="subscriber")
    return "stopped"


def _erase(row: Subscriber) -> list[str]:
    services.forget_waiting(row)
    audit.record("subscriber erased", row, actor="subscriber")
    return subscribers.erase(row)


def _unfollow(row: Subscriber) -> str:
    """One category, page or consultant less."""
    wishes = subscribers.wishes_of(row)
    category, content, person = (request.form.get(name, "") for name in ("category", "content", "person"))
    subscribers.set_wishes(
        row,
        replace(
            wishes,
            categories=frozenset(n for n in wishes.categories if str(n) != category),
            contents=frozenset(n for n in wishes.contents if str(n) != content),
            people=frozenset(n for n in wishes.people if str(n) != person),
        ),
    )
    return "removed"


_ACTIONS = {"pause": _pause, "resume": _resume, "stop": _stop, "unfollow": _unfollow}


# A copy


def copy_of(row: Subscriber) -> dict[str, Any]:
    """All that is stored of a subscription, as a person can read it."""
    wishes, lang = subscribers.wishes_of(row), current_language().code
    return {
        "email": row.email,
        "language": row.lang,
        "frequency": row.frequency,
        "other_language": row.other_language,
        "subject_names_contents": row.named,
        "announcements": row.announcements,
        "state": row.state,
        "paused_until": row.paused_until.isoformat() if row.paused_until else None,
        "kinds": sorted(wishes.kinds),
        "only_in_categories": [category.slug for category in queries.categories_of(wishes.within)],
        "categories": [category.slug for category in queries.categories_of(wishes.categories)],
        "pages": [entry.title for entry in queries.pages_of(wishes.contents, lang)],
        "consultants": [localize(one.person.name, lang) for one in queries.people_of(wishes.people, lang)],
        "subscribed_at": row.created_at.isoformat(),
        "consent": {
            "at": row.consent_at.isoformat(),
            "version": row.consent_version,
            "language": row.consent_lang,
            "how": row.consent_how,
            "note": row.consent_note,
        },
        "emails": queries.deliveries_of(row),
    }


def _export(row: Subscriber) -> FlaskResponse:
    body = json.dumps(
        {"exported_at": utc_now().isoformat(timespec="seconds"), **copy_of(row)}, ensure_ascii=False, indent=2
    )
    name = f"my-subscription-{site_day(utc_now()).isoformat()}.json"
    return FlaskResponse(
        body, mimetype="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _of_account(user: User) -> list[dict[str, Any]]:
    row = subscribers.of_user(user)
    if row is None:
        return []
    copy = copy_of(row)
    consent = copy.pop("consent")
    sent = [
        {"occasion": mail["occasion"], "state": mail["state"], "sent": mail["sent"]}
        for mail in copy.pop("emails")
    ]
    flat = {name: ", ".join(value) if isinstance(value, list) else value for name, value in copy.items()}
    return [flat | {"consent_at": consent["at"], "consent_how": consent["how"]}, *sent]


def _erase_with_account(user: User) -> None:
    row = subscribers.of_user(user) or subscribers.of_address(user.email)
    if row is not None:
        subscribers.erase(row)


privacy.add(privacy.Part("subscription", _l("Subscription by email"), _of_account, _erase_with_account))

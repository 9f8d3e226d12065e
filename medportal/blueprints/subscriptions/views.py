"""Subscribing, confirming, stopping."""

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l

from medportal import audit, limits, sessions, tokens
from medportal.access import anyone, one_click, public
from medportal.blueprints.accounts.answers import Answer, too_many
from medportal.blueprints.accounts.forms import AddressForm
from medportal.blueprints.content import lists
from medportal.blueprints.subscriptions import queries, services
from medportal.blueprints.subscriptions.forms import BoxForm, SubscribeForm, usual
from medportal.digests import subscribers
from medportal.digests.labels import FREQUENCIES
from medportal.extensions import db, reading
from medportal.i18n import current_language
from medportal.lib import addresses
from medportal.models.listing import Listing
from medportal.models.people import Person
from medportal.models.subscription import Standing, Subscriber
from medportal.models.taxonomy import Category
from medportal.models.user import Token
from medportal.paging import asked_number

bp = Blueprint("subscriptions", __name__)

HOUR = 3600
DONE = {
    "welcome": _l("The subscription is confirmed. Below you can change what comes at any time."),
    "saved": _l("The changes have been saved."),
    "paused": _l("The emails are paused."),
    "resumed": _l("The emails come again. What appeared meanwhile is not sent later."),
    "stopped": _l("No more emails will come. The choices are kept for 30 days, for second thoughts."),
    "removed": _l("It is not followed any more."),
    "followed": _l("It is followed from now on."),
}


@bp.app_context_processor
def _shared() -> dict[str, object]:
    return {"subscription_done": DONE, "frequencies": FREQUENCIES, "subscription_box": _box}


def _box() -> BoxForm:
    """The fields of the box on every page, as a new form has them."""
    return BoxForm(formdata=None, data=usual())


def asked_page() -> Listing | None:
    """The page that is to be followed."""
    return queries.page(asked_number("content", 2**31 - 1) or 0, current_language().code)


def asked_category() -> Category | None:
    slug = request.args.get("category", "")
    return lists.category_by_slug(slug) if slug else None


def asked_person() -> Person | None:
    return queries.person(asked_number("person", 2**31 - 1) or 0)


@bp.route("/<lang:lang>/subscriptions/", methods=["GET", "POST"])
@anyone
def subscribe() -> Answer:
    """The box, whole. `content`, `category` or `person` in the address: that is followed too."""
    page, category, person = asked_page(), asked_category(), asked_person()
    follows = page is not None or category is not None or person is not None
    start = usual() | ({"kinds": []} if follows else {})
    form = SubscribeForm(formdata=request.form if request.method == "POST" else None, data=start)
    form.follows = follows
    seen = {"page": page, "category": category, "person": person, "member": sessions.signed_in_user()}
    if request.method != "POST" or "more" in request.form:
        return render_template("subscriptions/subscribe.html", form=form, **seen)
    if not form.validate():
        with reading():
            return render_template("subscriptions/subscribe.html", form=form, **seen), 422
    if not form.is_from_a_program:
        if not limits.allow("subscribe", limits.network(), limit=10, seconds=HOUR):
            db.session.commit()
            return too_many("subscriptions/subscribe.html", form, "email", hour=True, **seen)
        wishes = form.wishes(
            categories=[category.id] if category else (),
            contents=[page.content_id] if page else (),
            people=[person.id] if person else (),
        )
        email = addresses.normalise(form.email.data)
        services.ask(email, wishes, form.manner(), burst=current_app.config["SIGN_UP_BURST"])
        db.session.commit()
    return redirect(url_for("subscriptions.sent"), 303)


@bp.get("/<lang:lang>/subscriptions/sent")
@public
def sent() -> str:
    return render_template("subscriptions/sent.html")


@bp.route("/<lang:lang>/subscriptions/again", methods=["GET", "POST"])
@anyone
def again() -> Answer:
    """The confirming letter once more."""
    form = AddressForm()
    if not form.validate_on_submit():
        return render_template("subscriptions/again.html", form=form), 422 if form.is_submitted() else 200
    if not form.is_from_a_program:
        if not limits.allow("subscribe", limits.network(), limit=10, seconds=HOUR):
            db.session.commit()
            return too_many("subscriptions/again.html", form, "email", hour=True)
        email = addresses.normalise(form.email.data)
        services.ask_again(email, burst=current_app.config["SIGN_UP_BURST"])
        db.session.commit()
    return redirect(url_for("subscriptions.sent"), 303)


@bp.route("/<lang:lang>/subscriptions/confirm/<token>", methods=["GET", "POST"])
@anyone
def confirm(token: str) -> Answer:
    """By link, wherever it is opened; the button makes the subscription."""
    waiting = tokens.find(services.PURPOSE, token)
    if not tokens.is_open(waiting):
        return gone()
    assert waiting is not None
    if request.method != "POST":
        wishes = services.wishes_in(waiting)
        return render_template(
            "subscriptions/confirm.html",
            waiting=waiting.data,
            known=_has_subscription(waiting),
            categories=queries.categories_of(wishes.categories | wishes.within),
            pages=queries.pages_of(wishes.contents, current_language().code),
            people=queries.people_of(wishes.people, current_language().code),
        )
    row = services.confirm(waiting)
    if row is None:
        return gone()
    link = subscribers.link(row.seed, subscribers.MANAGE)
    db.session.commit()
    return redirect(url_for("subscriptions.manage", token=link, done="welcome"), 303)


def _has_subscription(waiting: Token) -> bool:
    row = subscribers.of_address(waiting.data["email"])
    return row is not None and row.state != Standing.STOPPED


def gone() -> tuple[str, int]:
    db.session.rollback()
    return render_template("subscriptions/gone.html"), 410


@bp.route("/<lang:lang>/subscriptions/unsubscribe/<token>", methods=["GET", "POST"])
@anyone
@one_click
def unsubscribe(token: str) -> Answer:
    """Looking changes nothing. The POST is a person's button or a mail program's (RFC 8058): it is done at once, also
    for what is queued, and answered alike however often it comes."""
    waiting = tokens.find(services.PURPOSE, token)
    if waiting is not None:
        return _refuse(waiting)
    purpose = _purpose(token)
    if purpose is None:
        return gone()
    stops, row = request.method == "POST", subscribers.of_link(token, purpose, lock=request.method == "POST")
    if stops and row is not None and not _is_over(row, purpose):
        (subscribers.stop if purpose == subscribers.STOP_ALL else subscribers.stop_announcements)(row)
        audit.record("subscription stopped", row, actor="subscriber")
        db.session.commit()
    return render_template(
        "subscriptions/unsubscribe.html",
        over=row is None or _is_over(row, purpose),
        only_news=purpose == subscribers.STOP_ANNOUNCEMENTS,
        can_resume=row is not None,
    )


def _purpose(token: str) -> str | None:
    both = (subscribers.STOP_ALL, subscribers.STOP_ANNOUNCEMENTS)
    return next((purpose for purpose in both if subscribers.seed_of(token, purpose)), None)


def _is_over(row: Subscriber, purpose: str) -> bool:
    return row.stopped_at is not None if purpose == subscribers.STOP_ALL else not row.announcements


@bp.post("/<lang:lang>/subscriptions/unsubscribe/<token>/resume")
@anyone
def resume(token: str) -> Answer:
    """Pressed by mistake. The link opens nothing else: mail programs and their servers know it."""
    purpose = _purpose(token)
    row = subscribers.of_link(token, purpose, lock=True) if purpose else None
    if row is None:
        return gone()
    if purpose == subscribers.STOP_ALL:
        subscribers.resume(row)
    else:
        row.announcements = True
    db.session.commit()
    return render_template("subscriptions/resumed.html")


def _refuse(waiting: Token) -> str:
    """Of a letter that asks for a confirmation."""
    if request.method == "POST":
        if services.refuse(waiting):
            audit.record("subscription stopped", actor="subscriber")
        db.session.commit()
    over = services.is_refused(waiting)
    return render_template("subscriptions/unsubscribe.html", over=over, only_news=False, can_resume=False)

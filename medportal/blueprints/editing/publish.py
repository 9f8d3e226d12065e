"""The screen from which a text goes to readers, with what is missing and who checked it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from flask import abort, redirect, render_template, url_for
from flask_babel import gettext
from wtforms.fields.choices import SelectChoice

from medportal import choices
from medportal.access import staff
from medportal.blueprints.content import gate, services
from medportal.blueprints.editing import publishing, queries
from medportal.blueprints.editing.editor import thing
from medportal.blueprints.editing.forms import ReviewForm, ScheduleForm
from medportal.blueprints.editing.views import Answer, bp
from medportal.desk import me, row_or_404
from medportal.extensions import db
from medportal.i18n import current_language
from medportal.lib.dates import utc_now
from medportal.models.content import Content, ContentText, Status
from medportal.models.people import Person
from medportal.templating import site_day

Act = Callable[..., None]
ACTS: dict[str, tuple[Act, frozenset[str], str]] = {
    "publish": (
        publishing.publish,
        frozenset({Status.DRAFT, Status.IN_REVIEW, Status.SCHEDULED, Status.ARCHIVED}),
        "published",
    ),
    "withdraw": (services.withdraw, frozenset({Status.PUBLISHED}), "withdrawn"),
    "hand": (publishing.hand_over, frozenset({Status.DRAFT, Status.ARCHIVED}), "handed"),
    "draft": (
        publishing.back_to_draft,
        frozenset({Status.IN_REVIEW, Status.SCHEDULED}),
        "returned",
    ),
}


def text_or_404(content: Content, lang: str) -> ContentText:
    text = next((text for text in content.texts if text.lang == lang), None)
    if text is None or text.status == Status.TITLE_ONLY:
        abort(404)
    return text


def _review_form(*, filled: bool) -> ReviewForm:
    today = site_day(utc_now())
    due = today + timedelta(days=round(choices.review_months() * 30.44))
    form = ReviewForm() if filled else ReviewForm(formdata=None, data={"reviewed_on": today, "next_due": due})
    people = queries.people_choices(current_language().code, only_people=True)
    form.person.choices = [SelectChoice(number, name) for number, name in people]
    return form


def _page(content: Content, said: str = "", **forms: object) -> str:
    texts = [text for text in content.texts if text.status != Status.TITLE_ONLY]
    return render_template(
        "editing/publish.html",
        content=content,
        rows=sorted(texts, key=lambda text: text.lang),
        faults={text.lang: gate.faults(text) for text in texts},
        second=choices.needs_second_person(),
        said=said,
        today=utc_now().date(),
        **{"review": _review_form(filled=False), "schedule": ScheduleForm(formdata=None), "of": ""} | forms,
    )


@bp.get("/<int:number>/publish")
@staff
def publish(number: int) -> str:
    return _page(thing(number))


@bp.post("/<int:number>/publish/<lang:of>/<any(publish, withdraw, hand, draft):action>")
@staff
def act(number: int, of: str, action: str) -> Answer:
    content = thing(number)
    text = text_or_404(content, of)
    do, states, done = ACTS[action]
    if text.status not in states:
        return redirect(url_for("editing.publish", number=number), 303)
    try:
        do(text, by=me())
    except gate.Closed:
        db.session.rollback()
        return _page(thing(number), gettext("Something is missing; it is named below.")), 422
    except publishing.SecondPersonNeeded:
        db.session.rollback()
        said = gettext("Here a second person publishes what somebody wrote. Hand it over instead.")
        return _page(thing(number), said), 422
    content.touched_at = utc_now()
    db.session.commit()
    return redirect(url_for("editing.publish", number=number, done=done), 303)


@bp.post("/<int:number>/publish/<lang:of>/plan")
@staff
def plan(number: int, of: str) -> Answer:
    content = thing(number)
    text, form = text_or_404(content, of), ScheduleForm()
    at = _moment(form) if form.validate() else None
    if at is not None and at <= utc_now():
        form.at.errors = [gettext("This moment is over.")]
    if at is None or form.errors or text.status == Status.PUBLISHED:
        return _page(content, schedule=form, of=of), 422
    try:
        publishing.plan(text, at, by=me())
    except (gate.Closed, publishing.SecondPersonNeeded):
        db.session.rollback()
        return _page(thing(number), gettext("Something is missing; it is named below.")), 422
    db.session.commit()
    return redirect(url_for("editing.publish", number=number, done="scheduled"), 303)


def _moment(form: ScheduleForm) -> datetime | None:
    local: datetime | None = form.at.data
    if local is None:
        return None
    try:
        return local.replace(tzinfo=choices.zone()).astimezone(UTC)
    except OverflowError:  # the first or the last day of all
        return datetime.min.replace(tzinfo=UTC)


@bp.post("/<int:number>/publish/<lang:of>/review")
@staff
def record_review(number: int, of: str) -> Answer:
    content = thing(number)
    text, form = text_or_404(content, of), _review_form(filled=True)
    if not form.validate() or not _dates_fit(form, utc_now().date()):
        return _page(content, review=form, of=of), 422
    person = row_or_404(Person, form.person.data)
    on, due = form.reviewed_on.data, form.next_due.data
    assert on is not None
    assert due is not None
    publishing.review(text, person, on=on, next_due=due, by=me())
    db.session.commit()
    return redirect(url_for("editing.publish", number=number, done="reviewed"), 303)


def _dates_fit(form: ReviewForm, today: date) -> bool:
    on, due = form.reviewed_on.data, form.next_due.data
    if on is not None and on > today + timedelta(days=1):
        form.reviewed_on.errors = [gettext("This day is still to come.")]
    elif on is not None and due is not None and due <= on:
        form.next_due.errors = [gettext("It must be after the day of the review.")]
    return not form.errors

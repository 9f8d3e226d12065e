"""Members and roles: owners only."""

from collections.abc import Callable

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from medportal import htmx, limits
from medportal.access import fresh, owners
from medportal.blueprints.accounts import queries as account_queries
from medportal.blueprints.accounts import staff
from medportal.blueprints.admin import queries, services
from medportal.blueprints.admin.forms import InviteForm, LatestForm, RoleForm
from medportal.blueprints.admin.views import bp, me
from medportal.blueprints.profile.queries import events_of, sessions_of
from medportal.choices import setting
from medportal.extensions import db
from medportal.i18n import current_language
from medportal.lib import addresses
from medportal.models.user import Role, Token, User
from medportal.paging import asked_one_of, asked_page
from medportal.sessions import member

Answer = str | Response | tuple[str, int]


@bp.get("/<lang:lang>/admin/users")
@owners
def users() -> str:
    words = request.args.get("q", "").strip()[:80]
    role = asked_one_of("role", [role.value for role in Role])
    page = asked_page(queries.users(words, role))
    return htmx.render(
        "admin/users.html",
        "admin/_users.html",
        page=page,
        q=words,
        role=role,
        latest=LatestForm(data={"latest_members": bool(setting("latest_members"))}),
        invitations=db.session.scalars(account_queries.open_invitations()).all(),
    )


def _user(number: int) -> User:
    user = db.session.get(User, number) if number < 2**31 else None
    if user is None:
        abort(404)
    return user


@bp.get("/<lang:lang>/admin/users/<int:number>")
@owners
def user(number: int) -> str:
    return _page(_user(number))


def _page(user: User, fault: str = "") -> str:
    form = RoleForm(formdata=None, data={"role": user.role})
    form.form_errors = [fault] if fault else []
    return render_template(
        "admin/user.html",
        user=user,
        form=form,
        sessions=len(sessions_of(user.id)),
        events=db.session.scalars(events_of(user.id).limit(15)).all(),
    )


@bp.post("/<lang:lang>/admin/users/<int:number>/role")
@owners
@fresh
def change_role(number: int) -> Answer:
    form, user = RoleForm(), _user(number)
    if not form.validate():
        return _page(user, gettext("There is no such role.")), 422
    return _done(user, "role", lambda: services.change_role(user, form.role.data, by=me()))


ACTIONS: dict[str, Callable[..., None]] = {
    "disabled": services.disable,
    "enabled": services.enable,
    "sessions": services.end_sessions,
    "factor": services.reset_second_factor,
}


CHECKS = {
    "disabled": (
        _l("Switch the account off"),
        _l("Its holder is signed out everywhere and cannot sign in any more, until it is switched on again."),
    ),
    "factor": (
        _l("Switch two-step verification off"),
        _l("Afterwards the password alone is enough. Be sure that you spoke to the holder of the account."),
    ),
}


@bp.post("/<lang:lang>/admin/users/<int:number>/<any(disabled, enabled, sessions, factor):action>")
@owners
@fresh
def act_on_user(number: int, action: str) -> Answer:
    user = _user(number)
    if action in CHECKS and not request.form.get("sure"):
        heading, sentence = CHECKS[action]
        back = url_for("admin.user", number=number)
        return render_template("admin/check.html", heading=heading, sentence=sentence, back=back)
    return _done(user, action, lambda: ACTIONS[action](user, by=me()))


def _done(user: User, what: str, change: Callable[[], None]) -> Answer:
    own = user.id == member().id
    try:
        change()
    except services.LastOwner:
        db.session.rollback()
        return _page(user, gettext("This is the only owner. Make somebody else an owner first.")), 422
    db.session.commit()
    if own and what in ("role", "disabled", "sessions", "factor"):
        return redirect(url_for("accounts.sign_in"), 303)
    return redirect(url_for("admin.user", number=user.id, done=what), 303)


@bp.route("/<lang:lang>/admin/users/invite", methods=["GET", "POST"])
@owners
@fresh
def invite() -> Answer:
    form = InviteForm()
    if not form.is_submitted():
        form.language.data = current_language().code
    if not form.validate_on_submit():
        return render_template("admin/invite.html", form=form), 422 if form.is_submitted() else 200
    known = account_queries.user_of(form.email.data)
    if known is not None:
        form.email.errors = [gettext("This address has an account. Its role can be changed on its page.")]
        return render_template("admin/invite.html", form=form, known=known), 422
    if not limits.allow("invite", str(member().id), limit=20, seconds=3600):
        form.email.errors = [gettext("Too many attempts. Please wait an hour.")]
        return render_template("admin/invite.html", form=form), 429
    email = addresses.normalise(form.email.data)
    staff.invite(email, role=form.role.data, lang=form.language.data, by=member())
    db.session.commit()
    return redirect(url_for("admin.users", done="invited"), 303)


@bp.post("/<lang:lang>/admin/users/latest")
@owners
def latest_members() -> Answer:
    services.show_latest_members(bool(LatestForm().latest_members.data), by=me())
    db.session.commit()
    return redirect(url_for("admin.users", done="saved"), 303)


@bp.post("/<lang:lang>/admin/invitations/<int:number>/withdraw")
@owners
def withdraw_invitation(number: int) -> Answer:
    token = db.session.get(Token, number) if number < 2**31 else None
    if token is None or token.purpose != "invitation" or token.used_at is not None:
        abort(404)
    staff.withdraw_invitation(token, by=me())
    db.session.commit()
    return redirect(url_for("admin.users", done="withdrawn"), 303)

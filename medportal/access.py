"""Who may open which view: one rule on each, none means nobody.

@bp.get("/about")
@public
def about(): …

Rules that need somebody signed in also ask for the form token on every unsafe request, and lead who is not signed in
to the sign-in page without losing what was typed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, request
from werkzeug.exceptions import Forbidden, Unauthorized

from medportal import audit, sessions
from medportal.extensions import SAFE_METHODS, db, writing
from medportal.models.user import STAFF, Role, User

View = TypeVar("View", bound=Callable[..., Any])
LARGEST_FORM = 21 * 1024 * 1024


class SignInNeeded(Unauthorized):
    """Nobody is signed in, or not any more."""


class RoleRefused(Forbidden):
    """Signed in, but this is for others."""

    page = "role"


class PasswordNeeded(Unauthorized):
    """Signed in, but the password was given too long ago for this."""


class SecondFactorNeeded(Unauthorized):
    """Staff without a second factor, where the site requires one."""


class LongerPasswordNeeded(Unauthorized):
    """Became staff with a password that was long enough for members only."""


@dataclass(frozen=True)
class Rule:
    """`session`: whether requests carry one at all. `roles`: None for everybody."""

    name: str
    session: bool = True
    roles: frozenset[str] | None = None
    halfway: bool = False


RULES = {
    rule.name: rule
    for rule in (
        Rule("public", session=False),
        Rule("operations", session=False),
        Rule("anyone"),
        Rule("halfway", halfway=True),
        Rule("members", roles=frozenset(Role)),
        Rule("consultants", roles=frozenset({Role.CONSULTANT})),
        Rule("staff", roles=STAFF),
        Rule("owners", roles=frozenset({Role.OWNER})),
    )
}


def _mark(name: str) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.access = name  # type: ignore[attr-defined]
        return view

    return mark


public = _mark("public")
"""Anybody may read it; the answer is the same for everybody, carries no session and sets no cookie."""


def kept(view: View) -> View:
    """A public page that may be kept for other readers (`pagecache`): it follows from its address, from query values
    that were `understood`, from whether htmx asks for a part, and from what `changes` counts; from nothing else."""
    view.kept = True  # type: ignore[attr-defined]
    return view


operations = _mark("operations")
"""For watchdogs and load balancers: open, never cached."""

anyone = _mark("anyone")
"""Anybody, signed in or not: sign-in, sign-up, links from letters."""

halfway = _mark("halfway")
"""Who gave the password and owes the code of the second factor."""

members = _mark("members")
consultants = _mark("consultants")
staff = _mark("staff")
owners = _mark("owners")


def fresh(view: View) -> View:
    """Asks for the password again unless it was given in the last ten minutes."""
    view.fresh = True  # type: ignore[attr-defined]
    return view


def one_click(view: View) -> View:
    """Takes RFC 8058's POST: from a mail program, without cookie, origin or token. The link is the only credential."""
    view.one_click = True  # type: ignore[attr-defined]
    return view


def takes_files(view: View) -> View:
    """Its form may carry a file; everywhere else files are refused at the door."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def takes_large_files(view: View) -> View:
    """As `takes_files`, and its form may be as large as photographs and tables of thousands are."""
    view.largest_body = LARGEST_FORM  # type: ignore[attr-defined]
    return takes_files(view)


def largest_body(app: Flask, endpoint: str | None) -> int | None:
    """What a form of this view may weigh in bytes; None for what the site's limit says."""
    return getattr(app.view_functions[endpoint], "largest_body", None) if endpoint else None


def is_marked(app: Flask, endpoint: str | None, mark: str) -> bool:
    return bool(endpoint and getattr(app.view_functions[endpoint], mark, False))


def rule_of(app: Flask, endpoint: str) -> str | None:
    return getattr(app.view_functions[endpoint], "access", None)


def init_app(app: Flask) -> None:
    app.before_request(_deny_by_default)


def _deny_by_default() -> None:
    if not request.endpoint:
        return
    name = rule_of(current_app, request.endpoint)
    if name is None:
        abort(403)
    rule = RULES[name]
    g.session_allowed = rule.session
    if rule.halfway:
        row = sessions.current()
        if row is None or row.waits_for != sessions.CODE:
            raise SignInNeeded
        sessions.csrf.protect()
    elif rule.roles is not None:
        _ask_for(rule.roles)


def _ask_for(roles: frozenset[str]) -> None:
    user = sessions.signed_in_user()
    if user is None:
        raise SignInNeeded
    if user.role not in roles:
        _record_refusal(user)
        raise RoleRefused
    if Role.MEMBER not in roles:
        _ask_staff_for_more()
    if request.method not in SAFE_METHODS:
        sessions.csrf.protect()
    if is_marked(current_app, request.endpoint, "fresh") and not sessions.is_fresh():
        raise PasswordNeeded


def _ask_staff_for_more() -> None:
    row = sessions.current()
    if row is not None and row.short_password:
        raise LongerPasswordNeeded
    if must_enrol():
        raise SecondFactorNeeded


def _record_refusal(user: User) -> None:
    """A line in the audit trail."""
    actor, view = audit.actor_name(user.role, user.id), request.endpoint
    db.session.rollback()
    with writing():
        audit.record_refusal("refused", actor=actor, view=view)
        db.session.commit()


def must_enrol() -> bool:
    """Staff work without the desk until they have a second factor and used it, where the site requires one."""
    row = sessions.current()
    if row is None or not row.user.is_staff or current_app.config["STAFF_2FA"] != "required":
        return False
    return not row.user.has_second_factor or row.second_factor_at is None

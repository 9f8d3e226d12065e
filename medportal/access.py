"""Who may open which view: one rule on each, none means nobody.

@bp.get("/about")
@public
def about(): …
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, request

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Anybody may read it; the answer is the same for everybody, carries no session and sets no cookie."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def operations(view: View) -> View:
    """For watchdogs and load balancers: open, never cached."""
    view.access = "operations"  # type: ignore[attr-defined]
    return view


def rule_of(app: Flask, endpoint: str) -> str | None:
    return getattr(app.view_functions[endpoint], "access", None)


def init_app(app: Flask) -> None:
    app.before_request(_deny_by_default)


def _deny_by_default() -> None:
    if request.endpoint and rule_of(current_app, request.endpoint) is None:
        abort(403)

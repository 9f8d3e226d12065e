"""htmx asks the same address and gets a part of the same page; everything works without it."""

from typing import Any

from flask import Flask, render_template, request


def init_app(app: Flask) -> None:
    app.jinja_env.globals["is_fragment"] = wants_fragment


def wants_fragment() -> bool:
    """True for a request of htmx for a part of the page; not when it restores a whole page from history."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def render(template: str, fragment: str, **values: Any) -> str:
    """The whole page, or for htmx only its `fragment`, from the same values."""
    return render_template(fragment if wants_fragment() else template, **values)

"""The two cookies of who is signed in; behind https bound to this very host (18)."""

from typing import Any

from flask import current_app


def name(which: str) -> str:
    """`which`: "sid" (the session) or "device"."""
    return f"__Host-{which}" if current_app.config["SECURE_COOKIES"] else which


def options() -> dict[str, Any]:
    secure = current_app.config["SECURE_COOKIES"]
    return {"secure": secure, "httponly": True, "samesite": "Lax", "path": "/"}

"""What was typed into a form whose session had ended, carried through signing in and offered for sending again."""

import json
from dataclasses import dataclass

from flask import request

from medportal.redirects import own_path

MOST = 1000  # fields, as in any form
_NEVER = ("password", "csrf_token", "code", "next", "kept", "ts")


@dataclass(frozen=True)
class Kept:
    """`path` is where the form was sent to, one of our own views; `fields` its entries in order, without secrets."""

    path: str
    fields: list[tuple[str, str]]


def pack() -> str:
    """The form of this request, for a hidden field. Passwords and codes are left out: they are typed again."""
    fields = [
        (name, value)
        for name, values in request.form.lists()
        if not any(name == word or name.endswith("password") for word in _NEVER)
        for value in values
    ]
    return json.dumps({"path": request.full_path.rstrip("?"), "fields": fields}, ensure_ascii=False)


def unpack(text: str | None) -> Kept | None:
    """None for anything that `pack` would not have written."""
    try:
        raw = json.loads(text or "")
        path = own_path(str(raw["path"]), method="POST")
        fields = [(str(name), str(value)) for name, value in raw["fields"][:MOST]]
        "".join(name + value for name, value in fields).encode()  # no lone surrogates
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return Kept(path, fields) if path else None

"""Where a reader is sent on to: only to pages of this portal, whatever the request says (26)."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect


def own_path(target: str | None, *, method: str = "GET") -> str | None:
    """The address if it leads to a view of ours, made anew from its parts; else None.

    Not judged by how it begins but by whether our own routes know it: browsers read `/\\host`, tabs and line ends
    in more ways than any list of forbidden beginnings knows.
    """
    if not target or len(target) > 2000 or not target.isprintable() or "\\" in target:
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith("//"):
        return None
    adapter = current_app.url_map.bind("localhost")
    try:
        endpoint, values = adapter.match(parts.path, method=method)
    except (HTTPException, RequestRedirect):
        return None
    path = adapter.build(endpoint, values, method=method)
    query = urlencode(parse_qsl(parts.query, keep_blank_values=True))
    return f"{path}?{query}" if query else path

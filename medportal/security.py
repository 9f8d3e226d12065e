"""The door: what every request must satisfy and what every answer carries.

Requirement numbers in comments are those of docs/security.md.
"""

from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from flask import Flask, Response, abort, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from medportal.access import is_marked, largest_body, rule_of
from medportal.extensions import SAFE_METHODS

MAX_QUERY_BYTES = 4096
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "object-src 'none'"
)
MEDIA_CSP = "default-src 'none'; sandbox; frame-ancestors 'none'"
PERMISSIONS = (
    "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=(), interest-cohort=()"
)


def init_app(app: Flask) -> None:
    hops = app.config["PROXY_HOPS"]
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.wsgi_app = _at_the_root(app.wsgi_app)  # type: ignore[method-assign]
    app.before_request(refuse_foreign_origin)  # first: it needs no body, so nobody makes us wait for one
    app.before_request(refuse_broken_text)
    app.after_request(set_headers)
    app.after_request(set_caching)


def _at_the_root(inner: Any) -> Any:
    """The site stands at the root of its host. Servers may take a header of a reader for WSGI's SCRIPT_NAME, which would
    go into every link, so it is not believed."""

    def serve(environ: dict[str, Any], start_response: Any) -> Any:
        environ["SCRIPT_NAME"] = ""
        return inner(environ, start_response)

    return serve


def refuse_broken_text() -> None:
    """NUL, invalid UTF-8 and lone surrogates end here (29); so do query strings of absurd length."""
    if len(request.query_string) > MAX_QUERY_BYTES:
        abort(400)
    try:
        request.path.encode("utf-8")
        path = request.environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8")
        query = unquote_to_bytes(request.query_string.replace(b"+", b" ")).decode("utf-8")
    except UnicodeError:
        abort(400)
    if "\x00" in path or "\x00" in query:
        abort(400)
    if request.method in SAFE_METHODS:
        return
    request.max_content_length = (
        largest_body(current_app, request.endpoint) or current_app.config["MAX_CONTENT_LENGTH"]
    )
    if request.content_length and request.mimetype not in FORM_TYPES:
        abort(415)
    if request.mimetype == FORM_TYPES[0]:
        _decode_form(request.get_data())
    if request.files and not is_marked(current_app, request.endpoint, "takes_files"):
        abort(400)
    for name, values in request.form.lists():
        if any("\x00" in text or "\ufffd" in text for text in (name, *values)):
            abort(400)


def _decode_form(body: bytes) -> None:
    """Werkzeug keeps undecodable bytes of such forms as text; here they are refused."""
    try:
        unquote_to_bytes(body.replace(b"+", b" ")).decode("utf-8")
    except UnicodeError:
        abort(400)


def refuse_foreign_origin() -> None:
    """An unsafe request must come from our own pages, by what browsers say of it; silence is refusal (19)."""
    if request.method in SAFE_METHODS or is_marked(current_app, request.endpoint, "one_click"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site != "same-origin":
            abort(403)
        return
    origin = request.headers.get("Origin")
    if origin is None or origin not in _own_origins():
        abort(403)


def _own_origins() -> set[str]:
    site = urlsplit(current_app.config["SITE_URL"])
    return {f"{site.scheme}://{site.netloc}", f"{request.scheme}://{request.host}"}


def set_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CSP)
    headers["X-Content-Type-Options"] = "nosniff"
    with_link = "token" in (request.view_args or {})  # such an address must not travel
    headers.setdefault("Referrer-Policy", "no-referrer" if with_link else "same-origin")
    headers["Permissions-Policy"] = PERMISSIONS
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["X-Frame-Options"] = "DENY"
    if response.status_code == 429:
        headers.setdefault("Retry-After", "900")
    if current_app.config["HSTS"]:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response


def set_caching(response: Response) -> Response:
    """Public answers may be kept if they are asked for again; everything else is kept by nobody (40)."""
    if "Cache-Control" in response.headers:
        return response
    public = (
        request.method in SAFE_METHODS
        and request.endpoint is not None
        and rule_of(current_app, request.endpoint) == "public"
        and response.status_code in (200, 301, 304, 404, 410)
    )
    if not public:
        response.headers["Cache-Control"] = "no-store"
        return response
    response.headers["Cache-Control"] = "public, no-cache"
    if "Vary" in response.headers:
        response.vary.update(("HX-Request", "Cookie"))
    else:
        response.headers["Vary"] = "HX-Request, Cookie"
    if response.status_code == 200 and not response.direct_passthrough:
        response.add_etag()
        if "If-None-Match" in request.headers:
            response.make_conditional(request)
    return response

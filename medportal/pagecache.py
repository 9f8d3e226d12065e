"""Public pages kept as ready bytes, in front of Flask: a reader of a kept page never enters it.

Only GET answers of views marked `@kept` get in: public, 200, without cookie, and with a query of which the view
understood every value (`paging.understood`), so that nobody can fill the place with made-up addresses. Requests that
carry a session pass by. What is kept is thrown away as a whole when the counter in the database moved
(`changes.site_changed` moves it in the transaction of every public change): each process asks for it at most twice a
second, so a change is seen on every worker and machine within a second. Where the counter cannot be asked, nothing
kept is shown. A page lives for a minute at most, for what changes by the clock alone.
"""

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

import brotli
import sqlalchemy as sa
from flask import Flask, Response, current_app, g, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from medportal import cookies
from medportal.access import is_marked
from medportal.extensions import SAFE_METHODS, db, reading
from medportal.models.setting import SiteVersion

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Key = tuple[str, str, bool]
"""Path, normalised query, and whether htmx asked for a part of the page."""

LONGEST = 60.0
"""Seconds that a page is kept when nothing changed."""
MOST_WAITING = 5.0
"""Seconds that a reader waits for another one's rendering of the same page before beginning an own one."""
OVERHEAD = 4000
"""What a kept page is taken to weigh beside its bodies, in bytes: headers, key, places in tables."""
MOST_HOSTS = 50
TRACKING = ("utm_", "fbclid", "gclid", "msclkid", "mc_cid", "mc_eid")
"""Beginnings of query names that others add to our links; pages never look at them."""
NOT_KEPT = {"content-length", "content-encoding", "etag", "x-request-id", "date"}
SHORT = {"cache-control", "vary"}
SLOT = "medportal.pagecache"


class Page:
    """One kept answer: its bodies, each made once, and their headers."""

    __slots__ = ("_headers", "_ready", "_short", "etag", "made", "weight")

    def __init__(self, headers: Headers, body: bytes, made: float) -> None:
        self.etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        etag = ("ETag", f"W/{self.etag}")  # weak: the same words in whichever encoding
        self._headers = [(name, value) for name, value in headers if name.lower() not in NOT_KEPT]
        self._headers.append(etag)
        self._short = [etag, *((name, value) for name, value in headers if name.lower() in SHORT)]
        self._ready: dict[str, tuple[Headers, bytes]] = {}
        self.made = made
        self.weight = OVERHEAD + len(body) * 3 // 2  # compressed, both times together, it is less than half
        self._make("", body)

    def _make(self, encoding: str, body: bytes) -> tuple[Headers, bytes]:
        headers = [*self._headers, ("Content-Length", str(len(body)))]
        if encoding:
            headers.append(("Content-Encoding", encoding))
        self._ready[encoding] = headers, body
        return headers, body

    def _encoded(self, encoding: str) -> tuple[Headers, bytes]:
        plain = self._ready[""][1]
        if encoding == "br":
            return self._make(encoding, brotli.compress(plain, quality=5))
        return self._make(encoding, gzip.compress(plain, 6, mtime=0))

    def answer(self, environ: Environ, start_response: Any, extra: Headers) -> Iterable[bytes]:
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known is not None and (self.etag in known or known.strip() == "*"):
            start_response("304 NOT MODIFIED", self._short + extra)
            return ()
        encoding = best_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        headers, body = self._ready.get(encoding) or self._encoded(encoding)
        start_response("200 OK", headers + extra)
        return () if environ["REQUEST_METHOD"] == "HEAD" else (body,)


@lru_cache(maxsize=512)
def best_encoding(accepted: str) -> str:
    """ "br", "gzip" or "" for none, as the header Accept-Encoding has it."""
    offered = parse_accept_header(accepted, MIMEAccept) if len(accepted) < 300 else MIMEAccept()
    quality = {name.lower(): value for name, value in offered}
    other = quality.get("*", 0)
    return max(
        ("br", "gzip", ""),
        key=lambda name: quality.get(name, other) if name else quality.get("identity", 0) or 0.001,
    )


@lru_cache(maxsize=4096)
def normalised(query: str) -> str | None:
    """The query in one order and one spelling, without what others add to links; None when it has no place here."""
    try:
        pairs = parse_qsl(query, max_num_fields=12, errors="strict")
    except ValueError:
        return None
    pairs = [(name, value) for name, value in pairs if not name.startswith(TRACKING)]
    return None if len({name for name, _ in pairs}) < len(pairs) else urlencode(sorted(pairs))


class Slot:
    """One request that found nothing kept: what became of it, between the layer and Flask."""

    def __init__(self, key: Key, version: int) -> None:
        self.key = key
        self.version = version
        self.kept = False
        self.leads = False
        self.page: Page | None = None
        self.understood: dict[str, str] = {}
        self.births: list[float] = []
        """When the remembered parts of the page were made."""
        self.status = ""
        self.headers: Headers = []

    def start_response(self, status: str, headers: Headers, _error: Any = None) -> Callable[[bytes], object]:
        self.status, self.headers = status, headers
        return _no_write

    def may_be_kept(self) -> bool:
        if not self.kept or not self.status.startswith("200"):
            return False
        said = {name.lower(): value for name, value in self.headers}
        public = said.get("cache-control") == "public, no-cache" and "set-cookie" not in said
        return public and urlencode(sorted(self.understood.items())) == self.key[1]


def _no_write(_data: bytes) -> None:
    raise RuntimeError("nothing here writes outside of its answer")


class PageCache:
    """The layer. `limit`: bytes in this process. `every`: seconds between two looks at the counter."""

    def __init__(self, app: Flask, limit: int, every: float) -> None:
        self._inner = app.wsgi_app
        with app.app_context():
            self._engine = db.engine
            self._session_cookie = cookies.name("sid") + "="
        self._limit, self._every = limit, every
        self._host_names = (
            ("HTTP_HOST", "HTTP_X_FORWARDED_HOST") if app.config["PROXY_HOPS"] else ("HTTP_HOST",)
        )
        self._marked = app.debug
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        self._hosts: OrderedDict[object, None] = OrderedDict()
        self._size = 0
        self._version: int | None = None
        self._asked = float("-inf")
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._rendering: dict[Key, threading.Event] = {}

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method in {"GET", "HEAD"}:
            key = self._key(environ)
            version = self._current() if key else None
            if key and version is not None:
                page = self._find(key)
                if page is not None and self._host(environ) in self._hosts:
                    return page.answer(environ, start_response, [("X-Cache", "kept")] if self._marked else [])
                if method == "GET":
                    return self._render(Slot(key, version), environ, start_response)
            return self._inner(environ, start_response)
        try:
            return self._inner(environ, start_response)
        finally:
            if method not in SAFE_METHODS:
                self._asked = float("-inf")  # who just changed something looks at it next

    def _key(self, environ: Environ) -> Key | None:
        """None for whoever carries a session, and for addresses that are none of ours."""
        if self._session_cookie in environ.get("HTTP_COOKIE", ""):
            return None
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        if len(path) > 1000 or len(query) > 300:
            return None
        if query:
            query = normalised(query)
            if query is None:
                return None
        fragment = "HTTP_HX_REQUEST" in environ and "HTTP_HX_HISTORY_RESTORE_REQUEST" not in environ
        return path, query, fragment

    def _host(self, environ: Environ) -> tuple[Any, ...]:
        """Under which name the site was asked; those that the layer knows were judged by Flask."""
        return tuple(environ.get(name) for name in self._host_names)

    def _current(self) -> int | None:
        """The counter as it was half a second ago at most; None when it cannot be read."""
        if time.monotonic() - self._asked >= self._every:
            with self._asking:
                now = time.monotonic()
                if now - self._asked >= self._every:
                    version = self._ask()
                    if version is None or version != self._version:
                        self._forget_all(version)
                    self._asked = now
        return self._version

    def _ask(self) -> int | None:
        try:
            with reading(), self._engine.connect() as connection:
                return connection.scalar(sa.select(SiteVersion.value)) or 0
        except SQLAlchemyError:
            return None

    def _forget_all(self, version: int | None) -> None:
        with self._lock:
            self._pages.clear()
            self._size = 0
            self._version = version

    def _find(self, key: Key) -> Page | None:
        page = self._pages.get(key)
        if page is None or not 0 <= time.time() - page.made < LONGEST:  # clocks may be set back
            return None
        try:
            self._pages.move_to_end(key)
        except KeyError:  # thrown away this very moment
            return None
        return page

    def _render(self, slot: Slot, environ: Environ, start_response: Any) -> Iterable[bytes]:
        host, environ[SLOT] = self._host(environ), slot
        asked = dict(environ)  # as the reader sent it: for what may be kept, Flask is asked for plain bytes
        try:
            body = self._inner(environ, slot.start_response)
            if slot.page is None and slot.may_be_kept():
                slot.page = Page(slot.headers, b"".join(body), min(time.time(), *slot.births, float("inf")))
                if hasattr(body, "close"):
                    body.close()
                self._keep(slot, slot.page, host)
        finally:
            if slot.leads:
                self._rendering.pop(slot.key).set()
        if slot.page is not None:
            return slot.page.answer(asked, start_response, [("X-Cache", "made")] if self._marked else [])
        start_response(slot.status, slot.headers)
        return body

    def _keep(self, slot: Slot, page: Page, host: object) -> None:
        with self._lock:
            if slot.version != self._version:
                return
            self._hosts[host] = None
            while len(self._hosts) > MOST_HOSTS:
                self._hosts.popitem(last=False)
            before = self._pages.pop(slot.key, None)
            self._pages[slot.key] = page
            self._size += page.weight - (before.weight if before else 0)
            while self._size > self._limit:
                self._size -= self._pages.popitem(last=False)[1].weight

    def join(self) -> Response | None:
        """Before a kept view: one reader renders a page, others who want the same one wait for it."""
        slot: Slot | None = request.environ.get(SLOT)
        if slot is None or not is_marked(current_app, request.endpoint, "kept"):
            return None
        own = unquote(url_for(request.endpoint or "", **(request.view_args or {})))
        slot.kept = request.path == own  # one address for one page: /digests/007 is answered, and not kept
        g.understood, g.births = slot.understood, slot.births
        for name in ("HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE"):
            request.environ.pop(name, None)
        mine = threading.Event()
        first = self._rendering.setdefault(slot.key, mine)
        if first is mine:
            slot.leads = True
        elif first.wait(MOST_WAITING):
            slot.page = self._find(slot.key)
        return None if slot.page is None else Response()


def init_app(app: Flask) -> None:
    """Without room (`PAGE_CACHE_MB=0`) there is no layer."""
    limit = app.config["PAGE_CACHE_MB"] * 1024 * 1024
    if limit:
        layer = PageCache(app, limit, app.config["PAGE_CACHE_EVERY"])
        app.wsgi_app = layer  # type: ignore[method-assign]
        app.before_request(layer.join)

"""Static files under names that carry their content's hash, compressed beforehand, served by WhiteNoise.

`static_url("css/app.css")` in a template gives `/static/css/app.1a2b3c4d5e6f.css`, cached for a year. The compressed
copies are made once per content in `instance/static`.
"""

import gzip
import hashlib
import os
import re
from functools import lru_cache, partial
from pathlib import Path

import brotli
from flask import Flask, current_app
from markupsafe import Markup
from whitenoise import WhiteNoise

from medportal.i18n import current_language

ICONS = "img/icons-1.62.0.svg"
FOLDER = Path(__file__).parent / "static"
_COMPRESSED = {".css", ".js", ".svg"}
_SERVED = {".css", ".js", ".svg", ".woff2", ".png", ".webp", ".ico", ".txt"}
_HASHED = re.compile(r"^.+\.[0-9a-f]{12}\.\w+$")
_REFERENCE = re.compile(rb'url\("?\.\./([\w/.-]+)"?\)')


def init_app(app: Flask) -> None:
    kept = Path(app.instance_path) / "static"
    names = build(kept)
    app.config["STATIC_NAMES"] = names
    # A closure for templates: pages name dozens of files, and looking up the application each time adds up.
    app.jinja_env.globals.update(
        static_url=lambda name: f"/static/{names[name]}",
        preview_picture=preview_picture,
        icon=lru_cache(maxsize=512)(partial(_icon, f"/static/{names[ICONS]}")),
    )
    server = WhiteNoise(
        app.wsgi_app,
        max_age=31536000,
        immutable_file_test=lambda _path, url: bool(_HASHED.match(url)),
        add_headers_function=_add_headers,
        allow_all_origins=False,
    )
    for hashed in names.values():
        server.add_file_to_dictionary(f"/static/{hashed}", str(kept / hashed))
    app.wsgi_app = server  # type: ignore[method-assign]


def _icon(sheet: str, name: str, dir: bool = False) -> Markup:
    """A drawn sign beside words; `dir`: it points along the direction of reading."""
    return Markup(
        '<svg class="icon{}" width="20" height="20" aria-hidden="true"><use href="{}#{}"></use></svg>'
    ).format(" icon--dir" if dir else "", sheet, name)


def static_url(name: str) -> str:
    """The address of a static file. An unknown name is a programmer's mistake and fails at once."""
    return f"/static/{current_app.config['STATIC_NAMES'][name]}"


def preview_picture() -> str:
    """The picture that other sites show with a link: the one of the page's language, if it was drawn."""
    name = f"img/og-{current_language().code}.png"
    return static_url(name if name in current_app.config["STATIC_NAMES"] else "img/og-en.png")


def _add_headers(headers: dict[str, str], _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"


def build(kept: Path) -> dict[str, str]:
    """Hashed copies of all static files in `kept`, with their compressed twins; name → hashed name."""
    sources = sorted(p for p in FOLDER.rglob("*") if p.suffix in _SERVED and p.is_file())
    names: dict[str, str] = {}
    # Stylesheets last: they name fonts, whose hashed names must be known.
    for path in sorted(sources, key=lambda p: p.suffix == ".css"):
        name = path.relative_to(FOLDER).as_posix()
        data = path.read_bytes()
        if path.suffix == ".css":
            data = _REFERENCE.sub(lambda m: b"url(../" + names[m[1].decode()].encode() + b")", data)
        digest = hashlib.sha256(data).hexdigest()[:12]
        names[name] = f"{name[: -len(path.suffix)]}.{digest}{path.suffix}"
        _keep(kept / names[name], data, compressed=path.suffix in _COMPRESSED)
    return names


def _keep(target: Path, data: bytes, *, compressed: bool) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if compressed:
        _write(target.with_name(target.name + ".gz"), gzip.compress(data, 9, mtime=0))
        _write(target.with_name(target.name + ".br"), brotli.compress(data, quality=11))
    _write(target, data)


def _write(target: Path, data: bytes) -> None:
    """Whole or not at all, also when several workers start together."""
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(target)

"""What pages are measured against, with the bytes of the file that BENCH_BODY names: the server with nothing behind it,
Flask that returns them, and Flask with a Jinja template that writes them line by line."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Flask, render_template_string
from markupsafe import Markup

BODY = Path(os.environ["BENCH_BODY"]).read_bytes()
TEXT = BODY.decode()
LINES = [Markup(line) for line in TEXT.splitlines(keepends=True)]
TEMPLATE = "{% for line in lines %}{{ line }}{% endfor %}"


def bare(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response(
        "200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(BODY)))]
    )
    return (BODY,)


hello = Flask("hello")
hello.add_url_rule("/", "page", lambda: TEXT)

jinja = Flask("jinja")
jinja.add_url_rule("/", "page", lambda: render_template_string(TEMPLATE, lines=LINES))

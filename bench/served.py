"""What `bench.servers` has served: 36 KB by bare WSGI and by Flask, and views that take their time."""

import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response

BODY = b"<!doctype html><title>hello</title>" + b"0123456789abcdef" * 2302
TYPE = "text/html; charset=utf-8"
time.sleep(float(os.environ.get("BENCH_START", "0")))  # a portal takes a moment to start


def bare(_environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", TYPE), ("Content-Length", str(len(BODY)))])
    return [BODY]


hello = Flask("hello")


@hello.get("/")
def page() -> Response:
    answer = Response(BODY, content_type=TYPE)
    answer.headers["X-Worker"] = str(os.getpid())
    return answer


@hello.get("/slow/<int:milliseconds>")
def slow(milliseconds: int) -> Response:
    time.sleep(milliseconds / 1000)
    return page()

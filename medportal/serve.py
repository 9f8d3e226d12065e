"""`make run`: bring the database up to date, fill an empty one with the sample site; then this process becomes the server."""

import os
import sys
from typing import NoReturn

import sqlalchemy as sa
from flask_migrate import upgrade

from medportal import create_app, samples, taxonomy
from medportal.blueprints.accounts import staff
from medportal.demo import cast, loader
from medportal.extensions import db
from medportal.models.content import Content

SERVER = "-m gunicorn --config=deploy/gunicorn.py --graceful-timeout=10 wsgi:app"
PAGES_ALONE = {"WEB_JOBS": "0"}
MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536", "MALLOC_MMAP_THRESHOLD_": "65536"}
"""For glibc: one heap for all threads, and large pieces given back at once. Without it web needs a fifth more."""


def prepare(environment: dict[str, str]) -> list[str]:
    """A database that is ready, and the lines to say: where to go and how to sign in."""
    site = environment["SITE_URL"]
    app = create_app({"LOG_LEVEL": "WARNING", "SITE_URL": site})
    lines = [f"medportal: {site}/   (Ctrl-C stops it)"]
    with app.app_context():
        upgrade()
        empty = db.session.scalar(sa.select(Content.id).limit(1)) is None
        left = samples.were_left()  # the owner started a site of their own
        demo = os.environ.get("DEMO", "1") != "0" and not left
        if empty and demo:
            print("Loading the sample site …", flush=True)  # noqa: T201
            loader.load()
        elif empty:
            taxonomy.load()
        if (empty and demo) or cast.here():
            password = cast.load(add=not left)
            environment.setdefault("STAFF_2FA", "optional")
            lines += [f"  {email:<24}{password}" for email in cast.here()]
        elif staff.setup_is_open():
            lines.append(f"The first owner: {site}/setup   code: {staff.new_setup_code()}")
        db.session.commit()
    return lines


def main() -> NoReturn:
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    environment = dict(os.environ)
    environment.setdefault("SITE_URL", f"http://localhost:{port}")
    lines = prepare(environment)
    print("\n  " + "\n  ".join(lines) + "\n", flush=True)  # noqa: T201
    command = [sys.executable, *SERVER.split(), f"--bind={host}:{port}"]
    os.execve(sys.executable, command, environment | MEMORY)  # noqa: S606  # our own program


if __name__ == "__main__":
    main()

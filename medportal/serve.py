"""`make run`: bring the database up to date, fill an empty one with the sample site, serve until Ctrl-C."""

import os
import signal
import subprocess
import sys

import sqlalchemy as sa
from flask_migrate import upgrade

from medportal import create_app, taxonomy
from medportal.demo import loader
from medportal.extensions import db
from medportal.models.content import Content


def prepare() -> None:
    app = create_app({"LOG_LEVEL": "WARNING"})
    with app.app_context():
        upgrade()
        empty = db.session.scalar(sa.select(Content.id).limit(1)) is None
        if empty and os.environ.get("DEMO", "1") != "0":
            print("Loading the sample site …", flush=True)  # noqa: T201
            loader.load()
        elif empty:
            taxonomy.load()
        db.session.commit()


def main() -> int:
    prepare()
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    environment = os.environ | {"SITE_URL": os.environ.get("SITE_URL", f"http://localhost:{port}")}
    print(f"\n  medportal: http://localhost:{port}/   (Ctrl-C stops it)\n", flush=True)  # noqa: T201
    server = subprocess.Popen(  # noqa: S603  # our own server, no text of strangers
        [
            sys.executable,
            "-m",
            "gunicorn",
            "--no-control-socket",
            "--worker-class=gthread",
            "--workers=2",
            "--threads=4",
            "--graceful-timeout=10",
            f"--bind={host}:{port}",
            "--log-level=warning",
            "wsgi:app",
        ],
        env=environment,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _n, _f: server.terminate())
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())

"""Stopped, both programs finish what they have in hand: a page that is being made, a letter on the line."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_migrate import upgrade

from medportal import jobs
from medportal.config import ROOT
from medportal.extensions import db, reading
from medportal.lib.dates import utc_now
from medportal.models.outbox import Job
from medportal.serve import PAGES_ALONE, SERVER
from tests.test_mail import put, sink, states  # noqa: F401  # fixtures


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _asked(port, path):
    """A connection on which this was asked, as soon as somebody listens."""
    for _ in range(200):
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        with suppress(ConnectionRefusedError):
            connection.request("GET", path)
            return connection
        time.sleep(0.02)
    raise AssertionError("nobody listens")


def test_the_process_of_which_workers_are_copies_holds_no_connection_to_the_database(tmp_path):
    """Closed by one of them, it would be gone for the other, and with SQLite its locks too."""
    database = tmp_path / "medportal.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE anything (id INTEGER)")
    program = "import wsgi; from medportal.extensions import db\nwith wsgi.app.app_context(): print(db.engine.pool.checkedin())"
    settings = {"MEDPORTAL_INSTANCE": str(tmp_path), "DATABASE_URL": f"sqlite:///{database}"}
    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "0\n", said.stderr


def test_the_server_finishes_pages_in_hand_and_ends_cleanly(port):
    command = [*SERVER.replace("wsgi:app", "bench.served:hello").split(), f"--bind=127.0.0.1:{port}"]
    server = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=os.environ | PAGES_ALONE)
    try:
        with closing(_asked(port, "/")) as first:
            assert first.getresponse().read()
        with closing(_asked(port, "/slow/400")) as slow:
            time.sleep(0.1)
            server.terminate()
            answer = slow.getresponse()
            assert (answer.status, len(answer.read())) == (200, int(answer.headers["Content-Length"]))
        assert server.wait(5) == 0
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def portal(make_app, tmp_path, port):
    """The whole portal as a service starts it, on a database of its own: the process, and when its jobs were last done."""
    database = f"sqlite:///{tmp_path / 'medportal.db'}"
    app = make_app(INSTANCE_PATH=tmp_path, DATABASE_URL=database)
    with app.app_context():
        upgrade()

        def last_done():
            with reading():
                found = db.session.scalar(sa.select(sa.func.max(Job.finished_at)))
                db.session.rollback()
            return found

        settings = {"MEDPORTAL_INSTANCE": str(tmp_path), "DATABASE_URL": database, "WEB_CONCURRENCY": "1"}
        command = [sys.executable, *SERVER.split(), f"--bind=127.0.0.1:{port}"]
        server = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, start_new_session=True)
        yield server, last_done
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _copies(process):
    """Of a running server; the one that does jobs was made first."""
    return [int(n) for n in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _in_time(true):
    for _ in range(200):
        if true():
            return True
        time.sleep(0.1)
    return False


def test_the_server_does_jobs_too_and_begins_anew_when_they_are_killed(portal, port):
    server, last_done = portal
    with closing(_asked(port, "/healthz")) as connection:
        assert connection.getresponse().status == 200
    assert _in_time(last_done), "jobs are done"
    os.kill(_copies(server.pid)[0], signal.SIGKILL)
    killed = utc_now()
    assert _in_time(lambda: last_done() > killed), "another copy goes on"
    server.terminate()
    assert server.wait(10) == 0
    ended = last_done()
    time.sleep(0.5)
    assert last_done() == ended


def test_jobs_end_when_the_server_is_killed(portal, port):
    server, _ = portal
    with closing(_asked(port, "/healthz")) as connection:
        assert connection.getresponse().status == 200
    jobs_, *_pages = _copies(server.pid)
    server.kill()
    assert _in_time(lambda: not _runs(jobs_))


def _runs(process):
    try:
        return " Z " not in Path(f"/proc/{process}/stat").read_text()  # Z: ended, though nobody asked how
    except OSError:
        return False


@pytest.fixture
def handlers():
    """The loop takes the signals; afterwards they are as they were."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_the_jobs_program_finishes_the_letter_in_hand(app, sink, in_app, states, handlers):  # noqa: F811
    in_app(lambda: [put(dedupe=str(number)) for number in range(5)])
    taken = sink.handle_DATA

    async def stopped_meanwhile(*details):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.3)
        return await taken(*details)

    sink.handle_DATA = stopped_meanwhile
    with app.app_context():
        jobs.Loop().run()
        db.session.remove()
    told, left = list(states().values()), len(sink.letters)
    assert 0 < left < 5
    assert (told.count("sent"), told.count("queued")) == (left, 5 - left)

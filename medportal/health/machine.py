"""The machine: room on the disk, who may read the files, the clock."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from flask import current_app
from flask_babel import lazy_gettext as _l

from medportal.extensions import db, sqlite_file
from medportal.health.choices import serious
from medportal.health.findings import Finding, duration, fine, megabytes, note, problem
from medportal.lib.dates import utc_now
from medportal.models.audit import Audit
from medportal.models.outbox import Job, Outbox

LEAST, LITTLE = 200 * 1024**2, 1024**3
CLOCKS_APART = timedelta(minutes=2)
SET_BACK = timedelta(minutes=10)
OTHERS = 0o007
"""What everybody else on the machine may do."""


def folder() -> Path:
    return Path(current_app.instance_path)


def disk() -> Finding:
    """A backup needs the room of the database again."""
    free = shutil.disk_usage(folder()).free
    path = sqlite_file()
    size = path.stat().st_size if path and path.is_file() else 0
    sentence = _l("Free on the disk of the site: `%(free)s`.", free=megabytes(free))
    remedy = _l(
        "Delete what is not needed from the disk (old logs, old copies) or rent a larger one. On a full disk readers "
        "still read, and nothing can be saved. The files of the site are in `%(folder)s`.",
        folder=folder(),
    )
    if free < max(LEAST, size):
        return problem("disk", sentence, remedy)
    if free < max(LITTLE, 3 * size):
        return note("disk", sentence, remedy)
    return fine("disk", sentence)


def permissions() -> Finding:
    """Of the folder itself: what others may open at all."""
    here = folder()
    if not os.access(here, os.R_OK | os.W_OK | os.X_OK):
        return problem(
            "folder",
            _l("The site may not write into its folder `%(folder)s`.", folder=here),
            _l("Give it to the account under which the site runs: `chown ACCOUNT %(path)s`", path=here),
        )
    mode = here.stat().st_mode & OTHERS
    close = _l("Run: `chmod 700 %(path)s`", path=here)
    if mode & 0o002:
        return problem(
            "folder", _l("Everybody on this machine may write into `%(folder)s`.", folder=here), close
        )
    if mode:
        return note("folder", _l("Everybody on this machine may look into `%(folder)s`.", folder=here), close)
    return fine("folder", _l("Only the site itself opens its folder."))


def files() -> Finding:
    """Database and secrets that other accounts of the machine can get at."""
    here = folder()
    private = [here / "secret_key", here / "config.py"]
    path = sqlite_file()
    if path is not None:
        private += [path, path.with_name(path.name + "-wal")]
    open_ = [
        file
        for file in private
        if file.is_file() and file.stat().st_mode & 0o006 and file.parent.stat().st_mode & 0o001
    ]
    if not open_:
        return fine("files", _l("Nobody else on this machine reads the database and the secrets."))
    names = " ".join(str(file) for file in open_)
    return Finding(
        "files",
        serious(),
        _l("Every account on this machine may read: `%(files)s`", files=names),
        _l("Run: `chmod 600 %(files)s`", files=names),
    )


def clock() -> Finding:
    """Against the database server's, and against what was stored: nothing stored can be later than now."""
    now = utc_now()
    if db.engine.dialect.name == "postgresql":
        theirs = db.session.scalar(sa.select(sa.func.clock_timestamp()))
        if theirs is not None and abs(theirs - now) > CLOCKS_APART:
            return problem(
                "clock",
                _l(
                    "The clocks of this machine and of the database server differ by %(much)s.",
                    much=duration(theirs - now),
                ),
                _l("Let both machines set their clocks by the network: `timedatectl set-ntp true`"),
            )
    newest = [
        db.session.scalar(sa.select(sa.func.max(moment)))
        for moment in (Audit.at, Job.finished_at, Outbox.sent_at)
    ]
    ahead = max((moment for moment in newest if moment), default=now) - now
    if ahead > SET_BACK:
        return problem(
            "clock",
            _l(
                "The clock of this machine is wrong: the site has stored something %(much)s later than now.",
                much=duration(ahead),
            ),
            _l(
                "Look at the time with: `date`. Let the machine set its clock by the network: `timedatectl set-ntp true`. "
                "If the clock was ahead before and is right now, this passes by itself."
            ),
        )
    return fine("clock", _l("The clock agrees with what is stored."))

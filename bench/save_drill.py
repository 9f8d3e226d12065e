"""A process that saves a page again and again, killed with SIGKILL: is the page old or new, and never half?

    python -m bench.save_drill                 20 kills

After each kill the title, the section, the newest revision and the row that lists show must tell of the same save, and
no save that was answered may be lost.
"""

import argparse
import random
import re
import signal
import tempfile
import time
from multiprocessing import get_context
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from bench.accounts import finish, line, use
from medportal import create_app, passwords
from medportal.blueprints.accounts import services as accounts
from medportal.blueprints.content import services
from medportal.blueprints.editing import services as editing
from medportal.extensions import db
from medportal.models.content import ContentText
from medportal.models.listing import Listing
from medportal.models.trust import Revision

PASSWORD = "a bench phrase that is long"
SETTINGS = {"STAFF_2FA": "optional", "LOG_LEVEL": "ERROR", "RATE_LIMITS": False}


def _save_for_ever(answered: Any) -> None:
    app = create_app(SETTINGS)
    client, origin = app.test_client(), {"Origin": app.config["SITE_URL"]}
    form = {"email": "bench@example.org", "password": PASSWORD}
    assert client.post("/en/account/sign-in", data=form, headers=origin).status_code == 303
    page = client.get("/en/admin/texts/1").get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    number = int(answered.value)
    while True:
        number += 1
        with app.app_context():
            base = db.session.scalar(sa.select(sa.func.max(Revision.number)))
        sent = {
            "csrf_token": found[1],
            "base-en": str(base),
            "en-title": f"Page {number}",
            "en-slug": "page",
            "en-made": "written",
            "en-body_0": f"<p>Words {number}.</p>",
            "en-body_state": "written",
        }
        answer = client.post("/en/admin/texts/1", data=sent, headers=origin)
        assert answer.status_code == 303, answer.status_code
        answered.value = number


def _stored(app: Flask) -> set[int]:
    """The numbers of the saves that the database tells of; one, if it is whole."""
    with app.app_context():
        text = db.session.scalars(sa.select(ContentText)).one()
        revision = db.session.scalars(sa.select(Revision).order_by(Revision.number.desc())).first()
        listed = db.session.scalars(sa.select(Listing.title).where(Listing.lang == "en")).one()
        assert revision is not None
        told = [text.title, text.sections[0].parts[0].html, revision.snapshot["title"], listed]
        db.session.remove()
        db.engine.dispose()
    return {int(re.sub(r"\D", "", words) or 0) for words in told}


def _prepare(app: Flask) -> None:
    with app.app_context():
        upgrade()
        content = editing.begin("page", {"en": "Page 0"}, source_lang="en", by="bench")
        (text,) = content.texts
        services.publish(text, by="bench")
        accounts.add_user("bench@example.org", passwords.hash_of(PASSWORD), name="", lang="en", role="owner")
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    apart = get_context("spawn")
    half = lost = saves = 0
    with tempfile.TemporaryDirectory(prefix="medportal-save-") as folder:
        use(folder)
        app = create_app(SETTINGS)
        _prepare(app)
        answered = apart.Value("i", 0)
        for _ in range(options.kills):
            process = apart.Process(target=_save_for_ever, args=(answered,))
            before = answered.value
            process.start()
            while answered.value < before + 1 and process.is_alive():
                time.sleep(0.01)
            time.sleep(random.uniform(0, 0.5))
            process.kill()
            process.join()
            assert process.exitcode == -signal.SIGKILL, "it ended by itself"
            told = _stored(app)
            half += len(told) != 1
            lost += max(told) < answered.value
            saves += answered.value - before
            answered.value = max(told)
    line("half a page", f"{half} after {options.kills} kills in {saves} saves", "0", half == 0)
    line("answered and lost", str(lost), "0", lost == 0)


if __name__ == "__main__":
    main()
    finish()

"""The first owner, and what the command line can do for accounts."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa
import time_machine

from medportal.blueprints.accounts import staff
from medportal.demo import cast
from medportal.extensions import db
from medportal.models.user import User
from tests.people import MEMBER, PASSWORD

OWNER = {"email": MEMBER, "name": "Dr Layla", "password": PASSWORD, "language": "en"}


@pytest.fixture
def code(in_app):
    return in_app(staff.new_setup_code)


def test_4_there_is_no_default_account(in_app):
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(User.id)))) == 0


def test_4_the_code_from_the_console_makes_one_owner_and_closes_setup_for_good(
    visitor, code, user_of, in_app
):
    browser = visitor()
    page = browser.get("/setup", headers={"Accept-Language": "ar"})
    assert page.one("html")["lang"] == "ar"
    assert browser.get("/setup?hl=en").one("html")["lang"] == "en"
    page = browser.send_bare("/setup?hl=en", code=code.upper().replace("-", " "), **OWNER)
    assert page.response.headers["Location"] == "/en/account/security/second-factor?needed=1"
    assert user_of(1, lambda user: (user.role, user.email)) == ("owner", MEMBER)
    for again in (visitor().get("/setup", 404), visitor().send_bare("/setup", 404, code=code, **OWNER)):
        assert again.status == 404
    in_app(lambda: db.session.execute(sa.delete(User)))
    visitor().get("/setup", 404)


def test_4_a_wrong_or_old_code_makes_nobody_and_keeps_what_was_typed(visitor, code, in_app):
    page = visitor().send_bare("/setup?hl=en", 422, code="0000-0000-0000", **OWNER)
    assert "not the code" in page.text
    assert page.one("#email")["value"] == MEMBER
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=25)):
        visitor().send_bare("/setup", 422, code=code, **OWNER)
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(User.id)))) == 0


def test_4_codes_cannot_be_tried_through(visitor, code):
    for _ in range(10):
        visitor().send_bare("/setup", 422, code="0000-0000-0000", **OWNER)
    visitor().send_bare("/setup", 429, code=code, **OWNER)


def test_an_owners_password_has_at_least_14_characters(visitor, code):
    page = visitor().send_bare("/setup?hl=en", 422, code=code, **OWNER | {"password": "short words"})
    assert "At least 14 characters" in page.text


def test_the_command_line_makes_owners_and_sets_passwords(app, visitor, letters):
    runner = app.test_cli_runner()
    made = runner.invoke(args=["users", "create-owner", MEMBER, "--password", PASSWORD, "--language", "en"])
    assert "Owner made" in made.output
    visitor().get("/setup", 404)
    weak = runner.invoke(args=["users", "set-password", MEMBER, "--password", "password123456"])
    assert weak.exit_code == 2
    assert "tried first everywhere" in weak.output
    browser = visitor()
    browser.sign_in()
    runner.invoke(args=["users", "set-password", MEMBER, "--password", "quite another phrase"])
    assert not browser.is_signed_in()
    browser.sign_in(password="quite another phrase")
    assert (
        "No account"
        in runner.invoke(args=["users", "set-password", "x@mail.example.com", "--password", PASSWORD]).output
    )
    assert "closed for good" in runner.invoke(args=["users", "setup-code"]).output


def test_the_command_line_tells_of_the_mail(app, make_user, visitor):
    make_user()
    visitor().sign_in()
    visitor().sign_in()
    runner = app.test_cli_runner()
    assert json.loads(runner.invoke(args=["mail", "status", "--json"]).output)["queued"] == 1
    assert runner.invoke(args=["jobs", "run", "--once"]).exit_code == 0
    assert "sent       1" in runner.invoke(args=["mail", "status"]).output


def test_the_sample_cast_signs_in_and_goes_without_a_trace(app, visitor, in_app, monkeypatch):
    monkeypatch.setenv("MEDPORTAL_DEMO_PASSWORD", "sample")
    assert in_app(cast.load) == "sample"
    for email in cast.CAST:
        visitor().sign_in(email, "sample")
    assert in_app(staff.setup_is_open) is False
    assert in_app(cast.remove) == 4
    assert in_app(staff.setup_is_open) is True


def test_the_samples_random_password_is_kept_and_private(app, in_app, monkeypatch):
    monkeypatch.delenv("MEDPORTAL_DEMO_PASSWORD", raising=False)
    first = in_app(cast.load)
    assert len(first) >= 16
    assert in_app(cast.load) == first

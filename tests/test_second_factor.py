"""Authenticator apps and recovery codes."""

import datetime as dt
import re

import pyotp
import pytest
import sqlalchemy as sa
import time_machine

from medportal.extensions import db
from medportal.models.outbox import Outbox
from medportal.models.user import RecoveryCode, SecondFactor
from tests.people import MEMBER, PASSWORD, Visitor

START = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def enrol(browser):
    """The app's secret and the recovery codes."""
    browser.send("/en/account/security/second-factor/begin")
    page = browser.get("/en/account/security/second-factor")
    secret = page.one(".key").get_text().replace(" ", "")
    page = browser.send("/en/account/security/second-factor", 200, code=pyotp.TOTP(secret).now())
    return pyotp.TOTP(secret), [code.get_text() for code in page.all(".codes code")]


def give_code(browser, code, status=303, lang="en"):
    return browser.send(f"/{lang}/account/sign-in/code", status, code=code)


def test_setting_it_up_shows_ten_codes_once_and_is_asked_for_from_then_on(as_, visitor, clock, letters):
    browser = as_(email=MEMBER)
    app_code, codes = enrol(browser)
    assert len(set(codes)) == 10
    assert "account_changed" in [letter.name for letter in letters()]
    clock.shift(60)
    other = visitor()
    page = other.sign_in()
    assert page.response.headers["Location"] == "/en/account/sign-in/code"
    assert not other.is_signed_in()
    give_code(other, app_code.now())
    assert other.is_signed_in()


def test_the_picture_needs_no_style_and_the_app_reads_the_same_key(as_, clock):
    browser = as_(email=MEMBER)
    browser.send("/en/account/security/second-factor/begin")
    page = browser.get("/en/account/security/second-factor")
    assert page.one(".qr svg")
    assert "style=" not in page.html
    assert re.fullmatch(r"[A-Z2-7]{32}", page.one(".key").get_text().replace(" ", ""))


def test_a_wrong_code_switches_nothing_on(as_, clock, in_app):
    browser = as_(email=MEMBER)
    browser.send("/en/account/security/second-factor/begin")
    page = browser.send("/en/account/security/second-factor", 422, code="000000")
    assert "Is the phone's clock right?" in page.text
    assert in_app(lambda: db.session.scalar(sa.select(SecondFactor.confirmed_at))) is None


def test_7_each_code_is_taken_once(as_, visitor, clock):
    app_code, _ = enrol(as_(email=MEMBER))
    clock.shift(60)
    code = app_code.now()
    one, two = visitor(), visitor()
    one.sign_in()
    two.sign_in()
    give_code(one, code)
    give_code(two, code, 422)


@pytest.mark.parametrize(("seconds", "status"), [(-30, 303), (0, 303), (30, 303), (-90, 422), (90, 422)])
def test_7_a_code_is_good_one_step_around_now(as_, visitor, clock, seconds, status):
    app_code, _ = enrol(as_(email=MEMBER))
    clock.shift(300)
    browser = visitor()
    browser.sign_in()
    moment = START + dt.timedelta(seconds=300 + seconds)
    give_code(browser, app_code.at(moment), status)


def test_a_recovery_code_works_once_however_it_is_typed(as_, visitor, clock, in_app):
    _, codes = enrol(as_(email=MEMBER))
    browser = visitor()
    browser.sign_in()
    give_code(browser, f" {codes[0].upper().replace('-', ' ')} ")
    assert browser.is_signed_in()
    assert "9 recovery codes left" in browser.get("/en/account/security").text
    again = visitor()
    again.sign_in()
    give_code(again, codes[0], 422)
    stored = in_app(lambda: str(db.session.scalars(sa.select(RecoveryCode.hash)).all()))
    assert codes[1].replace("-", "") not in stored


def test_7_a_reset_does_not_skip_the_second_factor(as_, visitor, clock, letters):
    enrol(as_(email=MEMBER))
    browser = visitor()
    stamp = browser.get("/en/account/forgot").one("input[name=ts]")["value"]
    browser.send_bare("/en/account/forgot", email=MEMBER, ts=stamp)
    browser.send_bare(letters()[-1].link, password="quite another phrase")
    page = browser.sign_in(password="quite another phrase")
    assert page.response.headers["Location"] == "/en/account/sign-in/code"
    assert not browser.is_signed_in()


def test_a_half_finished_sign_in_opens_nothing(as_, visitor, clock):
    enrol(as_(email=MEMBER, role="owner"))
    browser = visitor()
    browser.sign_in()
    for path in ("/en/account/", "/en/account/sessions", "/en/admin/", "/en/account/security"):
        page = browser.get(path, 303)
        assert page.response.headers["Location"].startswith("/en/account/sign-in?next=")
    clock.shift(11 * 60)
    assert browser.get("/en/account/sign-in/code", 303)


def test_ten_wrong_codes_are_the_end_for_a_while_but_not_for_a_known_device(as_, visitor, clock, in_app):
    known = as_(email=MEMBER)
    app_code, _ = enrol(known)
    clock.shift(60)
    browser = visitor()
    browser.sign_in()
    for _ in range(10):
        give_code(browser, "000000", 422)
    give_code(browser, app_code.now(), 429)
    assert "codes_refused" in in_app(lambda: str(db.session.scalars(sa.select(Outbox.data)).all()))
    assert known.client.get("/en/account/").status_code == 200
    known.send("/en/account/sign-out")
    known.sign_in()
    give_code(known, app_code.now())


def test_the_codes_page_carries_a_token_that_works(as_, clock):
    browser = as_(email=MEMBER)
    browser.send("/en/account/security/second-factor/begin")
    page = browser.get("/en/account/security/second-factor")
    secret = page.one(".key").get_text().replace(" ", "")
    page = browser.send("/en/account/security/second-factor", 200, code=pyotp.TOTP(secret).now())
    token = page.all("input[name=csrf_token]")[0]["value"]
    browser.send_bare("/en/account/sign-out", csrf_token=token)


def test_a_secret_that_was_never_confirmed_is_not_offered_again(as_, visitor, clock):
    browser = as_(email=MEMBER)
    browser.send("/en/account/security/second-factor/begin")
    first = browser.get("/en/account/security/second-factor").one(".key").get_text()
    browser.send("/en/account/password", password="quite another phrase")
    browser.send("/en/account/security/second-factor/begin")
    assert browser.get("/en/account/security/second-factor").one(".key").get_text() != first


def test_13_the_session_is_renewed_when_the_factor_changes(as_, visitor, clock):
    browser = as_(email=MEMBER)
    other = visitor()
    other.sign_in()
    before = browser.client.get_cookie("sid").value
    enrol(browser)
    assert browser.client.get_cookie("sid").value != before
    assert not other.is_signed_in()
    assert browser.is_signed_in()


def test_switching_it_off_tells_and_voids_the_codes(as_, visitor, clock, letters, in_app):
    browser = as_(email=MEMBER)
    enrol(browser)
    browser.get("/en/account/security/second-factor/off")
    browser.send("/en/account/security/second-factor/off")
    assert [one.subject for one in letters()][-1].endswith("switched off")
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(RecoveryCode.id)))) == 0
    visitor().sign_in()


def test_new_codes_void_the_old_ones(as_, visitor, clock):
    browser = as_(email=MEMBER)
    _, old = enrol(browser)
    page = browser.send("/en/account/security/codes", 200)
    new = [code.get_text() for code in page.all(".codes code")]
    other = visitor()
    other.sign_in()
    give_code(other, old[0], 422)
    give_code(other, new[0])


@pytest.mark.parametrize("role", ["editor", "owner"])
def test_7_staff_need_it_before_the_desk_opens(make_app, make_user, role, clock):
    make_user(role=role)
    browser = Visitor(make_app(STAFF_2FA="required"))
    browser.sign_in()
    page = browser.get("/en/admin/", 303)
    assert page.response.headers["Location"] == "/en/account/security/second-factor?needed=1"
    app_code, _ = enrol(browser)
    browser.get("/en/admin/")
    clock.shift(60)
    again = Visitor(make_app(STAFF_2FA="required"))
    again.sign_in()
    again.get("/en/admin/", 303)
    give_code(again, app_code.now())
    again.get("/en/admin/")


def test_a_former_secret_key_keeps_second_factors_good(make_app, as_, clock):
    app_code, _ = enrol(as_(email=MEMBER))
    clock.shift(60)
    rotated = make_app(
        SECRET_KEY="a new key, also long enough",
        SECRET_KEY_FALLBACKS=["a key for tests only, long enough to pass"],
    )
    browser = Visitor(rotated)
    browser.sign_in()
    give_code(browser, app_code.now())
    assert browser.is_signed_in()


def test_what_was_typed_survives_the_second_factor_too(as_, visitor, clock):
    app_code, _ = enrol(as_(email=MEMBER))
    clock.shift(60)
    browser = visitor()
    page = browser.send_bare("/en/account/profile", 401, name="Layla", language="en")
    kept = page.one("input[name=kept]")["value"]
    page = browser.sign_in(status=200, kept=kept)
    kept = page.one("input[name=kept]")["value"]
    page = browser.send("/en/account/sign-in/code", 200, code=app_code.now(), kept=kept)
    assert page.one("form.form input[name=name]")["value"] == "Layla"
    assert PASSWORD not in page.html

"""Sessions: where they begin, what they may do, and that they really end."""

import datetime as dt

import pytest
import sqlalchemy as sa
import time_machine

from medportal.extensions import db
from medportal.models.user import UserSession
from tests.people import MEMBER, PASSWORD, Visitor

AGENT = "Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0"


def cookie(browser):
    found = browser.client.get_cookie("sid")
    return found.value if found else None


def test_13_signing_in_makes_a_new_id_and_refuses_a_chosen_one(visitor, make_user):
    make_user()
    browser = visitor()
    browser.client.set_cookie("sid", "chosen-by-somebody-else-chosen-by-somebody")
    browser.sign_in()
    first = cookie(browser)
    assert first != "chosen-by-somebody-else-chosen-by-somebody"
    browser.sign_in()
    assert cookie(browser) != first


def test_14_a_copied_cookie_is_dead_once_its_owner_signs_out(app, as_):
    browser, thief = as_(), Visitor(app)
    thief.client.set_cookie("sid", cookie(browser))
    assert thief.is_signed_in()
    browser.send("/en/account/sign-out")
    assert not thief.is_signed_in()
    assert cookie(browser) is None


def test_14_signing_out_needs_a_form(as_):
    browser = as_()
    browser.get("/en/account/sign-out", 405)
    assert browser.is_signed_in()


def test_15_a_new_password_ends_the_other_sessions_and_renews_this_one(visitor, as_):
    browser = as_(email=MEMBER)
    other = visitor()
    other.sign_in()
    before = cookie(browser)
    browser.send("/en/account/password", password="quite another phrase")
    assert browser.is_signed_in()
    assert cookie(browser) != before
    assert not other.is_signed_in()


@pytest.mark.parametrize(
    ("lasting", "role", "idle", "absolute"),
    [("", "member", 12, 24), ("y", "member", 30 * 24, 90 * 24), ("y", "owner", 12, 24)],
)
def test_16_idle_and_absolute_limits(visitor, make_user, lasting, role, idle, absolute):
    make_user(role=role)
    browser = visitor()
    start = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
    with time_machine.travel(start, tick=False) as clock:
        browser.sign_in(lasting=lasting)
        clock.move_to(start + dt.timedelta(hours=idle, seconds=-1))
        assert browser.is_signed_in()
        clock.move_to(start + dt.timedelta(hours=2 * idle))
        assert not browser.is_signed_in()
        browser.sign_in(lasting=lasting)
        again = start + dt.timedelta(hours=2 * idle)
        for step in range(1, 9):
            clock.move_to(again + dt.timedelta(hours=absolute) * step / 8 - dt.timedelta(seconds=1))
            assert browser.is_signed_in()
        clock.shift(dt.timedelta(seconds=2))
        assert not browser.is_signed_in()


def test_without_the_tick_the_cookie_ends_with_the_browser(visitor, make_user):
    make_user()
    for lasting, age in (("", False), ("y", True)):
        head = visitor().sign_in(lasting=lasting).response.headers.getlist("Set-Cookie")
        [sid] = [line for line in head if line.startswith("sid=")]
        assert ("Max-Age" in sid) == age


def test_17_members_see_and_end_their_sessions(visitor, make_user, lang, letters):
    make_user()
    one, two = visitor(), visitor()
    one.sign_in(headers={"User-Agent": AGENT})
    two.sign_in()
    page = two.get(f"/{lang}/account/sessions")
    assert "Firefox, Windows" in page.text
    [end] = [field["value"] for field in page.all("input[name=session]") if field["value"] != "others"]
    two.send(f"/{lang}/account/sessions/end", session=end)
    assert not one.is_signed_in()
    assert two.is_signed_in()


def test_17_all_others_end_at_once_also_by_htmx(visitor, make_user):
    make_user()
    browsers = [visitor() for _ in range(3)]
    for browser in browsers:
        browser.sign_in()
    page = browsers[0].send("/en/account/sessions/end", 200, headers={"HX-Request": "true"}, session="others")
    assert "<html" not in page.html
    assert page.one("#results-count").get_text() == "1 device"
    assert [browser.is_signed_in() for browser in browsers] == [True, False, False]


def test_22_another_members_session_is_not_found(as_, visitor, make_user, in_app):
    browser = as_()
    number = in_app(lambda: db.session.scalar(sa.select(UserSession.id)))
    other = as_(email="other@mail.example.com")
    other.send("/en/account/sessions/end", 404, session=str(number))
    assert browser.is_signed_in()


@pytest.mark.parametrize("which", ["", "x", "9" * 30, "-1", "1e3"])
def test_a_strange_session_number_is_not_found(as_, which):
    as_().send("/en/account/sessions/end", 404, session=which)


def test_18_cookies_behind_https_are_bound_to_the_host(make_app, app, make_user):
    make_user()
    base = "https://portal.example"
    browser = Visitor(make_app(SITE_URL=base), base=base)
    head = browser.sign_in().response.headers.getlist("Set-Cookie")
    assert {line.split("=")[0] for line in head} == {"__Host-sid", "__Host-device"}
    for line in head:
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; "))
        assert "Domain" not in line
    assert browser.is_signed_in()


def test_18_public_pages_carry_no_session_even_for_who_is_signed_in(as_, client, make_content, count_queries):
    make_content(langs=("en",))
    browser = as_("owner")
    for path in ("/en/", "/en/diseases/test-disease", "/ar/diseases/", "/en/contact"):
        answer = browser.client.get(path)
        assert answer.data == client.get(path).data
        assert "Set-Cookie" not in answer.headers
    client.get("/en/diseases/?not=kept")
    anonymous = count_queries(lambda: client.get("/en/diseases/?not=kept"))
    client.get("/en/diseases/")
    asked_first = count_queries(
        lambda: client.get("/en/diseases/")
    )  # a kept page: only whether it is still true
    assert count_queries(lambda: browser.client.get("/en/diseases/")) == anonymous - asked_first


def test_private_pages_are_kept_by_nobody(as_):
    browser = as_("owner")
    for path in ("/en/account/", "/en/admin/", "/en/account/sign-in?next=/en/"):
        assert browser.client.get(path).headers["Cache-Control"] == "no-store"


# Nothing typed is lost


def test_a_form_sent_after_its_session_ended_is_kept_through_signing_in(as_, visitor, lang, user_of):
    browser = as_(email=MEMBER)
    path = f"/{lang}/account/profile"
    token = browser.get(path).one(".form input[name=csrf_token]")["value"]
    browser.send("/en/account/sign-out")
    typed = {"name": "ليلى & <b>", "display_name": "Layla", "language": "ar", "csrf_token": token}
    page = browser.send_bare(path, 401, **typed)
    kept = page.one("input[name=kept]")["value"]
    page = browser.send_bare(f"/{lang}/account/sign-in", 200, email=MEMBER, password=PASSWORD, kept=kept)
    form = page.one("form.form")
    assert form["action"] == path
    entries = {field["name"]: field["value"] for field in form.select("input")}
    assert entries.pop("csrf_token") != token
    assert entries == {"name": "ليلى & <b>", "display_name": "Layla", "language": "ar"}
    browser.send(path, **entries)
    assert user_of(1, lambda user: user.name) == "ليلى & <b>"


def test_a_form_of_an_earlier_session_is_offered_again_and_nothing_happens_by_itself(as_, user_of):
    browser = as_(email=MEMBER)
    old = browser.token()
    browser.sign_in()
    page = browser.send_bare("/en/account/profile", 400, name="Layla", language="en", csrf_token=old)
    assert page.one("form.form input[name=name]")["value"] == "Layla"
    assert user_of(1, lambda user: user.name) == ""


def test_passwords_are_never_kept(as_):
    browser = as_(email=MEMBER)
    browser.send("/en/account/sign-out")
    page = browser.send_bare("/en/account/password", 401, password="quite another phrase")
    assert "quite another phrase" not in page.html


@pytest.mark.parametrize(
    "kept",
    [
        "nonsense",
        "[]",
        "{}",
        '{"path": "//evil.example", "fields": []}',
        '{"path": "https://evil.example/", "fields": []}',
        '{"path": "/en/", "fields": []}',
        '{"path": "/en/account/profile", "fields": 3}',
    ],
)
def test_a_forged_kept_form_leads_nowhere(visitor, make_user, kept):
    make_user()
    page = visitor().sign_in(kept=kept)
    assert page.response.headers["Location"] == "/en/account/"


def test_5_what_matters_asks_for_the_password_again_after_ten_minutes(as_):
    browser = as_(email=MEMBER)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=11)):
        for path in ("password", "email", "export", "delete", "security/second-factor"):
            page = browser.get(f"/en/account/{path}", 303)
            assert page.response.headers["Location"].startswith("/en/account/confirm?next=/en/account/")
        page = browser.send("/en/account/password", 401, password="quite another phrase")
        browser.send("/en/account/confirm", 422, password="wrong words here")
        page = browser.send("/en/account/confirm", password=PASSWORD, next="/en/account/email")
        assert page.response.headers["Location"] == "/en/account/email"
        browser.get("/en/account/email")


def test_htmx_is_led_to_the_sign_in_page(visitor):
    answer = visitor().client.get("/en/account/sessions", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/en/account/sign-in")

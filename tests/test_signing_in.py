"""Wrong passwords, forgotten passwords, links, and where signing in leads."""

import datetime as dt

import pytest
import sqlalchemy as sa
import time_machine

from medportal.extensions import db
from medportal.models.audit import Audit
from medportal.models.user import Token
from tests.people import MEMBER, PASSWORD
from tests.test_accounts import ask, sign_up


def test_8_ten_wrong_passwords_are_the_end_for_a_quarter_of_an_hour(visitor, make_user, lang):
    make_user()
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False) as clock:
        for _ in range(10):
            visitor().sign_in(password="not the password", status=422)
        page = visitor().send_bare(f"/{lang}/account/sign-in", 429, email=MEMBER, password=PASSWORD)
        assert page.one("#email")["value"] == MEMBER
        clock.shift(dt.timedelta(minutes=17))
        visitor().sign_in()


def test_8_right_passwords_count_as_no_offence(visitor, make_user):
    make_user()
    for _ in range(12):
        visitor().sign_in()


def test_8_a_known_device_is_not_locked_out(visitor, make_user):
    make_user()
    known = visitor()
    known.sign_in()
    known.send("/en/account/sign-out")
    for _ in range(10):
        visitor().sign_in(password="not the password", status=422)
    visitor().sign_in(status=429)
    known.sign_in(status=303)


def test_8_forty_wrong_passwords_a_network_over_all_accounts(visitor):
    browser = visitor()
    for number in range(40):
        browser.sign_in(f"reader{number}@mail.example.com", status=422)
    browser.sign_in("another@mail.example.com", status=429)


@pytest.mark.parametrize("typed", [MEMBER.upper(), f" {MEMBER} ", MEMBER.replace("mail", "MAIL")])
def test_9_neither_case_nor_blanks_nor_headers_evade_the_limit(visitor, make_user, typed):
    make_user()
    for number in range(10):
        visitor().send_bare(
            "/en/account/sign-in",
            422,
            headers={"X-Forwarded-For": f"203.0.113.{number}", "User-Agent": f"robot {number}"},
            email=typed if number % 2 else MEMBER,
            password="not the password",
        )
    visitor().sign_in(typed, status=429)


def test_the_window_slides_so_that_no_limit_doubles_where_two_meet(visitor, make_user):
    make_user()
    with time_machine.travel(dt.datetime(2026, 11, 22, 12, 13, 50, tzinfo=dt.UTC), tick=False) as clock:
        for _ in range(10):
            visitor().sign_in(password="not the password", status=422)
        for _ in range(3):
            clock.shift(dt.timedelta(minutes=4))
            visitor().sign_in(status=429)


def test_60_a_clock_set_back_freezes_no_limit(visitor, make_user):
    make_user()
    now = dt.datetime.now(dt.UTC)
    with time_machine.travel(now, tick=False):
        for _ in range(10):
            visitor().sign_in(password="not the password", status=422)
    with time_machine.travel(now - dt.timedelta(hours=3), tick=False):
        visitor().sign_in()


def test_8_a_neighbours_wrong_tries_do_not_lock_out_a_known_device(visitor, make_user):
    make_user()
    known = visitor()
    known.sign_in()
    for number in range(40):
        visitor().sign_in(f"reader{number}@mail.example.com", status=422)
    visitor().sign_in(status=429)
    known.sign_in()
    known.send("/en/account/confirm", password=PASSWORD)


def test_8_a_reset_by_letter_opens_the_door_for_its_browser(visitor, make_user, letters):
    make_user()
    for _ in range(10):
        visitor().sign_in(password="not the password", status=422)
    browser = visitor()
    ask(browser, "forgot", MEMBER)
    browser.send_bare(letters()[-1].link, password="quite another phrase")
    browser.sign_in(password="quite another phrase")


def test_two_members_share_a_browser_without_a_letter_each_time(visitor, make_user, letters):
    make_user()
    make_user("brother@mail.example.com")
    browser = visitor()
    for _ in range(3):
        browser.sign_in()
        browser.sign_in("brother@mail.example.com")
    assert letters() == []


def test_a_password_that_grows_when_compared_costs_no_time(visitor):
    import time

    began = time.perf_counter()
    sign_up(visitor(), password="a" + "\ufdfa" * 254 + "b", status=422, ts="")
    assert time.perf_counter() - began < 2


def test_nobody_pushes_an_earlier_sign_up_out_of_reach(visitor, letters):
    owner = visitor()
    sign_up(owner)
    for number in range(7):
        sign_up(visitor(), password=f"the attacker's own words {number}")
    owner.send_bare(letters()[0].link, password=PASSWORD)
    assert owner.is_signed_in()


@pytest.mark.parametrize(
    "kept",
    [
        "[" * 100000,
        '{"path": ["x"], "fields": []}',
        '{"path": {}, "fields": []}',
        '{"path": "/en/account/keep", "fields": [["a", "\\ud800"]]}',
    ],
)
def test_27_a_hostile_kept_form_does_no_harm(visitor, make_user, kept):
    make_user()
    assert visitor().sign_in(kept=kept).status == 303


# Forgotten passwords


def test_a_forgotten_password_is_replaced_by_link_without_signing_in(visitor, make_user, letters, lang):
    make_user(lang=lang)
    before = visitor()
    before.sign_in()
    browser = visitor()
    ask(browser, "forgot", MEMBER)
    [letter] = [one for one in letters() if one.name == "reset"]
    assert letter.link.startswith(f"/{lang}/account/reset/")
    page = browser.send_bare(letter.link, password="quite another phrase")
    assert page.response.headers["Location"] == f"/{lang}/account/sign-in?done=password"
    assert not browser.is_signed_in()
    assert not before.is_signed_in()
    browser.sign_in(password="quite another phrase")
    assert [one.name for one in letters() if one.name == "account_changed"]


def test_a_used_reset_link_and_all_older_ones_are_dead(visitor, make_user, letters):
    make_user()
    browser = visitor()
    ask(browser, "forgot", MEMBER)
    ask(browser, "forgot", MEMBER)
    older, newer = (one.link for one in letters())
    browser.send_bare(newer, password="quite another phrase")
    for link in (older, newer):
        page = browser.send_bare(link, 410, password="yet another phrase")
        assert page.one("form.form")["action"] == "/en/account/forgot"


def test_an_unfit_new_password_is_explained_and_the_link_stays_good(visitor, make_user, letters):
    make_user()
    browser = visitor()
    ask(browser, "forgot", MEMBER)
    link = letters()[0].link
    browser.send_bare(link, 422, password="password123")
    browser.send_bare(link, password="quite another phrase")


def test_12_at_most_five_reset_letters_an_hour(visitor, make_user, letters):
    make_user()
    browser = visitor()
    for _ in range(8):
        ask(browser, "forgot", MEMBER)
    assert len(letters()) == 5


def test_no_usable_secret_is_stored(visitor, make_user, letters, in_app):
    make_user()
    browser = visitor()
    browser.sign_in()
    ask(visitor(), "forgot", MEMBER)
    link = letters()[-1].link.rsplit("/", 1)[-1]
    cookie = browser.client.get_cookie("sid").value

    def dump():
        return str([db.session.execute(sa.select(table)).all() for table in db.metadata.sorted_tables])

    stored = in_app(dump)
    assert link not in stored
    assert cookie not in stored
    assert PASSWORD not in stored


def test_38_pages_with_a_link_tell_nobody_their_address(visitor, make_user, letters):
    make_user()
    browser = visitor()
    ask(browser, "forgot", MEMBER)
    page = browser.get(letters()[0].link)
    assert page.response.headers["Referrer-Policy"] == "no-referrer"
    assert page.response.headers["Cache-Control"] == "no-store"


def test_opening_links_changes_nothing(visitor, make_user, letters, in_app):
    make_user()
    sign_up(visitor())
    ask(visitor(), "forgot", MEMBER)

    def state():
        return in_app(lambda: str(db.session.execute(sa.select(Token.id, Token.used_at)).all()))

    before = state()
    for letter in letters():
        for _ in range(3):
            visitor().client.get(letter.link)
            visitor().client.head(letter.link)
    assert state() == before


def test_65_sign_ins_and_refusals_leave_a_line_without_an_address(visitor, make_user, in_app):
    make_user()
    visitor().sign_in(password="not the password", status=422)
    visitor().sign_in()
    rows = in_app(lambda: [(row.actor, row.action) for row in db.session.scalars(sa.select(Audit))])
    assert ("visitor", "sign in refused") in rows
    assert ("member 1", "sign in") in rows
    assert MEMBER not in str(rows)


def test_a_new_device_is_told_by_mail_the_first_one_is_not(visitor, make_user, letters):
    make_user()
    visitor().sign_in()
    assert letters() == []
    second = visitor()
    second.sign_in()
    second.sign_in()
    assert [letter.name for letter in letters()] == ["new_sign_in"]


def test_43_password_managers_find_the_way(visitor):
    page = visitor().get("/.well-known/change-password", 302, headers={"Accept-Language": "en"})
    assert page.response.headers["Location"] == "/en/account/password"


def test_signing_in_leads_to_the_page_that_was_asked_for(visitor, make_user):
    make_user()
    browser = visitor()
    page = browser.get("/ar/account/sessions", 303)
    assert page.response.headers["Location"] == "/ar/account/sign-in?next=/ar/account/sessions"
    page = browser.sign_in(next="/ar/account/sessions")
    assert page.response.headers["Location"] == "/ar/account/sessions"


@pytest.mark.parametrize(
    "target",
    """//evil.example https://evil.example /\\evil.example \\\\evil.example ///evil.example /%2F/evil.example javascript:alert(1)
http:evil.example https:///evil.example /en/../../evil //evil.example/en/account/ /en/account/@evil.example:80 data:text/html,x
/en/account/%0d%0aSet-Cookie:x=1 http://localhost@evil.example/ /.evil.example /en/nothing-here""".split()
    + ["/\t/evil.example", "\n//evil.example", " //evil.example", "/en/account/\r\nX: y", "/\u2028/evil"],
)
def test_26_nobody_is_sent_elsewhere(visitor, make_user, target):
    make_user()
    page = visitor().sign_in(next=target)
    assert page.response.headers["Location"] == "/en/account/"

"""What happens once happens once, however many ask at the same moment (25)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pyotp
import pytest
import sqlalchemy as sa

from medportal.blueprints.accounts import staff
from medportal.extensions import db
from medportal.models.audit import Audit
from medportal.models.user import User
from tests.people import MEMBER, PASSWORD, Visitor
from tests.test_accounts import ask, sign_up
from tests.test_second_factor import enrol

MANY = 50


@pytest.fixture
def at_once(app):
    """Fifty browsers do the same thing at the same moment; the statuses they got."""

    def run(action, many=MANY):
        start = Barrier(many)

        def one(_number):
            browser = Visitor(app)
            with app.app_context():
                db.session.remove()
            start.wait()
            return action(browser).status_code

        with ThreadPoolExecutor(many) as pool:
            return sorted(pool.map(one, range(many)))

    return run


def post(browser, path, **form):
    return browser.client.post(path, data=form, headers=browser.headers)


def test_25_a_sign_up_link_opens_one_account(at_once, visitor, letters, in_app):
    sign_up(visitor())
    link = letters()[0].link
    answers = at_once(lambda browser: post(browser, link, password=PASSWORD))
    assert answers.count(303) == 1
    assert set(answers) <= {303, 410, 429}
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(User.id)))) == 1


def test_25_a_reset_link_sets_one_password(at_once, visitor, make_user, letters, in_app):
    make_user()
    ask(visitor(), "forgot", MEMBER)
    link = letters()[0].link
    answers = at_once(lambda browser: post(browser, link, password="quite another phrase"))
    assert answers.count(303) == 1
    changed = sa.select(sa.func.count(Audit.id)).where(Audit.action == "password changed")
    assert in_app(lambda: db.session.scalar(changed)) == 1


def test_25_setup_makes_one_owner(at_once, in_app):
    code = in_app(staff.new_setup_code)

    def go(browser):
        number = id(browser)
        return post(
            browser,
            "/setup",
            code=code,
            email=f"o{number}@mail.example.com",
            name="O",
            password=PASSWORD,
            language="en",
        )

    answers = at_once(go)
    assert answers.count(303) == 1
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(User.id)))) == 1


def test_25_a_code_of_the_app_signs_one_browser_in(app, at_once, as_, monkeypatch):
    app_code, _ = enrol(as_(email=MEMBER))
    monkeypatch.setitem(app.config, "RATE_LIMITS", False)
    code = pyotp.TOTP(app_code.secret).at(__import__("time").time() + 30)
    waiting = []
    for _ in range(12):
        browser = Visitor(app)
        browser.sign_in()
        waiting.append((browser, browser.token()))

    def go(_browser):
        browser, token = waiting.pop()
        return post(browser, "/en/account/sign-in/code", code=code, csrf_token=token)

    answers = at_once(go, many=12)
    assert answers.count(303) == 1
    assert set(answers) == {303, 422}


def test_25_not_more_than_ten_wrong_passwords_are_looked_at(at_once, make_user, in_app):
    make_user()
    answers = at_once(
        lambda browser: post(browser, "/en/account/sign-in", email=MEMBER, password="not the password")
    )
    assert answers.count(422) == 10
    assert answers.count(429) == MANY - 10
    refused = sa.select(sa.func.count(Audit.id)).where(Audit.action == "sign in refused")
    assert in_app(lambda: db.session.scalar(refused)) == 10


def test_25_a_sign_in_on_its_way_does_not_outlive_a_reset(app, visitor, make_user, letters, monkeypatch):
    """The old password was right when it was compared; meanwhile it is not the password any more."""
    from medportal import passwords

    make_user()
    ask(visitor(), "forgot", MEMBER)
    link = letters()[-1].link
    slow, compared = passwords.matches, []

    def matches(stored, password):
        right = slow(stored, password)
        if not compared:
            compared.append(1)
            visitor().send_bare(link, password="quite another phrase")
        return right

    monkeypatch.setattr(passwords, "matches", matches)
    visitor().sign_in(status=422)
    monkeypatch.undo()
    visitor().sign_in(password="quite another phrase")


def test_25_changing_a_password_many_times_at_once_breaks_nothing(at_once, as_, app):
    browser = as_(email=MEMBER)
    token, sid = browser.token(), browser.client.get_cookie("sid").value

    def go(other):
        other.client.set_cookie("sid", sid)
        return post(other, "/en/account/password", password="quite another phrase", csrf_token=token)

    answers = at_once(go, many=10)
    assert answers.count(303) >= 1
    assert set(answers) <= {303, 400, 401, 409}


def test_25_two_owners_cannot_demote_each_other_at_once(app, as_, in_app):
    one, two = as_("owner", email="one@mail.example.com"), as_("owner", email="two@mail.example.com")
    start = Barrier(2)

    def go(pair):
        browser, number, token = pair
        start.wait()
        return post(browser, f"/en/admin/users/{number}/role", role="member", csrf_token=token).status_code

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(go, [(one, 2, one.token()), (two, 1, two.token())]))
    assert (
        in_app(lambda: db.session.scalar(sa.select(sa.func.count(User.id)).where(User.role == "owner"))) >= 1
    )

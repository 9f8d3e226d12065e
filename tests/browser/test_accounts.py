"""The whole way of a member in a real browser: with and without JavaScript, over http and behind https."""

import time
import zipfile

import pyotp
import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from medportal import mail
from medportal.extensions import db
from medportal.models.outbox import Outbox

PASSWORD = "correct horse battery"
DESK = [
    *("", "messages", "guide", "users", "users/1", "users/invite", "mail", "audit"),
    *("digests", "digests/preview", "mailings", "mailings/new"),
    *("subscribers", "subscribers/new", "subscribers/import"),
    *("texts/", "texts/new", "texts/bin", "texts/1", "texts/1/facts", "texts/1/references", "texts/1/people"),
    *(
        "texts/1/treatments",
        "texts/1/treatments/new",
        "texts/1/symptoms",
        "texts/1/publish",
        "texts/1/preview",
        "texts/1/history",
    ),
    *("texts/1/history/en/1", "texts/1/bin", "people", "people/new", "categories", "emergency"),
    *("pictures", "pictures/new", "settings", "statistics", "imports", "imports/new", "start"),
]
ACCOUNT = [
    "",
    "profile",
    "password",
    "email",
    "security",
    "security/second-factor",
    "sessions",
    "export",
    "delete",
    "subscriptions",
]
DOOR = [
    "sign-up",
    "sign-up/sent",
    "sign-up/again",
    "sign-in",
    "forgot",
    "forgot/sent",
    "signed-out",
    "reset/x",
    "confirm",
]


@pytest.fixture
def newest_letter(applications):
    def look(base, template):
        return _newest(applications[base], template)

    return look


def _newest(app, template):
    with app.app_context():
        query = sa.select(Outbox).where(Outbox.template == template).order_by(Outbox.id.desc())
        letter = mail.render(db.session.scalars(query).first())
        db.session.remove()
        return letter


def link_in(letter):
    return next(word for word in letter.text.split() if word.startswith("http"))


class Member:
    """Somebody with a page, who fills in forms by their labels' fields and sends them."""

    def __init__(self, page, base, lang):
        self.page, self.base, self.lang = page, base, lang

    def open(self, path):
        self.page.goto(f"{self.base}/{self.lang}/account/{path}")

    def send(self, **fields):
        for name, value in fields.items():
            self.page.fill(f"main form #{name}", value)
        self.press("main .form button[type=submit]")

    def press(self, selector):
        with self.page.expect_navigation():
            self.page.click(selector)

    def sign_out(self):
        if self.page.locator(".account__menu details").get_attribute("open") != "":
            self.page.click(".account__menu summary")
        self.press(".account__menu form button")

    def sign_in(self, email):
        self.open("sign-in")
        self.send(email=email, password=PASSWORD)


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("js", [True, False], ids=["js", "nojs"])
@pytest.mark.parametrize("lang", ["ar", "en"])
def test_from_signing_up_to_erasure(open_page, newest_letter, site, secure_site, lang, js, secure):
    base = secure_site if secure else site
    page = open_page(f"{base}/{lang}/", js=js, ignore_https_errors=True, accept_downloads=True)
    email = f"layla-{lang}-{js}-{time.time_ns()}@mail.example.com"
    me = Member(page, base, lang)

    me.press(f"a[href='/{lang}/account/sign-up'].button")
    me.send(email=email, password=PASSWORD, name="ليلى")
    assert page.url.endswith("/sign-up/sent")

    page.goto(link_in(newest_letter(base, "verify")))
    me.send(password=PASSWORD)
    assert page.locator(".notice--done").is_visible()
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert set(cookies) == ({"__Host-sid", "__Host-device"} if secure else {"sid", "device"})
    assert all(cookie["secure"] == secure and cookie["httpOnly"] for cookie in cookies.values())

    me.sign_out()
    assert page.url.endswith("/signed-out")
    me.sign_in(email)

    me.open("security/second-factor")
    me.press("main form[action*=begin] button")
    app = pyotp.TOTP(page.inner_text(".key").replace(" ", ""))
    me.send(code=app.now())
    assert page.locator(".codes li").count() == 10
    recovery = page.locator(".codes code").first.inner_text()
    me.sign_out()
    me.sign_in(email)
    assert page.url.endswith("/sign-in/code")
    me.send(code=recovery)

    me.open("profile")
    me.send(display_name="Layla Q")
    assert "Layla Q" in page.inner_text("main")

    me.open("export")
    with page.expect_download() as download:
        page.click("main form[method=post]:not([action]) button")
    with zipfile.ZipFile(download.value.path()) as copy:
        assert email in copy.read("my-data.json").decode()
        assert f'lang="{lang}"' in copy.read("my-data.html").decode()

    me.open("delete")
    page.check("#sure")
    me.press("main .form button[type=submit]")
    assert page.locator(".notice--warning").is_visible()
    me.press(".notice--warning form button")
    assert page.locator(".notice--warning").count() == 0
    me.open("delete")
    page.check("#sure")
    me.press("main .form button[type=submit]")
    assert page.locator(".notice--warning").is_visible()


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_a_forgotten_password_in_the_browser(open_page, newest_letter, site, lang):
    page = open_page(f"/{lang}/account/forgot")
    me = Member(page, site, lang)
    me.send(email="consultant@example.org")
    page.goto(link_in(newest_letter(site, "reset")))
    me.send(password="quite another phrase")
    assert page.url.endswith("/sign-in?done=password")
    me.send(email="consultant@example.org", password="quite another phrase")
    assert page.locator(".account__menu").is_visible()


def paths(lang):
    return (
        [("member", f"/{lang}/account/{path}") for path in ACCOUNT]
        + [("owner", f"/{lang}/admin/{path}") for path in DESK]
        + [("", f"/{lang}/account/{path}") for path in DOOR]
    )


@pytest.mark.parametrize("lang", ["ar", "en"])
@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_is_accessible_and_fits(signed_in, open_page, site, lang, width):
    from axe_playwright_python.sync_playwright import Axe

    axe, faults = Axe(), []
    pages = {"": open_page("/en/", width=width)}
    for role in ("member", "owner"):
        pages[role] = signed_in(role, "/en/", width=width)
    for role, path in paths(lang):
        page = pages[role]
        page.goto(site + path)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            faults.append(f"{path}: wider than {width}")
        for violation in axe.run(page).response["violations"]:
            faults.append(f"{path}: {violation['id']} {violation['nodes'][0]['html'][:120]}")
    assert faults == []


def test_a_session_is_ended_in_place_with_javascript(signed_in, site):
    first = signed_in("member", "/en/account/")
    second = signed_in("member", "/en/account/sessions")
    before = second.locator("#sessions .row").count()
    second.locator("#sessions .row form button").first.click()
    expect(second.locator("#sessions .row")).not_to_have_count(before)
    assert second.url.endswith("/account/sessions")
    first.reload()


def test_a_password_can_be_looked_at_while_typing(open_page):
    page = open_page("/en/account/sign-in")
    page.fill("#password", "some words")
    page.click("[data-reveal]")
    assert page.get_attribute("#password", "type") == "text"
    assert page.get_attribute("[data-reveal]", "aria-pressed") == "true"


def test_the_desk_filters_members_while_typing(signed_in):
    page = signed_in("owner", "/ar/admin/users")
    page.locator("#q").press_sequentially("editor@", delay=20)
    expect(page.locator("#users tbody tr")).to_have_count(1)
    assert "editor@example.org" in page.inner_text("#users")

"""The frame of the desk: what waits, members and roles, messages, mail, audit trail."""

import datetime as dt

import pytest
import sqlalchemy as sa
import time_machine

from medportal import delivery, retention, suppressions
from medportal import mail as post
from medportal.blueprints.pages import services as pages
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.audit import Audit
from medportal.models.outbox import Outbox
from medportal.models.user import User
from tests.people import MEMBER, PASSWORD
from tests.test_accounts import sign_up

BODY = "The dose table seems to miss a unit."


def message(kind="contact", **values):
    return lambda: pages.keep_message(kind, **{"lang": "en", "body": BODY} | values).id


def test_an_empty_desk_says_so(as_, lang):
    page = as_("owner").get(f"/{lang}/admin/")
    assert {"en": "Nothing is waiting.", "ar": "لا شيء ينتظر."}[lang] in page.text


def test_the_menu_shows_what_the_role_may_open(as_):
    entries = {
        role: [a["href"] for a in as_(role).get("/en/admin/").all(".desk-menu a[aria-current], .desk-menu a")]
        for role in ("editor", "owner")
    }
    assert "/en/admin/users" in entries["owner"]
    assert "/en/admin/users" not in entries["editor"]
    for role, browser_paths in entries.items():
        browser = as_(role, email=f"again-{role}@mail.example.com")
        for path in browser_paths:
            browser.get(path)


def test_the_menu_is_grouped_and_marks_where_one_is(as_, lang):
    page = as_("editor").get(f"/{lang}/admin/categories")
    groups = [summary.get_text(strip=True) for summary in page.all(".desk-menu__group summary")]
    assert groups == {"en": ["Content", "Readers"], "ar": ["المحتوى", "القراء"]}[lang]
    assert [s.get("aria-current") for s in page.all(".desk-menu__group summary")] == ["true", None]
    assert page.one('.desk-menu__panel [aria-current="page"]')["href"] == f"/{lang}/admin/categories"


def test_what_waits_is_counted_and_leads_to_its_page(as_, in_app, make_content):
    content = make_content()
    in_app(message())
    in_app(message("report", content_id=content, section="definition"))
    page = as_("editor").get("/en/admin/")
    assert "1 new message from a reader." in page.text
    assert "1 report of a mistake on a page." in page.text
    assert [a["href"] for a in page.all(".need a")] == [
        "/en/admin/messages?kind=report",
        "/en/admin/messages?kind=contact",
    ]


def test_a_message_is_settled_and_opened_again(as_, in_app, lang):
    number = in_app(message(name="Layla", email=MEMBER))
    browser = as_("editor")
    assert BODY in browser.get(f"/{lang}/admin/messages").text
    browser.send(f"/{lang}/admin/messages/{number}", state="done")
    assert BODY not in browser.get(f"/{lang}/admin/messages?state=new").text
    page = browser.send(f"/{lang}/admin/messages/{number}", 200, headers={"HX-Request": "true"}, state="new")
    assert "<html" not in page.html
    assert page.one("article")["id"] == f"message-{number}"
    browser.send(f"/{lang}/admin/messages/{number}", 400, state="nonsense")
    browser.send(f"/{lang}/admin/messages/{number + 1}", 404, state="done")


def test_28_what_readers_write_comes_out_as_text(as_, in_app):
    hostile = "<script>alert(1)</script> <img src=x onerror=alert(1)>"
    in_app(message(name=hostile, body=hostile))
    page = as_("owner", email="o@mail.example.com", name=hostile, display_name=hostile[:40]).get(
        "/en/admin/messages"
    )
    assert not page.all("main script, main img")
    assert "<script>alert" in page.text


def test_accounts_are_found_by_name_address_and_role(as_, make_user):
    browser = as_("owner")
    make_user("samira@mail.example.com", "editor", name="سميرة 100%")
    make_user("layla@mail.example.com", name="ليلى")
    for query, expected in {
        "q=SAMIRA@": 1,
        "q=سميرة": 1,
        "q=100%25": 1,
        "q=%25": 1,
        "role=editor": 1,
        "role=x": 3,
        "q=_": 0,
    }.items():
        page = browser.get(f"/en/admin/users?{query}")
        assert len(page.all("tbody tr")) == expected, query
    page = browser.get("/en/admin/users?q=zzz", headers={"HX-Request": "true"})
    assert "No account matches." in page.text
    assert "<html" not in page.html


def act(browser, number, action, status=303, **form):
    return browser.send(f"/en/admin/users/{number}/{action}", status, **{"sure": "y"} | form)


def test_15_a_new_role_ends_the_sessions_and_is_told(as_, user_of, letters, visitor, in_app):
    owner, member = as_("owner"), as_(email=MEMBER)
    act(owner, 2, "role", role="editor")
    assert user_of(2, lambda user: user.role) == "editor"
    assert not member.is_signed_in()
    assert "account_changed" in [letter.name for letter in letters() if letter.to == MEMBER]
    act(owner, 2, "role", 422, role="emperor")
    rows = in_app(lambda: [(r.actor, r.action, r.detail) for r in db.session.scalars(sa.select(Audit))])
    assert ("owner 1", "role changed", {"before": "member", "after": "editor"}) in rows


def test_15_a_switched_off_account_is_out_and_stays_out(as_, visitor):
    owner, member = as_("owner"), as_(email=MEMBER)
    act(owner, 2, "disabled")
    assert not member.is_signed_in()
    page = visitor().sign_in(status=422)
    assert "It does not fit the address" in page.text
    act(owner, 2, "enabled")
    visitor().sign_in()


def test_17_an_owner_ends_anybodys_sessions(as_):
    owner, member = as_("owner"), as_(email=MEMBER)
    act(owner, 2, "sessions")
    assert not member.is_signed_in()
    assert owner.is_signed_in()


def test_a_lost_phone_is_helped_by_a_second_owner(as_, make_user, user_of, visitor, in_app):
    from medportal.blueprints.accounts import second_factor

    owner = as_("owner")
    make_user("second@mail.example.com", "owner")

    def enrol():
        second_factor.begin(db.session.get_one(User, 2)).confirmed_at = sa.func.now()

    in_app(enrol)
    assert "Phone lost" in owner.get("/en/admin/users/2").text
    act(owner, 2, "factor")
    assert user_of(2, lambda user: user.has_second_factor) is False
    page = visitor().sign_in("second@mail.example.com")
    assert page.response.headers["Location"] == "/en/admin/"


@pytest.mark.parametrize("action", ["disabled", "factor"])
def test_what_hurts_is_asked_about_first(as_, action, lang, user_of):
    owner, member = as_("owner"), as_(email=MEMBER)
    page = owner.send(f"/{lang}/admin/users/2/{action}", 200)
    assert page.one("form input[name=sure]")
    assert page.one("form.form")["action"] == f"/{lang}/admin/users/2/{action}"
    assert member.is_signed_in()


def test_doses_in_messages_keep_their_order(as_, in_app):
    in_app(message(lang="ar", body="الجرعة (500 mg/day) والضغط 120/80 هنا"))
    html = as_("owner").get("/ar/admin/messages").html
    assert '<bdi dir="ltr" lang="en">(500 mg/day)</bdi>' in html
    assert '<bdi dir="ltr">120/80</bdi>' in html


@pytest.mark.parametrize(("action", "form"), [("role", {"role": "member"}), ("disabled", {})])
def test_the_only_owner_stays(as_, action, form, user_of):
    page = act(as_("owner"), 1, action, 422, **form)
    assert "This is the only owner" in page.text
    assert user_of(1, lambda user: (user.role, user.disabled_at)) == ("owner", None)


def test_an_invitation_opens_an_account_with_its_role(as_, visitor, letters, lang, user_of):
    owner = as_("owner")
    owner.send("/en/admin/users/invite", email=MEMBER, role="editor", language=lang)
    [letter] = letters()
    assert (letter.to, letter.name) == (MEMBER, "invitation")
    browser = visitor()
    browser.get(letter.link)
    browser.send_bare(letter.link, 422, name="Layla", password=PASSWORD[:12])
    browser.send_bare(letter.link, name="Layla", password=PASSWORD)
    assert user_of(2, lambda user: (user.role, user.lang, user.name)) == ("editor", lang, "Layla")
    browser.get("/en/admin/")
    visitor().get(letter.link, 410)
    page = owner.send("/en/admin/users/invite", 422, email=MEMBER, role="owner", language=lang)
    assert page.one("#email")["value"] == MEMBER


def test_an_invitation_falls_with_its_inviter_and_can_be_withdrawn(as_, make_user, letters, visitor, in_app):
    first, second = as_("owner"), as_("owner", email="second@mail.example.com")
    for owner, address in ((second, "a@mail.example.com"), (first, "b@mail.example.com")):
        owner.send("/en/admin/users/invite", email=address, role="owner", language="en")
    links = {letter.to: letter.link for letter in letters() if letter.name == "invitation"}
    act(first, 2, "disabled")
    visitor().get(links["a@mail.example.com"], 410)
    page = first.get("/en/admin/users")
    assert "b@mail.example.com" in page.one("#invited").parent.get_text()
    [form] = [f for f in page.all("form[action]") if "withdraw" in f["action"]]
    first.send(form["action"])
    visitor().get(links["b@mail.example.com"], 410)


def test_a_member_who_becomes_staff_needs_a_longer_password_before_the_desk(as_, visitor, user_of):
    owner, _ = as_("owner"), as_(email=MEMBER, password="short words 1")
    act(owner, 2, "role", role="editor")
    browser = visitor()
    browser.sign_in(password="short words 1")
    page = browser.get("/en/admin/", 303)
    assert page.response.headers["Location"] == "/en/account/password?needed=1"
    browser.send("/en/account/password", 422, password="still short")
    browser.send("/en/account/password", password="quite another phrase")
    browser.get("/en/admin/")


def test_a_failed_letter_is_put_aside(as_, in_app):
    owner = as_("owner")
    in_app(lambda: post.queue("sign_up_burst", to=MEMBER, lang="en", dedupe="x"))
    in_app(lambda: db.session.execute(sa.update(Outbox).values(state="failed")))
    assert "could not be delivered" in owner.get("/en/admin/").text
    owner.send("/en/admin/mail/1/aside")
    assert "could not be delivered" not in owner.get("/en/admin/").text


def test_the_language_switch_keeps_the_filters_of_the_desk(as_):
    page = as_("owner").get("/en/admin/users?q=layla&role=editor")
    assert page.one(".switch__link")["href"] == "/ar/admin/users?q=layla&role=editor"


def test_a_list_of_reports_asks_one_question_for_all_its_pages(as_, in_app, make_content, count_queries):
    owner = as_("owner")
    counts = []
    for number in (1, 12):
        for step in range(number):
            content = make_content(title=f"Title {number} {step}")
            in_app(message("report", content_id=content))
        counts.append(count_queries(lambda: owner.get("/en/admin/messages")))
    assert counts[0] == counts[1]


def test_held_sign_ups_are_sent_or_discarded(as_, app, visitor, letters, in_app):
    owner = as_("owner")
    app.config["SIGN_UP_BURST"] = 1
    try:
        for number in range(3):
            sign_up(visitor(), f"reader{number}@mail.example.com")
    finally:
        app.config["SIGN_UP_BURST"] = 50
    assert "2 sign-up emails are held back" in owner.get("/en/admin/").text
    owner.send("/en/admin/mail/held/release")
    assert [one.state for one in letters() if one.name == "verify"] == ["queued"] * 3
    in_app(
        lambda: db.session.execute(sa.update(Outbox).where(Outbox.template == "verify").values(state="held"))
    )
    page = owner.send("/en/admin/mail/held/discard", 200)
    assert "3 emails will never be sent" in page.text
    assert len(letters()) == 4
    owner.send("/en/admin/mail/held/discard", sure="y")
    assert [one.name for one in letters()] == ["sign_up_burst"]


def test_a_held_letter_waits_for_weeks_and_is_good_when_it_goes(as_, app, visitor, in_app):
    owner = as_("owner")
    app.config["SIGN_UP_BURST"] = 1
    try:
        for number in range(2):
            sign_up(visitor(), f"reader{number}@mail.example.com")
    finally:
        app.config["SIGN_UP_BURST"] = 50
    with time_machine.travel(utc_now() + dt.timedelta(days=9)):
        in_app(retention.clean_up)
        owner.sign_in("owner@mail.example.com")
        owner.send("/en/admin/mail/held/release")
        in_app(delivery.send_due)
        held = sa.select(Outbox.state).where(Outbox.recipient == "reader1@mail.example.com")
        assert in_app(lambda: db.session.scalar(held)) == "sent"


def test_letters_without_a_mail_server_are_read_at_the_desk(as_, in_app, lang):
    owner = as_("owner")
    in_app(
        lambda: post.queue(
            "account_changed",
            to=MEMBER,
            lang=lang,
            dedupe="x",
            what="password",
            at="2026-11-22T09:00:00+00:00",
        )
    )
    in_app(delivery.send_due)
    page = owner.send("/en/admin/mail/1/read", 200)
    assert {"en": "Your password was changed", "ar": "غُيّرت كلمة مرور الحساب"}[lang] in page.text
    assert "letter read" in in_app(lambda: db.session.scalars(sa.select(Audit.action)).all())


def test_an_address_that_refused_is_seen_masked_and_lifted(as_, in_app):
    in_app(lambda: delivery.suppress(MEMBER, "550 no such user"))
    owner = as_("owner")
    page = owner.get("/en/admin/mail")
    assert "l…@mail.example.com" in page.text
    assert MEMBER not in page.text
    owner.send("/en/admin/mail/suppressions/1/lift")
    assert in_app(lambda: suppressions.holds(MEMBER)) is False


def test_65_the_trail_shows_who_did_what(as_, lang):
    owner, _ = as_("owner", lang=lang), as_(email=MEMBER)
    page = owner.get(f"/{lang}/admin/audit")
    assert "owner@mail.example.com" in page.text
    assert {"en": "Signed in", "ar": "تسجيل دخول"}[lang] in page.text
    assert "127.0.0.0/24" in page.text
    assert len(owner.get(f"/{lang}/admin/audit?action=sign+in").all("tbody tr")) == 2
    owner.get(f"/{lang}/admin/audit?action=nonsense&page=1")
    owner.get(f"/{lang}/admin/audit?page=99", 404)


def test_the_owner_switches_the_latest_members_on(as_, read, make_user):
    make_user(MEMBER, display_name="Layla Q", shown_publicly=True)
    owner = as_("owner")
    owner.send("/en/admin/users/latest", latest_members="y")
    assert "Layla Q" in read("/en/").text
    owner.send("/en/admin/users/latest")
    assert "Layla Q" not in read("/en/").text


def test_the_guide_is_read_at_the_desk_in_its_language(as_, lang):
    browser = as_("editor")
    page = browser.get(f"/{lang}/admin/guide")
    assert {"en": "Writing a page", "ar": "كتابة صفحة"}[lang] in [h.get_text() for h in page.all("h2")]
    assert not page.all("main a[href$='.md']")
    assert browser.get(f"/{lang}/admin/").all(f"main a[href='/{lang}/admin/guide']")

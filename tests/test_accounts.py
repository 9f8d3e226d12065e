"""Signing up, confirming, signing in and out, forgotten passwords."""

import datetime as dt

import pytest
import sqlalchemy as sa
import time_machine
from werkzeug.security import generate_password_hash

from medportal.blueprints.accounts import services
from medportal.extensions import db
from medportal.models.audit import Audit
from medportal.models.user import Token, User
from tests.conftest import MEMBER, PASSWORD

NEW = "samira@mail.example.com"
WRONG = {"en": "It does not fit the address", "ar": "لا تطابق عنوان البريد الإلكتروني"}


def stamp(visitor, path):
    return visitor.get(path).one("input[name=ts]")["value"]


def sign_up(visitor, email=NEW, password=PASSWORD, lang="en", status=303, **form):
    path = f"/{lang}/account/sign-up"
    form.setdefault("ts", stamp(visitor, path))
    return visitor.send_bare(path, status, email=email, password=password, **form)


def ask(visitor, what, email, status=303):
    path = f"/en/account/{what}"
    return visitor.send_bare(path, status, email=email, ts=stamp(visitor, path))


def users(in_app):
    return in_app(lambda: list(db.session.scalars(sa.select(User.email))))


# Signing up


def test_signing_up_confirming_and_being_welcomed(visitor, letters, lang, user_of, in_app):
    browser = visitor()
    sent = sign_up(browser, lang=lang, name="سميرة")
    assert sent.response.headers["Location"] == f"/{lang}/account/sign-up/sent"
    assert users(in_app) == []
    [letter] = letters()
    assert (letter.to, letter.name) == (NEW, "verify")
    assert letter.link.startswith(f"/{lang}/account/verify/")
    browser.get(letter.link)
    assert users(in_app) == []
    page = browser.send_bare(letter.link, password=PASSWORD)
    assert page.response.headers["Location"] == f"/{lang}/account/?done=welcome"
    assert browser.is_signed_in()
    assert user_of(1, lambda user: (user.email, user.name, user.lang, user.role)) == (
        NEW,
        "سميرة",
        lang,
        "member",
    )


def test_the_first_letter_repeats_nothing_that_was_typed_but_the_address(visitor, letters):
    sign_up(visitor(), name="Buy cheap pills at example dot org")
    [letter] = letters()
    assert "pills" not in letter.subject + letter.text + letter.html


def test_errors_are_explained_and_keep_what_was_typed(visitor, lang, in_app):
    page = sign_up(visitor(), "no address", "short", lang, 422, name="Samira")
    assert [a["href"] for a in page.all(".errors a")] == ["#email", "#password"]
    assert page.one("#email")["value"] == "no address"
    assert page.one("#name")["value"] == "Samira"
    assert not page.one("#password").get("value")


def test_a_program_that_fills_every_field_is_thanked_and_ignored(visitor, letters):
    sign_up(visitor(), website="https://spam.example")
    assert letters() == []


def test_who_is_quicker_than_people_is_asked_to_send_again(make_app, app, visitor):
    slow = make_app(FORM_SECONDS=2).test_client()
    page = slow.post(
        "/en/account/sign-up",
        data={"email": NEW, "password": PASSWORD, "ts": stamp(visitor(), "/en/account/sign-up")},
        headers={"Origin": "http://localhost"},
    )
    assert page.status_code == 422
    assert "type the password again and send it once more" in page.text
    assert NEW in page.text


@pytest.mark.parametrize("ts", ["", "forged", "InNob3duIg.aSHxxw.abc"])
def test_a_form_that_was_never_shown_is_not_taken(visitor, ts, letters):
    sign_up(visitor(), status=422, ts=ts)
    assert letters() == []


def test_12_one_letter_a_day_to_an_unconfirmed_address_and_one_on_asking(visitor, letters):
    browser = visitor()
    for _ in range(3):
        sign_up(browser)
    assert len(letters()) == 1
    for _ in range(3):
        ask(browser, "sign-up/again", NEW)
    assert len(letters()) == 2


def test_a_link_works_once_and_then_explains_itself(visitor, letters, lang):
    browser = visitor()
    sign_up(browser, lang=lang)
    link = letters()[0].link
    browser.send_bare(link, password=PASSWORD)
    for page in (visitor().get(link, 410), visitor().send_bare(link, 410, password=PASSWORD)):
        said = {"en": "This link does not work any more", "ar": "لم يعد هذا الرابط صالحًا"}
        assert page.one("h1").get_text(strip=True) == said[lang]
        assert page.one("form.form")["action"] == f"/{lang}/account/sign-up/again"


def test_a_link_that_is_too_old_explains_itself(visitor, letters):
    browser = visitor()
    sign_up(browser)
    link = letters()[0].link
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=49)):
        assert "A new one can be sent" in browser.get(link, 410).text


def test_somebody_elses_sign_up_with_my_address_gives_them_nothing(visitor, letters, user_of):
    """The link proves the address, the password the person: both are needed, in whatever order they came."""
    attacker, owner = visitor(), visitor()
    sign_up(attacker, password="the attacker's own words")
    sign_up(owner, password=PASSWORD)
    link = letters()[0].link
    owner.send_bare(link, password=PASSWORD)
    assert owner.is_signed_in()
    assert attacker.sign_in(NEW, "the attacker's own words", 422)


def test_the_wrong_password_at_the_link_opens_nothing(visitor, letters, in_app):
    sign_up(visitor())
    page = visitor().send_bare(letters()[0].link, 422, password="something else entirely")
    assert "not the password chosen" in page.text
    assert users(in_app) == []


def test_a_burst_of_sign_ups_holds_mail_and_tells_the_owner(make_app, make_user, visitor, letters, app):
    make_user("owner@mail.example.com", "owner")
    app.config["SIGN_UP_BURST"] = 3
    try:
        browser = visitor()
        for number in range(5):
            sign_up(browser, f"reader{number}@mail.example.com")
    finally:
        app.config["SIGN_UP_BURST"] = 50
    states = [(letter.name, letter.state) for letter in letters()]
    assert states.count(("verify", "queued")) == 3
    assert states.count(("verify", "held")) == 2
    assert states.count(("sign_up_burst", "queued")) == 1


# 10, 11: known and unknown addresses


def answers(page):
    head = {k: v for k, v in page.response.headers.items() if k not in ("X-Request-ID", "Content-Length")}
    return page.status, head, page.html.replace(NEW, "").replace(MEMBER, "")


def test_10_signing_in_says_the_same_for_known_and_unknown_addresses(visitor, make_user, lang):
    make_user()
    known, unknown = (
        visitor().send_bare(f"/{lang}/account/sign-in", 422, email=email, password="not the password")
        for email in (MEMBER, NEW)
    )
    assert answers(known) == answers(unknown)
    assert WRONG[lang] in known.text


@pytest.mark.parametrize("what", ["sign-up", "sign-up/again", "forgot"])
def test_10_other_forms_say_the_same_for_known_and_unknown_addresses(visitor, make_user, what):
    make_user()
    browser = visitor()
    if what == "sign-up":
        known, unknown = (sign_up(browser, email) for email in (MEMBER, NEW))
    else:
        known, unknown = (ask(browser, what, email) for email in (MEMBER, NEW))
    assert answers(known) == answers(unknown)


def test_11_known_and_unknown_addresses_cost_the_same_number_of_commits(visitor, make_user, app):
    make_user()
    counts = []
    with app.app_context():
        engine = db.engine
    for email in (MEMBER, NEW):
        for way in (
            lambda b, e: b.sign_in(e, "not the password", 422),
            sign_up,
            lambda b, e: ask(b, "forgot", e),
        ):
            seen = []

            def note(_connection, seen=seen):
                seen.append(1)

            sa.event.listen(engine, "commit", note)
            way(visitor(), email)
            sa.event.remove(engine, "commit", note)
            counts.append(len(seen))
    assert counts[:3] == counts[3:]


def test_a_member_who_signs_up_again_is_told_by_mail_that_there_is_an_account(visitor, make_user, letters):
    make_user(lang="ar")
    browser = visitor()
    sign_up(browser, MEMBER)
    sign_up(browser, MEMBER.upper())
    [letter] = letters()
    assert (letter.name, letter.to) == ("already_member", MEMBER)
    assert letter.subject == "يوجد حساب بهذا العنوان"


@pytest.mark.parametrize(
    "typed", ["LAYLA@mail.example.com", "  layla@MAIL.example.com ", "layla@mail.EXAMPLE.com"]
)
def test_an_address_is_the_same_however_it_is_written(visitor, make_user, typed, in_app):
    make_user()
    browser = visitor()
    browser.sign_in(typed)
    assert browser.is_signed_in()
    assert in_app(lambda: services.add_user(typed, "x", name="", lang="en", role="member")) is None


# Passwords


@pytest.mark.parametrize(
    "password",
    """password123 1234567890 qwertyuiop 0987654321 iloveyou123 Password2024! aaaaaaaaaa abcabcabcabc qwerty123456
mohammed123 Mohamed2024 ahmad1234567 fatima123456 habibi12345 bismillah786 alhamdulillah damascus2024 realmadrid1
محمد123456 حبيبي123456 الحمدلله1 ضصثقفغعهخح ١٢٣٤٥٦٧٨٩٠ بسمالله123 letmein1234 welcome12345 football2023 superman123
dragon12345 sunshine123 princess123 monkey123456 master12345 trustno1234 liverpool12 starwars123 michael1234
jennifer123 jordan23456 hunter12345 zxcvbnm1234 asdfghjkl12 qazwsx12345 1q2w3e4r5t6y samira@mail samira2024!!
medportal123 Medical-Portal1 mail.example.com abcdefghijkl 98765432109876""".split(),
)
def test_3_common_breached_and_obvious_passwords_are_refused_with_the_reason(visitor, password, letters):
    page = sign_up(visitor(), password=password, status=422)
    assert page.one("#password-error")
    assert letters() == []


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "  leading and trailing  ",
        "كلمات كثيرة يسهل حفظها",
        "Tr0ub4dor&3xyzq",
        "x9$kq2vLm!",
        "p" * 3 + "qrz7" * 40,
    ],
)
def test_2_a_password_is_kept_exactly_as_typed(visitor, make_user, password):
    make_user(password=password)
    assert visitor().sign_in(password=password, status=303)
    altered = password.strip() if password != password.strip() else password.swapcase() + " "
    visitor().sign_in(password=altered, status=422)


@pytest.mark.parametrize(("length", "status"), [(9, 422), (10, 303), (256, 303), (257, 422)])
def test_2_ten_to_256_characters(visitor, length, status):
    words = ("quiet violet lantern over seven rivers " * 8)[: length - 1] + "z"
    sign_up(visitor(), password=words, status=status)


def test_the_reason_is_told_in_arabic(visitor):
    page = sign_up(visitor(), password="mohammed123", lang="ar", status=422)
    assert "من كلمات المرور الشائعة" in page.text


def test_1_an_older_hash_is_renewed_when_its_owner_signs_in(visitor, make_user, user_of, in_app):
    number = make_user()
    old = generate_password_hash(PASSWORD, "scrypt")
    in_app(lambda: db.session.execute(sa.update(User).values(password_hash=old)))
    visitor().sign_in(password="not the password", status=422)
    assert user_of(number, lambda user: user.password_hash) == old
    visitor().sign_in()
    assert user_of(number, lambda user: user.password_hash).startswith("$argon2id$v=19$m=8,t=1,p=1$")


# Brute force


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

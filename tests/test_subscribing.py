"""Subscribing, confirming, choosing, stopping: by everybody, with or without an account."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa
import time_machine

from medportal import mail, retention
from medportal.blueprints.accounts import erasure
from medportal.content_types import listed_kinds
from medportal.digests import staging, subscribers
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.digest import Delivery
from medportal.models.outbox import Outbox
from medportal.models.subscription import Subscriber
from medportal.models.user import Token, User
from tests.people import MEMBER
from tests.subscribing import READER, join, mailbox, markup, run, send, the

FORM = {"email": READER, "kinds": "news", "frequency": "weekly", "language": "en"}


@pytest.fixture
def ask(visitor):
    """Sends the form as a reader does; the reader's browser."""

    def fill_in(lang="en", status=303, query="", **more):
        browser = visitor()
        browser.send_bare(f"/{lang}/subscriptions/{query}", status, **(FORM | {"language": lang} | more))
        return browser

    return fill_in


@pytest.fixture
def state(in_app):
    """Everything that is stored, to see that looking changes nothing."""
    return lambda: in_app(
        lambda: str([db.session.execute(db.select(t)).all() for t in db.metadata.sorted_tables])
    )


@pytest.fixture
def look(in_app):
    """`look("lang", "state")`: what is stored of the subscriber."""

    def found(*names, email=READER):
        values = in_app(lambda: [getattr(the(email), name) for name in names])
        return values[0] if len(values) == 1 else tuple(values)

    return found


@pytest.fixture
def chosen(in_app):
    return lambda email=READER: in_app(lambda: subscribers.wishes_of(the(email)))


def path_of(row, purpose=subscribers.MANAGE, lang="en"):
    page = "manage" if purpose == subscribers.MANAGE else "unsubscribe"
    return f"/{lang}/subscriptions/{page}/{subscribers.link(row.seed, purpose)}"


@pytest.fixture
def reader(in_app, lang):
    """A subscriber of everything, and the path of its preferences in the reader's language."""
    return in_app(lambda: path_of(join(lang=lang), lang=lang))


# The box


def test_the_box_stands_on_every_page(read, make_content, lang):
    make_content()
    for path in ("", "diseases/", "diseases/test-disease", "categories/", "search?q=x"):
        page = (
            read(f"/{lang}/{path}") if path != "diseases/test-disease" else read("/en/diseases/test-disease")
        )
        form = page.one(".box form")
        assert len(form.select("input[name=kinds]")) == len(listed_kinds())
        assert {field["name"] for field in form.select("input, select")} >= {"email", "frequency", "language"}


def test_54_nothing_comes_before_the_address_said_yes(ask, letters, in_app, lang):
    ask(lang)
    [letter] = letters()
    assert (letter.to, letter.name) == (READER, "subscribe")
    assert in_app(lambda: db.session.scalars(sa.select(Subscriber)).all()) == []


def test_54_one_button_confirms_and_keeps_when_and_what_was_agreed(ask, letters, look, visitor, lang):
    ask(lang, frequency="monthly")
    browser, path = visitor(), letters()[0].link
    assert len(browser.get(path).all("main form button")) == 1
    page = browser.get(browser.send_bare(path).response.headers["Location"])
    assert page.all(".notice--done")
    assert look("lang", "frequency", "state") == (lang, "monthly", "active")
    agreed = look("consent_how", "consent_lang", "consent_version")
    assert agreed == ("form", lang, subscribers.CONSENT_VERSION)
    assert utc_now() - look("consent_at") < dt.timedelta(minutes=1)
    browser.get(path, 410)
    browser.send_bare(path, 410)


def test_what_was_ticked_is_what_comes(ask, letters, look, chosen, visitor, make_category, make_content):
    make_category()
    number = make_content(categories=["heart"])
    ask(kinds=["news", "event"], query=f"?content={number}", announcements="y", other_language="y")
    visitor().send_bare(letters()[0].link)
    assert chosen() == subscribers.Wishes(
        kinds=frozenset({"news", "event"}), contents=frozenset({number}), announcements=True
    )
    assert look("other_language", "named") == (True, False)


def test_a_category_is_followed_from_its_page(read, ask, letters, chosen, visitor, make_category):
    make_category()
    assert read("/en/categories/heart").all('a[href*="/subscriptions/?category=heart"]')
    ask(kinds=[], query="?category=heart")
    visitor().send_bare(letters()[0].link)
    assert len(chosen().categories) == 1


def test_a_page_is_followed_from_that_page(read, make_content, lang):
    number = make_content()
    page = read(f"/{lang}/d/{number}", 302)
    page = read(page.response.headers["Location"].replace("http://localhost", ""))
    [link] = page.all(f'a[href="/{lang}/subscriptions/?content={number}"]')
    assert read(link["href"]).all("h1")


def test_more_choices_keep_what_was_typed_and_send_nothing(ask, letters, lang):
    browser = ask(lang, status=200, more="1", kinds=["video"])
    assert letters() == []
    page = browser.send_bare(f"/{lang}/subscriptions/", 200, **FORM | {"more": "1", "kinds": "video"})
    assert page.one("#email")["value"] == READER
    assert [box["value"] for box in page.all("input[name=kinds][checked]")] == ["video"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "no address"), ("email", ""), ("frequency", "hourly"), ("language", "xx"), ("kinds", [])],
)
def test_bad_input_is_said_and_kept(ask, letters, field, value, lang):
    browser = ask(lang, status=422, **{field: value})
    page = browser.send_bare(f"/{lang}/subscriptions/", 422, **FORM | {field: value})
    assert page.all(".errors a")
    assert letters() == []


@pytest.mark.parametrize(
    "query", ["?content=-1", "?content=9" + "9" * 30, "?content=x", "?category=none", "?category="]
)
def test_what_does_not_exist_is_not_followed(ask, read, query):
    assert read(f"/en/subscriptions/{query}").all("h1")
    ask(query=query)


def test_programs_that_fill_every_field_get_no_letter(ask, letters):
    ask(website="https://spam.example")
    assert letters() == []


def test_12_an_address_gets_one_letter_a_day_and_one_more_on_asking(ask, letters, visitor, lang):
    for _ in range(3):
        ask(lang)
    assert len(letters()) == 1
    for count in (2, 2):
        browser = visitor()
        stamp = browser.get(f"/{lang}/subscriptions/again").one("input[name=ts]")["value"]
        browser.send_bare(f"/{lang}/subscriptions/again", email=READER, ts=stamp)
        assert len(letters()) == count


def test_one_network_asks_ten_times_an_hour(ask):
    for n in range(10):
        ask(email=f"reader{n}@mail.example.com")
    ask(status=429)


def test_many_letters_at_once_wait_for_an_owner(app, ask, letters, make_user):
    make_user("owner@mail.example.com", "owner")
    app.config.update(SIGN_UP_BURST=2)
    try:
        for n in range(3):
            ask(email=f"reader{n}@mail.example.com")
    finally:
        app.config.update(SIGN_UP_BURST=50)
    assert [(letter.name, letter.state) for letter in letters()] == [
        ("subscribe", "queued"),
        ("subscribe", "queued"),
        ("subscribe", "held"),
        ("sign_up_burst", "queued"),
    ]


def test_10_known_and_unknown_addresses_get_the_same_answer_and_the_same_letter(ask, letters, in_app, read):
    in_app(join)
    known = ask()
    unknown = ask(email="nobody@mail.example.com")
    assert known.get("/en/subscriptions/sent").html == unknown.get("/en/subscriptions/sent").html
    first, second = letters()
    assert first.subject == second.subject
    assert first.text.replace(first.link, "") == second.text.replace(second.link, "")


def test_asking_again_adds_to_what_there_is(in_app, ask, letters, look, chosen, visitor):
    in_app(lambda: join(kinds=["video"]))
    ask(kinds="news", frequency="monthly")
    visitor().send_bare(letters()[0].link)
    assert chosen().kinds == {"video", "news"}
    assert look("frequency") == "daily"  # a stranger's form is no way to change it


def test_a_stranger_may_ask_but_changes_nothing(in_app, ask):
    before = in_app(lambda: path_of(join(kinds=["video"])))
    ask(kinds="news", frequency="at_once")
    assert in_app(lambda: (the().frequency, subscribers.wishes_of(the()).kinds)) == ("daily", {"video"})
    assert before


# Links in mail


def test_u8_looking_at_any_link_of_any_letter_changes_nothing(app, ask, letters, in_app, make_content, state):
    in_app(join)
    make_content("news")
    in_app(run)
    ask(email="new@mail.example.com")
    [digest] = in_app(mailbox)
    [opt_in] = [letter for letter in letters() if letter.name == "subscribe"]
    pages = markup(digest) + opt_in.html
    links = {link.split('"')[0] for link in pages.split('href="')[1:]}
    stops = {digest["List-Unsubscribe"].strip("<>")}
    assert len(links | stops) >= 4
    before, client = state(), app.test_client()
    for link in links | stops:
        for method in ("GET", "HEAD") * 3:
            answer = client.open(link.replace("http://localhost", ""), method=method)
            assert answer.status_code in (200, 302), link
    assert state() == before


def test_52_one_click_stops_without_cookie_origin_or_token(app, in_app, make_content):
    in_app(join)
    make_content("news")
    in_app(run)
    [letter] = in_app(mailbox)
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = letter["List-Unsubscribe"].strip("<>").replace("http://localhost", "")
    for _ in range(3):
        answer = app.test_client().post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert in_app(lambda: the().state) == "stopped"


def test_52_it_is_honoured_for_mail_that_is_queued(app, in_app, make_content):
    path = in_app(lambda: path_of(join(), subscribers.STOP_ALL))
    make_content("news")
    in_app(lambda: staging.stage(staging.open_run("daily", utc_now())))
    app.test_client().post(path, data={"List-Unsubscribe": "One-Click"})
    in_app(send)
    assert in_app(mailbox) == []


def test_52_the_letter_that_asks_has_one_click_too(app, ask, letters, in_app, visitor):
    ask()
    stop = in_app(lambda: mail.render(db.session.scalars(sa.select(Outbox)).one()).stop)
    path, link = stop.replace("http://localhost", ""), letters()[0].link
    for _ in range(2):
        assert app.test_client().post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    visitor().get(link, 410)


def test_52_a_link_is_for_its_purpose_and_its_subscriber(in_app, read):
    seed = in_app(lambda: join().seed)
    manage, stop = (in_app(lambda p=p: subscribers.link(seed, p)) for p in ("manage", "all"))
    read(f"/en/subscriptions/unsubscribe/{manage}", 410)
    read(f"/en/subscriptions/manage/{stop}", 410)
    read(f"/en/subscriptions/manage/{manage[:-1]}{'a' if manage[-1] != 'a' else 'b'}", 410)
    read(f"/en/subscriptions/manage/{'x' * 44}", 410)


def test_52_who_stopped_can_change_their_mind(in_app, visitor, reader, lang):
    browser = visitor()
    browser.send_bare(f"{reader}/stop")
    page = browser.get(reader)
    assert page.all('form[action$="/resume"]')
    browser.send_bare(f"{reader}/resume")
    assert in_app(lambda: the().state) == "active"


# Preferences


def test_preferences_need_no_account_and_show_what_is_chosen(visitor, reader, lang):
    page = visitor().get(reader)
    assert page.one("html")["lang"] == lang
    assert len(page.all("input[name=kinds][checked]")) == 7
    assert page.one("input[name=frequency][checked]")["value"] == "daily"
    assert "Set-Cookie" not in page.response.headers
    assert page.response.headers["Referrer-Policy"] == "no-referrer"


def test_preferences_are_changed_by_link(visitor, reader, look, chosen, lang):
    browser = visitor()
    answer = browser.send_bare(reader, kinds="video", frequency="monthly", language="ar", named="y")
    assert browser.get(answer.response.headers["Location"]).all(".notice--done")
    assert look("frequency", "lang", "named") == ("monthly", "ar", True)
    assert chosen().kinds == {"video"}


def test_a_tick_is_saved_at_once_where_there_is_javascript(visitor, reader, in_app, lang):
    page = visitor().send_bare(
        reader, 200, headers={"HX-Request": "true"}, kinds="video", frequency="weekly", language=lang
    )
    assert page.one("#saved")["data-say"]
    assert in_app(lambda: subscribers.wishes_of(the()).kinds) == {"video"}
    page = visitor().send_bare(
        reader, 422, headers={"HX-Request": "true"}, kinds="video", frequency="never", language=lang
    )
    assert page.one("#saved .field__error")


@pytest.mark.parametrize("days", ["7", ""])
def test_a_pause_ends_by_itself_or_by_hand(visitor, reader, in_app, make_content, days, lang):
    visitor().send_bare(f"{reader}/pause", days=days)
    make_content("news")
    in_app(run)
    assert in_app(mailbox) == []
    assert in_app(lambda: the().state) == "paused"
    if days == "7":
        with time_machine.travel(utc_now() + dt.timedelta(days=8)):
            in_app(run)
            assert in_app(lambda: the().state) == "active"
            assert in_app(mailbox) == []  # what appeared meanwhile is not sent later
    else:
        visitor().send_bare(f"{reader}/resume")
        assert in_app(lambda: the().state) == "active"


@pytest.mark.parametrize("days", ["abc", "-1", "9" * 40])
def test_an_odd_pause_is_none(visitor, reader, look, days):
    visitor().send_bare(f"{reader}/pause", 400, days=days)
    assert look("state") == "active"


def test_a_followed_page_can_be_let_go(visitor, in_app, make_content):
    number = make_content()
    path = in_app(lambda: path_of(join(kinds=[], contents=[number])))
    browser = visitor()
    assert len(browser.get(path).all('form[action$="/unfollow"]')) == 1
    browser.send_bare(f"{path}/unfollow", content=str(number))
    assert in_app(lambda: subscribers.wishes_of(the())).contents == frozenset()


def test_a_copy_of_what_is_stored(visitor, reader, lang):
    copy = json.loads(visitor().send_bare(f"{reader}/export", 200).html)
    assert copy["email"] == READER
    assert copy["consent"]["version"] == subscribers.CONSENT_VERSION
    assert len(copy["kinds"]) == 7


def test_erasing_asks_once_and_leaves_nothing(visitor, reader, in_app, ask, letters, lang):
    ask(lang)
    browser = visitor()
    assert browser.send_bare(f"{reader}/erase", 200).all("main form")
    assert in_app(the)
    browser.send_bare(f"{reader}/erase", 200, sure="y")
    assert in_app(lambda: db.session.scalars(sa.select(Subscriber)).all()) == []
    assert in_app(lambda: db.session.scalars(sa.select(Token).where(Token.used_at.is_(None))).all()) == []
    browser.get(reader, 410)


def test_stopped_addresses_go_after_thirty_days(in_app, reader, visitor, lang):
    visitor().send_bare(f"{reader}/stop")
    with time_machine.travel(utc_now() + dt.timedelta(days=31)):
        in_app(retention.clean_up)
    assert in_app(lambda: db.session.scalars(sa.select(Subscriber)).all()) == []


# Members


def test_members_choose_in_their_account_without_a_letter(as_, look, letters, lang):
    browser = as_("member")
    page = browser.get(f"/{lang}/account/subscriptions")
    assert page.all("input[name=kinds]")
    browser.send(f"/{lang}/account/subscriptions", kinds="news", frequency="daily", language=lang)
    assert look("consent_how", "frequency", "user_id", email="member@mail.example.com") == (
        "account",
        "daily",
        1,
    )
    assert letters() == []


def test_members_follow_with_one_button(as_, in_app, make_content, lang):
    number = make_content()
    browser = as_("member")
    page = browser.get(f"/{lang}/subscriptions/?content={number}")
    form = page.one('form[action*="/account/follow"]')
    browser.send(form["action"])
    assert in_app(lambda: subscribers.wishes_of(the("member@mail.example.com"))).contents == {number}
    assert browser.get(f"/{lang}/account/subscriptions").all('form[action$="/unfollow"]')


def test_members_stop_pause_and_take_a_copy(as_, in_app):
    browser = as_("member")
    browser.send("/en/account/subscriptions", kinds="news", frequency="daily", language="en")
    browser.send("/en/account/subscriptions/pause", days="30")
    assert in_app(lambda: the("member@mail.example.com").state) == "paused"
    browser.send("/en/account/subscriptions/stop")
    assert in_app(lambda: the("member@mail.example.com").state) == "stopped"
    assert json.loads(browser.send("/en/account/subscriptions/export", 200).html)["state"] == "stopped"
    page = browser.get("/en/account/export")
    assert page.status == 200


def test_an_account_finds_the_subscription_its_address_had(in_app, as_, make_user):
    in_app(lambda: join(MEMBER))
    number = make_user()
    in_app(lambda: subscribers.adopt(db.session.get_one(User, number)))
    assert in_app(lambda: the(MEMBER).user_id) == number


def test_a_new_address_takes_the_subscription_along(in_app, look, chosen, make_user):
    def move():
        user = db.session.get_one(User, number)
        user.email = user.email_key = "new@mail.example.com"
        subscribers.move(user)

    number = make_user()
    in_app(lambda: (join(MEMBER, kinds=["news"]), join("new@mail.example.com", kinds=["video"])))
    in_app(move)
    assert look("user_id", email="new@mail.example.com") == number
    assert chosen("new@mail.example.com").kinds == {"news", "video"}
    assert in_app(lambda: len(db.session.scalars(sa.select(Subscriber)).all())) == 1


def test_u21_erasing_an_account_in_the_middle_of_a_digest_leaves_no_row_and_no_letter(
    in_app, make_user, make_content
):
    number = make_user()
    in_app(lambda: join(MEMBER))
    make_content("news")
    in_app(lambda: staging.stage(staging.open_run("daily", utc_now())))
    assert in_app(lambda: len(db.session.scalars(sa.select(Delivery)).all())) == 1
    in_app(lambda: erasure.erase(db.session.get_one(User, number)))
    in_app(send)
    assert in_app(mailbox) == []
    assert in_app(lambda: len(db.session.scalars(sa.select(Delivery)).all())) == 0
    assert in_app(lambda: len(db.session.scalars(sa.select(Subscriber)).all())) == 0


def test_an_account_switched_off_gets_no_more_mail(as_, in_app, make_user):
    number = make_user()
    in_app(lambda: join(MEMBER))
    as_("owner").send(f"/en/admin/users/{number}/disabled", 303, sure="y")
    assert in_app(lambda: the(MEMBER).state) == "stopped"

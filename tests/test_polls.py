"""Polls: one tally for both languages, one vote a person, and nobody's choice kept (U25)."""

import csv
import datetime as dt
import io
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
import time_machine

from medportal import privacy
from medportal.blueprints.polls import services
from medportal.demo import loader, polls
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.poll import Poll, PollChoice, Vote
from medportal.models.user import User
from medportal.templating import site_day
from tests.people import MEMBER

QUESTION = {"en": "Which is it?", "ar": "أيها؟"}
ANSWERS = [{"en": "The first", "ar": "الأول"}, {"en": "The second", "ar": "الثاني"}]


@pytest.fixture
def make_poll(in_app):
    """The numbers of the poll and of its answers."""

    def make(opens=-1, closes=7, **values):
        now = utc_now()
        facts = services.Facts(
            question=values.get("question", QUESTION),
            opens_at=now + dt.timedelta(days=opens),
            closes_at=now + dt.timedelta(days=closes) if closes is not None else None,
            answers=[services.Answer(None, label) for label in values.get("answers", ANSWERS)],
        )

        def work():
            poll = services.add(facts, by="test")
            return poll.id, [choice.id for choice in poll.choices]

        return in_app(work)

    return make


@pytest.fixture
def tally(in_app):
    """The votes of each answer. They are as many as there are people who voted."""

    def count(number):
        def work():
            query = sa.select(PollChoice.votes).where(PollChoice.poll_id == number)
            found = list(db.session.scalars(query.order_by(PollChoice.position)))
            people = sa.select(sa.func.count(Vote.id)).where(Vote.poll_id == number)
            assert sum(found) == db.session.scalar(people)
            return found

        return in_app(work)

    return count


def vote(browser, number, choice, lang="en", status=303, **kwargs):
    return browser.send_bare(f"/{lang}/polls/{number}/vote", status, choice=str(choice), **kwargs)


def said(page):
    return page.response.headers["Location"].rpartition("=")[2]


def test_votes_in_both_languages_make_one_tally(make_poll, visitor, tally, read, lang):
    number, (first, second) = make_poll()
    assert said(vote(visitor(), number, first, "ar")) == "1"
    assert said(vote(visitor(), number, first, "en")) == "1"
    vote(visitor(), number, second, "en")
    assert tally(number) == [2, 1]
    page = read(f"/{lang}/polls/{number}")
    assert "67%" in page.all(".poll__count")[0].get_text()
    assert page.all(".poll__share")[0]["width"] == "67"
    words = {
        "en": ("3 votes, from all languages together", "not a scientific survey"),
        "ar": ("3 أصوات، بكل اللغات معًا", "ليس هذا مسحًا علميًا"),
    }
    assert all(sentence in page.text for sentence in words[lang])


def test_a_vote_is_thanked_without_javascript_and_the_page_is_the_same_for_all(make_poll, visitor, lang):
    number, (first, _) = make_poll()
    browser = visitor()
    form = browser.get(f"/{lang}/").one(".poll__form")
    assert form["action"] == f"/{lang}/polls/{number}/vote"
    assert form.select("input[type=radio]")[0]["value"] == str(first)
    answer = vote(browser, number, first, lang)
    page = browser.get(answer.response.headers["Location"])
    assert page.one(".notice--done")
    assert not page.all(".poll__form")
    before = visitor().get(f"/{lang}/polls/{number}").html
    assert browser.get(f"/{lang}/polls/{number}").html == before
    assert browser.get(f"/{lang}/").html == visitor().get(f"/{lang}/").html


def test_a_second_vote_of_the_browser_is_refused_in_the_other_language_too(make_poll, visitor, tally):
    number, (first, second) = make_poll()
    browser = visitor()
    vote(browser, number, first, "ar")
    for lang in ("ar", "en"):
        answer = vote(browser, number, second, lang)
        assert said(answer) == "already"
        assert browser.get(answer.response.headers["Location"]).one(".poll .notice")
    assert tally(number) == [1, 0]


def test_a_member_votes_once_on_all_devices(make_poll, as_, visitor, tally):
    number, (first, second) = make_poll()
    one, other = as_(email=MEMBER), visitor()
    assert said(vote(one, number, first)) == "1"
    other.sign_in()
    assert said(vote(other, number, second, "ar")) == "already"
    one.send("/en/account/sign-out")
    assert said(vote(one, number, second)) == "already"
    assert tally(number) == [1, 0]


def test_who_voted_before_signing_in_counts_once(make_poll, make_user, visitor, tally):
    number, (first, second) = make_poll()
    make_user()
    browser = visitor()
    vote(browser, number, first)
    browser.sign_in()
    assert said(vote(browser, number, second)) == "already"
    assert tally(number) == [1, 0]


def test_no_cookie_before_voting_and_then_one_for_polls_alone(make_poll, visitor, lang):
    number, (first, _) = make_poll()
    browser = visitor()
    for path in (f"/{lang}/", f"/{lang}/polls/", f"/{lang}/polls/{number}"):
        assert "Set-Cookie" not in browser.get(path).response.headers
    assert "Set-Cookie" not in vote(browser, number, 999, lang, status=422).response.headers
    set_by_voting = vote(browser, number, first, lang).response.headers.getlist("Set-Cookie")
    assert {cookie.partition("Path=")[2].split(";")[0] for cookie in set_by_voting} == {
        "/ar/polls/",
        "/en/polls/",
    }
    assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in set_by_voting)
    assert "Set-Cookie" not in vote(browser, number, first, lang).response.headers


def test_behind_https_the_cookie_is_secure(make_app, make_poll):
    number, (first, _) = make_poll()
    app = make_app(SITE_URL="https://localhost")
    answer = app.test_client().post(
        f"/en/polls/{number}/vote", data={"choice": first}, headers={"Origin": "https://localhost"}
    )
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Secure-voter=")
    assert "Secure;" in cookie


def test_a_cookie_that_is_not_ours_is_none(make_poll, visitor, tally):
    number, (first, _) = make_poll()
    for value in ("x", "x.y", ".", "number." + "0" * 32):
        browser = visitor()
        browser.client.set_cookie("voter", value, path="/en/polls/")
        assert said(vote(browser, number, first)) == "1"
    assert tally(number) == [4, 0]


def test_nobody_is_recognised_from_one_poll_to_the_next(make_poll, visitor, in_app):
    browser = visitor()
    for _ in range(2):
        number, (first, _second) = make_poll()
        assert said(vote(browser, number, first)) == "1"
    hashes = in_app(lambda: db.session.scalars(sa.select(Vote.voter)).all())
    assert len(set(hashes)) == 2
    assert not {browser.client.get_cookie("voter", path="/en/polls/").value.partition(".")[0]} & set(hashes)


@pytest.mark.parametrize("choice", ["", "0", "999", "x", "-1", "9" * 5000])
def test_a_bad_choice_is_explained(make_poll, visitor, tally, choice, lang):
    number, _ = make_poll()
    _, (of_another, _second) = make_poll()
    for value in (choice, of_another):
        page = vote(visitor(), number, value, lang, status=422)
        wanted = {"en": "Please choose one of the answers.", "ar": "يُرجى اختيار أحد الخيارات."}[lang]
        assert wanted in page.one(".errors").get_text()
        assert page.one(".switch__link")["href"].endswith(f"/polls/{number}")
    assert tally(number) == [0, 0]


def test_polls_open_and_close_by_the_clock(make_poll, visitor, tally, read):
    number, (first, _) = make_poll(opens=1, closes=3)
    read(f"/en/polls/{number}", 404)
    assert not read("/en/").all(".poll")
    vote(visitor(), number, first, status=404)
    with time_machine.travel(utc_now() + dt.timedelta(days=2)):
        assert read("/en/").one(".poll__form")
        vote(visitor(), number, first)
    with time_machine.travel(utc_now() + dt.timedelta(days=4)):
        assert not read("/en/").all(".poll")
        assert said(vote(visitor(), number, first)) == "closed"
        assert not read(f"/en/polls/{number}").all(".poll__form")
        assert read("/en/polls/").one("#over")
    assert tally(number) == [1, 0]


def test_kept_pages_are_told_when_a_poll_opens(make_poll, in_app):
    from medportal.models.setting import site_version

    make_poll(opens=1, closes=None)
    before = in_app(site_version)
    in_app(services.turn)
    assert in_app(site_version) == before
    with time_machine.travel(utc_now() + dt.timedelta(days=2)):
        in_app(services.turn)
        in_app(services.turn)
    assert in_app(site_version) == before + 1


def test_a_vote_moves_no_version_and_its_page_is_kept_by_no_cache_of_ours(make_poll, visitor, in_app, client):
    from medportal.models.setting import site_version

    number, (first, _) = make_poll()
    before = in_app(site_version)
    vote(visitor(), number, first)
    assert in_app(site_version) == before
    assert client.get(f"/en/polls/{number}").headers["Cache-Control"] == "private, no-cache"
    assert client.get("/en/").headers["Cache-Control"] == "public, no-cache"


def test_home_shows_the_newest_open_poll_and_never_its_result(make_poll, visitor, read, lang):
    assert not read(f"/{lang}/").all(".poll")
    make_poll(opens=-2, question={"en": "Older?", "ar": "أقدم؟"})
    number, (first, _) = make_poll(opens=-1)
    before = read(f"/{lang}/").html
    vote(visitor(), number, first)
    page = read(f"/{lang}/")
    assert page.html == before
    assert page.one(".poll legend").get_text() == QUESTION[lang]
    assert not page.all(".poll__result")


def test_htmx_puts_the_result_in_the_place_of_the_form(make_poll, visitor, lang):
    number, (first, _) = make_poll()
    browser = visitor()
    page = vote(browser, number, first, lang, status=200, headers={"HX-Request": "true"})
    assert not page.all("html")
    assert page.one(f"#poll-{number}")["data-say"] == page.one(".notice").get_text(strip=True)
    assert page.one(".poll__result")
    assert not page.all("form")
    wrong = vote(visitor(), number, "", lang, status=422, headers={"HX-Request": "true"})
    assert wrong.one(".errors")
    assert wrong.one("form")


def test_19_votes_come_from_our_own_pages(make_poll, visitor, tally):
    number, (first, _) = make_poll()
    browser = visitor()
    for headers in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
        vote(browser, number, first, status=403, headers=headers)
    assert tally(number) == [0, 0]


def test_a_network_may_vote_often_and_not_without_end(make_poll, visitor, monkeypatch, tally, lang):
    from medportal.blueprints.polls import views

    monkeypatch.setattr(views, "HOURLY", 2)
    number, (first, _) = make_poll()
    for _ in range(2):
        vote(visitor(), number, first)
    page = vote(visitor(), number, first, lang, status=429)
    assert page.one(".poll .notice")
    assert tally(number) == [2, 0]


@pytest.fixture
def at_once(app):
    def run(browsers, work):
        start = Barrier(len(browsers))

        def one(browser):
            with app.app_context():
                db.session.remove()
            start.wait()
            return work(browser)

        with ThreadPoolExecutor(len(browsers)) as pool:
            return list(pool.map(one, browsers))

    return run


def test_25_fifty_votes_of_one_member_at_once_count_once(app, make_poll, as_, visitor, at_once, tally):
    number, (first, _) = make_poll()
    sid = as_(email=MEMBER).client.get_cookie("sid").value
    browsers = [visitor() for _ in range(50)]
    for browser in browsers:
        browser.client.set_cookie("sid", sid)
    answers = at_once(browsers, lambda browser: said(vote(browser, number, first)))
    assert sorted(answers) == ["1"] + ["already"] * 49
    assert tally(number) == [1, 0]


def test_25_fifty_votes_of_one_browser_at_once_count_once(make_poll, visitor, at_once, tally):
    earlier, (before, _) = make_poll()
    number, (first, _) = make_poll()
    known = visitor()
    vote(known, earlier, before)
    cookie = known.client.get_cookie("voter", path="/en/polls/").value
    browsers = [visitor() for _ in range(50)]
    for browser in browsers:
        browser.client.set_cookie("voter", cookie, path="/en/polls/")
    answers = at_once(browsers, lambda browser: said(vote(browser, number, first)))
    assert answers.count("1") == 1
    assert tally(number) == [1, 0]


def test_25_every_acknowledged_vote_is_in_the_tally(app, make_poll, visitor, at_once, tally, monkeypatch):
    monkeypatch.setitem(app.config, "RATE_LIMITS", False)
    number, (first, _) = make_poll()
    browsers = [visitor() for _ in range(50)]
    answers = at_once(browsers, lambda browser: said(vote(browser, number, first)))
    assert tally(number) == [answers.count("1"), 0] == [50, 0]


# What is known of a voter


def test_62_erasure_leaves_the_tally_and_nothing_that_leads_to_the_voter(make_poll, as_, in_app, tally):
    number, (first, _) = make_poll()
    vote(as_(email=MEMBER), number, first)
    user = lambda: db.session.scalars(sa.select(User)).one()  # noqa: E731
    assert in_app(lambda: privacy.export(user())["votes"]) == [
        {"question": QUESTION["en"], "voted_on": in_app(lambda: site_day(utc_now())).isoformat()}
    ]
    in_app(lambda: privacy.erase(user()))
    assert in_app(lambda: db.session.execute(sa.select(Vote.user_id, Vote.voter)).all()) == [(None, None)]
    assert tally(number) == [1, 0]


def test_no_row_says_who_chose_what():
    assert {column.name for column in Vote.__table__.columns} == {"id", "poll_id", "user_id", "voter", "day"}


@pytest.mark.parametrize("role", ["member", "consultant", "editor", "owner"])
def test_nobodys_vote_has_an_address(make_poll, as_, role):
    number, (first, _) = make_poll()
    browser = as_(role)
    vote(browser, number, first)
    for path in (
        f"{number}/vote",
        f"{number}/votes",
        f"{number}/votes/1",
        f"{number}/choices/{first}",
        "votes/1",
    ):
        assert browser.get(f"/en/polls/{path}", None).status in (404, 405)
        assert browser.get(f"/en/admin/polls/{path}", None).status in (404, 403)


# The desk


def typed(**changes):
    form = {"opens_at": "2026-01-01T08:00", "closes_at": "", "rows": "4"}
    form |= {f"question_{lang}": text for lang, text in QUESTION.items()}
    for n in range(4):
        form |= {f"place{n}": str(n + 1), f"id{n}": ""}
        form |= {f"answer{n}_{lang}": ANSWERS[n][lang] if n < 2 else "" for lang in QUESTION}
    return form | changes


def test_an_editor_makes_a_poll_that_readers_see(as_, read, lang):
    editor = as_("editor", lang=lang)
    assert editor.get(f"/{lang}/admin/polls/new").one("#question_ar")["dir"] == "rtl"
    answer = editor.send(f"/{lang}/admin/polls/new", **typed())
    editor.get(answer.response.headers["Location"])
    assert [label.get_text(strip=True) for label in read(f"/{lang}/").all(".poll .choices label")] == [
        answer[lang] for answer in ANSWERS
    ]
    assert QUESTION[lang] in editor.get(f"/{lang}/admin/polls?state=open").text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"question_ar": ""}, "#question_ar"),
        ({"answer1_ar": ""}, "#answer1_ar"),
        ({"answer2_en": "The third"}, "#answer2_ar"),
        ({"answer1_en": "The first"}, "#answer1_en"),
        ({"opens_at": ""}, "#opens_at"),
        ({"closes_at": "2025-12-31T08:00"}, "#closes_at"),
        ({"place0": "x"}, "#place0"),
    ],
)
def test_what_is_missing_is_named_and_what_was_typed_is_kept(as_, in_app, changes, field):
    page = as_("owner").send("/en/admin/polls/new", 422, **typed(**changes))
    assert field in [link["href"] for link in page.all(".errors a")]
    assert page.one("#answer0_ar")["value"] == ANSWERS[0]["ar"]
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(Poll.id)))) == 0


def test_more_rows_keep_what_was_typed_and_ten_are_the_most(as_):
    owner = as_("owner")
    page = owner.send("/en/admin/polls/new", 200, **typed(more="1", question_en="Half a"))
    assert len(page.all("fieldset.poll-answer")) == 6
    assert page.one("#question_en")["value"] == "Half a"
    assert not page.all(".errors")
    page = owner.send("/en/admin/polls/new", 200, **typed(more="1", rows="9"))
    assert len(page.all("fieldset.poll-answer")) == 10


def changed(poll, choices, **changes):
    form = typed(**{f"id{n}": str(choice) for n, choice in enumerate(choices)})
    return {"path": f"/en/admin/polls/{poll}"} | form | changes


def test_after_the_first_vote_answers_stay_what_they_were(as_, make_poll, visitor, tally, in_app):
    number, choices = make_poll()
    owner = as_("owner")
    owner.send(**changed(number, choices, answer1_en="Quite another answer"))
    vote(visitor(), number, choices[0])
    fine = {"answer1_en": "Quite another answer"}
    for answer in ("Not the first", "Theatre first"):
        page = owner.send(status=422, **changed(number, choices, **fine, answer0_en=answer))
        assert [link["href"] for link in page.all(".errors a")] == ["#answer0_en"]
    owner.send(status=422, **changed(number, choices, **fine, answer0_ar="ليس الأول"))
    owner.send(status=422, **changed(number, choices, answer1_en="", answer1_ar=""))
    fine |= {"answer0_en": "the First!", "answer0_ar": "الاوّل"}
    owner.send(
        **changed(number, choices, **fine, place0="2", place1="1", answer2_en="Late", answer2_ar="متأخر")
    )
    labels = in_app(lambda: [choice.label["en"] for choice in db.session.get(Poll, number).choices])
    assert labels == ["Quite another answer", "the First!"]
    assert tally(number) == [0, 1]


@pytest.mark.parametrize("numbers", [("999", "2"), ("1", "1"), ("", "2"), ("2", "x")])
def test_answers_with_votes_are_not_put_off_by_their_numbers(as_, make_poll, visitor, tally, numbers):
    number, choices = make_poll()
    vote(visitor(), number, choices[0])
    ids = {f"id{n}": value for n, value in enumerate(numbers)}
    assert as_("owner").send(status=422, **changed(number, choices, **ids)).all("[data-errors]")
    assert tally(number) == [1, 0]


def test_a_vote_that_waited_while_the_poll_ended_is_not_counted(make_poll, in_app, tally):
    number, choices = make_poll()
    wait = lambda: services.vote(number, choices[0], user_id=None, voter="x")  # noqa: E731
    in_app(lambda: services.close(db.session.get_one(Poll, number), by="test"))
    with pytest.raises(services.Over):
        in_app(wait)
    assert tally(number) == [0, 0]
    in_app(lambda: services.delete(db.session.get_one(Poll, number), by="test"))
    with pytest.raises(LookupError):
        in_app(wait)


def test_a_poll_is_closed_at_once_and_deleted_after_a_question(as_, make_poll, visitor, read):
    number, (first, _) = make_poll(closes=None)
    editor = as_("editor")
    editor.send(f"/en/admin/polls/{number}/close")
    assert said(vote(visitor(), number, first)) == "closed"
    assert editor.send(f"/en/admin/polls/{number}/delete", 200).one("input[name=sure]")
    editor.send(f"/en/admin/polls/{number}/delete", sure="y")
    read(f"/en/polls/{number}", 404)


def test_the_owner_takes_the_result_as_a_table(as_, make_poll, visitor):
    dangerous = [{"en": "=1+1", "ar": "الأول"}, {"en": "Second", "ar": "الثاني"}]
    number, (first, _) = make_poll(answers=dangerous)
    vote(visitor(), number, first)
    as_("editor").get(f"/en/admin/polls/{number}.csv", 403)
    raw = as_("owner").get(f"/en/admin/polls/{number}.csv").response.get_data()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert rows[0] == [QUESTION["ar"], QUESTION["en"], "الأصوات / Votes", "النسبة المئوية / Per cent"]
    assert rows[1:] == [
        ["الأول", "'=1+1", "1", "100"],
        ["الثاني", "Second", "0", "0"],
        ["كل الأصوات", "All votes", "1", ""],
    ]


def test_lists_ask_a_fixed_number_of_questions(make_poll, read, count_queries, lang):
    make_poll()
    few = count_queries(lambda: read(f"/{lang}/polls/"))
    for _ in range(8):
        make_poll()
    assert count_queries(lambda: read(f"/{lang}/polls/")) == few


def test_an_empty_list_says_so(read, lang):
    assert read(f"/{lang}/polls/").one(".empty a")


# The samples


def test_three_sample_polls_say_what_they_are_and_go(in_app, read, lang):
    in_app(polls.load)
    assert in_app(polls.load) == 0
    listed = read(f"/{lang}/polls/")
    assert [len(listed.all(f"#{name} ~ ul > li")) for name in ("open", "over")] == [2, 1]
    for link in listed.all(".row__title a"):
        page = read(link["href"])
        assert page.one(".poll .poll__sample")
        assert page.one("meta[name=robots]")["content"] == "noindex"
    assert len(read(f"/{lang}/").all(".poll .choices label")) == 6
    in_app(loader.remove)
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(Poll.id)))) == 0
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(Vote.id)))) == 0


def test_a_sample_that_was_changed_is_the_sites_own_unless_its_votes_are_made_up(in_app, as_, visitor):
    in_app(polls.load)
    editor = as_("editor")
    for number in (1, 2, 3):
        page = editor.get(f"/en/admin/polls/{number}")
        fields = {field["name"]: field.get("value", "") for field in page.all("main form.form input[name]")}
        editor.send(f"/en/admin/polls/{number}", **fields)
    left = in_app(lambda: db.session.scalars(sa.select(Poll.id).where(Poll.sample)).all())
    assert left == [3]

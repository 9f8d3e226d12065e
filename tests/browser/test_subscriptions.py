"""Subscriptions in a real browser: the whole way with and without JavaScript, and how the letters look."""

import datetime as dt
import itertools

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from medportal import delivery, mail
from medportal.digests import letters, staging, subscribers
from medportal.digests.editions import Entry
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.listing import Listing
from medportal.models.outbox import Outbox
from medportal.models.subscription import Subscriber
from tests.browser.conftest import STRINGS
from tests.browser.test_pages import POSITIONS, in_order

HOURS = itertools.count()


def newest(template):
    row = db.session.scalars(
        sa.select(Outbox).where(Outbox.template == template).order_by(Outbox.id.desc())
    ).first()
    return mail.render(row)


def link_in(letter):
    return next(word for word in letter.text.split() if word.startswith("http"))


@pytest.mark.parametrize("lang", ["ar", "en"])
@pytest.mark.parametrize("js", [True, False])
def test_from_the_box_to_the_last_email(open_page, within, site, lang, js):
    reader = f"reader-{lang}-{js}@example.org".lower()
    page = open_page(f"/{lang}/diseases/", js=js)
    page.fill("#box-email", reader)
    page.locator(".box input[value=video]").uncheck()
    page.click(".box button:not([name])")
    assert page.url.endswith(f"/{lang}/subscriptions/sent")
    page.goto(link_in(within(lambda: newest("subscribe"))))
    page.click("main form button")
    assert "done=welcome" in page.url
    assert not page.locator("input[name=kinds][value=video]").is_checked()
    page.locator("input[name=frequency][value=monthly]").check()
    if js:
        expect(page.locator("#saved")).not_to_be_empty()
    else:
        page.click("main form button[type=submit] >> nth=0")
        assert "done=saved" in page.url
    stored = within(
        lambda: db.session.scalar(sa.select(Subscriber.frequency).where(Subscriber.email == reader))
    )
    assert stored == "monthly"
    page.locator("select[name=days]").select_option("30")
    page.click('form[action$="/pause"] button')
    page.click('form[action$="/resume"] button')
    page.click('form[action$="/stop"] button')
    page.click('form[action$="/erase"] button')
    page.click("main .button--danger")
    assert (
        within(lambda: db.session.scalar(sa.select(Subscriber.id).where(Subscriber.email == reader))) is None
    )


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_a_page_is_followed_by_a_member_with_two_clicks(signed_in, ids, lang):
    page = signed_in("member", f"/{lang}/d/{ids['asthma']}")
    page.click('a[href*="/subscriptions/?content="]')
    page.click('form[action*="/account/follow"] button')
    assert "done=followed" in page.url
    page.click('form[action$="/unfollow"] button')
    assert "done=removed" in page.url


@pytest.mark.parametrize("lang", ["ar", "en"])
@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_is_accessible_and_fits(open_page, within, site, ids, lang, width):
    from axe_playwright_python.sync_playwright import Axe

    def prepare():
        wishes = subscribers.Wishes(kinds=frozenset(["news"]), contents=frozenset([ids["asthma"]]))
        row = subscribers.subscribe(
            "axe@example.org", wishes, subscribers.Manner("en"), subscribers.Consent("en", "form")
        )
        staging.stage(staging.open_run("weekly", utc_now() + dt.timedelta(seconds=next(HOURS))))
        week = db.session.scalars(staging.archived(lang)).first()
        return row.seed, week.digest_id

    seed, week = within(prepare)
    manage, stop = (within(lambda p=p: subscribers.link(seed, p)) for p in ("manage", "all"))
    axe, faults, page = Axe(), [], open_page("/en/", width=width)
    for path in (
        *(
            "subscriptions/",
            f"subscriptions/?content={ids['asthma']}",
            "subscriptions/sent",
            "subscriptions/again",
        ),
        *("subscriptions/confirm/x", f"subscriptions/manage/{manage}", f"subscriptions/unsubscribe/{stop}"),
        *("digests/", f"digests/{week}"),
    ):
        page.goto(f"{site}/{lang}/{path}")
        if page.evaluate("document.documentElement.scrollWidth") > width:
            faults.append(f"{path}: wider than {width}")
        for violation in axe.run(page).response["violations"]:
            faults.append(f"{path}: {violation['id']} {violation['nodes'][0]['html'][:120]}")
    assert faults == []


def entry(title, summary="", lang="ar", kind="news"):
    listed = Listing(
        **{"lang": lang, "text_lang": lang, "title_lang": lang, "content_id": 1, "own": True, "kind": kind},
        **{"slug": "x", "title": title, "summary": summary, "origin": "own", "day": dt.date(2026, 11, 22)},
    )
    return Entry(listed, "changed", summary)


def test_u18_thirty_strings_keep_their_order_in_a_letter(open_page, within):
    entries = [entry(f"عنوان فيه {s} للقياس", f"القيمة المقاسة {s} في هذا المثال.") for s in STRINGS]
    letter = within(lambda: letters.render_digest("weekly", "ar", entries, named=False))
    page = open_page("/robots.txt", width=700)
    page.set_content(letter.html)
    for needle in STRINGS:
        places = page.evaluate(POSITIONS, needle)
        assert {tag for tag, _ in places} >= {"P", "A"}, needle
        assert not [(tag, needle) for tag, points in places if not in_order(points)]
    assert all(f"\u2066{s}\u2069" in letter.text for s in ("10–20 mg", "120/80", "(500 mg)"))


@pytest.mark.parametrize("lang", ["ar", "en"])
@pytest.mark.parametrize("width", [360, 700])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_fit_telephones_and_stay_readable_in_the_dark(open_page, within, lang, width, scheme):
    titles = {"ar": "كلمة طويلة جدًا " * 6, "en": "Pneumonoultramicroscopicsilicovolcanoconiosis " * 3}
    made = [
        within(
            lambda: letters.render_digest(
                "safety", lang, [entry(titles[lang], titles[lang], lang)], named=False
            )
        ),
        within(lambda: letters.render_mailing({lang: titles[lang]}, {lang: titles[lang] * 9}, lang)),
    ]
    for letter in made:
        page = open_page("/robots.txt", width=width, color_scheme=scheme)
        page.set_content(letter.html)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.documentElement.dir") == {"ar": "rtl", "en": "ltr"}[lang]
        assert page.evaluate(CONTRAST) >= 4.5


CONTRAST = """() => {
  const light = (c) => {
    const v = c.match(/[0-9.]+/g).slice(0, 3).map((x) => x / 255).map((x) => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
    return .2126 * v[0] + .7152 * v[1] + .0722 * v[2];
  };
  const ground = (el) => { while (el && getComputedStyle(el).backgroundColor === 'rgba(0, 0, 0, 0)') el = el.parentElement;
    return el ? getComputedStyle(el).backgroundColor : 'rgb(255, 255, 255)'; };
  return Math.min(...[...document.querySelectorAll('h1, h2, h3 a, p, p a')].filter((el) => el.getClientRects().length).map((el) => {
    const [a, b] = [light(getComputedStyle(el).color), light(ground(el))].sort((x, y) => y - x);
    return (a + .05) / (b + .05);
  }));
}"""


def test_the_letters_of_a_digest_leave_in_both_languages(within):
    """Once through everything on the sample site: matching, staging, sending."""

    def go():
        for lang in ("ar", "en"):
            row = subscribers.subscribe(
                f"all-{lang}@example.org",
                subscribers.Wishes(kinds=frozenset(["disease", "news"])),
                subscribers.Manner(lang),
                subscribers.Consent(lang, "form"),
            )
            row.told_until = 0
        staging.stage(staging.open_run("weekly", utc_now() + dt.timedelta(seconds=next(HOURS))))
        while delivery.send_due():
            pass
        return db.session.execute(
            sa.text(
                "SELECT count(*) FROM delivery d JOIN subscriber s ON s.id = d.subscriber_id WHERE s.email LIKE 'all-%' AND d.state = 'sent'"
            )
        ).scalar()

    assert within(go) == 2

"""Every kind of page in a real browser: accessibility, order of mixed text, weight, and nothing from elsewhere."""

import itertools
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import STRINGS

Axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="run it by: make browser").Axe
expect = pytest.importorskip("playwright.sync_api").expect

KINDS = {
    "home": {"ar": "/ar/", "en": "/en/"},
    "diseases": {"ar": "/ar/diseases/", "en": "/en/diseases/"},
    "disease": {"ar": "/ar/d/{asthma}", "en": "/en/d/{asthma}"},
    "event list": {"ar": "/ar/events/", "en": "/en/events/"},
    "event": {"ar": "/ar/d/{event}", "en": "/en/d/{event}"},
    "guideline": {"ar": "/ar/d/{guideline}", "en": "/en/d/{guideline}"},
    "video": {"ar": "/ar/d/{video}", "en": "/en/d/{video}"},
    "abstract": {"ar": "/ar/d/{abstract}", "en": "/en/d/{abstract}"},
    "news": {"ar": "/ar/d/{news}", "en": "/en/d/{news}"},
    "about": {"ar": "/ar/about", "en": "/en/about"},
    "contact": {"ar": "/ar/contact", "en": "/en/contact"},
    "report": {"ar": "/ar/report?content={news}", "en": "/en/report?content={news}"},
    "categories": {"ar": "/ar/categories/", "en": "/en/categories/"},
    "category": {"ar": "/ar/categories/nervous", "en": "/en/categories/nervous"},
    "not found": {"ar": "/ar/nothing", "en": "/en/nothing"},
    "sent": {"ar": "/ar/contact/sent", "en": "/en/contact/sent"},
    "consultants": {"ar": "/ar/consultants/", "en": "/en/consultants/"},
    "consultant": {
        "ar": "/ar/consultants/نموذج-أمراض-القلب",
        "en": "/en/consultants/sample-consultant-cardiology",
    },
    "other language": {"ar": "/ar/diseases/english-only", "en": "/en/articles/hard-strings"},
}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_nothing(open_page, ids, lang, name, scheme):
    page = open_page(KINDS[name][lang].format(**ids), color_scheme=scheme, bypass_csp=True)
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    assert not [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found]


POSITIONS = """(needle) => {
  const found = [];
  const walk = (root) => {
    for (const el of root.querySelectorAll('p, h1, h2, td, li span, .breadcrumb span, a')) {
      if (el.querySelector('p, h1, h2, td, li') || !el.textContent.includes(needle)) continue;
      const points = [];
      const nodes = document.createTreeWalker(el, NodeFilter.SHOW_TEXT);
      let text = '', map = [];
      for (let n = nodes.nextNode(); n; n = nodes.nextNode()) {
        for (let i = 0; i < n.data.length; i++) { text += n.data[i]; map.push([n, i]); }
      }
      const at = text.indexOf(needle);
      if (at < 0) continue;
      for (let i = at; i < at + needle.length; i++) {
        const range = document.createRange();
        range.setStart(map[i][0], map[i][1]); range.setEnd(map[i][0], map[i][1] + 1);
        const rects = [...range.getClientRects()].filter((r) => r.width > 0.1);
        if (rects.length) points.push([rects[0].left, Math.round(rects[0].top)]);
      }
      found.push([el.tagName, points]);
    }
  };
  walk(document);
  return found;
}"""


def in_order(points):
    """Each glyph right of the one before it, line by line (a run may wrap)."""
    return all(b[0] > a[0] or abs(b[1] - a[1]) > 8 for a, b in itertools.pairwise(points))


@pytest.mark.parametrize("media", ["screen", "print"])
def test_thirty_strings_keep_their_order_in_arabic(open_page, media):
    """U18, by the positions of the glyphs: in text, headings and table."""
    page = open_page("/ar/articles/hard-strings", width=1280)
    page.emulate_media(media=media)
    assert len(STRINGS) == 30
    for needle in STRINGS:
        places = page.evaluate(POSITIONS, needle)
        assert {tag for tag, _ in places} >= {"P", "H2", "TD"}, needle
        wrong = [(tag, needle) for tag, points in places if not in_order(points)]
        assert not wrong


def test_titles_and_breadcrumbs_keep_their_order_too(open_page):
    page = open_page("/ar/articles/hard-strings", width=1280)
    for needle in ("10–20 mg", "120/80"):
        places = page.evaluate(POSITIONS, needle)
        assert {"H1", "SPAN"} <= {tag for tag, _ in places}
        assert all(in_order(points) for _, points in places)
    assert page.title().startswith("جرعة \u206610–20 mg\u2069 عند \u2066120/80\u2069")


BUDGET = {"en": 75, "ar": 105}


def test_the_first_view_of_a_disease_is_light_and_asks_nobody_else(chromium, site, ids, lang):
    context = chromium.new_context(viewport={"width": 360, "height": 640})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes, urls = [], []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.on("Network.requestWillBeSent", lambda event: urls.append(event["request"]["url"]))
    page.goto(f"{site}/{lang}/d/{ids['diabetes']}")
    page.wait_for_load_state("networkidle")
    assert sum(sizes) / 1024 <= BUDGET[lang]
    assert len(urls) <= 11  # the short address redirects once
    assert {urlsplit(url).netloc for url in urls} == {urlsplit(site).netloc}
    assert context.cookies() == []
    context.close()


def test_no_page_scrolls_sideways_on_a_phone(open_page, ids, lang):
    for name in KINDS:
        page = open_page(KINDS[name][lang].format(**ids), width=320)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name


def test_colours_and_text_size_are_kept_in_this_browser_only(open_page, lang):
    page = open_page(f"/{lang}/")
    page.locator("input[name=theme][value=dark]").check()
    page.locator("input[name=size][value='130']").check()
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.locator("html").get_attribute("data-size") == "130"
    assert page.context.cookies() == []


def test_a_filter_swaps_the_list_says_so_and_keeps_the_address(open_page, lang):
    page = open_page(f"/{lang}/diseases/", width=1280)
    cards = page.locator("#results .card")
    before = cards.count()
    with page.expect_response(lambda response: "category=nervous" in response.url):
        page.select_option("#category", "nervous")
    expect(cards).not_to_have_count(before)
    assert 0 < cards.count() < before
    expect(page.locator("#status")).to_have_text(page.locator("#results-count").inner_text())
    assert "category=nervous" in page.url


def test_the_console_stays_clean(open_page, ids, lang):
    complaints = []
    page = open_page(f"/{lang}/")
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for path in ("/diseases/", f"/d/{ids['asthma']}", "/contact", "/events/"):
        page.goto(page.url.split(f"/{lang}/")[0] + f"/{lang}{path}")
    assert complaints == []

"""Ten tasks of readers in each language: phone, slow line, no JavaScript; and by keyboard."""

import json
import os
import re
from pathlib import Path

import pytest

SNAPSHOTS = Path(__file__).parent / "snapshots"
ROLES = re.compile(r"\s*- '?(banner|navigation|main|heading|article|contentinfo|region|list:)")
WORDS = {
    "ar": {
        "diseases": "كل الأمراض",
        "letter": "س",
        "diabetes": "السكري من النوع الثاني",
        "stroke": "السكتة الدماغية",
        "asthma": "الربو",
        "category": "بحسب التصنيف",
        "nervous": "أمراض الجهاز العصبي",
        "menu": "القائمة",
        "events": "الفعاليات",
        "news": "الأخبار الطبية",
        "guidelines": "الدلائل الإرشادية",
        "contact": "الاتصال بنا",
        "other": "English",
        "report": "الإبلاغ عن خطأ في هذه الصفحة",
        "emergency": "طلب الإسعاف فورًا",
        "disclaimer": "تفاصيل إخلاء المسؤولية",
        "sent": "أُرسلت الرسالة",
    },
    "en": {
        "diseases": "All diseases",
        "letter": "T",
        "diabetes": "Type 2 diabetes",
        "stroke": "Stroke",
        "asthma": "Asthma",
        "category": "By category",
        "nervous": "Nervous System Diseases",
        "menu": "Menu",
        "events": "Events",
        "news": "Medical News",
        "guidelines": "Guidelines",
        "contact": "Contact us",
        "other": "العربية",
        "report": "Report a mistake on this page",
        "emergency": "Call an ambulance now",
        "disclaimer": "More about the disclaimer",
        "sent": "The message has been sent",
    },
}


class Reader:
    """A reader who follows links; counts what he does."""

    def __init__(self, page):
        self.page, self.actions = page, 0

    def follow(self, words, within="body", exact=True):
        self.actions += 1
        self.page.locator(within).get_by_role("link", name=words, exact=exact).first.click()
        self.page.wait_for_load_state()

    def sees_urgent_advice_within_two_screens(self, words):
        card = self.page.locator(".urgency__card--emergency")
        assert words in card.inner_text()
        assert card.bounding_box()["y"] < 2 * 640


@pytest.fixture
def reader(open_page, lang):
    """At home, on a slow phone without JavaScript."""
    page = open_page(f"/{lang}/", js=False)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    line = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
    session.send("Network.emulateNetworkConditions", line)
    return Reader(page)


def test_1_from_the_a_to_z_to_the_urgent_signs(reader, lang):
    words = WORDS[lang]
    reader.follow(words["diseases"])
    reader.follow(words["letter"], ".letters")
    reader.follow(words["diabetes"], "#results")
    reader.sees_urgent_advice_within_two_screens(words["emergency"])
    assert reader.actions <= 3


def test_2_from_a_category_to_the_urgent_signs(reader, lang):
    words = WORDS[lang]
    reader.follow(words["category"])
    reader.follow(words["nervous"], ".tiles", exact=False)
    reader.follow(words["stroke"], "#results")
    reader.sees_urgent_advice_within_two_screens(words["emergency"])
    assert reader.actions <= 3


def test_3_to_the_next_step_after_the_signs(reader, lang):
    reader.follow(WORDS[lang]["asthma"], "main")
    levels = reader.page.locator(".urgency__title").all_inner_texts()
    assert len(levels) == 3
    assert reader.page.locator(".urgency__number").count() == 1
    assert reader.actions == 1


def test_4_to_the_printed_page(reader, lang):
    reader.follow(WORDS[lang]["asthma"], "main")
    reader.page.emulate_media(media="print")
    visible = {
        name: reader.page.locator(name).first.is_visible()
        for name in (
            "h1",
            ".urgency__card",
            ".references",
            ".disclaimer",
            ".share__short",
            ".about-text time",
        )
    }
    assert all(visible.values()), visible
    hidden = {
        name: reader.page.locator(name).first.is_visible()
        for name in (".menu", ".switch", ".breadcrumb", ".related", ".contents")
    }
    assert not any(hidden.values()), hidden
    assert reader.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert reader.actions == 1


def test_5_to_the_same_page_in_the_other_language(reader, lang):
    reader.follow(WORDS[lang]["asthma"], "main")
    reader.follow(WORDS[lang]["other"], ".switch")
    other = {"ar": "en", "en": "ar"}[lang]
    assert reader.page.locator("html").get_attribute("lang") == other
    assert WORDS[other]["asthma"] in reader.page.locator("h1").inner_text()
    assert reader.actions == 2


def test_6_to_the_next_event_and_its_place(reader, lang):
    reader.page.locator("summary.menu__button").click()
    reader.follow(WORDS[lang]["events"], ".menu")
    reader.page.locator("#results h3 a").first.click()
    assert reader.page.locator(".facts--box dd").count() == 5
    assert reader.page.locator("a[href$='.ics']").count() == 1


def test_7_to_a_source_of_a_claim(reader, lang):
    reader.follow(WORDS[lang]["diabetes"], "main")
    mark = reader.page.locator(".section--definition sup a").first
    target = mark.get_attribute("href")
    mark.click()
    assert reader.page.locator(target).bounding_box()["y"] < 640
    assert reader.page.locator(f"{target} a").count() >= 1


def test_8_to_report_a_mistake(reader, lang):
    reader.follow(WORDS[lang]["diabetes"], "main")
    reader.follow(WORDS[lang]["report"], "main")
    reader.page.locator("#body").fill("This number is wrong, see the source.")
    reader.page.locator("main form button[type=submit]").click()
    reader.page.wait_for_load_state()
    assert WORDS[lang]["sent"] in reader.page.locator("h1").inner_text()


def test_9_to_write_to_the_owner_after_a_mistake_in_the_form(reader, lang):
    reader.page.goto(reader.page.url + "contact")
    reader.page.locator("#email").fill("no address")
    reader.page.locator("#body").fill("A question about the site.")
    reader.page.locator("main form button[type=submit]").click()
    reader.page.wait_for_load_state()
    assert reader.page.locator(".errors").bounding_box()["y"] < 640
    assert reader.page.locator("#body").input_value() == "A question about the site."
    reader.page.locator("#email").fill("")
    reader.page.locator("main form button[type=submit]").click()
    reader.page.wait_for_load_state()
    assert WORDS[lang]["sent"] in reader.page.locator("h1").inner_text()


def test_10_to_what_this_site_is_and_is_not(reader, lang):
    reader.follow(WORDS[lang]["disclaimer"], "main")
    assert reader.page.locator("h1").count() == 1
    assert reader.page.locator(".origin").count() == 1
    assert reader.actions == 1


def test_by_keyboard_the_first_stop_leads_to_the_content(open_page, ids, lang):
    page = open_page(f"/{lang}/d/{ids['diabetes']}", width=1280)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_by_keyboard_the_menu_opens_and_leads_on(open_page, lang):
    page = open_page(f"/{lang}/")
    page.locator("summary.menu__button").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{lang}/diseases/")


@pytest.mark.parametrize("name", ["home", "disease"])
def test_the_accessibility_tree_is_as_it_was_read_and_approved(open_page, ids, lang, name):
    """Roles and names in reading order. A change is looked at, then kept: UPDATE_SNAPSHOTS=1."""
    page = open_page({"home": f"/{lang}/", "disease": f"/{lang}/d/{ids['asthma']}"}[name], width=1280)
    lines = [line for line in page.locator("body").aria_snapshot().splitlines() if ROLES.match(line)]
    lines = [line for line in lines if "heading" in line or not re.search(r"\d", line)]  # no dates and counts
    file = SNAPSHOTS / f"{name}.{lang}.json"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        file.write_text(json.dumps(lines, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    assert lines == json.loads(file.read_text(encoding="utf-8"))

"""The search box and its pages in a real browser: suggestions by keyboard and touch, announcements, no JavaScript."""

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="run it by: make browser").expect
Axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe

TYPED = {"ar": ("الر", "الربو"), "en": ("ast", "Asthma")}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
PAGES = ["search?q=stroke", "search?q=hypertention", "search?q=zzzzqq", "search", "search/advanced?q=x"]


@pytest.fixture
def box(open_page, lang):
    """The home page with the first letters typed and the suggestions open."""
    page = open_page(f"/{lang}/")
    combobox = page.get_by_role("search").get_by_role("combobox")
    combobox.focus()
    page.keyboard.type(TYPED[lang][0])
    expect(page.get_by_role("search").get_by_role("option").first).to_be_visible()
    return page, combobox


def test_suggestions_are_chosen_by_keyboard(box, lang):
    page, combobox = box
    expect(combobox).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    first = page.get_by_role("search").get_by_role("option").first
    expect(first).to_have_attribute("aria-selected", "true")
    expect(combobox).to_have_attribute("aria-activedescendant", first.get_attribute("id"))
    expect(combobox).to_have_value(TYPED[lang][1])
    page.keyboard.press("ArrowUp")
    expect(combobox).to_have_value(TYPED[lang][0])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".hit__title").first).to_have_text(TYPED[lang][1])


def test_escape_closes_and_gives_back_what_was_typed(box, lang):
    page, combobox = box
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(combobox).to_have_value(TYPED[lang][0])
    expect(combobox).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("search").get_by_role("option").first).to_be_visible()


def test_the_number_of_suggestions_is_announced(box, lang):
    page, _combobox = box
    number = page.get_by_role("search").get_by_role("option").count()
    words = {"ar": f"الاقتراحات: {number}", "en": f"Suggestions: {number}"}
    expect(page.locator("#status")).to_have_text(words[lang])
    page.keyboard.type("zzzzz")
    expect(page.locator("#status")).to_have_text({"ar": "لا اقتراحات", "en": "No suggestion"}[lang])
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_a_suggestion_is_chosen_by_touch(box, lang):
    page, _combobox = box
    page.get_by_role("search").get_by_role("option").first.click()
    expect(page.locator(".hit__title").first).to_have_text(TYPED[lang][1])


def test_an_open_list_of_suggestions_is_accessible(box):
    page, _combobox = box
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    assert not [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found]


def test_without_javascript_the_box_is_a_plain_form(open_page, lang):
    page = open_page(f"/{lang}/", js=False)
    page.locator(".search input").fill(TYPED[lang][1])
    page.locator(".search button").click()
    expect(page.locator(".hit__title").first).to_have_text(TYPED[lang][1])
    page.locator(".search-kinds a").nth(1).click()
    expect(page.locator(".search-kinds a[aria-current]")).to_have_count(1)


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_on_search_pages(open_page, lang, path, width):
    page = open_page(f"/{lang}/{path}", width=width, bypass_csp=True)
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    assert not [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found]
    assert page.evaluate("document.documentElement.scrollWidth") <= width

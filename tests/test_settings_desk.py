"""The settings of the site: each part is saved by itself, wins over the configuration, and is used where readers look."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from medportal.blueprints.settings import services
from medportal.digests import schedule
from medportal.extensions import db
from medportal.models.audit import Audit
from medportal.models.media import Media
from medportal.models.setting import Setting, all_settings, site_version

NAMES = {
    "site_name_ar": "بوابة العيادة",
    "site_name_en": "Clinic portal",
    "tagline_ar": "طب",
    "tagline_en": "Medicine",
}


@pytest.fixture
def choose(as_):
    owner = as_("owner")

    def send(section, status=303, **form):
        return owner.send(f"/en/admin/settings/{section}", status, **form)

    return send


def test_every_part_stands_on_the_page_with_what_holds_now(as_, lang):
    page = as_("owner").get(f"/{lang}/admin/settings")
    assert len(page.all("form.form button")) == 9
    assert page.one("#time_zone option[selected]")["value"] == "Asia/Damascus"
    assert page.one("#review_months")["value"] == "24"
    assert page.one("#site_name_ar")["dir"] == "rtl"
    assert page.one("#site_name_en")["dir"] == "ltr"


def test_editors_choose_nothing(as_):
    as_("editor").get("/en/admin/settings", 403)


def test_name_and_description_are_read_at_once(choose, read, lang, in_app):
    before = in_app(site_version)
    page = choose("names", **NAMES)
    assert page.response.headers["Location"] == "/en/admin/settings?done=saved#names"
    title = read(f"/{lang}/").one("title").text
    assert NAMES[f"site_name_{lang}"] in title
    assert NAMES[f"tagline_{lang}"] in title
    assert in_app(site_version) == before + 1


def test_a_change_leaves_a_line_and_no_change_none(choose, in_app):
    for done in ("saved", "same"):
        assert f"done={done}" in choose("names", **NAMES).response.headers["Location"]
    rows = in_app(
        lambda: [r.detail for r in db.session.scalars(sa.select(Audit)) if r.action == "setting changed"]
    )
    assert rows == [{"changed": "site_name tagline"}]


def test_what_is_emptied_falls_back(choose, read, in_app):
    choose("names", **NAMES)
    choose("names")
    assert "Clinic portal" not in read("/en/").text
    assert in_app(all_settings) == {}


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("names", "site_name_en", "x" * 61),
        ("contact", "phone", "call me"),
        ("contact", "email", "nobody"),
        ("links", "link_url_0", "http://plain.example"),
        ("links", "link_url_0", "javascript:alert(1)"),
        ("links", "link_url_0", "https://a@b.example"),
        ("links", "link_url_0", 'https://x.example/"onclick'),
        ("review", "review_months", "0"),
        ("review", "review_months", "many"),
    ],
)
def test_what_is_wrong_is_said_and_kept(choose, section, field, value, in_app):
    form = {field: value} | ({"link_name_0": "Name"} if section == "links" else {})
    page = choose(section, 422, **form)
    assert page.one(f"#{field}")["value"] == value
    assert page.one(f".errors a[href='#{field}']")
    assert in_app(all_settings) == {}


def test_a_link_has_a_name_and_an_address(choose):
    page = choose("links", 422, link_name_0="", link_url_0="https://social.example/clinic")
    assert page.one("#link_url_0")["value"] == "https://social.example/clinic"
    assert "belong together" in page.one(".errors").text


def test_links_stand_in_the_footer_and_there_is_room_for_more(choose, read, as_, lang):
    choose(
        "links",
        link_name_0="Clinic",
        link_url_0="https://social.example/clinic",
        link_name_1="",
        link_url_1="",
    )
    assert read(f"/{lang}/").one(".site-footer a[href='https://social.example/clinic']").text == "Clinic"
    page = as_("owner", email="b@mail.example.com").get("/en/admin/settings")
    assert page.one("#link_name_0")["value"] == "Clinic"
    assert len(page.all("input[id^=link_url_]")) == 3


def test_contact_stands_where_readers_look(choose, read, lang):
    assert not read(f"/{lang}/").all(".ways")
    choose(
        "contact",
        address_ar="شارع المثال",
        address_en="Example Street\n5",
        phone="+٩٦٣ 11 000 000",
        email="desk@clinic.example",
    )
    footer = read(f"/{lang}/").one(".site-footer .ways")
    assert [a["href"] for a in footer.select("a")] == ["tel:+96311000000", "mailto:desk@clinic.example"]
    address = {"ar": "شارع المثال", "en": "Example Street"}[lang]
    assert address not in footer.text
    assert address in read(f"/{lang}/contact").one("main .ways").text


def test_the_disclaimer_is_the_owners(choose, read, lang):
    choose("disclaimer", disclaimer_ar="إخلاء خاص بنا", disclaimer_en="Our own words")
    assert {"ar": "إخلاء خاص بنا", "en": "Our own words"}[lang] in read(f"/{lang}/").text


def dates(**changes):
    return {"arabic_digits": "no", "arabic_region": "", "time_zone": "Asia/Damascus"} | changes


def test_digits_and_months_follow_the_owner(choose, read, make_content, in_app, text_of):
    number = make_content("news", langs=("ar",), title="خبر", text={"slug": "n"})

    def age():
        text_of(number, "ar").published_at = datetime(2026, 1, 5, 12, tzinfo=UTC)

    in_app(age)
    assert "5 يناير 2026" in read("/ar/news/n").text
    choose("dates", **dates(arabic_digits="yes", arabic_region="SY"))
    assert "٥ كانون الثاني ٢٠٢٦" in read("/ar/news/n").text


def test_the_owner_wins_over_the_configuration_both_ways(choose, app, monkeypatch, read, make_content):
    monkeypatch.setitem(app.config, "ARABIC_DIGITS", True)
    make_content("news", langs=("ar",), title="خبر", text={"slug": "n"})
    assert "٢٠" in read("/ar/news/n").all("time")[0].text
    choose("dates", **dates())
    assert "20" in read("/ar/news/n").all("time")[0].text


def test_the_clock_follows_the_owner(choose, as_, in_app, make_content, read):
    now = datetime(2026, 3, 3, 12, tzinfo=UTC)
    before = in_app(lambda: schedule.next_due("daily", now))
    choose("dates", **dates(time_zone="Pacific/Auckland"))
    after = in_app(lambda: schedule.next_due("daily", now))
    assert (before.hour, after.hour) == (4, 18)
    page = as_("owner", email="b@mail.example.com").get("/en/admin/digests")
    assert "Pacific/Auckland" in page.text
    choose("dates", 422, **dates(time_zone="Mars/Base"))


def test_choices_cost_no_further_question(choose, count_queries, read, make_content):
    make_content("news", langs=("ar",), title="خبر", text={"slug": "n"})
    before = count_queries(lambda: read("/ar/news/n"))
    choose("dates", **dates(arabic_digits="yes", arabic_region="SY"))
    assert count_queries(lambda: read("/ar/news/n")) == before


def test_review_and_second_person_are_kept(choose, in_app):
    choose("review", review_months="12", second_person="y")
    assert in_app(all_settings) == {"review_months": 12, "second_person": True}


def test_the_logo_is_one_of_the_pictures_and_goes_with_it(choose, read, in_app):
    def add():
        db.session.add(Media(name="mark.webp", mime="image/webp", width=200, height=80, alt={"en": "Mark"}))

    in_app(add)
    choose("logo", 422, logo="7")
    choose("logo", logo="1")
    image = read("/en/").one(".brand__logo")
    assert (image["src"], image["alt"]) == ("/media/mark.webp", "")
    assert not read("/en/").all(".brand__mark")
    in_app(lambda: services.forget_picture(1, by="test"))
    assert read("/en/").all(".brand__mark")


def test_the_language_switch_of_a_refused_form_leads_to_the_settings(choose, as_):
    page = choose("review", 422, review_months="0")
    path = page.one(".switch__link")["href"]
    as_("owner", email="b@mail.example.com").get(path)
    as_("owner", email="c@mail.example.com").get("/en/admin/settings/nonsense", 404)


def test_what_is_typed_comes_out_as_text(choose, read):
    choose("names", site_name_en="<script>x</script>")
    choose("links", link_name_0="<b>x</b>", link_url_0="https://x.example")
    page = read("/en/")
    assert not page.all(".brand script, .site-footer b")
    assert "<b>x</b>" in page.one(".site-footer").text


def test_a_zone_that_nobody_knows_any_more_falls_back(in_app, read, make_content):
    make_content("news", langs=("en",), title="News", text={"slug": "n"})
    in_app(lambda: db.session.add(Setting(key="time_zone", value="Atlantis/Capital")))
    read("/en/news/n")

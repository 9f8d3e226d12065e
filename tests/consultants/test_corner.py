"""The consultants' corner: the directory and profiles, samples too."""

import pytest
import sqlalchemy as sa

from medportal.blueprints.consultants.labels import initials
from medportal.blueprints.people import services as people
from medportal.changes import site_changed
from medportal.demo import cast, loader
from medportal.extensions import db
from medportal.models.media import Media
from medportal.models.people import Person, PersonText
from medportal.models.practice import CredentialCheck, Place, ProfileChange
from tests.corner import CARDIOLOGY, FRCS, NAMES, NEUROLOGY, SLUGS, badges, cards, ld, other, profile, row_of


def test_an_empty_corner_says_so_and_home_has_no_block(read, lang):
    assert read(f"/{lang}/consultants/").all(".empty")
    assert not read(f"/{lang}/").all(".block--consultants")


def test_the_directory_is_narrowed_by_specialty_country_and_language(read, make, lang):
    make(country="SY", specialty=CARDIOLOGY, languages=["ar", "fr"])
    make(**other(2, country="AT", specialty=NEUROLOGY, languages=["de"]))
    where = f"/{lang}/consultants/"
    both = cards(read(where))
    assert len(both) == 2
    for query in (
        "specialty=cardiology",
        "country=SY",
        "speaks=fr",
        "specialty=cardiology&country=SY&speaks=ar",
    ):
        assert cards(read(f"{where}?{query}")) == [NAMES[lang]], query
    assert cards(read(f"{where}?specialty=unknown&country=XX")) == both
    nobody = read(f"{where}?specialty=cardiology&country=AT")
    assert not cards(nobody)
    assert nobody.one(".empty a")["href"] == where
    option = read(where).one("#speaks option[value=fr]").get_text()
    assert option == {"en": "French", "ar": "الفرنسية"}[lang]


def test_the_directory_comes_in_pages_and_costs_the_same(read, make, count_queries, app):
    make(specialty=CARDIOLOGY, country="SY")
    one = count_queries(lambda: read("/en/consultants/"))
    for n in range(25):
        make(**other(n, specialty=CARDIOLOGY, country="SY"))
    assert count_queries(lambda: read("/en/consultants/")) == one
    size = app.config["PAGE_SIZE"]
    assert len(cards(read("/en/consultants/?page=2"))) == min(size, 26 - size)
    read("/en/consultants/?page=99", 404)


def test_a_part_of_the_page_answers_htmx(read, make):
    make()
    page = read("/en/consultants/?country=", headers={"HX-Request": "true"})
    assert cards(page)
    assert not page.all("header")


def test_home_shows_at_most_six_and_leads_to_all(read, make, lang):
    for n in range(8):
        make(**other(n))
    block = read(f"/{lang}/").one(".block--consultants")
    assert len(block.select(".consultant")) == 6
    assert block.select(".block__more a")[0]["href"] == f"/{lang}/consultants/"


@pytest.mark.parametrize(
    ("rank", "gender", "said"),
    [
        ("physician", "feminine", "طبيبة"),
        ("physician", "masculine", "طبيب"),
        ("consultant", "feminine", "استشارية"),
        ("consultant", "masculine", "استشاري"),
        ("specialist", "feminine", "أخصائية"),
        ("specialist", "masculine", "أخصائي"),
        ("professor", "feminine", "أستاذة"),
        ("professor", None, "أستاذ/أستاذة"),
        ("consultant", None, "استشاري/استشارية"),
    ],
)
def test_ranks_are_written_in_the_own_form(read, make, rank, gender, said):
    make(rank=rank, gender=gender)
    assert read(profile("ar")).one(".page__lead").get_text(strip=True) == said
    assert read(profile("en")).one(".page__lead").get_text(strip=True) == rank.capitalize()


def test_initials_stand_where_there_is_no_picture(read, make, in_app, lang):
    make()
    drawn = read(f"/{lang}/consultants/").one(".portrait svg")
    assert drawn["aria-hidden"] == "true"
    assert drawn.get_text(strip=True) == {"en": "L\u200cS", "ar": "ل\u200cن"}[lang]
    photo = Media(name="layla.webp", mime="image/webp", width=9, height=9, alt={"en": "A face", "ar": "وجه"})
    in_app(lambda: (db.session.add(photo), db.session.flush(), db.session.get_one(Person, 1))[-1])
    in_app(lambda: (setattr(db.session.get_one(Person, 1), "photo_id", 1), site_changed()))
    assert read(f"/{lang}/consultants/").one(".portrait img")["src"] == "/media/layla.webp"


def test_titles_are_no_initials():
    assert initials("Prof. Dr Layla Sample") == "L\u200cS"
    assert initials("Dr.") == "D"
    assert initials("") == ""
    assert initials("د. نموذج الطب النفسي") == "ن\u200cط"


def test_the_profile_tells_all_that_is_recorded(read, make, in_app, lang):
    number = make(
        country="SY",
        languages=["ar", "fr"],
        specialty=CARDIOLOGY,
        title={"en": "Head of the ward", "ar": "رئيسة القسم"},
        biography={"en": "<p>Studied in a sample town.</p>", "ar": "<p>درست في مدينة نموذجية.</p>"},
    )
    words = {
        "name": {"en": "Sample Clinic", "ar": "عيادة نموذجية"},
        "hours": {"en": "Sunday 9–13", "ar": "الأحد 9–13"},
    }
    place = Place(person_id=number, city={}, address={}, phone="+000 1", country="SY", **words)
    in_app(lambda: db.session.add(place))
    text = read(profile(lang)).text
    wanted = {
        "en": [
            "Syria",
            "Arabic",
            "French",
            "Cardiology",
            "Head of the ward",
            "Studied in",
            "Sample Clinic",
            "Sunday",
        ],
        "ar": [
            "سوريا",
            "العربية",
            "الفرنسية",
            "أمراض القلب",
            "رئيسة القسم",
            "درست في",
            "عيادة نموذجية",
            "الأحد",
        ],
    }[lang]
    assert not [words for words in wanted if words not in text]


@pytest.mark.parametrize(
    ("interests", "said"),
    [
        (None, {"en": "not stated", "ar": "غير مذكور"}),
        ({}, {"en": "none declared", "ar": "لم يصرَّح بأي منها"}),
        ({"en": "Fees", "ar": "أتعاب"}, {"en": "Fees", "ar": "أتعاب"}),
    ],
)
def test_conflicts_of_interest_are_told_in_three_ways(read, make, lang, interests, said):
    make(interests=sa.null() if interests is None else interests)
    row = read(profile(lang)).one("dl.facts dd:last-child").get_text(strip=True)
    if lang == "en" or interests:
        assert row == said[lang]
    else:
        assert row


def test_each_language_has_its_address_and_leads_to_the_other(read, client, make, lang):
    make()
    other_lang = {"en": "ar", "ar": "en"}[lang]
    page = read(profile(lang))
    assert read(page.one(".switch a")["href"]).one("h1").get_text(strip=True) == NAMES[other_lang]
    read(page.one(".switch a")["href"])
    assert {link["hreflang"] for link in page.all('link[rel="alternate"][hreflang]')} == {
        "ar",
        "en",
        "x-default",
    }
    moved = client.get(f"/{lang}/consultants/{SLUGS[other_lang]}")
    assert moved.status_code == 301
    read(moved.location)


def test_who_has_an_address_in_one_language_only_has_a_page_in_both(read, make):
    make(slugs={"ar": "ليلى"}, biography={"ar": "<p>سيرة</p>"})
    page = read("/en/consultants/ليلى")
    assert page.one("h1").get_text(strip=True) == NAMES["en"]
    assert "سيرة" not in page.text
    assert "سيرة" in read("/ar/consultants/ليلى").text


def test_what_was_written_reviewed_and_answered_is_listed_in_the_readers_language(read, make, sign):
    number = make()
    sign(number, "Written here")
    sign(number, "Reviewed here", kind="disease", review=True)
    sign(number, "Answered here", kind="question")
    sign(number, "Not public", publish=False)
    sign(number, "بالعربية", lang="ar")
    page = read(profile("en"))
    found = {
        what: page.one(f"section[aria-labelledby={what}]").get_text()
        for what in ("written", "reviewed", "answered")
    }
    assert "Written here" in found["written"]
    assert "Answered" not in found["written"]
    assert "Reviewed here" in found["reviewed"]
    assert "Answered here" in found["answered"]
    assert "Not public" not in page.text
    assert "بالعربية" not in page.text
    assert "بالعربية" in read(profile("ar")).text


def test_long_lists_are_cut_and_lead_to_the_whole(read, make, sign, lang):
    number = make()
    for n in range(8):
        sign(number, f"Text {n}" if lang == "en" else f"نص {n}", lang=lang)
    section = read(profile(lang)).one("section[aria-labelledby=written]")
    assert len(section.select(".card")) == 6
    whole = read(section.select("p > a")[-1]["href"])
    assert len(whole.all(".card")) == 8
    read(whole.one(".switch a")["href"])


def test_names_on_pages_lead_to_the_profile(read, make, sign):
    number = make()
    sign(number, "Asthma", kind="disease")
    page = read("/en/diseases/asthma")
    assert page.one(f'.about-text a[href="{profile("en")}"]').get_text(strip=True) == NAMES["en"]
    assert ld(page)["author"][0]["url"] == f"http://localhost{profile('en')}"


def test_nothing_of_who_is_not_listed_is_shown(read, client, make, sign, in_app, lang):
    number = make(biography={"en": "<p>Hidden</p>", "ar": "<p>Hidden</p>"})
    sign(number, "Asthma", kind="disease")
    in_app(lambda: setattr(db.session.get_one(Person, number), "listed", False))
    read(profile(lang), 404)
    read(f"{profile(lang)}/written", 404)
    assert SLUGS["en"] not in client.get("/sitemap-en-1.xml").text
    for path in (f"/{lang}/consultants/", f"/{lang}/"):
        page = read(path)
        assert NAMES[lang] not in page.text
        assert SLUGS["en"] not in page.html
    assert not read("/en/diseases/asthma").all(".about-text a[href*=consultants]")


def test_the_sitemap_has_the_corner_and_its_profiles(read, make):
    assert "/consultants/" not in read("/sitemap-en-1.xml").html
    make()
    make(**other(2), key="sample")
    found = read("/sitemap-en-1.xml").html
    assert f"<loc>http://localhost{profile('en')}</loc>" in found
    assert "<loc>http://localhost/en/consultants/</loc>" in found
    assert "sample-2" not in found


def strings(value):
    if isinstance(value, dict):
        for name, part in value.items():
            if not name.startswith("@") and name != "inLanguage":
                yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)
    elif isinstance(value, str):
        yield value


def test_machines_are_told_what_stands_on_the_page_and_nothing_else(read, make, in_app, lang):
    bio = {"en": "<p>Words &amp; more.</p>", "ar": "<p>كلمات.</p>"}
    number = make(country="SY", degrees=[FRCS], specialty=CARDIOLOGY, biography=bio, title=NAMES)
    in_app(
        lambda: (
            db.session.add(row_of(number)),
            db.session.add(Place(person_id=number, name={"en": "Sample Clinic"})),
        )
    )
    page = read(profile(lang))
    data = ld(page)
    who = data["mainEntity"]
    assert who["@type"] == ["Person", "Physician"]
    assert who["honorificSuffix"] == "F.R.C.S.Ed"
    assert len(who["hasCredential"]) == 1
    visible = page.text.replace("\u2068", "").replace("\u2069", "")
    missing = [words for words in strings(data) if not words.startswith("http") and words not in visible]
    assert not missing


def test_sample_profiles_say_so_everywhere_and_go_without_a_trace(read, in_app, lang):
    in_app(loader.load)
    in_app(cast.load)
    addresses = [a["href"] for a in read(f"/{lang}/consultants/").all(".consultant .card__title a")]
    assert len(addresses) == 8
    said = {"en": "this person does not exist", "ar": "لا وجود لهذا الشخص"}[lang]
    for address in addresses:
        page = read(address)
        assert said in page.all(".prose p")[0].get_text()
        assert page.one('meta[name="robots"]')["content"] == "noindex"
        assert not badges(page)
    linked = in_app(lambda: db.session.scalar(sa.select(Person.key).where(Person.user_id.is_not(None))))
    assert linked == "consultant-cardiology"
    in_app(cast.remove)
    in_app(loader.remove)
    tables = (Person, PersonText, Place, CredentialCheck, ProfileChange)
    assert in_app(lambda: [db.session.scalar(sa.select(sa.func.count(t.id))) for t in tables]) == [0] * 5
    assert read(f"/{lang}/consultants/").all(".empty")


def test_somebody_who_is_deleted_is_gone_at_once(read, make, in_app, lang):
    number = make()
    for path in (f"/{lang}/", f"/{lang}/consultants/"):
        assert NAMES[lang] in read(path).text
    read(profile(lang))
    in_app(lambda: people.delete_person(db.session.get_one(Person, number), by="owner"))
    for path in (f"/{lang}/", f"/{lang}/consultants/"):
        assert NAMES[lang] not in read(path).text
    read(profile(lang), 404)

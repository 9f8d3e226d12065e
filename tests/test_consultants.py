"""The consultants' corner: the directory, profiles, what was checked (U10), and changes that wait for the desk."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa

from medportal import jobs
from medportal.blueprints.accounts import erasure
from medportal.blueprints.consultants import expiry
from medportal.blueprints.consultants.labels import initials
from medportal.blueprints.content import services as contents
from medportal.blueprints.specialists import services as opinions
from medportal.blueprints.specialists.services import OpinionFacts
from medportal.demo import cast, loader
from medportal.extensions import db
from medportal.models.content import Content
from medportal.models.media import Media
from medportal.models.people import Person, PersonText
from medportal.models.practice import CredentialCheck, Place, ProfileChange
from medportal.models.taxonomy import Specialty
from medportal.models.user import User

FRCS = {
    "abbr": "F.R.C.S.Ed",
    "meaning": {
        "en": "Fellow of the Royal College of Surgeons of Edinburgh",
        "ar": "زمالة الكلية الملكية للجراحين في إدنبرة",
    },
}
SLUGS = {"en": "layla-sample", "ar": "ليلى-نموذج"}
NAMES = {"en": "Dr Layla Sample", "ar": "د. ليلى نموذج"}
CHECK = {
    "kind": "licence",
    "what_en": "Licence of the Sample Council",
    "what_ar": "ترخيص المجلس النموذجي",
    "issued_by_en": "Sample Council",
    "issued_by_ar": "المجلس النموذجي",
    "number": "SECRET-77",
    "seen_on": "2026-02-20",
    "valid_until": "2026-05-01",
}


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to("2026-03-01 10:00:00+00:00")


@pytest.fixture
def make(in_app):
    """Somebody who stands in the corner; the number."""

    def add(slugs=None, biography=None, specialty=None, **values):
        facts = {
            "name": NAMES,
            "listed": True,
            "gender": "feminine",
            "rank": "consultant",
            "languages": ["ar"],
        }
        person = Person(**facts | values)
        slugs = SLUGS if slugs is None else slugs
        person.texts = [
            PersonText(lang=code, slug=slug, biography=(biography or {}).get(code, ""))
            for code, slug in slugs.items()
        ]

        def keep():
            if specialty:
                slug, name = specialty
                found = db.session.scalar(sa.select(Specialty).where(Specialty.slug == slug))
                person.specialties = [found or Specialty(slug=slug, name=name)]
            db.session.add(person)
            db.session.flush()
            return person.id

        return in_app(keep)

    return add


CARDIOLOGY = ("cardiology", {"en": "Cardiology", "ar": "أمراض القلب"})
NEUROLOGY = ("neurology", {"en": "Neurology", "ar": "الأمراض العصبية"})


def other(n, **values):
    names = {"en": f"Sample {n}", "ar": f"نموذج {n}"}
    return {"name": names, "slugs": {"en": f"sample-{n}", "ar": f"نموذج-{n}"}} | values


def profile(lang):
    return f"/{lang}/consultants/{SLUGS[lang]}"


def cards(page):
    return [a.get_text() for a in page.all(".consultant .card__title a")]


def ld(page):
    return json.loads(page.one('script[type="application/ld+json"]').string)


@pytest.fixture
def sign(in_app, make_content, text_of):
    """A text that bears the name, in one language."""

    def write(person, title, role="author", lang="en", kind="article", review=False, publish=True):
        number = make_content(kind=kind, langs=(lang,), title=title, publish=publish)

        def credit():
            who = db.session.get_one(Person, person)
            if review:
                days = {"on": dt.date(2026, 1, 1), "next_due": dt.date(2030, 1, 1)}
                contents.record_review(text_of(number, lang), who, by="test", **days)
            else:
                contents.add_credit(db.session.get_one(Content, number), who, role)

        in_app(credit)
        return number

    return write


# The directory


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
    in_app(lambda: setattr(db.session.get_one(Person, 1), "photo_id", 1))
    assert read(f"/{lang}/consultants/").one(".portrait img")["src"] == "/media/layla.webp"


def test_titles_are_no_initials():
    assert initials("Prof. Dr Layla Sample") == "L\u200cS"
    assert initials("Dr.") == "D"
    assert initials("") == ""
    assert initials("د. نموذج الطب النفسي") == "ن\u200cط"


# Profiles


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


# What was checked (U10)


def row_of(person, **values):
    facts = {
        "kind": "licence",
        "what": {"en": "Licence", "ar": "ترخيص"},
        "issued_by": {"en": "Sample Council", "ar": "المجلس النموذجي"},
        "number": "SECRET-77",
        "seen_by": "Owner Example",
        "seen_on": dt.date(2026, 2, 20),
    }
    return CredentialCheck(person_id=person, **facts | values)


def badges(page):
    return page.all(".badge--verified")


def test_U10_a_profile_with_no_record_shows_no_badge(read, make, lang):
    make()
    for path in (profile(lang), f"/{lang}/consultants/", f"/{lang}/"):
        assert not badges(read(path))
    assert read(profile(lang)).one("section[aria-labelledby=checks] .state")


def test_U10_the_badge_opens_what_was_checked_by_whom_and_when(read, make, as_, lang):
    number = make()
    owner = as_("owner", name="Sample Owner")
    owner.send(f"/en/admin/people/{number}/checks/new", **CHECK)
    page = read(profile(lang))
    assert page.one(".badge--verified")["href"] == "#checks"
    said = page.one("section[aria-labelledby=checks]").get_text(" ")
    wanted = {
        "en": ["Licence to practise", CHECK["what_en"], "Sample Council", "February 20, 2026", "May 1, 2026"],
        "ar": ["ترخيص مزاولة المهنة", CHECK["what_ar"], "المجلس النموذجي", "20", "2026"],
    }[lang]
    assert not [words for words in [*wanted, "Sample Owner"] if words not in said]
    assert "SECRET-77" not in page.html
    assert badges(read(f"/{lang}/consultants/"))


@pytest.mark.parametrize(("day", "valid"), [("2026-05-01", True), ("2026-05-02", False)])
def test_U10_the_badge_goes_by_itself_after_the_last_day(read, make, in_app, time_machine, lang, day, valid):
    number = make()
    in_app(lambda: db.session.add(row_of(number, valid_until=dt.date(2026, 5, 1))))
    time_machine.move_to(f"{day} 10:00:00+00:00")
    for path in (profile(lang), f"/{lang}/consultants/"):
        assert bool(badges(read(path))) == valid
    page = read(profile(lang))
    assert bool(page.all("section[aria-labelledby=checks] .badge--warning")) != valid
    assert ("hasCredential" in ld(page)["mainEntity"]) == valid


def test_U10_the_owner_is_told_once_by_mail_and_at_the_desk(make, in_app, as_, letters, time_machine, lang):
    owner = as_("owner", lang=lang)
    number = make()
    in_app(lambda: db.session.add(row_of(number, valid_until=dt.date(2026, 3, 5))))
    assert in_app(expiry.tell) == 0
    time_machine.move_to("2026-03-06 10:00:00+00:00")
    assert [in_app(expiry.tell), in_app(expiry.tell)] == [1, 0]
    told = [letter for letter in letters() if letter.name == "credential_expired"]
    assert [letter.link for letter in told] == [f"/{lang}/admin/people?state=expired"]
    owner.sign_in("owner@mail.example.com")
    assert "state=expired" in owner.get(f"/{lang}/admin/").html
    assert len(owner.get(f"/{lang}/admin/people?state=expired").all(".row")) == 1
    assert "credentials" in {job.name for job in jobs.JOBS}


def test_U10_a_new_last_day_brings_the_badge_back_and_is_told_anew(read, make, in_app, as_, time_machine):
    number = make()
    in_app(lambda: db.session.add(row_of(number, valid_until=dt.date(2026, 3, 5))))
    time_machine.move_to("2026-03-06 10:00:00+00:00")
    in_app(expiry.tell)
    as_("owner", name="Sample Owner").send(f"/en/admin/people/{number}/checks/1", **CHECK)
    assert badges(read(profile("en")))
    time_machine.move_to("2026-05-02 10:00:00+00:00")
    assert in_app(expiry.tell) == 1


def test_U10_degrees_are_explained_in_both_languages(read, make, lang):
    make(degrees=[FRCS])
    page = read(profile(lang))
    meaning = FRCS["meaning"][lang]
    assert page.all(f'abbr[title="{meaning}"]')[0].get_text() == "F.R.C.S.Ed"
    assert meaning in page.one(".facts").get_text()
    assert read(f"/{lang}/consultants/").one("abbr")["title"] == meaning


def test_a_withdrawn_check_counts_for_nothing_and_the_trail_keeps_it(read, make, in_app, as_):
    number = make()
    in_app(lambda: db.session.add(row_of(number)))
    editor = as_("editor", name="Sample Editor")
    where = f"/en/admin/people/{number}/checks"
    editor.send(f"{where}/1/withdraw", 422, note="")
    editor.send(f"{where}/1/withdraw", note="A mix-up")
    page = read(profile("en"))
    assert not badges(page)
    assert "Licence" not in page.text
    assert "A mix-up" in editor.get(where).text
    editor.get(f"{where}/1", 404)
    assert "credential check withdrawn" in as_("owner").get("/en/admin/audit").html.lower()


@pytest.mark.parametrize(
    "wrong",
    [{"what_en": "", "what_ar": ""}, {"seen_on": "2026-03-02"}, {"valid_until": "2026-02-01"}, {"kind": "x"}],
)
def test_a_check_must_be_told_in_full(make, as_, in_app, wrong):
    number = make()
    browser = as_("owner", name="Sample Owner")
    assert browser.send(f"/ar/admin/people/{number}/checks/new", 422, **CHECK | wrong).all("[data-errors] a")
    assert in_app(lambda: db.session.scalar(sa.select(CredentialCheck.id))) is None


def test_who_has_no_name_cannot_have_seen_anything(make, as_, lang):
    number = make()
    page = as_("owner").send(f"/{lang}/admin/people/{number}/checks/new", 422, **CHECK)
    assert page.all("[data-errors]")


def test_a_profile_is_followed_and_lists_the_opinions_that_readers_of_its_language_see(
    make, sign, in_app, read
):
    number = make(specialty=CARDIOLOGY)
    sign(make(**other(2)), "Asthma", kind="disease")

    def opine():
        facts = OpinionFacts(
            person=db.session.get_one(Person, number),
            given_on=dt.date(2026, 1, 1),
            interests={},
            texts={"en": "Wait"},
        )
        opinion = opinions.add_opinion(db.session.scalars(sa.select(Content)).one(), facts, by="test")
        opinions.publish_opinion(opinion, by="test")

    in_app(opine)
    page = read(profile("en"))
    assert page.one(".profile a[rel=nofollow]")["href"] == f"/en/subscriptions/?person={number}"
    assert "Asthma" in page.one("section[aria-labelledby=opinions]").get_text()
    assert not read(profile("ar")).all("section[aria-labelledby=opinions]")


# At the desk

PROFILE = {
    "listed": "y",
    "rank": "consultant",
    "gender": "feminine",
    "languages": "fr",
    "biography_en": "First.\n\nSecond & third",
    "account": "",
    "photo": "",
}


def test_the_desk_puts_somebody_into_the_corner(read, make, as_, lang):
    number = make(slugs={}, listed=False, languages=[])
    editor = as_("editor")
    where = f"/{lang}/admin/people/{number}/profile"
    assert editor.get(where).one("#biography_ar")["dir"] == "rtl"
    editor.send(where, **PROFILE)
    page = read("/en/consultants/dr-layla-sample")
    assert "French" in page.text
    assert [p.get_text() for p in page.all(".prose p")] == ["First.", "Second & third"]
    read("/ar/consultants/د-ليلى-نموذج")
    assert editor.get(where).one("#biography_en").get_text().strip().startswith("First.")


def test_an_address_belongs_to_one_profile_only(make, as_):
    make()
    number = make(**other(2))
    editor = as_("editor")
    for slug in (SLUGS["en"], "work", "!!"):
        page = editor.send(f"/en/admin/people/{number}/profile", 422, **PROFILE | {"slug_en": slug})
        assert page.all("[data-errors] a")[0]["href"] == "#slug_en"
    editor.send(f"/en/admin/people/{number}/profile", **PROFILE | {"slug_en": "Sample Two"})


def test_an_account_belongs_to_one_person_only(make, make_user, as_, in_app):
    account = str(make_user("doctor@mail.example.com", "consultant"))
    member = str(make_user("reader@mail.example.com"))
    first, second = make(), make(**other(2))
    editor = as_("editor")
    editor.send(f"/en/admin/people/{first}/profile", **PROFILE | {"account": account})
    for number, wrong in ((second, account), (second, member)):
        editor.send(f"/en/admin/people/{number}/profile", 422, **PROFILE | {"account": wrong})
    assert in_app(lambda: db.session.get_one(Person, first).user_id) == int(account)


def test_places_are_rows_of_which_emptied_ones_go(read, make, as_, lang):
    number = make()
    editor = as_("editor")
    where = f"/{lang}/admin/people/{number}/places"
    wrong = editor.send(where, 422, place0_hours_en="Sunday", place0_country="")
    assert wrong.all("[data-errors] a")
    filled = {"place0_name_en": "Sample Clinic", "place0_country": "SY", "place0_phone": "+٠٠٠ ١"}
    editor.send(
        where, **filled | {"place1_name_ar": "عيادة", "place1_country": "", "place0_url": "https://x.example"}
    )
    page = read(profile(lang))
    assert len(page.all(".place")) == 2
    assert page.one('a[href="tel:+0001"]')
    emptied = {f"place0_{name}": "" for name in ("name_en", "country", "phone", "url")}
    editor.send(where, **emptied, place1_name_ar="عيادة", place1_country="")
    assert len(read(profile(lang)).all(".place")) == 1


def test_a_merge_carries_the_profile(read, make, as_, in_app):
    gone = make(biography={"en": "<p>Words</p>"})
    kept = in_app(lambda: (db.session.add(p := Person(name={"en": "Layla S"})), db.session.flush(), p.id)[-1])
    in_app(lambda: db.session.add_all([row_of(gone), Place(person_id=gone, name={"en": "Sample Clinic"})]))
    as_("editor").send(f"/en/admin/people/{gone}/merge", into=str(kept))
    page = read(profile("en"))
    assert "Layla S" in page.one("h1").get_text()
    assert page.all(".place")
    assert badges(page)
    assert "Words" in page.text


# The consultants' room

OWN = {"disclosure": "none", "place0_country": "", "languages": "ar"}


@pytest.fixture
def doctor(as_, make, in_app):
    """A consultant with a profile, signed in; the person's number is 1."""
    browser = as_("consultant")
    number = make(biography={"en": "<p>Old words</p>"}, interests={})

    def link():
        db.session.get_one(Person, number).user_id = 1

    in_app(link)
    return browser


def propose(doctor, lang="en", **form):
    return doctor.send(f"/{lang}/consultants/work/profile", **OWN | {"biography_en": "Old words"} | form)


def test_own_changes_are_public_only_after_the_desk_accepted_them(doctor, read, as_, lang):
    words = {"biography_en": "New words", "title_en": "New title", "place0_name_en": "New place"}
    propose(doctor, lang, **words)
    paths = [profile("en"), "/en/consultants/", "/en/"]
    assert not [path for path in paths for word in words.values() if word in read(path).text]
    assert "New words" in doctor.get(f"/{lang}/consultants/work/profile").text
    owner = as_("owner")
    assert "/admin/profile-changes" in owner.get(f"/{lang}/admin/").html
    screen = owner.get(f"/{lang}/admin/profile-changes/1").text
    assert all(word in screen for word in ["Old words", *words.values()])
    before = read(profile("en")).response.headers["ETag"]
    owner.send(f"/{lang}/admin/profile-changes/1/accept")
    page = read(profile("en"))
    assert all(word in page.text for word in words.values())
    assert page.response.headers["ETag"] != before
    assert owner.get(f"/{lang}/admin/profile-changes").all(".empty")


def test_declined_changes_stay_away_and_the_consultant_reads_why(doctor, read, as_, lang):
    propose(doctor, biography_en="New words")
    owner = as_("owner")
    owner.send("/en/admin/profile-changes/1/decline", 422, note="")
    owner.send("/en/admin/profile-changes/1/decline", note="Too long")
    assert "New words" not in read(profile("en")).text
    assert "Too long" in doctor.get(f"/{lang}/consultants/work").text
    owner.send("/en/admin/profile-changes/1/accept", 404)


def test_changes_are_taken_back_and_replaced_before_anybody_accepts_them(doctor, as_):
    owner = as_("owner")
    propose(doctor, biography_en="First try")
    propose(doctor, biography_en="Second try")
    owner.send("/en/admin/profile-changes/1/accept", 404)
    assert "Second try" in owner.get("/en/admin/profile-changes/2").text
    doctor.send("/en/consultants/work/profile/take-back")
    owner.get("/en/admin/profile-changes/2", 404)
    assert "Old words" in doctor.get("/en/consultants/work/profile").text


def test_only_what_was_changed_is_proposed(doctor, in_app, as_):
    assert propose(doctor).response.location.endswith("done=nothing")
    propose(doctor, title_en="New title")
    assert in_app(lambda: list(db.session.get_one(ProfileChange, 1).proposed)) == ["title"]


def test_what_published_pages_rest_on_is_not_accepted_away(doctor, in_app, sign, as_, read):
    in_app(
        lambda: [
            setattr(db.session.get_one(Person, 1), *fact) for fact in (("degrees", [FRCS]), ("rank", None))
        ]
    )
    sign(1, "Asthma", kind="disease")
    propose(doctor, degree0_abbr="", degree0_meaning_en="", degree0_meaning_ar="", biography_en="New words")
    assert as_("owner").send("/en/admin/profile-changes/1/accept", 422).all("[data-errors]")
    assert "New words" not in read(profile("en")).text


def test_the_rank_that_is_an_authors_only_credential_stays(make, sign, as_, in_app, lang):
    number = make(interests={})
    sign(number, "Asthma", kind="disease")
    page = as_("editor").send(f"/{lang}/admin/people/{number}/profile", 422, **PROFILE | {"rank": ""})
    assert page.all("[data-errors]")
    assert in_app(lambda: db.session.get_one(Person, number).rank) == "consultant"


def test_a_biography_is_taken_away_again(doctor, read, as_):
    propose(doctor, biography_en="")
    as_("owner").send("/en/admin/profile-changes/1/accept")
    assert "Old words" not in read(profile("en")).text


def test_what_one_account_proposed_is_nothing_for_the_next(doctor, make_user, as_, in_app):
    propose(doctor, biography_en="New words")
    account = str(make_user("second@mail.example.com", "consultant"))
    as_("editor").send("/en/admin/people/1/profile", **PROFILE | {"account": account})
    assert in_app(lambda: db.session.get_one(ProfileChange, 1).state) == "taken_back"


def test_the_room_is_for_consultants_only(as_, lang):
    for role in ("member", "editor", "owner"):
        as_(role).get(f"/{lang}/consultants/work", 403)


def test_a_consultant_without_a_profile_is_told_what_to_do(as_, lang):
    browser = as_("consultant")
    assert browser.get(f"/{lang}/consultants/work").all(".empty")
    browser.get(f"/{lang}/consultants/work/profile", 303)
    assert browser.get(f"/{lang}/account/").all(f'a[href="/{lang}/consultants/work"]')
    browser.get("/en/admin/profile-changes", 403)


def test_a_consultant_changes_nobody_elses_profile(doctor, make, in_app):
    second = make(**other(2))
    propose(doctor, biography_en="Mine")
    assert in_app(lambda: db.session.get_one(ProfileChange, 1).person_id) != second


def test_an_erased_account_takes_its_profile_along(doctor, read, in_app, sign, make_user):
    sign(1, "Asthma", kind="disease")
    propose(doctor, biography_en="New words")
    in_app(lambda: erasure.erase(db.session.get_one(User, 1)))
    read(profile("en"), 404)
    assert NAMES["en"] in read("/en/diseases/asthma").text
    left = in_app(
        lambda: [
            db.session.scalar(sa.select(sa.func.count(t.id))) for t in (PersonText, Place, ProfileChange)
        ]
    )
    assert left == [0, 0, 0]


def test_who_signs_nothing_is_erased_whole(doctor, in_app):
    in_app(lambda: erasure.erase(db.session.get_one(User, 1)))
    assert in_app(lambda: db.session.get(Person, 1)) is None


# Samples


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

"""Profiles at the desk, and changes by consultants that wait for it."""

import sqlalchemy as sa

from medportal.blueprints.accounts import erasure
from medportal.extensions import db
from medportal.models.people import Person, PersonText
from medportal.models.practice import Place, ProfileChange
from medportal.models.user import User
from tests.corner import FRCS, NAMES, PROFILE, SLUGS, badges, other, profile, propose, row_of


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

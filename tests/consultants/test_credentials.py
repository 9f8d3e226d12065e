"""What was checked of somebody (U10)."""

import datetime as dt

import pytest
import sqlalchemy as sa

from medportal import jobs
from medportal.blueprints.consultants import expiry
from medportal.blueprints.specialists import services as opinions
from medportal.blueprints.specialists.services import OpinionFacts
from medportal.extensions import db
from medportal.models.content import Content
from medportal.models.people import Person
from medportal.models.practice import CredentialCheck
from tests.corner import CARDIOLOGY, CHECK, FRCS, badges, ld, other, profile, row_of


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

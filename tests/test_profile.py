"""My account: change, take along, erase."""

import datetime as dt
import io
import json
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine

from medportal import delivery, privacy
from medportal.blueprints.accounts import erasure
from medportal.blueprints.pages import services as pages
from medportal.changes import site_changed
from medportal.extensions import db
from medportal.models.audit import Audit, AuditNetwork
from medportal.models.message import Message
from medportal.models.setting import Setting
from medportal.models.user import User
from tests.people import MEMBER, PASSWORD

NEW = "new-layla@mail.example.com"


def save(browser, status=303, lang="en", **form):
    return browser.send(
        f"/{lang}/account/profile", status, **{"name": "", "display_name": "", "language": lang} | form
    )


def test_name_and_language_are_saved_and_the_answer_is_in_the_new_language(as_, lang, user_of):
    browser = as_(email=MEMBER)
    page = save(browser, name="ليلى أحمد", display_name="Layla", language=lang)
    assert page.response.headers["Location"] == f"/{lang}/account/?done=profile"
    assert browser.get(f"/{lang}/account/?done=profile").one(".notice--done")
    assert user_of(1, lambda user: (user.name, user.display_name, user.lang)) == ("ليلى أحمد", "Layla", lang)


def test_24_a_form_binds_its_own_fields_only(as_, user_of):
    save(as_(email=MEMBER), role="owner", email="x@y.example", password_hash="x", sample="y", id="7")
    assert user_of(1, lambda user: (user.role, user.email, user.sample)) == ("member", MEMBER, False)


@pytest.mark.parametrize("name", ["www.pills.example", "buy@pills", "https://x", "pills.com", "a/b"])
def test_a_display_name_carries_no_address(as_, name):
    page = save(as_(email=MEMBER), 422, display_name=name)
    assert page.one("#display_name")["value"] == name


def test_29_direction_overrides_never_reach_a_name(as_, user_of):
    save(as_(email=MEMBER), display_name="Lay\u202ela\u2066")
    assert user_of(1, lambda user: user.display_name) == "Layla"


# Another address


def ask_for(browser, email, status=303):
    return browser.send("/en/account/email", status, email=email)


def test_6_another_address_is_in_force_once_confirmed_and_both_are_told(as_, letters, visitor, user_of):
    browser = as_(email=MEMBER)
    ask_for(browser, NEW)
    asked, letter = letters()
    assert (asked.to, asked.subject) == (MEMBER, "Another address was asked for your account")
    assert (letter.to, letter.name) == (NEW, "confirm_address")
    visitor().get(letter.link)
    assert user_of(1, lambda user: user.email) == MEMBER
    visitor().send_bare(letter.link)
    assert user_of(1, lambda user: user.email) == NEW
    told = [(one.to, one.name) for one in letters()]
    assert {(MEMBER, "address_changed"), (NEW, "address_changed")} <= set(told)
    assert NEW not in "".join(one.text for one in letters() if one.to == MEMBER)
    assert "used already" in visitor().get(letter.link, 410).text


def test_20_a_scanner_that_looks_at_the_link_changes_no_address(as_, letters, visitor, user_of):
    browser = as_("member")
    browser.send("/en/account/email", email=NEW)
    [letter] = [letter for letter in letters() if letter.name == "confirm_address"]
    for method in ("get", "head"):
        assert getattr(visitor().client, method)(letter.link).status_code == 200
    assert user_of(1, lambda user: user.email) == "member@mail.example.com"


def test_10_an_address_that_is_taken_is_told_to_its_owner_only(as_, make_user, letters, user_of):
    make_user(NEW)
    browser = as_(email=MEMBER)
    page = ask_for(browser, NEW)
    assert page.response.headers["Location"] == "/en/account/?done=letter"
    told = [(one.to, one.name) for one in letters()]
    assert told == [(MEMBER, "account_changed"), (NEW, "already_member")]


def test_an_address_taken_meanwhile_is_not_taken_twice(as_, make_user, letters, visitor, user_of):
    browser = as_(email=MEMBER)
    ask_for(browser, NEW)
    link = letters()[1].link
    make_user(NEW)
    visitor().send_bare(link, 410)
    assert user_of(1, lambda user: user.email) == MEMBER


def test_only_the_newest_link_for_an_address_works(as_, letters, visitor):
    browser = as_(email=MEMBER)
    ask_for(browser, NEW)
    first = letters()[1].link
    ask_for(browser, "third@mail.example.com")
    visitor().get(first, 410)


@pytest.mark.parametrize("how", ["password", "reset", "disabled"])
def test_an_address_asked_for_by_an_intruder_dies_with_the_password(as_, visitor, letters, how, user_of):
    browser = as_(email=MEMBER)
    ask_for(browser, NEW)
    link = letters()[1].link
    if how == "password":
        browser.send("/en/account/password", password="quite another phrase")
    elif how == "reset":
        stamp = visitor().get("/en/account/forgot").one("input[name=ts]")["value"]
        visitor().send_bare("/en/account/forgot", email=MEMBER, ts=stamp)
        visitor().send_bare(letters()[-1].link, password="quite another phrase")
    else:
        as_("owner").send("/en/admin/users/1/disabled", sure="y")
    visitor().send_bare(link, 410)
    assert user_of(1, lambda user: user.email) == MEMBER


def test_the_copy_does_not_tell_whether_another_address_has_an_account(as_, make_user, in_app):
    make_user(NEW)
    browser = as_(email=MEMBER)
    copies = []
    for address in (NEW, "free@mail.example.com"):
        ask_for(browser, address)
        answer = browser.send("/en/account/export", 200).response
        with zipfile.ZipFile(io.BytesIO(answer.data)) as file:
            data = json.loads(file.read("my-data.json"))
        copies.append((data["pending"][0]["email"], [row["letter"] for row in data["letters"]]))
    assert [address for address, _ in copies] == [NEW, "free@mail.example.com"]
    assert copies[1][1] == [*copies[0][1], "account_changed"]


# Taking along


def test_61_the_copy_is_one_zip_to_read_and_to_compute(as_, lang, in_app):
    in_app(lambda: pages.keep_message("contact", lang="ar", body="رسالة قديمة طويلة", email=MEMBER.upper()))
    browser = as_(email=MEMBER, lang=lang)
    browser.get(f"/{lang}/account/export")
    answer = browser.send(f"/{lang}/account/export", 200).response
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="my-data-')
    with zipfile.ZipFile(io.BytesIO(answer.data)) as file:
        page = file.read("my-data.html").decode()
        data = json.loads(file.read("my-data.json"))
    assert f'<html lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}">' in page
    assert {"en": "Messages you wrote", "ar": "الرسائل المرسلة إلى الموقع"}[lang] in page
    assert data["account"]["email"] == MEMBER
    assert data["messages"][0]["text"] == "رسالة قديمة طويلة"
    assert set(data) == {"exported_at", *(part.key for part in privacy.PARTS)}
    assert PASSWORD not in page
    assert "password" not in data["account"]


def test_61_nobody_else_gets_the_copy(visitor):
    page = visitor().send_bare("/en/account/export", 401)
    assert page.one("h1").get_text(strip=True) == "Sign in"


def test_every_table_that_names_a_user_is_known_to_export_or_erasure():
    """A new table with a user in it must be thought of here: what is exported, what the erasure does with it."""
    known = {"user_session", "known_device", "token", "second_factor", "recovery_code", "outbox"}
    known |= {"subscriber", "working_copy", "person", "vote", "profile_change", "question"}
    naming = {
        table.name
        for table in db.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "user"
    }
    assert naming == known


# Going


def plan(browser):
    return browser.send("/en/account/delete", sure="y")


def in_days(days):
    return time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=days))


def test_erasure_is_planned_told_and_can_be_taken_back(as_, visitor, letters, user_of, in_app):
    browser = as_(email=MEMBER)
    other = visitor()
    other.sign_in()
    browser.send("/en/account/delete", 422)
    plan(browser)
    assert not other.is_signed_in()
    assert "erasure_planned" in [letter.name for letter in letters()]
    with in_days(6):
        in_app(erasure.erase_due)
        browser.sign_in()
        assert "This account will be erased on" in browser.get("/en/account/").text
        browser.send("/en/account/keep")
    with in_days(8):
        in_app(erasure.erase_due)
        browser.sign_in()
        assert browser.is_signed_in()


def test_62_after_seven_days_nothing_is_left_but_a_number(app, as_, visitor, in_app, letters):
    in_app(
        lambda: pages.keep_message("contact", lang="en", body="An old message", name="Layla Q", email=MEMBER)
    )
    browser = as_(email=MEMBER)
    save(browser, name="Layla Qabbani", display_name="Layla Q")
    visitor().sign_in()
    ask_for(browser, NEW)
    in_app(delivery.send_due)
    assert list((Path(app.instance_path) / "mail").glob("*.eml"))
    plan(browser)
    in_app(delivery.send_due)
    with in_days(8):
        in_app(erasure.erase_due)
    assert not browser.is_signed_in()
    assert not list((Path(app.instance_path) / "mail").glob("*.eml"))
    assert in_app(lambda: db.session.scalar(sa.select(Message.body))) == "An old message"
    dump = in_app(lambda: str([db.session.execute(sa.select(t)).all() for t in db.metadata.sorted_tables]))
    traces = (MEMBER, NEW, "Layla")
    assert [trace for trace in traces if trace in dump] == []
    assert "account erased" in dump
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(AuditNetwork))) == 0
    if (Path(app.instance_path) / "medportal.db").exists():  # SQLite: the file itself
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
            erasure.scrub_file()
        for file in Path(app.instance_path).glob("medportal.db*"):
            raw = file.read_bytes()
            assert [trace for trace in traces if trace.encode() in raw] == [], file.name


def test_a_number_is_never_given_twice(as_, in_app, make_user):
    """The audit trail knows an erased account by its number: it must not come to mean somebody else."""
    plan(as_(email=MEMBER))
    with in_days(8):
        in_app(erasure.erase_due)
    assert make_user(NEW) == 2


def test_the_only_owner_cannot_go(as_, user_of):
    browser = as_("owner")
    assert "This is the only owner" in browser.get("/en/account/delete").text
    browser.send("/en/account/delete", 422, sure="y")
    assert user_of(1, lambda user: user.delete_after) is None


def test_62_a_former_address_goes_too(app, as_, in_app, letters, visitor):
    in_app(lambda: pages.keep_message("contact", lang="en", body="An old message", email=MEMBER))
    browser = as_(email=MEMBER)
    ask_for(browser, NEW)
    visitor().send_bare(letters()[1].link)
    plan(browser)
    with in_days(8):
        in_app(erasure.erase_due)
    dump = in_app(lambda: str([db.session.execute(sa.select(t)).all() for t in db.metadata.sorted_tables]))
    assert [trace for trace in (MEMBER, NEW) if trace in dump] == []


def test_a_sample_owner_does_not_count_beside_a_real_one(as_, make_user):
    make_user("owner@example.org", "owner", sample=True)
    browser = as_("owner")
    assert "This is the only owner" in browser.get("/en/account/delete").text


def test_what_happened_to_the_account_is_shown_to_its_member(as_):
    browser = as_(email=MEMBER)
    browser.send("/en/account/password", password="quite another phrase")
    browser.send("/en/account/export", 200)
    events = browser.get("/en/account/security").one(".events").get_text()
    assert "Password changed" in events
    assert "Copy of the data taken" in events


def test_keeping_an_account_that_stays_anyway_leaves_no_line(as_, in_app):
    browser = as_(email=MEMBER)
    for _ in range(3):
        browser.send("/en/account/keep")
    taken = sa.select(sa.func.count(Audit.id)).where(Audit.action == "erasure taken back")
    assert in_app(lambda: db.session.scalar(taken)) == 0


# Latest members


def test_latest_members_are_off_by_default_and_show_only_who_ticked(as_, make_user, read, in_app, lang):
    browser = as_(email=MEMBER)
    save(browser, name="Layla Secret", display_name="Layla Q", shown_publicly="y")
    make_user(NEW, display_name="Not asked")
    assert "Layla Q" not in read(f"/{lang}/").text
    in_app(lambda: (db.session.add(Setting(key="latest_members", value=True)), site_changed()))
    page = read(f"/{lang}/")
    assert "Layla Q" in page.text
    assert not {"Not asked", "Layla Secret", MEMBER} & set(page.html.split(">"))
    save(browser, display_name="Layla Q")
    assert "Layla Q" not in read(f"/{lang}/").text


def test_a_tick_without_a_display_name_is_explained(as_, user_of):
    page = save(as_(email=MEMBER), 422, shown_publicly="y")
    assert page.one("#shown_publicly")["aria-invalid"] == "true"
    assert user_of(1, lambda user: user.shown_publicly) is False


def test_a_change_of_who_is_shown_reaches_every_cache(as_, in_app):
    from medportal.models.setting import site_version

    browser = as_(email=MEMBER)
    before = in_app(site_version)
    save(browser, name="Layla")
    assert in_app(site_version) == before
    save(browser, display_name="Layla", shown_publicly="y")
    assert in_app(site_version) == before + 1


def test_the_erasure_of_somebody_shown_reaches_every_cache(as_, in_app):
    from medportal.models.setting import site_version

    browser = as_(email=MEMBER)
    save(browser, display_name="Layla", shown_publicly="y")
    plan(browser)
    before = in_app(site_version)
    with in_days(8):
        in_app(erasure.erase_due)
    assert in_app(site_version) > before
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(User.id)))) == 0

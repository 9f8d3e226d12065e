"""Starting a site of one's own: the samples are counted, go in short pieces, and leave nothing behind."""

import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from medportal import delivery, samples, taxonomy
from medportal.blueprints.content import services
from medportal.blueprints.content.drafts import PartDraft, SectionDraft, TextDraft
from medportal.demo import cast, loader
from medportal.digests import staging, subscribers
from medportal.digests.subscribers import Consent, Manner, Wishes
from medportal.extensions import db
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.models.content import Content, ContentText, Origin
from medportal.models.media import Media
from medportal.models.setting import all_settings
from medportal.models.subscription import Subscriber
from medportal.models.user import User
from medportal.search import glossary, upkeep
from tests.people import MEMBER, PASSWORD

KEPT = {
    "audit",
    "audit_network",
    "category",
    "specialty",
    "glossary_concept",
    "glossary_word",
    "setting",
    "site_version",
}
"""What is no sample: the trail, what is shipped for good, the owner's choices, and the clock of caches."""


def snapshot():
    """Every row of every table that could hold something of the samples."""
    return {
        table.name: sorted(str(tuple(row)) for row in db.session.execute(sa.select(table)))
        for table in db.metadata.sorted_tables
        if table.name not in KEPT
    }


@pytest.fixture
def loaded(in_app, monkeypatch):
    """Enough of the sample site for these tests: one text in ten, all videos with their pictures, every account."""
    files = loader._files()
    videos = [file for file in files if file[0].key == "video"]
    some = [file for file in files if file[0].key != "video"][::10]
    monkeypatch.setattr(loader, "_files", lambda: videos + some)
    monkeypatch.setenv("MEDPORTAL_DEMO_PASSWORD", PASSWORD)
    count = in_app(loader.load)
    in_app(cast.load)
    return count


def count(in_app, model, *conditions):
    return in_app(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*conditions)))


def finish(browser):
    for _ in range(200):
        page = browser.send("/en/admin/start/step", 303)
        if "done=removed" in page.response.headers["Location"]:
            return
    raise AssertionError("it never ends")


def test_the_desk_says_that_samples_are_here_and_only_to_owners(loaded, as_, lang):
    assert as_("owner").get(f"/{lang}/admin/").one(".notice--warning a")["href"] == f"/{lang}/admin/start"
    assert not as_("editor").get(f"/{lang}/admin/").all(".notice--warning")


def test_a_site_without_samples_says_nothing_and_has_nothing_to_remove(as_, lang):
    owner = as_("owner")
    assert not owner.get(f"/{lang}/admin/").all(".notice--warning")
    assert owner.get(f"/{lang}/admin/start").one(".empty")


def test_the_page_counts_exactly_and_asks_for_the_tick(loaded, as_, in_app, lang):
    owner = as_("owner")
    page = owner.get(f"/{lang}/admin/start")
    texts = count(in_app, ContentText)
    pictures = count(in_app, Media)
    words = page.one("section[aria-labelledby=gone]").text
    for number in (loaded, texts, 4):
        assert str(number) in words
    assert {"en": f"{pictures} sample picture", "ar": "صورتان تجريبيتان"}[lang] in words
    assert pictures == 2
    owner.send(f"/{lang}/admin/start", 422)
    assert count(in_app, Content) == loaded


def test_nothing_of_the_samples_remains(in_app, app, as_, visitor, monkeypatch, request):
    owner = as_("owner")
    in_app(taxonomy.load)
    in_app(glossary.load)
    before = in_app(snapshot)
    loaded = request.getfixturevalue("loaded")
    visitor().sign_in("editor@example.org", PASSWORD)

    def live():
        member = db.session.scalars(sa.select(User).where(User.email == "member@example.org")).one()
        wishes = Wishes(kinds=frozenset({"disease", "news"}))
        consent = Consent(lang="en", how="account")
        subscribers.subscribe(
            member.email, wishes, Manner(lang="en", frequency="weekly"), consent, user=member
        )

    in_app(live)
    in_app(lambda: db.session.execute(sa.update(Subscriber).values(told_until=0)))
    in_app(lambda: staging.stage(staging.open_run("weekly", utc_now())))
    in_app(delivery.send_due)
    assert in_app(snapshot)["delivery"]
    owner.send("/en/admin/start", sure="y")
    finish(owner)
    in_app(upkeep.keep)
    after = in_app(snapshot)
    ours = {"user_session", "user", "known_device", "rate_bucket", "second_factor"}
    assert {name: after[name] for name in after if name not in ours and after[name] != before[name]} == {}
    assert len(after["user"]) == len(before["user"])
    for folder in ("media", "mail"):
        path = Path(app.instance_path) / folder
        assert not path.exists() or not list(path.iterdir())
    assert loaded
    assert in_app(upkeep.faults) == []
    assert "removing_sample" not in in_app(all_settings)


def test_the_account_in_use_stays_and_can_go_later(loaded, visitor, in_app, make_user):
    browser = visitor()
    browser.sign_in("owner@example.org", PASSWORD)
    assert browser.get("/en/admin/start").text.count("3 sample accounts") == 1
    browser.send("/en/admin/start", sure="y")
    finish(browser)
    page = browser.get("/en/admin/start")
    assert "account of the sample owner" in page.text
    assert browser.get("/en/admin/").all(".notice--warning")
    make_user("real@mail.example.com", "owner")
    real = visitor()
    real.sign_in("real@mail.example.com", PASSWORD)
    real.send("/en/admin/start", sure="y")
    finish(real)
    assert not browser.is_signed_in()
    assert not real.get("/en/admin/").all(".notice--warning")


def test_what_somebody_changed_becomes_the_sites_own(loaded, as_, in_app):
    def change():
        text = db.session.scalars(sa.select(ContentText).limit(1)).one()
        _save(text)

    in_app(change)
    owner = as_("owner")
    page = owner.get("/en/admin/start")
    assert "1 sample page that somebody has changed" in page.one("section[aria-labelledby=stays]").text
    owner.send("/en/admin/start", sure="y")
    finish(owner)
    assert in_app(lambda: db.session.scalars(sa.select(Content.origin)).all()) == [Origin.OWN]


def _save(text):
    key = text.sections[0].key if text.sections else "body"
    draft = TextDraft(
        title="Mine now", sections=[SectionDraft(key=key, parts=[PartDraft(html="<p>Mine.</p>")])]
    )
    services.save_text(text.content, text.lang, draft, by="owner 1")


def test_a_reader_of_ones_own_pages_and_their_digests_stay(loaded, as_, in_app, make_content):
    make_content("news", langs=("en",), title="Own news")

    def subscribe():
        wishes = Wishes(kinds=frozenset({"news"}))
        manner = Manner(lang="en", frequency="weekly")
        subscribers.subscribe(addresses.normalise(MEMBER), wishes, manner, Consent(lang="en", how="form"))
        db.session.execute(sa.update(Subscriber).values(told_until=0))

    in_app(subscribe)
    in_app(lambda: staging.stage(staging.open_run("weekly", utc_now())))
    owner = as_("owner")
    owner.send("/en/admin/start", sure="y")
    finish(owner)
    after = in_app(snapshot)
    assert len(after["subscriber"]) == len(after["delivery"]) == len(after["digest"]) == 1
    assert "Own news" in str(after["listing"])


def test_each_piece_is_short_and_the_page_shows_how_far_it_is(loaded, as_, in_app, monkeypatch, lang):
    monkeypatch.setattr(samples, "SECONDS", 0.0)
    owner = as_("owner")
    owner.send(f"/{lang}/admin/start", sure="y")
    page = owner.get(f"/{lang}/admin/start")
    assert page.one("progress")["value"] == "0"
    form = page.one("#removal form")
    assert form["data-hx-trigger"] == "every 2s, submit"
    monkeypatch.setattr(samples, "SECONDS", 0.05)
    began = time.monotonic()
    part = owner.send(f"/{lang}/admin/start/step", 200, headers={"HX-Request": "true"})
    assert time.monotonic() - began < 2
    assert "<html" not in part.html
    assert int(part.one("progress")["value"]) > 0


def test_the_jobs_program_goes_on_where_the_page_stopped(loaded, as_, in_app, monkeypatch):
    monkeypatch.setattr(samples, "SECONDS", 0.0)
    as_("owner").send("/en/admin/start", sure="y")
    monkeypatch.setattr(samples, "SECONDS", 0.25)
    in_app(samples.keep_on)
    assert count(in_app, Content) == 0
    assert count(in_app, User, User.sample) == 0
    assert in_app(samples.step) is False


def test_the_command_removes_everything(loaded, app, in_app):
    output = app.test_cli_runner().invoke(args=["demo", "remove"]).output
    assert f"{loaded} sample texts and 4 sample accounts removed." in output
    assert count(in_app, Content) == 0
    assert in_app(samples.were_left)


def test_samples_come_back_only_when_asked_for(loaded, app, in_app):
    app.test_cli_runner().invoke(args=["demo", "remove"])
    assert in_app(samples.were_left)
    app.test_cli_runner().invoke(args=["demo", "load"])
    assert not in_app(samples.were_left)
    assert count(in_app, Content) == loaded

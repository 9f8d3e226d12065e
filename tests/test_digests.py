"""Digests: who is told what and when, how it reads, and that nothing is told twice."""

import datetime as dt
import os
import re
from pathlib import Path

import html5lib
import pytest
import sqlalchemy as sa
import time_machine

from medportal import delivery
from medportal.blueprints.content import services
from medportal.blueprints.content.revisions import draft_of
from medportal.digests import lateness, letters, schedule, staging, subscribers, writers
from medportal.digests.editions import Entry
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.content import Origin
from medportal.models.digest import Delivery, Digest, Edition, Happening
from medportal.models.listing import Listing
from tests.subscribing import (
    READER,
    change,
    join,
    mailbox,
    markup,
    publish,
    run,
    send,
    text_of,
    the,
    withdraw,
    words,
)

OTHER = "omar@mail.example.com"


@pytest.fixture
def got(in_app):
    """What came since the last look: (address, text part)."""
    return lambda: in_app(lambda: [(letter["To"], words(letter)) for letter in mailbox()])


# Who is told what


def test_what_is_new_in_my_kinds_comes_in_my_language(in_app, got, make_content, lang):
    in_app(lambda: join(kinds=["news"], lang=lang))
    make_content("news", title={"ar": "خبر عن الصحة", "en": "News on health"})
    make_content("article", title={"ar": "تسجيل", "en": "A recording"})
    in_app(run)
    [(to, said)] = got()
    assert to == READER
    assert {"ar": "خبر عن الصحة", "en": "News on health"}[lang] in said
    assert {"ar": "تسجيل", "en": "A recording"}[lang] not in said


def test_nothing_to_say_is_no_mail(in_app, got, make_content):
    in_app(lambda: join(kinds=["news"]))
    make_content("article")
    in_app(run)
    assert got() == []


def test_nothing_is_told_of_before_somebody_joined(in_app, got, make_content):
    make_content("news")
    in_app(join)
    in_app(run)
    assert got() == []


def test_nothing_is_told_twice(in_app, got, make_content):
    in_app(join)
    make_content("news")
    for frequency in ("daily", "daily", "weekly", "at_once"):
        in_app(lambda f=frequency: run(f))
    assert len(got()) == 1


def test_kinds_can_be_narrowed_to_categories(in_app, got, make_content, make_category):
    make_category("heart")
    make_category("skin", en="Skin", ar="الجلد")
    in_app(lambda: join(kinds=["news"], within=["heart"]))
    make_content("news", title="Of the heart", categories=["heart"])
    make_content("news", title="Of the skin", categories=["skin"])
    make_content("article", title="Film of the heart", categories=["heart"])
    in_app(run)
    [(_, said)] = got()
    assert re.findall(r"Of the heart|Of the skin|Film", said) == ["Of the heart"]


def test_a_category_brings_every_kind(in_app, got, make_content, make_category):
    make_category("heart")
    in_app(lambda: join(kinds=[], categories=["heart"]))
    make_content("news", title="Of the heart", categories=["heart"])
    make_content("article", title="Film of the heart", categories=["heart"])
    make_content("article", title="Elsewhere")
    in_app(run)
    [(_, said)] = got()
    assert "Of the heart" in said
    assert "Film of the heart" in said
    assert "Elsewhere" not in said


def test_a_followed_page_is_told_of_when_it_changes(in_app, got, make_content):
    number = make_content(langs=("en",))
    in_app(lambda: join(kinds=[], contents=[number]))
    in_app(lambda: change(number, note="A new study."))
    in_app(run)
    [(_, said)] = got()
    assert "A new study." in said
    in_app(lambda: change(number, words="A typo.", minor=True))
    in_app(lambda: change(number, words="A typo."))  # as it stands
    in_app(run)
    assert got() == []


def test_what_changes_before_it_was_told_is_new_once(in_app, got, make_content):
    in_app(join)
    number = make_content("news", langs=("en",))
    in_app(lambda: change(number))
    in_app(run)
    [(_, said)] = got()
    assert len(re.findall("^  New", said, re.M)) == 1
    assert "Changed" not in said


def test_the_other_language_comes_marked_and_only_where_allowed(in_app, got, make_content):
    in_app(lambda: (join(lang="ar"), join(OTHER, lang="ar", other_language=True)))
    make_content("news", langs=("en",), title="Only in English so far")
    in_app(run)
    [(to, said)] = got()
    assert to == OTHER
    assert "متاح باللغة الإنجليزية فقط" in said
    assert "http://localhost/en/d/" in said


def test_a_translation_is_new_to_those_only_who_never_heard_of_the_page(in_app, got, make_content, text_of):
    in_app(lambda: (join(lang="ar"), join(OTHER, lang="ar", other_language=True)))
    number = make_content("news", langs=("en",))
    in_app(run)
    assert [to for to, _ in got()] == [OTHER]

    def translate():
        from medportal.blueprints.content.drafts import TextDraft
        from tests.conftest import section

        content = text_of(number).content
        text = services.save_text(content, "ar", TextDraft(title="خبر", sections=[section()]), by="editor")
        services.publish(text, by="editor")

    in_app(translate)
    in_app(run)
    assert [to for to, _ in got()] == [READER]


def test_what_is_withdrawn_is_not_told_and_comes_once_when_it_is_back(in_app, got, make_content):
    in_app(join)
    number = make_content("news", langs=("en",))
    in_app(lambda: withdraw(number))
    in_app(run)
    assert got() == []
    in_app(lambda: publish(number))
    in_app(run)
    assert len(got()) == 1
    for step in (withdraw, publish):
        in_app(lambda s=step: s(number))
    in_app(run)
    assert got() == []


def test_a_page_taken_back_leaves_the_letters_that_have_not_left(in_app, got, make_content):
    in_app(lambda: (join(), join(OTHER, kinds=["disease"])))
    gone = make_content("news", langs=("en",), title="To be taken back")
    make_content("article", langs=("en",), title="To stay")
    only = make_content("disease", langs=("en",), title="The only one")
    in_app(lambda: staging.stage(staging.open_run("daily", utc_now())))
    in_app(lambda: withdraw(gone))
    in_app(lambda: withdraw(only))
    in_app(send)
    [(to, said)] = got()
    assert to == READER
    assert "To stay" in said
    assert "taken back" not in said
    in_app(lambda: publish(gone))
    in_app(run)
    [(to, said)] = got()
    assert (to, "To be taken back" in said) == (READER, True)


def test_a_page_deleted_meanwhile_is_not_mailed(in_app, got, make_content):
    from medportal.models.content import Content

    in_app(join)
    number = make_content("news", langs=("en",))
    in_app(lambda: staging.stage(staging.open_run("daily", utc_now())))
    in_app(lambda: services.delete_content(db.session.get_one(Content, number), by="editor"))
    in_app(send)
    assert got() == []


def test_imports_are_no_news_but_followers_hear_of_their_changes(in_app, got, make_content):
    number = make_content(langs=("en",), origin=Origin.IMPORTED, origin_source="medquad")
    in_app(lambda: (join(), join(OTHER, kinds=[], contents=[number])))
    make_content(langs=("en",), origin=Origin.IMPORTED, origin_source="medquad", title="Another")
    in_app(lambda: change(number))
    in_app(run)
    assert [to for to, _ in got()] == [OTHER]


# Safety


def test_u15_a_safety_correction_goes_at_once_to_followers_of_the_page_and_to_nobody_else(
    in_app, got, make_content
):
    number = make_content()
    in_app(
        lambda: (
            join("monthly@mail.example.com", kinds=[], contents=[number], frequency="monthly"),
            join("arabic@mail.example.com", kinds=[], contents=[number], frequency="weekly", lang="ar"),
            join("kind@mail.example.com", kinds=["disease"], frequency="daily"),
        )
    )
    in_app(lambda: change(number, safety=True, note="The warning was missing."))
    in_app(lambda: (staging.catch_up(utc_now()), send()))
    [(to, said)] = got()
    assert to == "monthly@mail.example.com"
    assert "The warning was missing." in said
    in_app(lambda: [run(frequency) for frequency in ("daily", "weekly", "monthly")])
    [(to, said)] = got()
    assert to == "kind@mail.example.com"
    assert "Safety correction" in said


def test_a_correction_reaches_those_in_whose_language_there_is_no_text(in_app, got, make_content):
    number = make_content(langs=("en",))
    in_app(lambda: join(kinds=[], contents=[number], lang="ar"))
    in_app(lambda: change(number, safety=True))
    in_app(lambda: (staging.catch_up(utc_now()), send()))
    [(_, said)] = got()
    assert "متاح باللغة الإنجليزية فقط" in said


def test_a_correction_before_somebody_came_is_none_of_theirs(in_app, got, make_content):
    number = make_content(langs=("en",))
    in_app(lambda: change(number, safety=True))
    in_app(lambda: join(kinds=[], contents=[number]))
    in_app(lambda: (staging.catch_up(utc_now()), send()))
    assert got() == []


def test_a_correction_of_a_text_that_is_gone_leads_nobody_to_another(in_app, got, make_content):
    number = make_content()
    in_app(lambda: join(kinds=[], contents=[number]))
    in_app(lambda: change(number, safety=True))
    in_app(lambda: staging.catch_up(utc_now()))
    in_app(lambda: withdraw(number))
    in_app(send)
    assert got() == []


def test_what_left_a_queued_letter_comes_with_the_next(in_app, got, make_content):
    in_app(lambda: (join(), join(OTHER)))
    gone = make_content("news", langs=("en",), title="Gone and back")
    make_content("article", langs=("en",), title="To stay")
    in_app(lambda: staging.stage(staging.open_run("daily", utc_now())))
    in_app(lambda: withdraw(gone))
    in_app(lambda: delivery.send_due(limit=1))
    in_app(lambda: publish(gone))
    in_app(lambda: staging.stage(staging.open_run("daily", utc_now())))
    in_app(send)
    told = [to for to, said in got() if "Gone and back" in said]
    assert sorted(told) == sorted([READER, OTHER])


# When


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("frequency", "last", "following"),
    [
        ("daily", "2026-11-22T04:00", "2026-11-23T04:00"),
        ("weekly", "2026-11-22T04:00", "2026-11-29T04:00"),
        ("monthly", "2026-11-01T04:00", "2026-12-01T04:00"),
    ],
)
def test_digests_are_due_by_the_clock_of_the_site(in_app, frequency, last, following):
    now = at("2026-11-22T12:00")  # a Sunday; Damascus is three hours ahead
    assert in_app(lambda: schedule.last_due(frequency, now)) == at(last)
    assert in_app(lambda: schedule.next_due(frequency, now)) == at(following)


def test_the_loop_sends_what_is_due_once_and_catches_up_a_missed_day(in_app, got, make_content):
    with time_machine.travel(at("2026-11-20T12:00"), tick=False) as clock:
        in_app(join)
        in_app(staging.keep)
        make_content("news", title="On Friday")
        clock.move_to(at("2026-11-21T03:30"))
        in_app(staging.keep)
        assert in_app(lambda: (send(), mailbox())[1]) == []
        clock.move_to(at("2026-11-23T02:00"))  # Saturday's and Sunday's hour passed unheeded
        make_content("news", title="On Sunday")
        for _ in range(3):
            in_app(lambda: (staging.keep(), send()))
        [(_, said)] = got()
        assert "On Friday" in said
        assert "On Sunday" in said


def test_what_happens_after_a_pause_is_told_even_if_the_loop_looks_late(in_app, got, make_content):
    with time_machine.travel(at("2026-11-20T12:00"), tick=False) as clock:
        in_app(join)
        in_app(lambda: subscribers.pause(the(), at("2026-11-20T13:00")))
        make_content("news", title="In the pause")
        clock.move_to(at("2026-11-20T14:00"))
        make_content("news", title="After it")
        clock.move_to(at("2026-11-21T12:00"))
        in_app(lambda: (staging.keep(), send()))
        [(_, said)] = got()
        assert "After it" in said
        assert "In the pause" not in said


def test_who_changes_over_to_at_once_gets_what_was_waiting(in_app, got, make_content):
    in_app(lambda: join(frequency="monthly"))
    in_app(staging.keep)
    make_content("news")
    in_app(staging.keep)
    in_app(lambda: setattr(the(), "frequency", "at_once"))
    for _ in range(2):
        in_app(lambda: (staging.keep(), send()))
    assert len(got()) == 1


def test_at_once_is_within_a_minute(in_app, got, make_content):
    in_app(lambda: join(frequency="at_once"))
    for title in ("First", "Second"):
        make_content("news", title=title)
        in_app(lambda: (staging.keep(), send()))
        [(_, said)] = got()
        assert title in said


def test_60_a_clock_set_back_neither_repeats_nor_freezes_a_digest(in_app, got, make_content):
    now = utc_now()
    in_app(lambda: join(frequency="at_once"))
    make_content("news")
    in_app(lambda: (staging.keep(), send()))
    assert len(got()) == 1
    with time_machine.travel(now - dt.timedelta(hours=3)):
        make_content("news", title="Later, earlier")
        in_app(lambda: (staging.keep(), send()))
        [(_, said)] = got()
        assert "Later, earlier" in said


# All or nothing


def test_51_nothing_leaves_before_all_is_written(in_app, got, make_content, monkeypatch):
    in_app(lambda: [join(f"r{n}@mail.example.com") for n in range(5)])
    make_content("news")
    monkeypatch.setattr(writers, "FIRST_BATCH", 2)
    monkeypatch.setattr(writers, "LARGEST", 2)
    monkeypatch.setattr(staging, "_release", lambda *_: 0)
    number = in_app(lambda: staging.open_run("daily", utc_now()))
    in_app(lambda: (staging.stage(number), send()))
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(Delivery.id)))) == 5
    assert got() == []
    monkeypatch.undo()
    in_app(lambda: (staging.catch_up(utc_now()), send()))
    assert len(got()) == 5


def test_51_who_is_killed_in_the_middle_goes_on_where_it_was(in_app, got, make_content, monkeypatch):
    in_app(lambda: [join(f"r{n}@mail.example.com") for n in range(7)])
    make_content("news")
    monkeypatch.setattr(writers, "FIRST_BATCH", 2)
    monkeypatch.setattr(writers, "LARGEST", 2)
    real, calls = writers.NewsWriter.note, []

    def dies(self, rows):
        calls.append(rows)
        if len(calls) == 3:
            raise KeyboardInterrupt
        real(self, rows)

    monkeypatch.setattr(writers.NewsWriter, "note", dies)
    number = in_app(lambda: staging.open_run("daily", utc_now()))
    with pytest.raises(KeyboardInterrupt):
        in_app(lambda: staging.stage(number))
    in_app(lambda: (db.session.rollback(), staging.catch_up(utc_now()), send()))
    assert sorted(to for to, _ in got()) == [f"r{n}@mail.example.com" for n in range(7)]


def test_51_a_run_that_is_asked_for_twice_is_one(in_app, got, make_content):
    in_app(join)
    make_content("news")
    now = utc_now()
    first, second = (in_app(lambda: staging.open_run("daily", now)) for _ in range(2))
    assert first == second
    in_app(lambda: (staging.stage(first), staging.stage(second), send()))
    assert len(got()) == 1


# How it reads


def test_the_subject_names_nothing_unless_the_reader_wants_it(in_app, make_content, lang):
    in_app(lambda: (join(lang=lang), join(OTHER, lang=lang, named=True)))
    make_content("disease", title={"ar": "داء السكري", "en": "Diabetes"})
    in_app(run)
    letters = {letter["To"]: letter for letter in in_app(mailbox)}
    title = {"ar": "داء السكري", "en": "Diabetes"}[lang]
    assert title not in letters[READER]["Subject"]
    assert title in letters[OTHER]["Subject"]
    hidden = re.search(r'class="preheader"[^>]*>(.*?)</div>', markup(letters[READER]), re.S)[1]
    assert title not in hidden


def test_both_parts_are_in_the_readers_language_with_safe_headers(in_app, make_content, lang):
    in_app(lambda: join(lang=lang))
    make_content("news", title={"ar": "جرعة 10–20 mg كل يوم", "en": "A dose of 10–20 mg"})
    in_app(run)
    [letter] = in_app(mailbox)
    document = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(markup(letter).strip())
    direction = {"ar": "rtl", "en": "ltr"}[lang]
    assert (document.get("lang"), document.get("dir")) == (lang, direction)
    outer = next(table for table in document.iter("table"))
    assert (outer.get("lang"), outer.get("dir")) == (lang, direction)
    assert not list(document.iter("img"))
    assert {part["Content-Transfer-Encoding"] for part in letter.walk() if not part.is_multipart()} == {
        "quoted-printable"
    }
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Content-Language"] == lang
    if lang == "ar":
        assert '<bdi dir="ltr"' in markup(letter)
        assert "\u206610–20 mg\u2069" in words(letter)


def test_links_survive_their_way_through_the_transport_form(app, in_app, make_content):
    for n in range(12):
        in_app(lambda n=n: join(f"{'r' * n}eader@mail.example.com"))
    make_content("news")
    in_app(run)
    letters = in_app(mailbox)
    assert len(letters) == 12
    for letter in letters:
        row = in_app(lambda to=letter["To"]: the(to).seed)
        links = in_app(lambda row=row: [subscribers.link(row, p) for p in ("manage", "all")])
        for link in links:
            assert f"/{link}" in words(letter)
            assert f"/{link}" in markup(letter)
        assert links[1] in letter["List-Unsubscribe"]


def test_50_the_number_of_a_letter_stays_the_same_over_its_tries(in_app, make_content):
    in_app(join)
    make_content("news")
    in_app(run)
    [first] = in_app(mailbox)

    def again():
        row = db.session.scalars(sa.select(Delivery)).one()
        row.state, row.sent_at = "queued", None
        db.session.scalars(sa.select(Digest)).one().state = "released"

    in_app(again)
    in_app(send)
    [second] = in_app(mailbox)
    assert first["Message-ID"] == second["Message-ID"]


def test_readers_who_are_told_the_same_share_one_edition(in_app, make_content):
    in_app(
        lambda: [
            join(f"r{n}@mail.example.com", kinds=["news", ("article", "event")[n % 2]]) for n in range(6)
        ]
    )
    make_content("news")
    in_app(run)
    assert len(in_app(mailbox)) == 6
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count(Edition.id)))) == 1


# The archive


def test_the_weekly_digest_of_everything_is_kept_for_all(in_app, read, make_content, lang):
    make_content("news", title={"ar": "خبر", "en": "A piece of news"})
    in_app(lambda: run("weekly"))
    page = read(f"/{lang}/digests/")
    [link] = page.all(".rows a")
    week = read(link["href"])
    assert {"ar": "خبر", "en": "A piece of news"}[lang] in week.text
    in_app(lambda: run("weekly"))
    assert len(read(f"/{lang}/digests/").all(".rows a")) == 1  # a week without news leaves no page
    read(f"/{lang}/digests/99999", 404)


def test_owners_hear_of_a_digest_that_was_not_written(make_user, in_app, letters, make_content, time_machine):
    time_machine.move_to("2026-03-02 12:00:00+00:00")
    make_user("owner@mail.example.com", role="owner")
    make_user("editor@mail.example.com", role="editor")
    make_content("news")
    in_app(staging.keep)
    in_app(lateness.work)
    time_machine.move_to("2026-03-03 08:00:00+00:00")
    in_app(lateness.work)  # due at four by the clock of UTC: not late yet
    assert not letters()
    time_machine.move_to("2026-03-03 12:00:00+00:00")
    for _ in range(2):
        in_app(lateness.work)
    assert [(letter.to, letter.name) for letter in letters()] == [
        ("owner@mail.example.com", "digest_missing")
    ]
    in_app(staging.keep)
    time_machine.move_to("2026-03-04 02:00:00+00:00")
    in_app(lateness.work)
    assert len(letters()) == 1


# What happens is noted


def test_happenings_are_noted_with_what_causes_them(in_app, make_content):
    number = make_content("news", langs=("en",))
    in_app(lambda: change(number))
    in_app(lambda: change(number, words="Safe.", safety=True, note="Why."))
    in_app(lambda: services.save_text(text_of(number).content, "en", draft_of(text_of(number)), by="editor"))
    rows = in_app(
        lambda: [(r.what, r.note) for r in db.session.scalars(sa.select(Happening).order_by(Happening.id))]
    )
    assert rows == [("new", ""), ("changed", ""), ("safety", "Why.")]


# Letters, kept as files


def _entry(lang, kind, title, what="new", *, other=False, **values):
    code = {"ar": "en", "en": "ar"}[lang] if other else lang
    listed = Listing(
        **{"lang": lang, "text_lang": code, "title_lang": code, "content_id": 7, "own": not other},
        **{
            "kind": kind,
            "slug": "x",
            "title": title,
            "summary": "",
            "origin": "own",
            "day": dt.date(2026, 12, 1),
        },
    )
    for name in ("summary", "origin"):
        setattr(listed, name, values.get(name, getattr(listed, name)))
    return Entry(listed, what, values.get("note", ""))


ENTRIES = {
    "ar": [
        _entry("ar", "disease", "داء تجريبي", summary="القيمة 120/80 mmHg، والجرعة 10–20 mg."),
        _entry("ar", "disease", "داء آخر", "safety", note="حُذفت جرعة 500 mg الخاطئة."),
        _entry("ar", "news", "News in English only", "changed", other=True, note="A new figure."),
        _entry("ar", "event", "لقاء تجريبي", origin="sample"),
    ],
    "en": [
        _entry("en", "disease", "A test disease", summary="The value is 120/80 mmHg, the dose 10–20 mg."),
        _entry("en", "disease", "Another one", "safety", note="The wrong dose of 500 mg was taken out."),
        _entry("en", "news", "خبر بالعربية فقط", "changed", other=True, note="رقم جديد."),
        _entry("en", "event", "A test meeting", origin="sample"),
    ],
}
ANNOUNCED = {
    "ar": ({"ar": "تنويه"}, {"ar": "الفقرة الأولى، وفيها 10–20 mg.\n\nالثانية."}),
    "en": ({"en": "Notice"}, {"en": "The first paragraph.\n\nThe second."}),
}
LETTERS = {
    "digest-weekly": lambda lang: letters.render_digest("weekly", lang, ENTRIES[lang], named=False),
    "digest-named": lambda lang: letters.render_digest("daily", lang, ENTRIES[lang][:3], named=True),
    "digest-safety": lambda lang: letters.render_digest("safety", lang, ENTRIES[lang][1:2], named=False),
    "mailing": lambda lang: letters.render_mailing(*ANNOUNCED[lang], lang),
}


@pytest.mark.parametrize("name", LETTERS)
def test_letters_to_subscribers_read_as_their_snapshots(name, lang, in_app):
    rendered = in_app(lambda: letters.as_read(LETTERS[name](lang), None))
    file = Path(__file__).parent / "letters" / f"{name}.{lang}.txt"
    said = f"{rendered.subject}\n\n{rendered.text}"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(said, encoding="utf-8")
    assert said == file.read_text(encoding="utf-8")

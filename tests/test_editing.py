"""The editor: two languages side by side, nothing lost, nothing shown before it may be."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa
import time_machine

from medportal.blueprints.editing import bin as the_bin
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.content import Content, ContentText
from medportal.models.trust import Revision
from tests.conftest import section
from tests.editing import begin, submit, trust, write
from tests.hostile import VECTORS, alive


@pytest.fixture
def desk(as_):
    return as_("editor")


@pytest.fixture
def make_trusted(make_content, in_app, content_of):
    """A published page with an author and a reference."""

    def make(*args, **values):
        number = make_content(*args, **values)
        in_app(lambda: trust(content_of(number)))
        return number

    return make


def revisions(in_app, number, lang="en"):
    query = (
        sa.select(sa.func.count(Revision.id))
        .join(ContentText, ContentText.id == Revision.text_id)
        .where(ContentText.content_id == number, ContentText.lang == lang)
    )
    return in_app(lambda: db.session.scalar(query))


def test_a_page_is_begun_with_one_title_and_written_in_two_languages(desk, lang):
    number = begin(desk, en="Anaemia")
    write(
        desk,
        number,
        lang=lang,
        ar__title="فقر الدم",
        en__definition_0="Too little haemoglobin.",
        ar__definition_0="نقص في الهيموغلوبين.",
    )
    page = desk.get(f"/{lang}/admin/texts/{number}")
    assert page.one("#en-definition_0").get_text().strip() == "<p>Too little haemoglobin.</p>"
    assert page.one("#ar-definition_0").get_text().strip() == "<p>نقص في الهيموغلوبين.</p>"
    assert page.one("#ar-title")["value"] == "فقر الدم"


def test_u20_fields_run_in_the_direction_of_their_language_whatever_that_of_the_desk(desk, lang):
    number = begin(desk, en="Anaemia", ar="فقر الدم")
    page = desk.get(f"/{lang}/admin/texts/{number}")
    for code, direction in (("ar", "rtl"), ("en", "ltr")):
        fields = page.all(
            f"[data-language-pane={code}] textarea, [data-language-pane={code}] input[type=text]"
        )
        assert len(fields) > 10
        assert {(field["dir"], field["lang"]) for field in fields} == {(direction, code)}


def test_a_new_page_needs_a_title(desk, lang):
    page = desk.get(f"/{lang}/admin/texts/new")
    page = submit(desk, page, 422, kind="article")
    assert page.all(".errors a[href='#title_ar']")
    assert page.one("select option[selected]")["value"] == "article"


def test_saving_nothing_leaves_no_trace(desk, in_app):
    number = begin(desk, en="Anaemia")
    write(desk, number, en__definition_0="Words.")
    before = revisions(in_app, number)
    answer = write(desk, number)
    assert "done=nothing" in answer.response.headers["Location"]
    assert revisions(in_app, number) == before


def test_what_is_wrong_is_said_and_what_was_typed_stays(desk, lang):
    number = begin(desk, en="Anaemia")
    page = write(
        desk, number, 422, lang=lang, en__title="", en__symptoms_0="Tired.", en__causes_state="nothing_known"
    )
    assert [a["href"] for a in page.all(".errors a")] == ["#en-title", "#en-causes_as_of"]
    assert page.one("#en-symptoms_0").get_text().strip() == "Tired."
    assert page.one("html title").get_text().startswith({"en": "Error:", "ar": "خطأ:"}[lang])


@pytest.mark.parametrize(
    ("state", "words_of"),
    [
        ("not_yet_written", "not yet written"),
        ("does_not_apply", "does not apply"),
        ("nothing_known", "nothing is known"),
    ],
)
def test_u13_an_empty_section_says_why(desk, read, state, words_of, make_content):
    number = make_content("news", langs=("en",))
    write(desk, number, en__resources_state=state, en__resources_as_of="2026-01-31")
    text = read(f"/en/d/{number}", 302).response.headers["Location"]
    assert words_of in read(text).text


OLD_PORTAL = {
    "symptoms": "Not available",
    "causes": "<p>Not available.</p>",
    "diagnosis": "NOT  AVAILABLE",
    "treatment": "<p><strong>N/A</strong></p>",
    "prevention": "<p>غير متوفّر</p>",
    "outlook": "<ul><li>Not available</li></ul>",
    "epidemiology": "—",
}
"""The fields that the old portal's page of a disease showed so."""


def test_u13_what_the_old_portal_called_not_available_becomes_not_yet_written(desk, read, make_content, lang):
    sections = [section(key, words) for key, words in OLD_PORTAL.items()] + [
        section("definition", "<p>Rare.</p>")
    ]
    make_content(sections=sections, title={"en": "Old", "ar": "قديم"})
    page = read(read(f"/{lang}/d/1", 302).response.headers["Location"])
    assert "available" not in page.text.casefold()
    assert "متوفر" not in page.text
    assert len(page.all(".state")) == 7
    row = desk.get(f"/{lang}/admin/texts/?language=gaps").one(".row").text
    labels = {"en": ["Symptoms", "Causes", "Diagnosis", "Outlook"], "ar": ["الأعراض", "الأسباب", "التشخيص"]}
    assert all(label in row for label in labels[lang])
    assert {"en": "What it is", "ar": "التعريف"}[lang] not in row


def test_a_section_that_only_the_other_language_has_is_marked_in_the_editor(desk, lang):
    number = begin(desk, en="Anaemia", ar="فقر الدم")
    write(desk, number, en__causes_0="Too little iron.")
    page = desk.get(f"/{lang}/admin/texts/{number}")
    said = {"en": "stands in the other language only", "ar": "في اللغة الأخرى وحدها"}[lang]
    assert said in page.one("#section-ar-causes").get_text()
    assert said not in page.one("#section-en-causes").get_text()
    write(desk, number, ar__causes_state="not_yet_written")
    assert said in desk.get(f"/{lang}/admin/texts/{number}").one("#section-ar-causes").get_text()
    write(desk, number, ar__causes_state="does_not_apply")
    assert said not in desk.get(f"/{lang}/admin/texts/{number}").one("#section-ar-causes").get_text()


def test_a_title_without_a_text_can_be_taken_away_again(desk, in_app):
    number = begin(desk, en="Anaemia")
    write(desk, number, en__definition_0="Words.")
    write(desk, number, ar__title="فقر")
    write(desk, number, ar__title="")
    assert in_app(lambda: [text.lang for text in db.session.get(Content, number).texts]) == ["en"]
    write(desk, number, 422, en__title="")


def test_text_in_a_section_that_is_said_to_be_empty_is_refused(desk):
    number = begin(desk, en="Anaemia")
    page = write(desk, number, 422, en__causes_0="Words.", en__causes_state="does_not_apply")
    assert page.all(".errors a[href='#en-causes_state']")


def test_urgent_advice_is_written_in_three_levels(desk, in_app):
    number = begin(desk, en="Anaemia")
    write(
        desk,
        number,
        en__when_to_get_help_emergency="Fainting.",
        en__when_to_get_help_routine="Tired for weeks.",
    )
    parts = in_app(
        lambda: [
            (part.urgency, part.html)
            for s in db.session.get(Content, number).texts[0].sections
            for part in s.parts
        ]
    )
    assert parts == [("emergency", "<p>Fainting.</p>"), ("routine", "<p>Tired for weeks.</p>")]


def test_a_source_of_an_imported_part_survives_an_edit(desk, make_content, in_app):
    part = (
        section()
        .parts[0]
        .__class__(
            html="<p>Old.</p>", source="MedlinePlus", source_url="https://example.org/x", licence="CC0"
        )
    )
    number = make_content(
        langs=("en",), sections=[section().__class__(key="definition", parts=[part])], publish=False
    )
    write(desk, number, en__definition_0="<p>New.</p>")
    found = in_app(
        lambda: [
            (p.html, p.source, p.source_url, p.licence)
            for p in db.session.get(Content, number).texts[0].sections[0].parts
        ]
    )
    assert found == [("<p>New.</p>", "MedlinePlus", "https://example.org/x", "CC0")]


# Two at once


def test_two_editors_of_one_text_lose_nothing_and_both_are_told(as_, desk, in_app, lang):
    number = begin(desk, en="Anaemia")
    write(desk, number, en__definition_0="First.")
    other = as_("owner", name="Dr Huda")
    mine, theirs = desk.get(f"/{lang}/admin/texts/{number}"), other.get(f"/{lang}/admin/texts/{number}")
    submit(
        desk, mine, 200, form="form.edit", at=f"/{lang}/admin/texts/{number}/keep", en__definition_0="Mine."
    )
    submit(other, theirs, form="form.edit", en__definition_0="Theirs.")
    told = submit(
        desk,
        mine,
        200,
        form="form.edit",
        at=f"/{lang}/admin/texts/{number}/keep",
        en__definition_0="Mine.",
        version="1",
    )
    assert {"en": "Somebody else saved", "ar": "حفظ شخص آخر"}[lang] in told.text
    page = submit(desk, mine, 409, form="form.edit", en__definition_0="Mine.")
    assert "Theirs." in page.text
    assert page.one("#en-definition_0").get_text().strip() == "Mine."
    submit(desk, page, form="form.edit")
    assert (
        in_app(lambda: db.session.get(Content, number).texts[0].sections[0].parts[0].html) == "<p>Mine.</p>"
    )
    assert revisions(in_app, number) == 4


def test_a_colleague_in_the_other_language_is_left_alone(as_, desk, in_app):
    number = begin(desk, en="Anaemia", ar="فقر الدم")
    mine, other = desk.get(f"/en/admin/texts/{number}"), as_("owner")
    write(other, number, ar__definition_0="كلمات.")
    submit(desk, mine, form="form.edit", en__definition_0="Words.")
    texts = in_app(
        lambda: {t.lang: t.sections[0].parts[0].html for t in db.session.get(Content, number).texts}
    )
    assert texts == {"ar": "<p>كلمات.</p>", "en": "<p>Words.</p>"}


def test_what_is_typed_is_kept_and_found_again(desk, lang):
    number = begin(desk, en="Anaemia")
    page = desk.get(f"/{lang}/admin/texts/{number}")
    kept = submit(
        desk,
        page,
        200,
        form="form.edit",
        at=f"/{lang}/admin/texts/{number}/keep",
        en__definition_0="Half a sen",
    )
    assert kept.response.headers["X-Version"] == "1"
    page = desk.get(f"/{lang}/admin/texts/{number}")
    assert page.one("#en-definition_0").get_text().strip() == "Half a sen"
    submit(desk, page, form="main .notice form")
    assert desk.get(f"/{lang}/admin/texts/{number}").one("#en-definition_0").get_text().strip() == ""


def test_a_second_window_overwrites_nothing(desk):
    number = begin(desk, en="Anaemia")
    page, keep = desk.get(f"/en/admin/texts/{number}"), f"/en/admin/texts/{number}/keep"
    submit(desk, page, 200, form="form.edit", at=keep, en__definition_0="One.")
    answer = submit(desk, page, 409, form="form.edit", at=keep, en__definition_0="Two.")
    assert "another window" in answer.text
    assert desk.get(f"/en/admin/texts/{number}").one("#en-definition_0").get_text().strip() == "One."


def test_a_preview_shows_what_is_not_saved_and_saves_nothing(desk, in_app, lang):
    number = begin(desk, en="Anaemia")
    write(desk, number, en__definition_0="Saved.")
    page = desk.get(f"/{lang}/admin/texts/{number}")
    submit(
        desk,
        page,
        form="form.edit",
        at=f"/{lang}/admin/texts/{number}/preview",
        en__definition_0="Typed only.",
    )
    frames = desk.get(f"/{lang}/admin/texts/{number}/preview")
    assert "frame-src 'self'" in frames.response.headers["Content-Security-Policy"]
    shown = desk.get(f"/en/admin/texts/{number}/preview/en")
    assert "Typed only." in shown.text
    assert "frame-ancestors 'self'" in shown.response.headers["Content-Security-Policy"]
    assert (
        in_app(lambda: db.session.get(Content, number).texts[0].sections[0].parts[0].html) == "<p>Saved.</p>"
    )


def test_a_preview_is_for_the_desk_alone(as_, visitor, desk):
    number = begin(desk, en="Anaemia")
    write(desk, number, en__definition_0="Secret.")
    as_("member").get(f"/en/admin/texts/{number}/preview/en", 403)
    visitor().get(f"/en/admin/texts/{number}/preview/en", 303)


# History


def test_every_save_is_kept_compared_and_brought_back(desk, in_app, lang):
    number = begin(desk, en="Anaemia")
    write(desk, number, en__definition_0="One two three.")
    write(desk, number, en__definition_0="One four three.", en__note="Two was wrong.")
    page = desk.get(f"/{lang}/admin/texts/{number}/history?of=en")
    assert "Two was wrong." in page.text
    page = desk.get(f"/{lang}/admin/texts/{number}/history/en/3")
    assert (words_in(page, "del"), words_in(page, "ins")) == (["two"], ["four"])
    page = desk.get(f"/{lang}/admin/texts/{number}/history/en/2")
    submit(desk, page, form="main form[action$=restore]")
    assert (
        in_app(lambda: db.session.get(Content, number).texts[0].sections[0].parts[0].html)
        == "<p>One two three.</p>"
    )
    assert revisions(in_app, number) == 4


def words_in(page, tag):
    for hidden in page.soup.select(".visually-hidden"):
        hidden.extract()
    return [found.get_text(strip=True) for found in page.all(f".diff {tag}")]


# The bin


def test_the_bin_hides_at_once_and_gives_back(desk, read, make_trusted, lang):
    number = make_trusted("news")
    path = read(f"/{lang}/d/{number}", 302).response.headers["Location"]
    submit(desk, desk.get(f"/{lang}/admin/texts/{number}/bin"), form="main form.form")
    read(path, 410)
    assert path.rpartition("/")[2] not in read(f"/{lang}/news/").html
    desk.get(f"/{lang}/admin/texts/{number}", 410)
    submit(desk, desk.get(f"/{lang}/admin/texts/bin"), form="main form[action$=back]")
    read(path)


def test_many_are_withdrawn_at_once_named_first_and_taken_back(desk, read, make_trusted):
    numbers = [make_trusted("news", title=f"News {n}", langs=("en",)) for n in range(3)]
    page = desk.get("/en/admin/texts/")
    check = submit(
        desk, page, 200, form="#texts form", number=[str(n) for n in numbers[:2]], action="withdraw"
    )
    assert "Withdraw 2 pages?" in check.text
    done = submit(desk, check, 200, form="main form.form")
    read("/en/news/news-0", 410)
    read("/en/news/news-2")
    submit(desk, done, 200, form=".notice form")
    read("/en/news/news-0")


def test_after_thirty_days_the_bin_is_emptied(desk, in_app, make_content):
    number = make_content("news")
    submit(desk, desk.get(f"/en/admin/texts/{number}/bin"), form="main form.form")
    in_app(the_bin.empty_old)
    assert in_app(lambda: db.session.get(Content, number)) is not None
    with time_machine.travel(utc_now() + dt.timedelta(days=31)):
        in_app(the_bin.empty_old)
    assert in_app(lambda: db.session.get(Content, number)) is None


# What must never live


@pytest.mark.parametrize("way", ["saved", "kept", "restored", "treatment"])
def test_32_nothing_alive_survives_any_way_into_a_text(desk, in_app, make_content, read, way):
    number = make_content("disease", langs=("en",), title="Asthma")
    vectors = "\n".join(html.replace("\x00", "") for _name, html in VECTORS)  # NUL is refused at the door
    if way == "treatment":
        page = desk.get(f"/en/admin/texts/{number}/treatments/new")
        submit(desk, page, form="form.edit", kind="drug", en_name="x", en_benefit=f"<p>a</p>{vectors}")
    elif way == "kept":
        page = desk.get(f"/en/admin/texts/{number}")
        at = f"/en/admin/texts/{number}/preview"
        submit(desk, page, form="form.edit", at=at, en__definition_0=f"<p>a</p>{vectors}")
        assert alive_in(desk.get(f"/en/admin/texts/{number}/preview/en")) == []
        return
    else:
        write(desk, number, en__definition_0=f"<p>a</p>{vectors}")
    if way == "restored":

        def poison():
            revision = db.session.scalars(sa.select(Revision).order_by(Revision.id.desc())).first()
            stored = json.loads(json.dumps(revision.snapshot))
            stored["sections"]["definition"]["parts"] = [{"html": vectors}]
            db.session.add(Revision(text_id=revision.text_id, number=90, saved_by="x", snapshot=stored))

        in_app(poison)
        desk.send(f"/en/admin/texts/{number}/history/en/90/restore")
    assert alive_in(read("/en/diseases/asthma")) == []


def alive_in(page):
    found = []
    for box in page.soup.select(".prose, .treatment dd"):
        found += alive(box.decode_contents())
    return found


def test_how_often_a_sign_is_seen_is_typed_once_for_both_languages(desk, read, make_content, lang):
    words = [section("symptoms", "<p>Words.</p>")]
    first = make_content(sections=words, title={"en": "Gout", "ar": "النقرس"})
    second = make_content(sections=words, title={"en": "Lupus", "ar": "الذئبة"})
    fever = {"name_en": "Fever", "name_ar": "حمى", "frequency": "90%"}
    for number in (first, second):
        page = desk.get(f"/{lang}/admin/texts/{number}/symptoms")
        submit(desk, page, form="main section form[action$='/symptoms']", **fever)
    again = desk.get(f"/{lang}/admin/texts/{first}/symptoms")
    page = submit(desk, again, 422, form="main section form[action$='/symptoms']", **fever)
    assert page.all(".errors a[href='#name_en']")
    shown = read(read(f"/{lang}/d/{first}", 302).response.headers["Location"])
    assert [cell.get_text() for cell in shown.all("tbody td")] == [fever[f"name_{lang}"], "90%"]

    path = again.one(".row__title a")["href"]
    submit(desk, desk.get(path), name_en="High fever", frequency="")
    other = read(read(f"/en/d/{second}", 302).response.headers["Location"])
    assert "High fever" in other.text
    submit(desk, desk.get(f"/{lang}/admin/texts/{first}/symptoms"), form="main form[action$='/remove']")
    assert not desk.get(f"/{lang}/admin/texts/{first}/symptoms").all(".rows")
    desk.get(f"/{lang}/admin/texts/{make_content('news')}/symptoms", 404)

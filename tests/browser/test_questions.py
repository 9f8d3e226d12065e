"""A question's whole way through four browsers: who asks, the consultant, the owner, and anybody else."""

from urllib.parse import quote, unquote

import pytest
import sqlalchemy as sa

from medportal import mail
from medportal.changes import site_changed
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.consultation import Question
from medportal.models.outbox import Outbox
from medportal.models.people import Person
from medportal.models.setting import Setting
from tests.asking import ANSWER, BODY, TITLE, VERSION


@pytest.fixture
def takes_questions(within):
    """The sample site as its owner would arrange it; as it was afterwards."""

    def arrange():
        answers = db.session.scalars(sa.select(Person).where(Person.listed).order_by(Person.id)).first()
        values = {
            "questions_on": True,
            "questions_physician": answers.id,
            "questions_reply_days": 5,
            "questions_look_in_days": 2,
            "questions_terms": {"en": "Terms in English.", "ar": "شروط بالعربية."},
            "questions_looked_in_at": utc_now().isoformat(),
        }
        db.session.add_all(Setting(key=key, value=value) for key, value in values.items())
        site_changed()
        return list(values)

    keys = within(arrange)
    yield
    within(lambda: db.session.execute(sa.delete(Setting).where(Setting.key.in_(keys))))


def letter_link(within):
    def look():
        row = db.session.scalars(
            sa.select(Outbox).where(Outbox.template == "question").order_by(Outbox.id.desc())
        ).first()
        return next(word for word in mail.render(row).text.split() if word.startswith("http"))

    return within(look)


def press(page, form, **fields):
    """Fill the form whose address ends so, and send it by its first button."""
    found = page.locator(f"main form[action$='{form}']").first
    found.evaluate("form => { const more = form.closest('details'); if (more) more.open = true; }")
    for name, value in fields.items():
        if value is True:
            found.locator(f"#{name}").check()
        else:
            found.locator(f"#{name}").fill(value)
    with page.expect_navigation():
        found.locator("button[type=submit]").last.click()


def shown(page, site, lang):
    """Where anybody reads a word of the version."""
    word = quote("barleyversion")
    found = []
    for path in (
        f"/{lang}/questions/", f"/{lang}/", f"/{lang}/search?q={word}", f"/api/search?lang={lang}&q={word}",
        f"/{lang}/feeds/all.xml", f"/{lang}/feeds/questions.xml", f"/sitemap-{lang}-1.xml",
    ):  # fmt: skip
        words = unquote(page.request.get(site + path).text())
        if any(
            title in words for title in (VERSION[lang][0], VERSION[lang][0].rstrip("?؟").replace(" ", "-"))
        ):
            found.append(path)
    return found


def ask(reader, within, lang, address):
    """Over the stop-screen; the question's own address."""
    reader.locator("main a[href$='/consultants/ask']").first.click()
    reader.select_option("#country", "other")
    reader.click("#stop form button")
    reader.locator("#stop a[href*='on=1']").click()
    reader.fill("#title", TITLE[lang])
    reader.fill("#body", BODY[lang])
    reader.check("#age-0")
    reader.check("#publish-1")
    reader.fill("#email", address)
    reader.check("#terms")
    reader.check("#health")
    reader.locator("main form button[type=submit]").last.click()
    assert reader.url.endswith(f"/{lang}/consultants/ask/sent")
    mine = letter_link(within)
    reader.goto(mine)
    press(reader, "/confirm")
    return mine


@pytest.mark.usefixtures("takes_questions")
@pytest.mark.parametrize("js", [True, False], ids=["js", "nojs"])
@pytest.mark.parametrize("lang", ["ar", "en"])
def test_from_the_stop_screen_to_the_withdrawal(open_page, signed_in, within, site, lang, js):
    reader, public = open_page(f"/{lang}/consultants/", js=js), open_page(f"/{lang}/", js=js)
    mine = ask(reader, within, lang, f"asker-{lang}-{js}@example.org".lower())
    number = within(lambda: db.session.scalar(sa.select(sa.func.max(Question.id))))

    owner = signed_in("owner", f"/{lang}/admin/questions/{number}", js=js)
    desk = owner.url
    press(owner, "/open")
    assert TITLE[lang] in owner.inner_text("main").replace("\u2068", "").replace("\u2069", "")
    owner.select_option("#person", index=1)
    press(owner, "/assign")

    consultant = signed_in("consultant", f"/{lang}/consultants/work/questions/{number}", js=js)
    for code in ("ar", "en"):
        consultant.fill(f"#body_{code}", ANSWER[code])
    consultant.fill("#title", "A guideline")
    with consultant.expect_navigation():
        consultant.click("button[name=hand]")

    owner.goto(f"{desk}/version")
    for code in ("ar", "en"):
        owner.fill(f"#title_{code}", VERSION[code][0])
        owner.fill(f"#body_{code}", VERSION[code][1])
    press(owner, "/version")
    assert shown(public, site, lang) == []
    reader.goto(mine)
    press(reader, "/agree", sure=True)
    assert shown(public, site, lang) == []

    owner.goto(desk)
    press(owner, "/publish")
    assert len(shown(public, site, lang)) >= 5
    public.goto(f"{site}/{lang}/questions/")
    public.get_by_role("link", name=VERSION[lang][0]).click()
    page = public.url
    assert ANSWER[lang].rstrip(".") in public.inner_text("main").replace("\u2068", "").replace("\u2069", "")

    reader.goto(mine)
    press(reader, "/withdraw")
    reader.locator("main form button[type=submit]").first.click()
    assert shown(public, site, lang) == []
    assert public.goto(page).status in (404, 410)
    assert reader.goto(mine).status == 410
